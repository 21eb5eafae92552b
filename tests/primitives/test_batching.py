"""Every record under vmap is a Python loop over the examples.

The table is computed from the registry: each sample, with every choice of operands
that differ from example to example.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule.backends.native.compile import compile_program
from chainrule.core.check import check
from chainrule.core.primitive import REGISTRY
from chainrule.core.types import ArrayType
from chainrule.primitives.control import scan
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.reduction import sort
from chainrule.primitives.structure import reduce_sum
from chainrule.transforms.batch import batch_program, evaluate_batched
from chainrule.transforms.trace import trace
from tests.primitives.samples import draw
from tests.primitives.test_rules import results

SIZE = 3
CLOSE = {"rtol": 1e-12, "atol": 1e-12}
CASES = [
    pytest.param(record, sample, flags, id=f"{record.name}{number}-{text}")
    for record in REGISTRY.values()
    for number, sample in enumerate(record.samples)
    for flags in product((False, True), repeat=len(sample.shapes))
    for text in ["".join("sb"[flag] for flag in flags)]
    if any(flags)
]

FEWER = [
    case for case in CASES if not case.values[0].elementwise or all(case.values[2])
]
"""Without the mixed choices of elementwise records, which are one derived rule."""


def examples(sample, flags, size=SIZE):
    """Operands of a batch: stacked draws where flagged, else the first draw."""
    draws = [draw(sample, seed=seed) for seed in range(max(size, 1))]
    return [
        np.stack([xs[place] for xs in draws])[:size] if flag else draws[0][place]
        for place, flag in enumerate(flags)
    ]


def example(operands, flags, number):
    """The operands of one example."""
    pairs = zip(operands, flags, strict=True)
    return [np.asarray(x[number]) if flag else x for x, flag in pairs]


def program_of(record, sample):
    types = [ArrayType(x.shape, x.dtype) for x in draw(sample)]
    return trace(lambda *xs: results(record, xs, sample.params), types).program


def expanded(ys, found, size):
    """Results of a batch, with those repeated that are the same for all."""
    pairs = zip(ys, found, strict=True)
    return [y if flag else np.broadcast_to(y, (size, *y.shape)) for y, flag in pairs]


def loop(record, sample, operands, flags):
    """Each result of each example, stacked."""
    each = [
        results(record, example(operands, flags, number), sample.params)
        for number in range(SIZE)
    ]
    return [np.stack([np.asarray(y) for y in ys]) for ys in zip(*each, strict=True)]


def compare(got, want):
    assert len(got) == len(want)
    for mine, theirs in zip(got, want, strict=True):
        mine = np.asarray(mine)
        assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype)
        assert_allclose(mine, theirs, **CLOSE)


@pytest.mark.parametrize(("record", "sample", "flags"), CASES)
def test_batched_is_a_loop_over_examples(record, sample, flags):
    operands = examples(sample, flags)
    got = evaluate_batched(program_of(record, sample), (), operands, flags, SIZE)
    compare(expanded(*got, SIZE), loop(record, sample, operands, flags))


@pytest.mark.parametrize(("record", "sample", "flags"), FEWER)
def test_the_batched_program_runs_natively(record, sample, flags):
    operands = examples(sample, flags)
    wide, found = batch_program(program_of(record, sample), flags, SIZE)
    check(wide)
    got = compile_program(wide, ())((), operands)
    compare(expanded(got, found, SIZE), loop(record, sample, operands, flags))


@pytest.mark.parametrize(("record", "sample", "flags"), FEWER)
def test_no_examples_give_empty_results(record, sample, flags):
    operands = examples(sample, flags, 0)
    program = program_of(record, sample)
    got = expanded(*evaluate_batched(program, (), operands, flags, 0), 0)
    for y, type in zip(got, program.output_types, strict=True):
        assert (y.shape, y.dtype) == ((0, *type.shape), type.dtype)


@pytest.mark.parametrize(("record", "sample", "flags"), FEWER)
def test_a_batched_program_is_batched_again(record, sample, flags):
    """Rows and columns of a grid, each with operands of its own."""
    operands = examples(sample, flags)
    wide, found = batch_program(program_of(record, sample), flags, SIZE)
    grid = [np.stack([x] * 2) if flag else x for x, flag in zip(operands, flags)]
    got = expanded(*evaluate_batched(wide, (), grid, flags, 2), 2)
    want = loop(record, sample, operands, flags)
    rows = [expanded(row, found, SIZE) for row in zip(*got, strict=True)]
    for row in rows:
        compare(row, want)


def planted(record, rule):
    """The record with another batch rule, so that its equations are made anew."""
    return replace(record, batch=rule)


@pytest.mark.parametrize(
    ("record", "rule", "flags"),
    [
        (sort, lambda batched, x, axis: sort(x, axis=0), (True,)),
        (reduce_sum, lambda batched, x, axes: reduce_sum(x, axes=axes), (True,)),
        (matmul, lambda batched, x, y: 1.001 * matmul(x, y), (True, True)),
    ],
)
def test_the_table_catches_a_wrong_rule(record, rule, flags):
    wrong = planted(record, rule)
    with pytest.raises((AssertionError, ValueError)):
        test_batched_is_a_loop_over_examples(wrong, record.samples[0], flags)


def test_what_has_no_rule_becomes_one_loop():
    lonely = planted(sort, None)
    wide, _ = batch_program(program_of(lonely, sort.samples[0]), (True,), SIZE)
    assert [equation.primitive for equation in wide.equations] == [scan]
    test_batched_is_a_loop_over_examples(lonely, sort.samples[0], (True,))


def test_equations_of_shared_values_stay_as_they_are():
    types = [ArrayType((2, 3), np.dtype(float)), ArrayType((3, 2), np.dtype(float))]
    program = trace(lambda x, y: matmul(sort(x, axis=0), y), types).program
    wide, _ = batch_program(program, (False, True), SIZE)
    assert wide.equations[0].outputs[0].type.shape == (2, 3)
    test_batched_is_a_loop_over_examples(matmul, matmul.samples[0], (False, True))
