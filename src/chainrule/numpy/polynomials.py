"""NumPy's polynomials, convolutions and interpolation, for traced values."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.linear_algebra import conjugated
from chainrule.numpy.promotion import (
    cast_as_asked,
    is_traced,
    lifted,
    refuse_complex,
    result_type,
)


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
    """The coefficients of a product.

    Zeros in front go where they are known to be zeros, as those of a plain array are.
    """
    first, second = np.atleast_1d(_without_zeros(a1)), np.atleast_1d(_without_zeros(a2))
    return np.convolve(first, second)


def _without_zeros(a: Any) -> Any:
    """Plain coefficients from the first that is not 0, at least one."""
    if is_traced(a):
        return a
    known = np.trim_zeros(np.atleast_1d(a), "f")
    return known if known.size else np.zeros(1, known.dtype)


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


@implements(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """The coefficients of the quotient and of the rest.

    The rest begins with its first coefficient that is not known to be 0.
    """
    dtype = result_type(u, v, 1.0)
    u, v = [np.atleast_1d(lifted(p)).astype(dtype) for p in (u, v)]
    count = max(u.shape[0] - v.shape[0] + 1, 1)
    quotient: list[Any] = []
    for k in range(count if u.shape[0] >= v.shape[0] else 0):
        quotient.append(u[0] / v[0])
        head = u[: v.shape[0]] - quotient[k] * v
        u = np.concatenate([head[1:], u[v.shape[0] :]])
    whole = np.stack(quotient) if quotient else np.zeros(1, u.dtype)
    rest = u if u.shape[0] else np.zeros(1, u.dtype)
    known = rest.value if isinstance(rest, Tracer) else rest
    if known is not None:
        seen = np.flatnonzero(~np.isclose(known, 0, rtol=1e-14))
        rest = rest[min(seen[0] if seen.size else known.size, known.size - 1) :]
    return whole, rest


@implements(np.roots)
def roots(p: Any) -> Any:
    """The zeros of a polynomial, as complex numbers.

    Its first coefficient must be other than 0 where values are not known.
    """
    p = np.atleast_1d(lifted(p)) * 1.0
    known = p.value if isinstance(p, Tracer) else p
    zeros = 0
    if known is not None:
        seen = np.flatnonzero(known)
        if not seen.size:
            return np.zeros(0)
        zeros = known.size - 1 - int(seen[-1])
        p = p[int(seen[0]) : int(seen[-1]) + 1]
    if p.shape[0] < 2:
        return np.zeros(zeros)
    below = np.eye(p.shape[0] - 2, p.shape[0] - 1, dtype=p.dtype)
    companion = np.concatenate([(-p[1:] / p[0])[None], below])
    found = np.linalg.eigvals(companion)
    return np.concatenate([found, np.zeros(zeros, found.dtype)])


@implements(np.polyfit)
def polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: Any = None,
    cov: bool | str = False,
) -> Any:
    """The coefficients of the polynomial that is closest to points."""
    x, y = lifted(x) * 1.0, lifted(y) * 1.0
    order = operator.index(deg) + 1
    columns = np.vander(x, order)
    if w is not None:
        w = lifted(w) * 1.0
        columns = columns * w[:, None]
        y = y * (w[:, None] if y.ndim == 2 else w)
    size = np.sqrt(np.sum(columns * columns, axis=0))
    cut = x.shape[0] * float(np.finfo(x.dtype).eps) if rcond is None else rcond
    found, rest, rank, spectrum = np.linalg.lstsq(columns / size, y, cut)
    found = (found.T / size).T
    if full:
        return found, rest, rank, spectrum, cut
    if not cov:
        return found
    inner = np.linalg.inv(np.matmul((columns / size).T, columns / size))
    inner = inner / np.outer(size, size)
    share = 1.0 if cov == "unscaled" else rest / (x.shape[0] - order)
    return found, inner * share if y.ndim == 1 else inner[:, :, None] * share


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
def convolve(a: Any, v: Any, mode: str | int = "full") -> Any:
    """The sums of products of a line and a reversed window that moves along it."""
    a, v = _lines(a, v)
    if a.shape[0] < v.shape[0]:
        a, v = v, a
    start, stop = _span(mode, a.shape[0], v.shape[0])
    return _slid(a, v[::-1], start, stop)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: str | int = "valid") -> Any:
    """The sums of products of a line and a window that moves along it."""
    a, v = _lines(a, v)
    v = conjugated(v)
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


MODES = ("valid", "same", "full")


def _span(mode: str | int, n: int, m: int) -> tuple[int, int]:
    """Which of the n + m - 1 places of the window are wanted."""
    spans = {
        "full": (0, n + m - 1),
        "same": ((m - 1) // 2, (m - 1) // 2 + n),
        "valid": (m - 1, n),
    }
    if isinstance(mode, int) and 0 <= mode < len(MODES):
        mode = MODES[mode]
    if mode not in spans:
        raise ValueError(
            f"Expected mode 'full', 'same' or 'valid', got {mode!r} at {user_line()}."
        )
    return spans[str(mode)]


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
