"""Under jit each ufunc gives NumPy's dtype, shape and values, or refuses as it does."""

import operator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import config
from chainrule.core.tracer import HANDLERS
from chainrule.numpy import late

late.load_all()

UFUNCS = sorted(
    (f for f in HANDLERS if isinstance(f, np.ufunc) and f.signature is None),
    key=lambda f: f.__name__,
)
DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", "c8", "c16"]
NUMBERS = (True, 2, 1.5, 0.5 + 1j)
OPERATORS = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.lt,
    operator.eq,
    operator.and_,
    operator.lshift,
)


@pytest.fixture(autouse=True)
def through_numpy():
    """Each example is a program of its own: no machine code for it."""
    before = config.get_backend()
    config.set_backend("numpy")
    yield
    config.set_backend(before)


def operand(draw, shape):
    """An array of this shape and of any dtype, or a bare Python number."""
    chosen = draw(st.sampled_from([*DTYPES, *NUMBERS]))
    if not isinstance(chosen, str):
        return chosen
    values = 1 + np.arange(np.prod(shape, dtype=int)).reshape(shape) % 3
    return np.asarray(values, chosen)


def outcome(function, xs):
    """What a call gives, as arrays, or the kind of error that it raises."""
    try:
        results = function(*xs)
    except (TypeError, ValueError) as error:
        return TypeError if isinstance(error, TypeError) else ValueError
    many = isinstance(results, tuple)
    return [np.asarray(result) for result in (results if many else (results,))]


def agree(function, xs):
    with np.errstate(all="ignore"):
        want = outcome(function, xs)
        got = outcome(cr.jit(lambda *xs: function(*xs)), xs)
    if isinstance(want, type):
        assert got is want
        return
    assert [(g.dtype, g.shape) for g in got] == [(w.dtype, w.shape) for w in want]
    for mine, numpys in zip(got, want, strict=True):
        wide = numpys.dtype.itemsize // (2 if numpys.dtype.kind == "c" else 1) >= 8
        tolerance = 1e-12 if wide else {2: 2e-3}.get(numpys.dtype.itemsize, 1e-5)
        assert_allclose(mine, numpys, rtol=tolerance, atol=tolerance)


RUNS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
@RUNS
@given(st.data())
def test_every_ufunc_promotes_and_broadcasts_as_numpys(ufunc, data):
    shapes = data.draw(
        mutually_broadcastable_shapes(num_shapes=ufunc.nin, max_dims=3, max_side=3)
    ).input_shapes
    agree(ufunc, [operand(data.draw, shape) for shape in shapes])


@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
@RUNS
@given(st.data())
def test_every_operator_promotes_as_numpys(function, data):
    """Python numbers are weak, zero-dimensional arrays are not."""
    xs = [operand(data.draw, shape) for shape in ((), (2,))]
    if data.draw(st.booleans()):
        xs.reverse()
    if any(isinstance(x, np.ndarray) for x in xs):
        agree(function, xs)
