"""Transforms inside transforms: no perturbation is taken for another."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr

WRAPPERS = {"as it is": lambda f: f, "compiled": cr.jit}


@pytest.fixture(params=WRAPPERS.values(), ids=WRAPPERS.keys())
def wrap(request):
    return request.param


def derivative(f, x):
    return cr.jvp(f, (x,), (1.0,))[1]


def test_perturbation_confusion_forward(wrap):
    """d/dx (x d/dy (x + y)) = 1 (Siskind and Pearlmutter 2005)."""
    f = wrap(lambda x: x * derivative(lambda y: x + y, 1.0))
    assert derivative(f, 1.0) == 1.0


def test_perturbation_confusion_reverse(wrap):
    assert cr.grad(wrap(lambda x: x * cr.grad(lambda y: x + y)(1.0)))(1.0) == 1.0
    assert cr.grad(wrap(lambda x: x * cr.grad(lambda y: x * y)(2.0)))(3.0) == 6.0


def test_mixed_modes_agree(wrap):
    def f(x):
        return np.sin(x) * x**2

    x = 0.7
    want = (2 - x**2) * np.sin(x) + 4 * x * np.cos(x)
    assert_allclose(derivative(cr.grad(wrap(f)), x), want)
    assert_allclose(cr.grad(lambda x: derivative(f, x))(x), want)
    assert_allclose(derivative(lambda x: derivative(wrap(f), x), x), want)
    assert_allclose(wrap(cr.grad(wrap(cr.grad(f))))(x), want)


def test_three_levels_close_over_each_other(wrap):
    def f(x):
        def g(y):
            return cr.grad(wrap(lambda z: x * y * z**2))(y) * x

        return cr.grad(g)(x * x)

    # g(y) = 2 x^2 y^2, g'(x^2) = 4 x^4
    assert_allclose(cr.grad(f)(1.5), 16 * 1.5**3)


def test_a_value_of_the_outer_level_decides_in_the_inner():
    def f(x):
        return cr.grad(lambda y: y * y if x > 0 else -y * y)(x)

    assert cr.grad(f)(2.0) == 2.0
    assert cr.grad(f)(-2.0) == -2.0


def test_jit_inside_grad_closes_over_the_outer_value():
    def f(w):
        return cr.jit(lambda x: w * x * x)(3.0)

    assert cr.grad(f)(2.0) == 9.0
    assert cr.grad(cr.grad(lambda w: f(w) * w))(2.0) == 18.0


def test_linear_maps_may_be_used_under_another_transform():
    _, linear = cr.linearize(np.sin, 0.5)
    assert_allclose(cr.grad(lambda t: linear(t) * t)(2.0), 4 * np.cos(0.5))
    _, pullback = cr.vjp(np.sin, 0.5)
    assert_allclose(cr.jit(lambda t: pullback(t)[0])(2.0), 2 * np.cos(0.5))


def test_optimisation_unrolled():
    """The derivative of a result of gradient descent by its rate."""

    def final(rate):
        x = 1.0
        for _ in range(3):
            x = x - rate * cr.grad(lambda x: x**2)(x)
        return x

    assert_allclose(cr.grad(final)(0.1), 3 * (1 - 0.2) ** 2 * -2)


def test_a_numpy_scalar_keeps_its_dtype_beside_a_traced_condition():
    """The cotangent, a np.float64, meets the condition alone: no bare number."""
    slope = cr.jit(cr.grad(lambda x: np.minimum(x, 2.0 * x) * 1.0))
    assert slope(3.0) == 1.0
    assert slope(-3.0) == 2.0
