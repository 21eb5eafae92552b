"""What a traced value answers to Python itself: conversions, and updates by name."""

import math

import numpy as np
import pytest
from scipy import special

import chainrule as cr
from chainrule.core.errors import MissingRuleError, ShapeError, TracerError

X = np.array([1.0, 2.0, 3.0])


def stored(x):
    plain = np.zeros(3)
    plain[0] = x
    return plain.sum()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: math.sin(x) * x,
        lambda x: float(x) * x,
        lambda x: math.floor(x) * x,
        lambda x: math.pow(x, 2),
    ],
)
def test_no_derivative_is_lost_to_a_python_float(function):
    message = r"to a Python float .*test_tracer\.py:\d+.*np\.sin.*x\.item\(\)"
    with pytest.raises(TracerError, match=message):
        cr.grad(function)(2.5)
    with pytest.raises(TracerError, match=message):
        cr.jit(function)(2.5)


def test_no_derivative_is_lost_to_a_python_complex():
    with pytest.raises(TracerError, match="to a Python complex"):
        cr.grad(lambda x: (complex(x) * x).real)(2.5)


def test_no_derivative_is_lost_to_a_plain_array():
    with pytest.raises(ValueError, match="setting an array element") as caught:
        cr.grad(stored)(2.5)
    assert isinstance(caught.value.__cause__, TracerError)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (lambda x: x.item() * x, 2.5),
        (lambda x: int(x) * x, 2.0),
        (lambda x: float(np.argmax(X * x)) * x, 2.0),
        (lambda x: round(x) * x, 2.0),
        (lambda x: round(x, 1) * x, 2.5),
        (lambda x: float(f"{x:.1f}") * x, 2.5),
    ],
)
def test_conversions_that_lose_no_derivative_or_say_so(function, derivative):
    assert cr.grad(function)(2.5) == derivative


def sum_of_squares(x):
    total = 0.0
    for i in range(3):
        total += x[i] ** 2
    return total


def every_update(x):
    y = x * 3
    y += x
    y -= 1
    y *= x
    y /= 2
    y **= 2
    y %= 1e9
    y //= 1e9
    return (x @ x) + y.sum()


@pytest.mark.parametrize("function", [sum_of_squares, every_update])
def test_updates_give_the_name_a_new_value(function):
    assert np.array_equal(cr.grad(function)(X), 2 * X)
    assert np.array_equal(cr.jit(cr.grad(function))(X), 2 * X)
    assert cr.jit(function)(X) == function(X.copy())


def test_updates_keep_the_dtype_of_an_array():
    def update(x):
        x += np.ones(3)
        return x

    single = X.astype(np.float32)
    assert cr.jit(update)(single).dtype == update(single.copy()).dtype == np.float32


def test_updates_that_change_shape_or_kind_are_refused_as_numpy_refuses_them():
    def widened(x):
        x += np.ones((2, 3))
        return x

    def made_float(x):
        x += 0.5
        return x

    with pytest.raises(ShapeError, match=r"shape \(3,\).*gives \(2, 3\)"):
        cr.jit(widened)(X)
    with pytest.raises(TypeError, match=r"leaves int64 .* gives float64"):
        cr.jit(made_float)(np.arange(3))


def test_an_update_of_a_plain_array_says_what_to_write():
    def update(x):
        plain = np.zeros(3)
        plain += x
        return plain.sum()

    with pytest.raises(TracerError, match=r"a = a \+ x in place of a \+= x"):
        cr.grad(update)(X)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: np.lib.scimath.sqrt(x), r"numpy\.lib\.scimath\.sqrt at"),
        (lambda x: np.heaviside.reduce(x), r"numpy\.heaviside\.reduce at"),
        (lambda x: np.isnat(x), r"numpy\.isnat at"),
    ],
)
def test_a_function_without_a_meaning_is_called_by_its_whole_name(function, name):
    with pytest.raises(MissingRuleError, match=name):
        cr.jit(function)(np.eye(2))


@pytest.mark.parametrize("function", [special.erf, special.expit])
def test_special_functions_of_scipy(function):
    cr.check_grads(lambda x: function(x).sum(), (X,))
    single = X.astype(np.float32)
    assert cr.jit(function)(single).dtype == np.float32
    np.testing.assert_allclose(cr.jit(function)(single), function(single), 1e-6)
