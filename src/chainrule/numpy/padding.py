"""NumPy's padding for traced values: constant, taken from the array, or made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import is_traced, refuse
from chainrule.numpy.structure import one_axis
from chainrule.primitives import slicing
from chainrule.primitives.indexing import take

Width = tuple[int, int]
Mode = Callable[..., Any]


@implements(np.pad)
def pad(x: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """Elements added before and after, constant ones or those that the mode makes."""
    widths = _widths(x, pad_width)
    if mode == "constant":
        fill = options.pop("constant_values", 0)
        refuse("pad", options)
        return _constant(x, widths, fill)
    if mode not in MODES:
        raise TypeError(
            f"Expected a mode of np.pad among 'constant', {str([*MODES])[1:-1]}, got "
            f"{mode!r} at {user_line()}: write other paddings with np.concatenate."
        )
    for axis, width in enumerate(widths):
        if any(width):
            x = MODES[mode](x, axis, width, mode, options)
    return x


def _widths(x: Any, pad_width: Any) -> list[Width]:
    if isinstance(pad_width, dict):
        named = {one_axis(axis, x.ndim): width for axis, width in pad_width.items()}
        pad_width = [named.get(axis, 0) for axis in range(x.ndim)]
        pad_width = [w if np.ndim(w) else (w, w) for w in pad_width]
    pairs = np.broadcast_to(np.asarray(pad_width, int), (x.ndim, 2)).tolist()
    return [(low, high) for low, high in pairs]


def _constant(x: Any, widths: list[Width], fill: Any) -> Any:
    low, high = zip(*widths, strict=True) if widths else ((), ())
    padded = slicing.pad(x, low=low, high=high, interior=(0,) * x.ndim)
    if isinstance(fill, (int, float)) and fill == 0:
        return padded
    inside = np.pad(np.ones(x.shape, bool), widths)
    if is_traced(fill) or np.ndim(fill) == 0:
        return np.where(inside, padded, fill).astype(x.dtype)
    frame = np.pad(np.zeros(x.shape, x.dtype), widths, constant_values=fill)  # type: ignore[call-overload]
    return np.where(inside, padded, frame)


def _gathered(
    x: Any, axis: int, width: Width, mode: str, options: dict[str, Any]
) -> Any:
    """New elements are the array's; oddly reflected, twice the edge less those."""
    odd = options.get("reflect_type", "even") == "odd" and mode not in ("edge", "wrap")
    refuse("pad", {**options, "reflect_type": None})
    extent = x.shape[axis]
    even = take(x, np.pad(np.arange(extent), width, mode), axis=axis)  # type: ignore[call-overload]
    if not odd:
        return even
    if max(width) > extent - (mode == "reflect"):
        raise ValueError(
            f"Expected odd reflections no wider than the {extent} elements of the "
            f"axis, got {width} at {user_line()}: pad several times."
        )
    low, high = width
    before = 2 * slicing.part(x, axis, 0, 1) - slicing.part(even, axis, 0, low)
    whole = even.shape[axis]
    last = slicing.part(x, axis, extent - 1, extent)
    after = 2 * last - slicing.part(even, axis, whole - high, whole)
    return np.concatenate([before, x, after], axis=axis)


def _ramp(x: Any, axis: int, width: Width, mode: str, options: dict[str, Any]) -> Any:
    """Equal steps from the edge to the end value."""
    ends = _pairs(x, options.get("end_values", 0))[axis]
    low, high = width
    first = slicing.part(x, axis, 0, 1)
    last = slicing.part(x, axis, x.shape[axis] - 1, x.shape[axis])
    shape = [-1 if i == axis else 1 for i in range(x.ndim)]
    before = np.reshape(np.arange(low) / max(low, 1), shape).astype(x.dtype)
    after = np.reshape(np.arange(high, 0, -1) / max(high, 1) - 1 / max(high, 1), shape)
    after = after.astype(x.dtype)
    parts = [
        ends[0] + (first - ends[0]) * before,
        x,
        ends[1] + (last - ends[1]) * after,
    ]
    return np.concatenate(parts, axis=axis)


def _pairs(x: Any, values: Any) -> list[tuple[Any, Any]]:
    """A value before and one behind, for each axis."""
    pairs = np.broadcast_to(np.asarray(values), (x.ndim, 2)).tolist()
    return [(low, high) for low, high in pairs]


def _statistic(
    x: Any, axis: int, width: Width, mode: str, options: dict[str, Any]
) -> Any:
    """A statistic of the elements next to each edge, or of all of the line."""
    reduce = STATISTICS[mode]
    extent = x.shape[axis]
    lengths = options.get("stat_length")
    near = (extent, extent) if lengths is None else _pairs(x, lengths)[axis]
    low, high = [min(length, extent) for length in near]
    front = reduce(slicing.part(x, axis, 0, low), axis=axis, keepdims=True)
    back = reduce(
        slicing.part(x, axis, extent - high, extent), axis=axis, keepdims=True
    )
    pairs = zip((front, back), width, strict=True)
    ends = [np.repeat(value, count, axis=axis) for value, count in pairs]
    ends = [
        end if x.dtype.kind in "fc" else np.rint(end).astype(x.dtype) for end in ends
    ]
    return np.concatenate([ends[0], x, ends[1]], axis=axis)


STATISTICS: dict[str, Mode] = {
    "mean": np.mean,
    "median": np.median,
    "maximum": np.max,
    "minimum": np.min,
}
MODES: dict[str, Mode] = {
    **dict.fromkeys(("edge", "reflect", "symmetric", "wrap"), _gathered),
    "linear_ramp": _ramp,
    **dict.fromkeys(STATISTICS, _statistic),
}
