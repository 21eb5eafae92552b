"""Truncated power series in two small numbers: exact derivatives of any order.

Where a function is a series or a continued fraction, rational in its parameters, the
same steps on ``a + s`` and ``b + t`` in place of ``a`` and ``b`` give its Taylor
coefficients, exact but for rounding. Source: Griewank and Walther, Evaluating
Derivatives, SIAM 2008, chapter 13.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Array = Any
Orders = tuple[int, int]

STEPS = 20_000
TINY = 1e-300
STILL = 4e-16
"""A factor that differs by less from 1, in every coefficient, changes nothing more."""


class Jet:
    """The coefficients of ``s^i t^j`` up to given orders, along two leading axes."""

    __array_ufunc__ = None  # an array on the left asks this class

    def __init__(self, coefficients: Array) -> None:
        self.coefficients = coefficients

    def _places(self) -> Iterator[tuple[Orders, Array, Any]]:
        """Each coefficient, with the places that it reaches when multiplied."""
        n, m = self.coefficients.shape[:2]
        for i, j in np.ndindex(n, m):
            yield (i, j), self.coefficients[i, j], np.s_[: n - i, : m - j]

    def __add__(self, other: Any) -> Jet:
        if isinstance(other, Jet):
            return Jet(self.coefficients + other.coefficients)
        total = self.coefficients.copy()
        total[0, 0] += other
        return Jet(total)

    def __neg__(self) -> Jet:
        return Jet(-self.coefficients)

    def __sub__(self, other: Any) -> Jet:
        return self + -other

    def __rsub__(self, other: Any) -> Jet:
        return -self + other

    def __mul__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.coefficients * other)
        total = np.zeros_like(self.coefficients)
        for (i, j), factor, reached in self._places():
            total[i:, j:] += factor * other.coefficients[reached]
        return Jet(total)

    def __truediv__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.coefficients / other)
        quotient, rest = np.empty_like(self.coefficients), self.coefficients.copy()
        for (i, j), _, reached in self._places():
            quotient[i, j] = rest[i, j] / other.coefficients[0, 0]
            rest[i:, j:] -= quotient[i, j] * other.coefficients[reached]
        return Jet(quotient)

    def __rtruediv__(self, other: Any) -> Jet:
        return constant(other, self) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def off_zero(self) -> Jet:
        """The same, but for a leading zero, by which nothing could be divided."""
        lead = self.coefficients[:1, :1]
        if np.all(lead):
            return self
        coefficients = self.coefficients.copy()
        coefficients[:1, :1] = np.where(lead == 0, TINY, lead)
        return Jet(coefficients)

    def moves(self) -> bool:
        """Whether, as a factor of a product, it still changes it."""
        off = np.sum(np.abs(self.coefficients), axis=(0, 1))
        lead = self.coefficients[0, 0]
        return bool(np.any(off - np.abs(lead) + np.abs(lead - 1) > STILL))

    def without_lead(self) -> Jet:
        """The same with leading coefficient 0."""
        return self - self.coefficients[0, 0]

    def degree(self) -> int:
        """The highest power of what has no leading coefficient that is not 0."""
        return sum(self.coefficients.shape[:2]) - 2


def variable(x: Array, orders: Orders, place: int) -> Jet:
    """``x + s`` (place 0) or ``x + t`` (place 1)."""
    coefficients = np.zeros((orders[0] + 1, orders[1] + 1, *np.shape(x)))
    coefficients[0, 0] = x
    if orders[place]:
        coefficients[(1, 0) if place == 0 else (0, 1)] = 1.0
    return Jet(coefficients)


def constant(x: Array, like: Jet) -> Jet:
    """A number that does not move."""
    coefficients = np.zeros_like(like.coefficients)
    coefficients[0, 0] = x
    return Jet(coefficients)


def log_of(x: Jet) -> Jet:
    """The logarithm, but for its leading coefficient."""
    rest = (x / x.coefficients[0, 0]).without_lead()
    total = constant(0.0, x)
    for k in range(x.degree(), 0, -1):
        total = (1 / k - total) * rest
    return total


def exp_of(x: Jet) -> Jet:
    """The exponential of what has no leading coefficient."""
    total = constant(1.0, x)
    for k in range(x.degree(), 0, -1):
        total = 1.0 + total * x / k
    return total


def log_gamma_of(x: Array, orders: Orders, moving: tuple[int, ...]) -> Jet:
    """ln Γ(x + s), (x + t) or (x + s + t), but for its leading coefficient."""
    from scipy import special

    total = np.zeros((orders[0] + 1, orders[1] + 1, *np.shape(x)))
    for i, j in np.ndindex(orders[0] + 1, orders[1] + 1):
        still = (i and 0 not in moving) or (j and 1 not in moving)
        if i + j and not still:
            slope = special.polygamma(i + j - 1, x)
            total[i, j] = slope / (math.factorial(i) * math.factorial(j))
    return Jet(total)


def fraction(first: Jet, terms: Callable[[int], tuple[Any, Any]]) -> Jet:
    """``b0 + a1/(b1 + a2/(b2 + …))`` by Lentz's algorithm, DLMF 3.10(iii)."""
    result = upper = first.off_zero()
    lower = constant(0.0, first)
    for step in range(1, STEPS):
        a, b = terms(step)
        lower = 1.0 / (b + a * lower).off_zero()
        upper = (b + a / upper).off_zero()
        change = upper * lower
        result = result * change
        if not change.moves():
            break
    return result


def series(first: Jet, ratio: Callable[[int], Jet]) -> Jet:
    """The sum of terms, the n-th of which is ``ratio(n)`` times the one before."""
    total = term = first
    size = np.abs(first.coefficients[0, 0])
    for n in range(1, STEPS):
        term = term * ratio(n)
        total = total + term
        size = np.maximum(size, np.abs(total.coefficients[0, 0]))
        if not (1.0 + term / size).moves():
            break
    return total


def filled(
    shape: tuple[int, ...], parts: list[tuple[Array, Callable[..., Array]]], *xs: Array
) -> Array:
    """Zero, but where a part's mask is set what its function gives there."""
    result = np.zeros(shape)
    for mask, function in parts:
        if np.any(mask):
            result[mask] = function(*[x[mask] for x in xs])
    return result
