"""NumPy's polynomials, convolutions and interpolation, for traced values."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import cast_as_asked, is_traced, lifted, refuse_complex


@implements(np.polyval)
def polyval(coefficients: Any, x: Any) -> Any:
    """The value of a polynomial, the highest power's coefficient first."""
    value = np.zeros_like(lifted(x))
    for coefficient in lifted(coefficients):
        value = value * x + coefficient
    return value


@implements(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The coefficients of the derivative, taken ``m`` times."""
    for _ in range(m):
        powers = np.arange(p.shape[0] - 1, 0, -1)
        p = p[:-1] * powers
    return p


@implements(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The coefficients of the integral, taken ``m`` times, with constants ``k``."""
    p = lifted(p)
    constants = (
        np.zeros(m) if k is None else np.ravel(np.stack([*np.atleast_1d(lifted(k))]))
    )
    if constants.shape == (1,) and m > 1:
        constants = np.broadcast_to(constants, (m,))
    for turn in range(m):
        powers = np.arange(p.shape[0], 0, -1)
        p = np.concatenate([p / powers, constants[turn : turn + 1]])
    return p


@implements(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The coefficients of a sum."""
    return np.add(*_same_length(a1, a2))


@implements(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The coefficients of a difference."""
    return np.subtract(*_same_length(a1, a2))


def _same_length(a1: Any, a2: Any) -> tuple[Any, Any]:
    first, second = np.atleast_1d(lifted(a1)), np.atleast_1d(lifted(a2))
    length = max(first.shape[0], second.shape[0])
    pair = [np.pad(a, (length - a.shape[0], 0)) for a in (first, second)]
    return pair[0], pair[1]


@implements(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The coefficients of a product."""
    return np.convolve(np.atleast_1d(lifted(a1)), np.atleast_1d(lifted(a2)))


@implements(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with given zeros."""
    zeros = lifted(seq_of_zeros)
    if zeros.ndim != 1:
        raise ShapeError(
            f"Expected zeros in one axis for np.poly, got shape {zeros.shape} at "
            f"{user_line()}: of a matrix, give the eigenvalues."
        )
    dtype = zeros.dtype if zeros.dtype.kind in "fc" else np.dtype(float)
    found: Any = np.ones(1, dtype)
    nothing = np.zeros(1, dtype)
    for zero in zeros:
        moved = np.concatenate([nothing, found * zero])
        found = np.concatenate([found, nothing]) - moved
    return found


@implements(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of each element, a row each, the highest first."""
    count = x.shape[0] if N is None else N
    x = x.astype(np.promote_types(x.dtype, int))
    columns = [np.ones_like(x)]
    for _ in range(count - 1):
        columns.append(columns[-1] * x)
    columns = columns[:count] if increasing else columns[:count][::-1]
    return np.stack(columns, axis=1) if columns else np.zeros((x.shape[0], 0), x.dtype)


# -- convolution -------------------------------------------------------------------

UNROLLED = 16
"""The longest window whose products are written one by one, and so are never stored."""


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """The sums of products of a line and a reversed window that moves along it."""
    a, v = _lines(a, v)
    if a.shape[0] < v.shape[0]:
        a, v = v, a
    start, stop = _span(mode, a.shape[0], v.shape[0])
    return _slid(a, v[::-1], start, stop)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """The sums of products of a line and a window that moves along it."""
    a, v = _lines(a, v)
    v = np.conj(v)
    n, m = a.shape[0], v.shape[0]
    if n >= m:
        return _slid(a, v, *_span(mode, n, m))
    start, stop = _span(mode, m, n)
    return _slid(v, a, start, stop)[::-1]


def _lines(a: Any, v: Any) -> tuple[Any, Any]:
    first, second = np.atleast_1d(lifted(a)), np.atleast_1d(lifted(v))
    if first.ndim != 1 or second.ndim != 1 or not first.size or not second.size:
        raise ShapeError(
            f"Expected two lines of at least one element, got shapes {first.shape} and "
            f"{second.shape} at {user_line()}: flatten them first."
        )
    return first, second


def _span(mode: str, n: int, m: int) -> tuple[int, int]:
    """Which of the n + m - 1 places of the window are wanted."""
    spans = {
        "full": (0, n + m - 1),
        "same": ((m - 1) // 2, (m - 1) // 2 + n),
        "valid": (m - 1, n),
    }
    if mode not in spans:
        raise ValueError(
            f"Expected mode 'full', 'same' or 'valid', got {mode!r} at {user_line()}."
        )
    return spans[mode]


def _slid(line: Any, window: Any, start: int, stop: int) -> Any:
    """The sum of products at each place of a window no longer than the line."""
    n, m = line.shape[0], window.shape[0]
    low, high = max(m - 1 - start, 0), max(stop - n, 0)
    wide = np.pad(line, (low, high)) if low or high else line
    first = start + low - (m - 1)
    count = stop - start
    if m <= UNROLLED:
        terms = [wide[first + k : first + k + count] * window[k] for k in range(m)]
        return reduce(np.add, terms)
    places = first + np.arange(count)[:, None] + np.arange(m)
    return np.matmul(wide[places], window)


REAL = np.dtype(float)

# -- interpolation -------------------------------------------------------------------


@implements(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The line through given points, constant outside of them, or periodic."""
    x, points, values = lifted(x), lifted(xp), lifted(fp)
    if period is not None:
        x = cast_as_asked(x, REAL) if is_traced(x) else x.astype(REAL)
    refuse_complex("interp", x, points)
    if points.shape != values.shape or points.ndim != 1 or not points.size:
        raise ShapeError(
            f"Expected as many values as points, in one axis, got {points.shape} and "
            f"{values.shape} at {user_line()}."
        )
    x, points = x.astype(REAL), points.astype(REAL)
    values = values.astype(np.result_type(values.dtype, REAL))
    if period is not None:
        x, points, values = _around(x, points, values, period)
        left = right = None
    count = points.shape[0]
    if count == 1:
        line = np.broadcast_to(values[0], x.shape)
    else:
        after = np.clip(np.searchsorted(points, x, side="right"), 1, count - 1)
        low, high = _taken(points, after - 1), _taken(points, after)
        base = _taken(values, after - 1)
        line = base + (x - low) / (high - low) * (_taken(values, after) - base)
    line = np.where(x < points[0], values[0] if left is None else left, line)
    return np.where(x > points[-1], values[-1] if right is None else right, line)


def _around(x: Any, points: Any, values: Any, period: Any) -> tuple[Any, Any, Any]:
    """Points in one period and one more at either end."""
    period = np.abs(period)
    x, points = np.mod(x, period), np.mod(points, period)
    order = np.argsort(points)
    points = np.take_along_axis(points, order, 0)
    values = np.take_along_axis(values, order, 0)
    points = np.concatenate([points[-1:] - period, points, points[:1] + period])
    values = np.concatenate([values[-1:], values, values[:1]])
    return x, points, values


def _taken(x: Any, indices: Any) -> Any:
    if is_traced(x) or not is_traced(indices):
        return x[indices]
    return np.reshape(np.take_along_axis(x, np.ravel(indices), 0), indices.shape)
