"""Derivatives of higher order at points that a formula goes around."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr


def derivative(function, order):
    for _ in range(order):
        function = cr.grad(function)
    return function


@pytest.mark.parametrize("order", range(1, 6))
def test_sinc_at_zero_has_the_derivatives_of_its_series(order):
    # sinc(x) = sum of (-1)^k (pi x)^2k / (2k + 1)!
    want = 0.0
    if order % 2 == 0:
        want = (-1) ** (order // 2) * math.pi**order / (order + 1)
    assert_allclose(derivative(np.sinc, order)(0.0), want, atol=1e-12)


def test_sinc_is_smooth_where_its_two_forms_meet():
    x = np.array([0.99, 1.0, 1.01]) / np.pi
    cr.check_grads(lambda x: np.sum(np.sinc(x)), (x,), order=3)


@pytest.mark.parametrize(
    ("function", "scale"), [(np.logaddexp, 1.0), (np.logaddexp2, math.log(2))]
)
def test_logarithms_of_sums_curve_where_their_terms_are_equal(function, scale):
    slope = derivative(lambda x: function(x, 3.0), 1)
    assert_allclose(slope(3.0), 0.5)
    assert_allclose(derivative(slope, 1)(3.0), 0.25 * scale)
    assert_allclose(derivative(slope, 2)(3.0), 0.0, atol=1e-12)
    assert_allclose(derivative(slope, 3)(3.0), -0.125 * scale**3)


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_equal_infinities_share_their_derivative(infinity):
    with np.errstate(invalid="ignore"):
        slopes = cr.grad(np.logaddexp, argnums=(0, 1))(infinity, infinity)
    assert_allclose(slopes, (0.5, 0.5))
