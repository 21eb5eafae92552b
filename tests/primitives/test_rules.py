"""Every record of the book is proved at every one of its samples.

The tables are computed from the registry: a new record is a new row.
"""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule.core.check import check
from chainrule.core.errors import MissingRuleError
from chainrule.core.primitive import REGISTRY, Unknown, types_of_result
from chainrule.core.program import Program
from chainrule.core.types import ArrayType
from chainrule.primitives.conversion import stop_gradient
from chainrule.primitives.elementwise import mul
from chainrule.primitives.exponential import exp
from chainrule.primitives.linear_algebra import matmul
from chainrule.transforms.jvp import linearize, push_forward
from chainrule.transforms.trace import trace
from chainrule.transforms.transpose import pull_back
from tests.primitives.samples import FLOATS, draw, samples_of


def moves(record, argument):
    """Whether a derivative by this argument is known."""
    rules = record.jvp
    return callable(rules) or not isinstance(rules[argument], Unknown)


BOOK = [pytest.param(record, id=name) for name, record in REGISTRY.items()]
SAMPLES = [
    pytest.param(record, sample, id=f"{record.name}{number}")
    for record in REGISTRY.values()
    for number, sample in enumerate(samples_of(record))
]
CASES = [
    pytest.param(record, sample, argument, id=f"{record.name}{number}-arg{argument}")
    for record in REGISTRY.values()
    for number, sample in enumerate(samples_of(record))
    for argument in range(len(sample.shapes))
    if moves(record, argument)
]
UNKNOWN = [
    pytest.param(record, argument, id=f"{record.name}-arg{argument}")
    for record in REGISTRY.values()
    for argument in range(len(record.samples[0].shapes))
    if not moves(record, argument)
]

EPSILON = 1e-5
DIFFERENCE = {"rtol": 2e-6, "atol": 2e-8}  # of a central difference in float64
ADJOINT = {"rtol": 1e-12, "atol": 1e-13}  # equal up to rounding


def holds_program(sample):
    """A sub-program fixes the dtypes of its operands: float64."""
    return any(isinstance(value, Program) for value in sample.params.values())


def results(record, arguments, params):
    result = record(*arguments, **params)
    return tuple(result) if record.multiple else (result,)


def observed(record, sample, arguments):
    """What of the results is compared: all that is no free choice."""
    ys = results(record, arguments, sample.params)
    return ys if sample.observe is None else sample.observe(*ys)


def traced(record, sample):
    """The sample as a program of one equation (and what observes it), in float64."""
    types = [ArrayType(x.shape, x.dtype) for x in draw(sample)]
    return trace(lambda *xs: observed(record, sample, xs), types).program


def is_float(x):
    return x.dtype.kind in "fc"


def direction(x, seed):
    """A random tangent, or None for what does not move."""
    if not is_float(x):
        return None
    rng = np.random.default_rng(seed)
    real = rng.standard_normal(np.shape(x))
    if x.dtype.kind == "f":
        return np.asarray(real)
    return np.asarray(real + 1j * rng.standard_normal(np.shape(x)))


def floats(values):
    wide = [np.result_type(value.dtype, np.float64) for value in values]
    pairs = zip(values, wide, strict=True)
    return [np.asarray(value, dtype) for value, dtype in pairs if is_float(value)]


def pairing(first, second):
    """The real part of the plain product, without conjugation, of two lists."""
    pairs = zip(first, second, strict=True)
    return sum(np.sum(a * b).real for a, b in pairs if b is not None)


def tangents_of(program, xs, dxs):
    """Tangents of the floating-point results, zeros written out."""
    ys, dys = push_forward(program, (), xs, dxs)
    pairs = zip(ys, dys, strict=True)
    return [np.zeros_like(y) if d is None else d for y, d in pairs if is_float(y)]


def central_difference(function, xs, dxs):
    """The derivative along a direction, from two values: error O(h²)."""
    ends = []
    for step in (EPSILON, -EPSILON):
        pairs = zip(xs, dxs, strict=True)
        ends.append(function([x if d is None else x + step * d for x, d in pairs]))
    return [(up - down) / (2 * EPSILON) for up, down in zip(*ends, strict=True)]


def one_direction(xs, argument):
    return [direction(x, 1) if i == argument else None for i, x in enumerate(xs)]


def compare(got, want, tolerance):
    assert len(got) == len(want)
    for mine, theirs in zip(got, want, strict=True):
        assert_allclose(mine, theirs, **tolerance)


