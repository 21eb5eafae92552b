"""Every record takes its operands wherever they lie, and leaves them as they are.

Views with negative strides, with gaps, in Fortran's order, off the line, and with
stride 0, in the NumPy backend; the native one is tried with the same in
``tests/backends/test_native.py``.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule.core.errors import MissingRuleError
from chainrule.core.primitive import REGISTRY, Unknown
from chainrule.primitives.structure import reduce_sum
from chainrule.transforms.jvp import linearize, push_forward
from chainrule.transforms.transpose import pull_back
from tests.primitives.accuracy import SINGLE, exact, hold, in_single, meaning
from tests.primitives.layouts import (
    LAYOUTS,
    backwards,
    by_columns,
    contiguous,
    off_the_line,
    outcome,
    repeated,
    with_gaps,
)
from tests.primitives.samples import draw, samples_of
from tests.primitives.test_rules import direction, moves, traced

CLOSE = {"rtol": 1e-12, "atol": 1e-12}
OF_COMPLEX = {"rtol": 1e-5, "atol": 1e-5}
SAMPLES = [
    pytest.param(record, sample, id=f"{record.name}{number}")
    for record in REGISTRY.values()
    for number, sample in enumerate(samples_of(record))
    if any(sample.shapes)
]


def compare(got, want, **tolerance):
    """The same arrays, or the same error."""
    if isinstance(want, type):
        assert got is want
        return
    for mine, theirs in zip(got, want, strict=True):
        assert (mine is None) == (theirs is None)
        if mine is not None:
            assert_allclose(mine, theirs, **tolerance)


@pytest.mark.parametrize(("record", "sample"), SAMPLES)
def test_operands_may_lie_anywhere(record, sample):
    params = in_single(sample.params)
    xs = draw(sample, SINGLE)
    same = meaning(record, xs, params)
    wanted = exact(record, xs, sample.params)
    for layout in LAYOUTS:
        got = meaning(record, [layout(x) for x in xs], params)
        if "c" in sample.dtypes:
            compare(got, same, **OF_COMPLEX)
        else:
            hold(record, got, wanted)


@pytest.mark.parametrize(("record", "sample"), SAMPLES)
def test_operands_may_repeat_a_row(record, sample):
    """Such views cannot be written to."""
    rows = [repeated(x) for x in draw(sample)]
    copies = [contiguous(x) for x in rows]
    got, want = (outcome(meaning, record, xs, sample.params) for xs in (rows, copies))
    compare(got, want, **CLOSE)


def derivatives(record, sample, xs, lay_out):
    """Tangents and cotangents along random directions that lie somewhere."""
    program = traced(record, sample)
    dxs = [direction(x, 1) if moves(record, i) else None for i, x in enumerate(xs)]
    dxs = [None if dx is None else lay_out(dx) for dx in dxs]
    ys, dys = push_forward(program, (), xs, dxs)
    _, linear = linearize(program, (), xs, [dx is not None for dx in dxs])
    pairs = zip(ys, linear.nonzero, strict=True)
    z_bars = [lay_out(direction(np.asarray(y), 3)) for y, moving in pairs if moving]
    try:
        bars = pull_back(linear.program, linear.residuals, z_bars)
    except MissingRuleError:
        assert "No reverse mode" in record.convention
        bars = []
    return [*dys, *bars]


@pytest.mark.parametrize(("record", "sample"), SAMPLES)
def test_derivatives_may_lie_anywhere(record, sample):
    xs = draw(sample)
    want = outcome(derivatives, record, sample, xs, contiguous)
    for layout, beside in ((backwards, with_gaps), (by_columns, off_the_line)):
        got = outcome(derivatives, record, sample, [layout(x) for x in xs], beside)
        compare(got, want, **CLOSE)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 0), ()])
def test_layouts_are_the_same_numbers_elsewhere(layout, shape):
    x = np.random.default_rng(0).normal(size=shape)
    y = layout(x)
    assert y.tolist() == x.tolist()
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    if x.ndim == 2 and x.size:
        assert y.strides != x.strides or not y.flags.aligned


def test_a_record_that_counts_on_the_order_in_memory_is_caught():
    """It sums elements as they lie, each weighed by its place."""

    class Ordered:
        name, accuracy, multiple = "ordered", reduce_sum.accuracy, False
        jvp = (Unknown("x"),)

        @staticmethod
        def numpy(x):
            flat = np.ravel(x, order="K")
            return flat @ np.arange(flat.size).astype(x.dtype)

    x = np.arange(6, dtype=SINGLE).reshape(2, 3)
    wanted = meaning(Ordered, [x], {})
    compare(meaning(Ordered, [with_gaps(x)], {}), wanted)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        compare(meaning(Ordered, [by_columns(x)], {}), wanted)
