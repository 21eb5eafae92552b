"""Where the elementary functions are tested, and how far off they may be."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


class Range(NamedTuple):
    """Where a function is neither constant nor undefined, in each type."""

    single: tuple[float, float]
    double: tuple[float, float]


def both(low: float, high: float) -> Range:
    """The same interval for both types."""
    return Range((low, high), (low, high))


GENERAL = both(-4.0, 4.0)
RANGES = {
    "exp": Range((-104.0, 89.0), (-746.0, 710.0)),
    "exp2": Range((-151.0, 129.0), (-1076.0, 1025.0)),
    "expm1": Range((-18.0, 89.0), (-40.0, 710.0)),
    "logistic": Range((-104.0, 20.0), (-746.0, 40.0)),
    "tanh": Range((-10.0, 10.0), (-20.0, 20.0)),
    "sinh": Range((-89.5, 89.5), (-710.5, 710.5)),
    "cosh": Range((-89.5, 89.5), (-710.5, 710.5)),
    "log": both(0.0, 4.0),
    "log2": both(0.0, 4.0),
    "log10": both(0.0, 4.0),
    "log1p": both(-1.0, 3.0),
    "sin": both(-100.0, 100.0),
    "cos": both(-100.0, 100.0),
    "tan": both(-100.0, 100.0),
    "erf": Range((-4.0, 4.0), (-6.0, 6.0)),
    "erfc": Range((-4.0, 11.0), (-6.0, 27.5)),
    "erfcx": Range((-9.5, 50.0), (-27.0, 50.0)),
    "ndtr": Range((-15.0, 6.0), (-38.7, 9.0)),
    "log_expit": Range((-104.0, 104.0), (-746.0, 746.0)),
    "arcsin": both(-1.0, 1.0),
    "arccos": both(-1.0, 1.0),
    "arctanh": both(-1.0, 1.0),
    "arccosh": both(1.0, 4.0),
}

BOUNDS = {SINGLE: 2.0, DOUBLE: 2.0}
"""Greatest error, in ulp; a function in LOOSER may have another."""

LOOSER = {
    ("sinh", DOUBLE): 2.5,
    ("arccosh", DOUBLE): 2.5,
    ("tan", DOUBLE): 2.5,
    ("erfc", DOUBLE): 3.0,
    ("erfcx", DOUBLE): 3.0,
    ("ndtr", DOUBLE): 3.0,
}

SPECIAL = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1.5, -2.5, 1e30, -1e30),
    *(math.inf, -math.inf, math.nan, 1e-30, -1e-30, 1e-310, -1e-310, 5e-324, -5e-324),
    *(1e-40, -1e-40, 1e-45, -1e-45, 0.1, -0.1, 10.0, -10.0, 100.0, -100.0, 1e3, -1e3),
    *(1e8, 1e10, 1e17, 1e300, -1e300, 4.0, 8.0, 1e-8, 1e-17, 0.6, 2.0**53, -(2.0**53)),
)


def specials(dtype: np.dtype) -> np.ndarray:
    """Zeros, ones, infinities, NaN, denormals, the greatest and least numbers."""
    info = np.finfo(dtype)
    ends = [info.max, info.min, info.tiny, -info.tiny, info.smallest_subnormal]
    with np.errstate(over="ignore", under="ignore"):
        return np.array([*SPECIAL, *ends], dtype)


def points(name: str, dtype: np.dtype, count: int, seed: int = 0) -> np.ndarray:
    """``count`` uniform in the range, as many of every size, as many of any bits."""
    rng = np.random.default_rng(seed)
    ranges = RANGES.get(name, GENERAL)
    low, high = ranges.single if dtype == SINGLE else ranges.double
    uniform = rng.uniform(low, high, count)
    sizes = np.exp(rng.uniform(math.log(1e-6), math.log(max(high, 2.0)), count))
    signed = sizes * rng.choice([-1.0, 1.0], count)
    word = np.uint32 if dtype == SINGLE else np.uint64
    bits = rng.integers(0, np.iinfo(word).max, count, word, endpoint=True).view(dtype)
    parts = (uniform.astype(dtype), signed.astype(dtype), bits, specials(dtype))
    return np.concatenate(parts)


def near_multiples(dtype: np.dtype, count: int) -> np.ndarray:
    """The numbers nearest to multiples of pi/2, small and large."""
    small = np.arange(count) * (np.pi / 2)
    large = np.arange(count) * (np.pi / 2) * 2.0 ** (np.arange(count) % 60)
    return np.concatenate([small, large]).astype(dtype)


def arguments(name: str, dtype: np.dtype, count: int) -> tuple[np.ndarray, ...]:
    """The arguments of one function."""
    first = points(name, dtype, count)
    if name in ("sin", "cos", "tan"):
        return (np.concatenate([first, near_multiples(dtype, count)]),)
    if name == "arctan2":
        second = points(name, dtype, count, seed=1)
        return first, np.random.default_rng(2).permutation(second)
    if name == "power":
        exponents = points(name, dtype, count, seed=1)
        exponents = np.random.default_rng(2).permutation(exponents)
        whole = np.arange(first.size) % 4 == 0
        with np.errstate(invalid="ignore"):
            exponents = np.where(whole, np.rint(exponents), exponents)
        return np.where(whole, first, np.abs(first)), exponents
    return (first,)


def special_arguments(name: str, dtype: np.dtype) -> tuple[np.ndarray, ...]:
    """Special values, in every combination where there are two arguments."""
    values = specials(dtype)
    if name in ("arctan2", "power"):
        grid = np.meshgrid(values, values)
        return tuple(np.ascontiguousarray(g.ravel()) for g in grid)
    return (values,)
