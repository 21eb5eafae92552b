"""More of NumPy for traced values, each written in NumPy: quantiles, interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import (
    cast,
    is_traced,
    lifted,
    promoted,
    refuse,
    refuse_complex,
    result_type,
)
from chainrule.numpy.structure import Axis, many_axes, one_axis
from chainrule.primitives.conversion import stop_gradient


@implements(np.select)
def select(conditions: Sequence[Any], choices: Sequence[Any], default: Any = 0) -> Any:
    """The first choice whose condition holds."""
    result = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        result = np.where(condition, choice, result)
    return result


@implements(np.heaviside)
def heaviside(x: Any, middle: Any, **options: Any) -> Any:
    """0 below zero, 1 above, and a value of its own at zero."""
    refuse(np.heaviside, options)
    x, middle = promoted(np.heaviside, x, middle)
    step = np.where(x > 0, 1.0, np.where(x == 0, middle, 0.0))
    return cast(lifted(np.where(np.isnan(x), x, step)), x.dtype)


@implements(np.fmod)
def fmod(x: Any, y: Any, **options: Any) -> Any:
    """The remainder with the sign of the first operand."""
    refuse(np.fmod, options)
    x, y = promoted(np.fmod, x, y)
    size = np.remainder(np.abs(x), np.abs(y))
    return np.where(np.less(x, 0), -size, size)


@implements(np.copysign)
def copysign(x: Any, y: Any, **options: Any) -> Any:
    """The size of the first operand with the sign of the second."""
    refuse(np.copysign, options)
    x, y = promoted(np.copysign, x, y)
    size = np.abs(x)
    return np.where(np.signbit(stop_gradient(y)), -size, size)


@implements(np.nanmax)
def nanmax(x: Any, axis: Axis = None, **options: Any) -> Any:
    """The largest of what is a number."""
    return np.max(np.where(np.isnan(x), -np.inf, x), axis=axis, **options)


@implements(np.nanmin)
def nanmin(x: Any, axis: Axis = None, **options: Any) -> Any:
    """The smallest of what is a number."""
    return np.min(np.where(np.isnan(x), np.inf, x), axis=axis, **options)


@implements(np.quantile)
def quantile(
    x: Any, q: Any, axis: Axis = None, *, keepdims: bool = False, **options: Any
) -> Any:
    """Values below which given parts of the elements lie, between neighbours linear."""
    if options.pop("method", "linear") != "linear":
        raise TypeError(
            f"Expected method='linear' for np.quantile, got another at {user_line()}."
        )
    refuse("quantile", options)
    refuse_complex("quantile", x, q)
    x = x if x.dtype.kind == "f" else x.astype(float)
    axes = tuple(sorted(many_axes(axis, x.ndim)))
    kept = [i for i in range(x.ndim) if i not in axes]
    lines = np.transpose(x, (*kept, *axes))
    lines = np.sort(np.reshape(lines, (*[x.shape[i] for i in kept], -1)))
    place = np.asarray(q, float) * (lines.shape[-1] - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, lines.shape[-1] - 1)
    part = (place - below).astype(result_type(x, q))
    found = lines[..., below] * (1 - part) + lines[..., above] * part
    found = np.moveaxis(found, tuple(range(len(kept), found.ndim)), range(place.ndim))
    if not keepdims:
        return found
    extents = [1 if i in axes else extent for i, extent in enumerate(x.shape)]
    return np.reshape(found, (*place.shape, *extents))


@implements(np.percentile)
def percentile(x: Any, q: Any, axis: Axis = None, **options: Any) -> Any:
    """Quantiles in hundredths."""
    parts = q / 100 if isinstance(q, (int, float)) else np.asarray(q) / 100
    return quantile(x, parts, axis, **options)


@implements(np.polyval)
def polyval(coefficients: Any, x: Any) -> Any:
    """The value of a polynomial, the highest power's coefficient first."""
    value = np.zeros_like(x)
    for coefficient in lifted(coefficients):
        value = value * x + coefficient
    return value


@implements(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The line through given points, constant outside of them."""
    refuse("interp", {"period": period})
    refuse_complex("interp", x, xp)
    points, values = lifted(xp), lifted(fp)
    if points.shape != values.shape or points.ndim != 1:
        raise ShapeError(
            f"Expected as many values as points, in one axis, got {points.shape} and "
            f"{values.shape} at {user_line()}."
        )
    place = np.sum(np.greater_equal(np.expand_dims(x, -1), points), axis=-1)
    after = np.clip(place, 1, points.shape[0] - 1)
    before = after - 1
    low, high = _at(points, before), _at(points, after)
    part = (x - low) / (high - low)
    line = _at(values, before) + part * (_at(values, after) - _at(values, before))
    line = np.where(np.less(x, points[0]), values[0] if left is None else left, line)
    outside = np.greater(x, points[-1])
    return np.where(outside, values[-1] if right is None else right, line)


def _at(x: Any, indices: Any) -> Any:
    return lifted(x)[indices] if is_traced(x) else _taken(x, indices)


def _taken(x: Any, indices: Any) -> Any:
    return np.take_along_axis(x, np.ravel(indices), 0).reshape(indices.shape)


@implements(np.cross)
def cross(x: Any, y: Any, axis: int = -1, **options: Any) -> Any:
    """The vector product of vectors of three."""
    refuse("cross", options)
    x, y = np.moveaxis(lifted(x), axis, -1), np.moveaxis(lifted(y), axis, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise ShapeError(
            f"Expected vectors of three elements, got shapes {x.shape} and {y.shape} "
            f"at {user_line()}: name the axis that has three."
        )
    ahead, behind = [1, 2, 0], [2, 0, 1]
    forward = x[..., ahead] * y[..., behind]
    backward = x[..., behind] * y[..., ahead]
    return np.moveaxis(forward - backward, -1, axis)


@implements(np.delete)
def delete(x: Any, obj: Any, axis: Any = None) -> Any:
    """What is left without the elements at known places."""
    line, place = (np.ravel(x), 0) if axis is None else (x, one_axis(axis, x.ndim))
    kept = np.delete(np.arange(line.shape[place]), obj)
    return np.take(line, kept, axis=place)


@implements(np.cov)
def cov(x: Any, *args: Any, rowvar: bool = True, **options: Any) -> Any:
    """The covariances of rows, or of columns where ``rowvar`` is false."""
    ddof = options.pop("ddof", None)
    refuse("cov", {"y": args[0] if args else None, **options})
    rows = np.atleast_2d(x.astype(np.result_type(x.dtype, float)))
    rows = rows if rowvar or x.ndim == 1 else rows.T
    apart = rows - np.mean(rows, axis=1, keepdims=True)
    count = rows.shape[1] - (1 if ddof is None else ddof)
    return np.squeeze(np.matmul(apart, np.conj(apart.T)) / count)
