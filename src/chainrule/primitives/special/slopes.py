"""Derivatives of the incomplete gamma and beta functions by their parameters.

Series and continued fractions for the functions are rational in the parameters, so
they are evaluated on truncated power series (``jets.py``), for derivatives of any
order. Sources: R. J. Moore, Algorithm AS 187, Applied Statistics 31 (1982); R. J. Boik
and J. F. Robison-Cox, Journal of Statistical Software 3 (1998).
"""

from __future__ import annotations

import math

import numpy as np

from chainrule.primitives.special.jets import (
    Array,
    Jet,
    Orders,
    exp_of,
    filled,
    fraction,
    log_gamma_of,
    log_of,
    series,
    variable,
)


def _derivative(value: Array, logarithm: Jet, factor: Jet | None = None) -> Array:
    """The highest derivative of a function, of its value and its logarithm's jet.

    A factor stands apart where its logarithm has a pole at 0, and would cancel another.
    """
    rise = exp_of(logarithm.without_lead())
    if factor is not None:
        rise = rise * (factor / factor.coefficients[0, 0])
    i, j = logarithm.coefficients.shape[:2]
    return (
        value
        * rise.coefficients[-1, -1]
        * math.factorial(i - 1)
        * math.factorial(j - 1)
    )


def _gamma_low(a: Array, x: Array, order: int) -> Array:
    """Of P(a, x), which is small on the left, by ``Σ x^n / (a+1)_n``: DLMF 8.7.1."""
    from scipy import special

    s = variable(a, (order, 0), 0)
    total = series(s * 0.0 + 1.0, lambda n: x / (s + n))
    logarithm = s * np.log(x) - log_gamma_of(a + 1, (order, 0), (0,)) + log_of(total)
    return _derivative(special.gammainc(a, x), logarithm)


def _gamma_high(a: Array, x: Array, order: int) -> Array:
    """Of 1 - Q(a, x), Q being small on the right: DLMF 8.9.2, contracted."""
    from scipy import special

    s = variable(a, (order, 0), 0)
    low = fraction(x + 1 - s, lambda n: (n * (s - n), x + 2 * n + 1 - s))
    logarithm = s * np.log(x) - log_gamma_of(a + 1, (order, 0), (0,)) - log_of(low)
    return -_derivative(special.gammaincc(a, x), logarithm, s)


def _doubles(*xs: Array) -> tuple[Array, ...]:
    return np.broadcast_arrays(*[np.asarray(x, np.float64) for x in xs])


def by_shape(a: Array, x: Array, order: int) -> Array:
    """∂ⁿP(a, x)/∂aⁿ of the regularized lower incomplete gamma function, n ≥ 1."""
    dtype = x.dtype
    with np.errstate(all="ignore"):
        a, x = _doubles(a, x)
        valid = (a > 0) & (x >= 0) & np.isfinite(a) & ~np.isnan(x)
        plain = valid & (x > 0) & np.isfinite(x)
        left = plain & (x < a + 1)
        parts = [
            (left, lambda a, x: _gamma_low(a, x, order)),
            (plain & ~left, lambda a, x: _gamma_high(a, x, order)),
        ]
        slope = filled(x.shape, parts, a, x)
        return np.where(valid, slope, np.nan).astype(dtype)


def _beta_fraction(a: Jet, b: Jet, x: Array) -> Jet:
    """The reciprocal of the changing factor of I_x(a, b): DLMF 8.17.22."""

    def terms(step: int) -> tuple[Jet, float]:
        m, odd = divmod(step, 2)
        if step == 1:
            return (a + b) * -x / (a + 1), 1.0
        if odd:
            upper = (a + m) * (a + b + m) * -x
            return upper / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        return (b - m) * (m * x) / ((a + 2 * m - 1) * (a + 2 * m)), 1.0

    return fraction(a * 0.0 + 1.0, terms)


def _beta_low(a: Array, b: Array, x: Array, y: Array, orders: Orders) -> Array:
    """Of I_x(a, b) where it is small and the fraction converges; ``y`` is 1 - x."""
    from scipy import special

    p, q = variable(a, orders, 0), variable(b, orders, 1)
    whole = log_gamma_of(a + b + 1, orders, (0, 1))
    parts = log_gamma_of(a + 1, orders, (0,)) + log_gamma_of(b + 1, orders, (1,))
    logarithm = p * np.log(x) + q * np.log(y) + whole - parts
    logarithm = logarithm - log_of(_beta_fraction(p, q, x))
    value = np.where(x <= 0.5, special.betainc(a, b, x), special.betaincc(b, a, y))
    return _derivative(value, logarithm, q / (p + q))


def by_parameter(a: Array, b: Array, x: Array, orders: Orders) -> Array:
    """∂^(n+m) I_x(a, b) / ∂aⁿ ∂bᵐ of the regularized beta function, n + m ≥ 1."""
    dtype = x.dtype
    with np.errstate(all="ignore"):
        a, b, x = _doubles(a, b, x)
        finite = np.isfinite(a) & np.isfinite(b)
        valid = (a > 0) & (b > 0) & (x >= 0) & (x <= 1) & finite
        plain = valid & (x > 0) & (x < 1)
        left = plain & (x < (a + 1) / (a + b + 2))
        mirrored = orders[1], orders[0]
        parts = [
            (left, lambda a, b, x, y: _beta_low(a, b, x, y, orders)),
            # I_x(a, b) = 1 - I_(1-x)(b, a)
            (plain & ~left, lambda a, b, x, y: -_beta_low(b, a, y, x, mirrored)),
        ]
        slope = filled(x.shape, parts, a, b, x, 1 - x)
        return np.where(valid, slope, np.nan).astype(dtype)
