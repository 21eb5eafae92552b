"""What the Python array API standard adds to NumPy's older names, for traced values.

https://data-apis.org/array-api/2024.12/API_specification
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.indexing import take
from chainrule.numpy.promotion import astype as cast_named
from chainrule.numpy.promotion import common, lifted, operands, refuse
from chainrule.numpy.structure import one_axis
from chainrule.primitives.neighbours import nextafter as p_nextafter


@implements(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """The array cast to another dtype."""
    return cast_named(x, dtype)


@implements(np.can_cast)
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether the dtype of an array may become another."""
    given = from_.dtype if isinstance(from_, Tracer) else from_
    return np.can_cast(given, to.dtype if isinstance(to, Tracer) else to, casting)


@implements(np.nextafter)
def nextafter(x: Any, y: Any, **options: Any) -> Any:
    """The next number in a direction."""
    refuse(np.nextafter, options)
    return p_nextafter(*operands(np.nextafter, x, y))


@implements(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of an array along one axis."""
    if x.ndim == 0:
        raise ShapeError(
            f"Expected an array with an axis to unstack, got a scalar at {user_line()}."
        )
    return tuple(np.moveaxis(x, axis, 0))


@implements(np.cumulative_sum)
def cumulative_sum(x: Any, /, **options: Any) -> Any:
    """Running sums along an axis, from 0 where the initial one is wanted."""
    return _cumulative(np.cumsum, 0, x, **options)


@implements(np.cumulative_prod)
def cumulative_prod(x: Any, /, **options: Any) -> Any:
    """Running products along an axis, from 1 where the initial one is wanted."""
    return _cumulative(np.cumprod, 1, x, **options)


def _cumulative(
    running: Any,
    start: int,
    x: Any,
    *,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    if axis is None and x.ndim > 1:
        raise ValueError(
            f"Expected an axis for an array of {x.ndim} axes, got None at "
            f"{user_line()}: name the axis to go along."
        )
    x = np.atleast_1d(x)
    place = one_axis(0 if axis is None else axis, x.ndim)
    totals = running(x, axis=place, dtype=dtype)
    if not include_initial:
        return totals
    shape = (*x.shape[:place], 1, *x.shape[place + 1 :])
    return np.concatenate([np.full(shape, start, totals.dtype), totals], axis=place)


@implements(np.searchsorted)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """How many elements of a rising array stand before each value, by bisection."""
    if side not in ("left", "right"):
        raise ValueError(
            f"Expected side 'left' or 'right', got {side!r} at {user_line()}."
        )
    line, v = lifted(a) if sorter is None else take(a, sorter), lifted(v)
    if line.ndim != 1:
        raise ShapeError(
            f"Expected an array of one axis to search, got shape {line.shape} at "
            f"{user_line()}: search one line at a time."
        )
    count = line.shape[0]
    found = np.zeros(np.shape(v), np.int64)
    for bit in reversed(range(count.bit_length())):
        further = found + (1 << bit)
        element = take(line, np.clip(further, 1, count) - 1)
        first, second = (element, v) if side == "left" else (v, element)
        before = _precedes(first, second)
        stays = before if side == "left" else np.logical_not(before)
        found = np.where(np.logical_and(further <= count, stays), further, found)
    return found


def _precedes(x: Any, y: Any) -> Any:
    """Whether x stands before y in NumPy's order, in which NaN comes last."""
    x, y = common(x, y)
    if x.dtype.kind not in "fc":
        return np.less(x, y)
    return np.logical_or(np.less(x, y), np.logical_and(np.isnan(y), ~np.isnan(x)))


@implements(np.unique)
def unique(x: Any, *flags: Any, axis: int | None = None, **options: Any) -> Any:
    """The distinct elements; how many there are must be known."""
    known = np.asarray(x.known("the distinct values, which decide the shape"))
    names = ("return_index", "return_inverse", "return_counts")
    options |= dict(zip(names, flags, strict=False))
    wanted = options.pop("return_index", False)
    parts: Any = np.unique(known, return_index=True, axis=axis, **options)
    rest = parts[1:] if wanted else parts[2:]
    distinct = take(x, parts[1], axis)
    return (distinct, *rest) if rest else distinct


@implements(np.unique_values)
def unique_values(x: Any) -> Any:
    """The distinct elements, each NaN for itself."""
    return unique(x, equal_nan=False)


@implements(np.unique_counts)
def unique_counts(x: Any) -> Any:
    """The distinct elements, and how often each occurs."""
    return _named(np.unique_counts, unique(x, return_counts=True, equal_nan=False))


@implements(np.unique_inverse)
def unique_inverse(x: Any) -> Any:
    """The distinct elements, and which of them stands at each place."""
    return _named(np.unique_inverse, unique(x, return_inverse=True, equal_nan=False))


@implements(np.unique_all)
def unique_all(x: Any) -> Any:
    """The distinct elements, where each is first, which is where, and how often."""
    return _named(np.unique_all, unique(x, True, True, True, equal_nan=False))


def _named(function: Any, parts: tuple[Any, ...]) -> Any:
    """The parts in the named tuple that a function of NumPy's returns."""
    return type(function(np.zeros(0)))(*parts)
