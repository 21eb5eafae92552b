"""How near float32 results are to the exact ones, in the units that records state.

What is exact is computed in float64 from the same float32 operands. Operations that
take complex numbers only are measured in complex64, by the absolute values of errors.
"""

from typing import NamedTuple

import numpy as np

from chainrule.core.primitive import EXACT, REGISTRY, Scale, Unknown
from chainrule.core.program import Literal, Program, evaluate
from chainrule.core.types import type_of
from chainrule.transforms.jvp import push_forward
from chainrule.transforms.trace import trace, with_literals
from tests.primitives.samples import kinds, samples_of

SINGLE = np.dtype(np.float32)
LARGEST = np.finfo(SINGLE).max
BEHIND = 2.0**128
SLACK = 1e-6  # the exact results are rounded themselves, to double precision


class Exact(NamedTuple):
    """Results in float64, and by what the error of each element is measured."""

    results: list
    scales: list


def of_floats():
    """Each record with each sample that it is measured at, and the sample's number."""
    for record in REGISTRY.values():
        numbered = list(enumerate(samples_of(record)))
        real = [pair for pair in numbered if "f" in kinds(pair[1])]
        unreal = [pair for pair in numbered if "c" in kinds(pair[1])]
        for number, sample in real or unreal:
            yield record, number, sample


def is_float(x):
    return x.dtype.kind in "fc"


def wide(x):
    """The same numbers in double precision."""
    doubles = {"f": np.float64, "c": np.complex128}
    return x.astype(doubles.get(x.dtype.kind, x.dtype))


def in_single(params):
    """Parameters with every program taken from float64 to float32."""
    changed = {name: _lowered(v) for name, v in params.items() if type(v) is Program}
    if "push" in params:  # of linear_call: what gives a program
        changed["push"] = lambda: _lowered(params["push"]())
    return params | changed


def _lowered(program):
    types = [
        type.with_dtype(SINGLE) if type.dtype == np.float64 else type
        for type in program.input_types
    ]
    traced = trace(lambda *xs: evaluate(program, (), xs, _apply), types)
    return with_literals(traced).program


def _apply(equation, values):
    """An equation, with its own numbers in float32."""
    pairs = zip(equation.inputs, values, strict=True)
    xs = [
        x.astype(SINGLE) if isinstance(a, Literal) and is_float(x) else x
        for a, x in pairs
    ]
    return equation.primitive(*xs, **equation.params)


def meaning(record, xs, params):
    """Each result of a record's NumPy meaning, as an array."""
    with np.errstate(all="ignore"):
        ys = record.numpy(*xs, **params)
    return [np.asarray(y) for y in (ys if record.multiple else (ys,))]


def exact(record, xs, params):
    """What a record should give, of operands taken as they are."""
    operands = [wide(x) for x in xs]
    ys = meaning(record, operands, params)
    sizes = [np.abs(y) if is_float(y) else y for y in ys]
    if record.accuracy.scale is Scale.RESULT:
        return Exact(ys, sizes)
    norm = record.accuracy.scale is Scale.NORM
    added = terms(record, operands, params, ys, norm)
    both = [np.maximum(*pair) for pair in zip(sizes, added, strict=True)]
    return Exact(
        ys, [np.full(s.shape, np.max(s, initial=0)) for s in both] if norm else both
    )


def terms(record, xs, params, ys, norm):
    """For each element of each result, Σ |∂y/∂x| |x| over elements of the operands.

    Where ``norm``, with the largest element of an operand for each.
    """
    program = trace(lambda *a: _tuple(record, a, params), [type_of(x) for x in xs])
    sums = [np.zeros(y.shape) for y in ys]
    for place, x in enumerate(xs):
        if not is_float(x) or not _moves(record, place):
            continue
        weights = np.full(x.shape, np.max(np.abs(x), initial=0)) if norm else np.abs(x)
        for dx in _directions(record, x, weights):
            dxs = [dx if other == place else None for other in range(len(xs))]
            with np.errstate(all="ignore"):
                _, dys = push_forward(program.program, program.constants, xs, dxs)
            sums = [s if d is None else s + np.abs(d) for s, d in zip(sums, dys)]
    return sums


def _tuple(record, xs, params):
    y = record(*xs, **params)
    return tuple(y) if record.multiple else (y,)


def _moves(record, place):
    rules = record.jvp
    return callable(rules) or not (
        rules[place] is None or isinstance(rules[place], Unknown)
    )


def _directions(record, x, weights):
    """Each element of an operand by itself, as far as rounding could move it."""
    units = (1, 1j) if x.dtype.kind == "c" else (1,)
    if record.elementwise:
        return [(unit * weights).astype(x.dtype) for unit in units]
    flat = np.diag(weights.reshape(-1)).reshape(x.size, *x.shape)
    return [(unit * one).astype(x.dtype) for one in flat for unit in units]


def errors(got, want, scale):
    """Errors in ulp of the scale; infinite where one alone is a number.

    Infinity counts as the number behind the largest.
    """
    if not is_float(got):
        return np.where(got == want, 0.0, np.inf)
    with np.errstate(all="ignore"):
        rounded = want.astype(got.dtype)
        ulp = np.spacing(np.minimum(scale, LARGEST).astype(SINGLE)).astype(float)
        error = np.abs(bounded(wide(got)) - bounded(want)) / ulp
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    return np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))


def bounded(x):
    """Without what is larger than float32 can be."""
    return x if x.dtype.kind == "c" else np.clip(x, -BEHIND, BEHIND)


def hold(record, got, wanted, factor=1):
    """Results are as near to the exact ones as the record states."""
    bound = record.accuracy.bound * factor + SLACK
    assert len(got) == len(wanted.results)
    for y, want, scale in zip(got, *wanted, strict=True):
        error = errors(np.asarray(y), want, scale)
        worst = np.max(error, initial=0)
        assert worst <= bound, (
            f"{record.name} is {worst} ulp off where {record.accuracy} is stated"
        )
        if record.accuracy == EXACT and is_float(want):
            kept = np.signbit(y.real) == np.signbit(want.real)
            assert np.all(kept | np.isnan(want)), "a zero has lost its sign"
