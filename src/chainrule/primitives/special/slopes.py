"""Derivatives of the incomplete gamma and beta functions by their parameters.

Series and continued fractions for the functions are rational in the parameters, so
they are evaluated at ``a + ih``: with an ``h`` so small that its square vanishes, the
imaginary part is ``h`` times the exact derivative. Sources: R. J. Moore, Algorithm
AS 187, Applied Statistics 31 (1982); R. J. Boik and J. F. Robison-Cox, Journal of
Statistical Software 3 (1998); W. Squire and G. Trapp, SIAM Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

H = 1e-100
STEPS = 20_000
TINY = 1e-300

Array = Any
Term = tuple[Array, Array]


def _moving(change: Array) -> bool:
    """Whether a factor of a product still changes it, or its derivative."""
    off = np.abs(change.real - 1) + np.abs(change.imag) / H
    return bool(np.any(off > 1e-16))


def log_slope(value: Array) -> Array:
    """The logarithmic derivative of what was computed at ``a + ih``."""
    return value.imag / value.real / H


def fraction(first: Array, terms: Callable[[int], Term]) -> Array:
    """``b0 + a1/(b1 + a2/(b2 + …))`` by Lentz's algorithm, DLMF 3.10(iii)."""
    result = np.where(first == 0, TINY, first)
    upper, lower = result, np.zeros_like(result)
    for step in range(1, STEPS):
        a, b = terms(step)
        lower = b + a * lower
        lower = 1 / np.where(lower == 0, TINY, lower)
        upper = b + a / upper
        upper = np.where(upper == 0, TINY, upper)
        change = upper * lower
        result = result * change
        if not _moving(change):
            break
    return result


def gamma_series(a: Array, x: Array) -> Array:
    """``Σ x^n / (a+1)_n``, the changing factor of P(a, x): DLMF 8.7.1."""
    total = term = np.ones_like(a)
    for n in range(1, STEPS):
        term = term * x / (a + n)
        total = total + term
        if not _moving(1 + term / total):
            break
    return total


def gamma_fraction(a: Array, x: Array) -> Array:
    """The reciprocal of the changing factor of Q(a, x): DLMF 8.9.2, contracted."""
    return fraction(x + 1 - a, lambda n: (-n * (n - a), x + 2 * n + 1 - a))


def by_shape(a: Array, x: Array) -> Array:
    """∂P(a, x)/∂a of the regularized lower incomplete gamma function."""
    from scipy import special

    dtype = x.dtype
    with np.errstate(all="ignore"):
        a, x = np.asarray(a, np.float64), np.asarray(x, np.float64)
        valid = (a > 0) & (x >= 0) & np.isfinite(a) & ~np.isnan(x)
        plain = valid & (x > 0) & np.isfinite(x)
        left = plain & (x < a + 1)
        right = plain & ~left
        low = gamma_series(np.where(left, a, 1) + 1j * H, np.where(left, x, 0.5))
        high = gamma_fraction(np.where(right, a, 1) + 1j * H, np.where(right, x, 3))
        below = np.log(x) - special.digamma(a + 1) + log_slope(low)
        above = np.log(x) - special.digamma(a) - log_slope(high)
        # The tail that is small carries the precision: P on the left, Q on the right.
        slope = np.where(
            left, special.gammainc(a, x) * below, -special.gammaincc(a, x) * above
        )
        return np.where(plain, slope, np.where(valid, 0.0, np.nan)).astype(dtype)


def beta_fraction(a: Array, b: Array, x: Array) -> Array:
    """The reciprocal of the changing factor of I_x(a, b): DLMF 8.17.22."""

    def terms(step: int) -> Term:
        m, odd = divmod(step, 2)
        if odd:
            upper = -(a + m) * (a + b + m) * x
            return upper / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0

    return fraction(np.ones_like(a * b), terms)


def _beta_log_slope(a: Array, b: Array, x: Array, y: Array, place: int) -> Array:
    """∂ ln I_x(a, b) by a (place 0) or b (place 1), where the fraction converges.

    ``y`` is ``1 - x``.
    """
    from scipy import special

    p, q = (a + 1j * H, b) if place == 0 else (a, b + 1j * H)
    changing = -log_slope(beta_fraction(p, q, x))
    if place == 0:
        return np.log(x) - 1 / a - special.digamma(a) + _digamma_sum(a, b) + changing
    return np.log(y) - special.digamma(b) + _digamma_sum(a, b) + changing


def _digamma_sum(a: Array, b: Array) -> Array:
    from scipy import special

    return special.digamma(a + b)


def by_parameter(a: Array, b: Array, x: Array, place: int) -> Array:
    """∂I_x(a, b) by a (place 0) or b (place 1), of the regularized beta function."""
    from scipy import special

    dtype = x.dtype
    with np.errstate(all="ignore"):
        a, b, x = [np.asarray(value, np.float64) for value in (a, b, x)]
        finite = np.isfinite(a) & np.isfinite(b)
        valid = (a > 0) & (b > 0) & (x >= 0) & (x <= 1) & finite
        plain = valid & (x > 0) & (x < 1)
        left = x < (a + 1) / (a + b + 2)
        safe = [np.where(plain, value, 0.5) for value in (a, b, x)]
        p, q, z = [np.where(left, u, v) for u, v in _mirrored(*safe)]
        slopes = [_beta_log_slope(p, q, z, 1 - z, side) for side in (0, 1)]
        low = special.betainc(a, b, x) * slopes[place]
        high = -special.betaincc(a, b, x) * slopes[1 - place]
        slope = np.where(left, low, high)
        return np.where(plain, slope, np.where(valid, 0.0, np.nan)).astype(dtype)


def _mirrored(a: Array, b: Array, x: Array) -> tuple[Term, Term, Term]:
    """The arguments beside those of I_(1-x)(b, a) = 1 - I_x(a, b)."""
    return (a, b), (b, a), (x, 1 - x)
