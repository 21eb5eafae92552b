"""What the elementary functions should return, to more digits than they have."""

from __future__ import annotations

import math
from collections.abc import Callable

import mpmath
import numpy as np
import scipy.special

Array = np.ndarray

WIDER = {
    np.dtype(np.float32): np.dtype(np.float64),
    np.dtype(np.float64): np.dtype(np.longdouble),
}
# Where long double is double, the reference itself is wrong by about one ulp.
SLACK = {
    dtype: 0.0 if np.finfo(wide).eps < np.finfo(dtype).eps / 500 else 1.5
    for dtype, wide in WIDER.items()
}


def logistic(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e / (1 + e), 1 / (1 + e))


def by_mpmath(
    function: Callable[[mpmath.mpf], mpmath.mpf], odd: bool = True
) -> Callable[[Array], Array]:
    """A NumPy function of an mpmath one, to long double; odd ones keep zeros."""

    def one(x: float, dtype: np.dtype) -> np.floating:
        if odd and x == 0:
            return dtype.type(x)
        head = function(mpmath.mpf(x))
        tail = head - mpmath.mpf(float(head)) if math.isfinite(float(head)) else 0
        return dtype.type(float(head)) + dtype.type(float(tail))

    def every(x: Array) -> Array:
        with mpmath.workdps(40):
            values = [one(float(v), x.dtype) for v in x]
        return np.array(values, x.dtype)

    return every


def slowly(name: str) -> Callable[[Array], Array]:
    """By the standard library in double precision, else by mpmath."""
    quick = np.vectorize(getattr(math, name), otypes=[np.float64])
    exact = by_mpmath(getattr(mpmath, name))
    return lambda x: quick(x) if x.dtype == np.float64 else exact(x)


FAR = 1000
"""From here on e^{x²} overflows long double."""


def scaled_complement(x: mpmath.mpf) -> mpmath.mpf:
    """exp(x²) erfc(x); where x is large by its asymptotic series."""
    if x < 1e9:
        x = max(x, -FAR)
        return mpmath.exp(x * x) * mpmath.erfc(x)
    return (1 - 1 / (2 * x * x)) / (x * mpmath.sqrt(mpmath.pi))


def complement(x: mpmath.mpf) -> mpmath.mpf:
    """erfc, of arguments that mpmath can take."""
    return mpmath.erfc(min(max(x, -FAR), FAR))


def normal(x: mpmath.mpf) -> mpmath.mpf:
    """The normal distribution function."""
    return complement(-x / mpmath.sqrt(2)) / 2


def in_double(name: str, slow: Callable[[mpmath.mpf], mpmath.mpf]) -> Callable:
    """SciPy's function in double precision, else mpmath."""
    exact = by_mpmath(slow, odd=False)
    return lambda x: (
        getattr(scipy.special, name)(x) if x.dtype == np.float64 else exact(x)
    )


def log_expit(x: Array) -> Array:
    """-log(1 + exp(-x)) without overflow."""
    return -(np.log1p(np.exp(-np.abs(x))) - np.minimum(x, 0))


BY_HAND = {
    "logistic": logistic,
    "erf": slowly("erf"),
    "erfc": in_double("erfc", complement),
    "erfcx": in_double("erfcx", scaled_complement),
    "ndtr": in_double("ndtr", normal),
    "log_expit": log_expit,
}


def reference(name: str, *xs: Array) -> Array:
    """The exact value for exact arguments, rounded to the wider type."""
    function = BY_HAND.get(name) or getattr(np, name)
    with np.errstate(all="ignore"):
        return function(*(x.astype(WIDER[x.dtype]) for x in xs))


def error_in_ulp(got: Array, want: Array) -> Array:
    """The distance in units of the last place of the rounded exact value.

    Infinity where one is finite or a number and the other is not.
    """
    with np.errstate(all="ignore"):
        rounded = want.astype(got.dtype)
        largest = np.finfo(got.dtype).max
        ulp = np.spacing(np.minimum(np.abs(rounded), largest)).astype(want.dtype)
        error = np.abs(got.astype(want.dtype) - want) / ulp
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    finite = np.isfinite(got) & np.isfinite(rounded)
    return np.where(finite, error, np.where(same, 0.0, np.inf))
