"""Choices between values: where, clip, rounding, and what replaces NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.interpreter import find_trace
from chainrule.core.tracer import implements
from chainrule.numpy.elementwise import beside, truth
from chainrule.numpy.promotion import (
    BOOL,
    broadcast_shape,
    cast,
    fit,
    is_traced,
    refuse,
    result_type,
    shape_of,
)
from chainrule.primitives.comparison import select
from chainrule.primitives.complex_numbers import complex as join
from chainrule.primitives.rounding import rint


@implements(np.fmax)
def fmax(x: Any, y: Any, **options: Any) -> Any:
    """The larger one, or the one that is a number."""
    refuse(np.fmax, options)
    larger = np.where(np.isnan(y), x, np.maximum(x, y))
    return np.where(np.isnan(x), y, larger)


@implements(np.fmin)
def fmin(x: Any, y: Any, **options: Any) -> Any:
    """The smaller one, or the one that is a number."""
    refuse(np.fmin, options)
    smaller = np.where(np.isnan(y), x, np.minimum(x, y))
    return np.where(np.isnan(x), y, smaller)


@implements(np.where)
def where(condition: Any, *choices: Any) -> Any:
    """One of two values by a condition; alone, the places where it holds."""
    if not choices:
        return np.nonzero(condition)
    x, y = choices
    flags = truth(condition)
    quick = beside(x, y)
    if quick is not None and flags.shape == (x if is_traced(x) else y).shape:
        return select(flags, *quick)
    dtype = result_type(x, y)
    shape = broadcast_shape(flags.shape, shape_of(x), shape_of(y))
    trace = find_trace((flags, x, y))
    chosen = [fit(value, dtype, shape, trace) for value in (x, y)]
    return select(fit(flags, BOOL, shape, trace), *chosen)


@implements(np.clip)
def clip(
    x: Any,
    a_min: Any = None,
    a_max: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **options: Any,
) -> Any:
    """Values held between two bounds, either of which may be missing."""
    refuse(np.clip, options)
    low = _given(a_min, min)
    high = _given(a_max, max)
    raised = x if low is None else np.maximum(x, low)
    return raised if high is None else np.minimum(raised, high)


def _given(value: Any, other: Any) -> Any:
    """The one of two names for a bound that was used."""
    given = (value, other)
    known = [v for v in given if v is not None and v is not np._NoValue]  # type: ignore[attr-defined]
    return known[0] if known else None


@implements(np.round, np.around)
def round_(x: Any, decimals: int = 0, **options: Any) -> Any:
    """The nearest number with so many decimals; the even one of two."""
    refuse(np.round, options)
    if x.dtype.kind == "b":
        x = x.astype(np.float16)
    if x.dtype.kind not in "fc":
        return x if decimals >= 0 else _tens(x, 10**-decimals)
    if decimals == 0:
        return rint(x)
    scale = 10.0 ** abs(decimals)
    if decimals > 0:
        return rint(x * scale) / scale
    return rint(x / scale) * scale


def _tens(x: Any, unit: int) -> Any:
    """Integers as the nearest multiples of a unit, the even one of two."""
    return cast(rint(x / unit), x.dtype) * unit


@implements(np.nan_to_num)
def nan_to_num(
    x: Any,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Any:
    """Numbers in the place of NaN and of the infinities."""
    if x.dtype.kind == "c":
        parts = [
            nan_to_num(part, copy, nan, posinf, neginf) for part in (x.real, x.imag)
        ]
        return join(*parts)
    if x.dtype.kind != "f":
        return x
    limits = np.finfo(x.dtype)
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    whole = np.where(np.isnan(x), nan, x)
    infinite = np.isinf(x)
    bounded = np.where(np.logical_and(infinite, x > 0), high, whole)
    return np.where(np.logical_and(infinite, x < 0), low, bounded).astype(x.dtype)


@implements(np.isclose)
def isclose(
    x: Any, y: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether elements differ by no more than the tolerances."""
    x, y = [v * 1 if result_type(v).kind == "b" else v for v in (x, y)]
    near = np.abs(x - y) <= atol + rtol * np.abs(y)
    close = np.logical_or(np.logical_and(near, np.isfinite(y)), x == y)
    if not equal_nan:
        return close
    return np.logical_or(close, np.logical_and(np.isnan(x), np.isnan(y)))
