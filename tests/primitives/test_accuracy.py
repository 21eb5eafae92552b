"""Every record is as near to the exact results in float32 as it states, by NumPy.

The native backend is held to the same in ``tests/backends/test_native.py``, and here at
many points.
"""

from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest

from chainrule.backends.native.compile import compile_program
from chainrule.core.primitive import EXACT, REGISTRY, ROUNDED, Scale, Ulp
from chainrule.core.types import type_of
from chainrule.primitives.accumulation import cummax
from chainrule.primitives.elementwise import add, mul
from chainrule.primitives.exponential import exp
from chainrule.primitives.indexing import scatter_add
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.reduction import cumprod, cumsum, reduce_prod
from chainrule.primitives.structure import reduce_sum
from chainrule.transforms.trace import trace
from tests.primitives.accuracy import SINGLE, exact, hold, in_single, meaning, of_floats
from tests.primitives.samples import domains, draw, kinds

SEEDS = range(3)
POINTS = 2000
CASES = [
    pytest.param(record, sample, id=f"{record.name}{number}")
    for record, number, sample in of_floats()
]


@pytest.mark.parametrize(("record", "sample"), CASES)
def test_samples_are_as_exact_as_stated(record, sample):
    params = in_single(sample.params)
    for seed in SEEDS:
        xs = draw(sample, SINGLE, seed)
        hold(record, meaning(record, xs, params), exact(record, xs, sample.params))


# -- many points -----------------------------------------------------------


def elementwise_families():
    """Samples of elementwise records that differ in their domains alone."""
    for record, group in groupby(of_floats(), lambda row: row[0]):
        if record.elementwise:
            samples = [row[2] for row in group]
            keys = {repr(s.params): s.params for s in samples}
            for key, params in keys.items():
                yield record, params, [s for s in samples if repr(s.params) == key]


FAMILIES = [
    pytest.param(record, params, samples, id=f"{record.name}-{number}")
    for number, (record, params, samples) in enumerate(elementwise_families())
]


def many(record, samples):
    """Points of all domains; where NumPy has the function, of every size too."""
    several = {(kinds(s), domains(s)): s for s in samples if "f" in kinds(s)}
    several = several or {(kinds(s), domains(s)): s for s in samples}
    first = next(iter(several))[0]
    chosen = [s for (letters, _), s in several.items() if letters == first]
    drawn = [
        draw(replace(s, shapes=((POINTS,),) * len(s.shapes), distinct=False), SINGLE)
        for s in chosen
    ]
    if isinstance(record.numpy, np.ufunc) and set(first) == {"f"}:
        drawn.append([of_every_size(place) for place in range(len(first))])
    return [np.concatenate(column) for column in zip(*drawn, strict=True)]


def of_every_size(seed):
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.uniform(-37, 37, POINTS)
    return (rng.choice([-1, 1], POINTS) * sizes).astype(SINGLE)


@pytest.mark.parametrize(("record", "params", "samples"), FAMILIES)
def test_many_points_are_as_exact_as_stated(record, params, samples):
    xs = many(record, samples)
    wanted = exact(record, xs, params)
    hold(record, meaning(record, xs, params), wanted)
    traced = trace(lambda *xs: record(*xs, **params), [type_of(x) for x in xs])
    if traced.program.equations:
        native = compile_program(traced.program, ())
        hold(record, native(traced.constants, xs), wanted)


# -- long sums -------------------------------------------------------------

COUNT = 1024


def _ones(rng, *shape):
    """Numbers near one: their products neither vanish nor overflow."""
    return rng.uniform(0.9, 1.1, shape)


LONG = {
    reduce_sum: (lambda rng: [_ones(rng, COUNT, 3)], {"axes": (0,)}),
    reduce_prod: (lambda rng: [_ones(rng, COUNT, 3)], {"axes": (0,)}),
    cumsum: (lambda rng: [_ones(rng, COUNT)], {"axis": 0}),
    cumprod: (lambda rng: [_ones(rng, COUNT)], {"axis": 0}),
    matmul: (lambda rng: [_ones(rng, 2, COUNT), _ones(rng, COUNT, 3)], {}),
    scatter_add: (
        lambda rng: [_ones(rng, COUNT), np.zeros(COUNT, np.int64)],
        {"axis": 0, "size": 1},
    ),
}
"""Sums and products of many terms, all of one sign."""


def test_every_sum_is_tried_with_many_terms():
    sums = {r for r in REGISTRY.values() if r.accuracy.scale is Scale.SUM}
    assert sums == set(LONG)


@pytest.mark.parametrize("record", LONG, ids=lambda record: record.name)
def test_errors_of_long_sums_grow_no_faster_than_their_length(record):
    draw_operands, params = LONG[record]
    xs = [
        x.astype(SINGLE) if x.dtype == float else x
        for x in draw_operands(np.random.default_rng(0))
    ]
    wanted = exact(record, xs, params)
    traced = trace(lambda *xs: record(*xs, **params), [type_of(x) for x in xs])
    native = compile_program(traced.program, ())(traced.constants, xs)
    for got in (meaning(record, xs, params), native):
        hold(record, got, wanted, factor=COUNT / 32)


# -- the test of the test --------------------------------------------------


def moved_by(record, ulps, sample=0):
    """What a record gives, and the same moved by some ulp."""
    xs = draw(record.samples[sample], SINGLE)
    params = record.samples[sample].params
    right = meaning(record, xs, params)[0]
    return [right + ulps * np.spacing(right)], exact(record, xs, params)


@pytest.mark.parametrize(("record", "ulps"), [(exp, 4), (add, 1), (matmul, 8)])
def test_an_error_beyond_the_bound_is_caught(record, ulps):
    hold(record, *moved_by(record, 0))
    with pytest.raises(AssertionError, match="ulp off where within"):
        hold(record, *moved_by(record, ulps))


def test_what_is_exact_may_lose_nothing():
    with pytest.raises(AssertionError, match="ulp off where exact"):
        hold(cummax, *moved_by(cummax, 1))
    zeros = [np.zeros(3, SINGLE)]
    lost = exact(REGISTRY["neg"], zeros, {})
    with pytest.raises(AssertionError, match="lost its sign"):
        hold(REGISTRY["neg"], zeros, lost)


def test_not_a_number_is_no_result():
    xs = [np.ones(3, SINGLE), np.ones(3, SINGLE)]
    with pytest.raises(AssertionError, match="inf ulp off"):
        hold(mul, [np.array([1, np.nan, 1], SINGLE)], exact(mul, xs, {}))


def test_bounds_are_spelled_for_people():
    assert str(EXACT) == "exact"
    assert str(ROUNDED) == "within 0.5 ulp"
    assert str(Ulp(1, Scale.SUM)) == "within 1 ulp of its terms, up to 32 of them"
