"""Activations against independent formulas, and their limits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special

import chainrule as cr
from chainrule import activations
from chainrule._scope import scope

X = np.concatenate([np.linspace(-30, 30, 601), [-1e4, -800.0, 0.0, 800.0, 1e4]])

FORMULAS = {
    "linear": lambda x: x,
    "relu": lambda x: (x + np.abs(x)) / 2,
    "sigmoid": special.expit,
    "softmax": lambda x: special.softmax(x, axis=-1),
    "tanh": np.tanh,
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_value_and_dtype(name, dtype):
    x = X.astype(dtype)
    y = activations.get(name)(x)
    assert y.dtype == dtype
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    assert_allclose(y, FORMULAS[name](x.astype(np.float64)), tolerance, 1e-38)


@pytest.mark.parametrize("name", FORMULAS)
def test_nan_stays(name):
    assert np.isnan(activations.get(name)(np.array([np.nan, 1.0]))[0])


def test_the_slope_of_relu_at_0_is_0_and_that_of_a_maximum_the_mean():
    slope = cr.grad(lambda x: activations.relu(x).sum())
    x = np.array([-1.0, -0.0, 0.0, 1.0])
    assert_array_equal(slope(x), [0, 0, 0, 1])
    assert_array_equal(cr.jit(slope)(x), [0, 0, 0, 1])
    assert cr.grad(lambda x: np.maximum(x, 0))(0.0) == 0.5


def test_softmax_of_large_logits_and_other_axes():
    x = np.array([[1e30, 0.0], [-1e30, 5.0]])
    assert_array_equal(activations.softmax(x), [[1, 0], [0, 1]])
    assert_allclose(activations.softmax(x * 0 + X[:2], axis=0).sum(axis=0), 1)


def test_a_function_is_taken_as_it_is():
    assert activations.get(np.sin) is np.sin
    with pytest.raises(TypeError, match="a name, a function or None, got 3"):
        activations.get(3)


def test_a_scope_remembers_the_logits_of_softmax_and_sigmoid():
    x = np.array([[1.0, 2.0]])
    with scope(training=True) as entered:
        p, s = activations.softmax(x), activations.sigmoid(x)
        assert entered.logits_of("softmax", p) is x
        assert entered.logits_of("sigmoid", s) is x
        assert entered.logits_of("sigmoid", p) is None
        assert entered.logits_of("softmax", p.copy()) is None
        transposed = activations.softmax(x, axis=0)
        assert entered.logits_of("softmax", transposed) is None