@pytest.mark.parametrize(("record", "sample"), SAMPLES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_type_rule_is_what_numpy_gives(record, sample, dtype):
    xs = draw(sample, np.float64 if holds_program(sample) else dtype)
    types = tuple(ArrayType(x.shape, x.dtype) for x in xs)
    ys = results(record, xs, sample.params)
    assert tuple(ArrayType(np.shape(y), y.dtype) for y in ys) == types_of_result(
        record, types, sample.params
    )


@pytest.mark.parametrize(("record", "sample"), SAMPLES)
def test_meaning_leaves_its_operands_alone(record, sample):
    xs = draw(sample)
    before = [x.copy() for x in xs]
    results(record, xs, sample.params)
    compare(xs, before, {"rtol": 0})


@pytest.mark.parametrize(("record", "sample"), SAMPLES)
def test_checker_accepts_the_program(record, sample):
    check(traced(record, sample))


@pytest.mark.parametrize(("record", "sample", "argument"), CASES)
def test_jvp_is_the_central_difference(record, sample, argument):
    xs = draw(sample)
    dxs = one_direction(xs, argument)
    if dxs[argument] is None:
        return
    got = tangents_of(traced(record, sample), xs, dxs)
    want = central_difference(lambda at: floats(observed(record, sample, at)), xs, dxs)
    compare(got, want, DIFFERENCE)


@pytest.mark.parametrize(("record", "sample", "argument"), CASES)
def test_jvp_differentiates_again(record, sample, argument):
    """The derivative of the rule is the difference of what the rule gives."""
    xs = draw(sample)
    dxs = one_direction(xs, argument)
    if dxs[argument] is None:
        return
    program = traced(record, sample)
    moving = [direction(x, 2) if moves(record, i) else None for i, x in enumerate(xs)]

    def first(at):
        return tangents_of(program, at, dxs)

    types = [ArrayType(x.shape, x.dtype) for x in xs]
    again = trace(lambda *at: first(list(at)), types)
    check(again.program)
    _, got = push_forward(again.program, again.constants, xs, moving)
    want = central_difference(first, xs, moving)
    pairs = zip(got, want, strict=True)
    compare([np.zeros(w.shape) if g is None else g for g, w in pairs], want, DIFFERENCE)


@pytest.mark.parametrize(("record", "sample", "argument"), CASES)
def test_transpose_is_the_adjoint(record, sample, argument):
    """Re(J dx · z) = Re(dx · Jᵀ z), up to rounding: no step size to choose."""
    xs = draw(sample)
    dxs = one_direction(xs, argument)
    if dxs[argument] is None:
        return
    program = traced(record, sample)
    active = [dx is not None for dx in dxs]
    ys, derivative = linearize(program, (), xs, active)
    check(derivative.program)
    moving = [y for y, moves in zip(ys, derivative.nonzero, strict=True) if moves]
    z_bars = [direction(y, 3) for y in moving]
    dys = [d for d in push_forward(program, (), xs, dxs)[1] if d is not None]
    try:
        bars = pull_back(derivative.program, derivative.residuals, z_bars)
    except MissingRuleError:
        assert "No reverse mode" in record.convention
        return
    backward = pairing([dxs[argument]], bars)
    assert_allclose(pairing(dys, z_bars), backward, **ADJOINT)


@pytest.mark.parametrize(("record", "argument"), UNKNOWN)
def test_a_derivative_that_is_not_known_is_refused(record, argument):
    """In words of three parts that name the argument, and never as a zero."""
    xs = draw(record.samples[0])
    with pytest.raises(MissingRuleError, match=rf"of {record.name}"):
        push_forward(
            traced(record, record.samples[0]), (), xs, one_direction(xs, argument)
        )


@pytest.mark.parametrize("record", BOOK)
def test_no_record_escapes_the_tables(record):
    assert record.samples, f"{record.name} has no Sample, so nothing of it is proved"
    assert record.formula.value
    assert record.formula.tangent
    for sample in record.samples:
        if not callable(record.jvp):
            assert len(record.jvp) == len(sample.shapes)
        if isinstance(record.transpose, tuple):
            assert len(record.transpose) == len(sample.shapes)


@pytest.mark.parametrize("record", BOOK)
def test_every_record_says_where_it_is_from_and_what_holds_in_doubt(record):
    assert record.source
    assert record.convention.endswith(".")


@pytest.mark.parametrize("record", BOOK)
def test_each_transpose_has_its_formula(record):
    if isinstance(record.transpose, tuple):
        rules = [rule for rule in record.transpose if rule is not None]
        assert len(record.formula.cotangent) == len(rules)
    else:
        backwards = record.transpose is not None
        assert bool(record.formula.cotangent) == (
            backwards and "No reverse mode" not in record.convention
        )


@pytest.mark.parametrize("record", BOOK)
def test_formulas_have_matching_braces(record):
    formula = record.formula
    for text in (formula.value, formula.tangent, *formula.cotangent):
        assert text.count("{") == text.count("}")
        assert text.count(r"\begin") == text.count(r"\end")


@pytest.mark.parametrize("record", BOOK)
def test_a_wrong_number_of_axes_or_dtype_is_refused(record):
    """Type rules refuse operands of two dtypes, in words of three parts."""
    if not record.elementwise or len(record.samples[0].shapes) != 2:
        return
    types = (ArrayType((2,), np.dtype("f4")), ArrayType((2,), np.dtype("f8")))
    with pytest.raises(ValueError, match=r"Expected .*, got .*: "):
        record.type(*types, **record.samples[0].params)


def planted(rules):
    """The rules, the first one wrong by a thousandth."""
    return (lambda *a, **k: 1.001 * rules[0](*a, **k), *rules[1:])


def test_the_tables_catch_a_wrong_derivative():
    wrong = replace(matmul, jvp=planted((lambda dx, z, x, y: matmul(dx, y), None)))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_jvp_is_the_central_difference(wrong, matmul.samples[0], 0)


def test_the_tables_catch_a_wrong_transpose():
    wrong = replace(matmul, transpose=planted(matmul.transpose))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_transpose_is_the_adjoint(wrong, matmul.samples[0], 0)


def test_the_tables_catch_a_rule_that_does_not_differentiate_again():
    wrong = replace(exp, jvp=(lambda dx, y, x: mul(dx, stop_gradient(y)),))
    test_jvp_is_the_central_difference(wrong, exp.samples[0], 0)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_jvp_differentiates_again(wrong, exp.samples[0], 0)


def test_the_tables_refuse_a_record_without_samples():
    with pytest.raises(AssertionError, match="has no Sample"):
        test_no_record_escapes_the_tables(replace(matmul, samples=()))
