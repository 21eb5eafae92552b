"""Parts of arrays and arrays from parts: slice, its transpose pad, concatenate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import Formula, Primitive, Sample, register, same
from chainrule.core.types import ArrayType
from chainrule.primitives.rules import (
    check_axis,
    numpy_page,
)
from chainrule.primitives.structure import all_batched

Ints = tuple[int, ...]


def flip(x: Any, axes: Ints) -> Any:
    """Reverse axes."""
    shape = x.shape
    return slice(
        x,
        start=tuple([n - 1 if i in axes and n else 0 for i, n in enumerate(shape)]),
        size=shape,
        step=tuple([-1 if i in axes else 1 for i in range(len(shape))]),
    )


def part(x: Any, axis: int, start: int, stop: int) -> Any:
    """The elements from ``start`` up to ``stop`` of one axis."""
    others = [0] * len(x.shape)
    sizes = list(x.shape)
    others[axis], sizes[axis] = start, stop - start
    return slice(x, start=tuple(others), size=tuple(sizes), step=(1,) * len(sizes))


def slice_type(x: ArrayType, start: Ints, size: Ints, step: Ints) -> ArrayType:
    """``size`` elements of each axis, the first and the last inside."""
    if not len(start) == len(size) == len(step) == x.ndim:
        raise ShapeError(
            f"Expected a start, size and step for each of the {x.ndim} axes of {x}, "
            f"got {start}, {size} and {step}: give one number each."
        )
    for first, count, stride, extent in zip(start, size, step, x.shape):
        last = first + (count - 1) * stride
        inside = count == 0 or (0 <= first < extent and 0 <= last < extent)
        if count < 0 or stride == 0 or not inside:
            raise ShapeError(
                f"Expected a slice inside {x}, got start {start}, size {size}, step "
                f"{step}: keep every index from 0 to the extent less 1."
            )
    return ArrayType(size, x.dtype)


def _slice(x: Any, start: Ints, size: Ints, step: Ints) -> Any:
    return x[_builtin_slices(start, size, step)]


@lru_cache(4096)
def _builtin_slices(start: Ints, size: Ints, step: Ints) -> tuple[Any, ...]:
    return tuple(map(_builtin_slice, start, size, step))


def _builtin_slice(start: int, size: int, step: int) -> Any:
    if size == 0:
        return np.s_[0:0]
    stop = start + size * step
    return np.s_[start : None if stop < 0 else stop : step]


def _place_back(z_bar: Any, x: Any, start: Ints, size: Ints, step: Ints) -> Any:
    backwards = tuple([i for i, stride in enumerate(step) if stride < 0])
    if backwards:
        z_bar = flip(z_bar, backwards)
    low: list[int] = []
    high: list[int] = []
    for first, count, stride, extent in zip(start, size, step, x.shape, strict=True):
        ends = (first, first + (count - 1) * stride)
        low.append(min(ends) if count else extent)
        high.append(extent - 1 - max(ends) if count else 0)
    gaps = tuple([abs(stride) - 1 for stride in step])
    return pad(z_bar, low=tuple(low), high=tuple(high), interior=gaps)


def _slice_batch(batched: Any, x: Any, start: Ints, size: Ints, step: Ints) -> Any:
    return slice(x, start=(0, *start), size=(x.shape[0], *size), step=(1, *step))


slice = register(
    Primitive(
        name="slice",
        formula=Formula(
            r"y_k = x_{s + k t}",
            r"\dot y_k = \dot x_{s + k t}",
            (r"\bar x_{s + k t} = \bar y_k,\ \text{0 elsewhere}",),
        ),
        type=slice_type,
        numpy=_slice,
        jvp=(same,),
        transpose=(_place_back,),
        batch=_slice_batch,
        samples=(
            Sample(((5,),), {"start": (1,), "size": (3,), "step": (1,)}),
            Sample(((6,),), {"start": (5,), "size": (3,), "step": (-2,)}),
            Sample(((7,),), {"start": (1,), "size": (2,), "step": (3,)}),
            Sample(((3, 4),), {"start": (0, 3), "size": (2, 4), "step": (2, -1)}),
            Sample(((3,),), {"start": (3,), "size": (0,), "step": (1,)}),
            Sample(((),), {"start": (), "size": (), "step": ()}),
        ),
        convention="Linear: elements that are not read have the cotangent 0.",
        source="https://numpy.org/doc/stable/user/basics.indexing.html",
    )
)


def _padded(extent: int, low: int, high: int, interior: int) -> int:
    return low + extent + max(extent - 1, 0) * interior + high


def pad_type(x: ArrayType, low: Ints, high: Ints, interior: Ints) -> ArrayType:
    """Zeros before, after and between the elements of each axis."""
    if not len(low) == len(high) == len(interior) == x.ndim:
        raise ShapeError(
            f"Expected three widths for each of the {x.ndim} axes of {x}, got {low}, "
            f"{high} and {interior}: give one number each."
        )
    if any(width < 0 for width in (*low, *high, *interior)):
        raise ShapeError(
            f"Expected widths of padding from 0, got {low}, {high} and {interior}: use "
            "a slice to cut."
        )
    return ArrayType(tuple(map(_padded, x.shape, low, high, interior)), x.dtype)


def _pad(x: Any, low: Ints, high: Ints, interior: Ints) -> Any:
    y = np.zeros(tuple(map(_padded, x.shape, low, high, interior)), x.dtype)
    places = tuple(
        np.s_[before : before + (n - 1) * (gap + 1) + 1 : gap + 1] if n else np.s_[0:0]
        for n, before, gap in zip(x.shape, low, interior, strict=True)
    )
    y[places] = x
    return y


def _cut_back(z_bar: Any, x: Any, low: Ints, high: Ints, interior: Ints) -> Any:
    steps = tuple([gap + 1 for gap in interior])
    return slice(z_bar, start=low, size=x.shape, step=steps)


def _pad_batch(batched: Any, x: Any, low: Ints, high: Ints, interior: Ints) -> Any:
    return pad(x, low=(0, *low), high=(0, *high), interior=(0, *interior))


pad = register(
    Primitive(
        name="pad",
        formula=Formula(
            r"y_{l + k (g + 1)} = x_k,\ \text{0 elsewhere}",
            r"\dot y_{l + k (g + 1)} = \dot x_k,\ \text{0 elsewhere}",
            (r"\bar x_k = \bar y_{l + k (g + 1)}",),
        ),
        type=pad_type,
        numpy=_pad,
        jvp=(same,),
        transpose=(_cut_back,),
        batch=_pad_batch,
        samples=(
            Sample(((3,),), {"low": (1,), "high": (2,), "interior": (0,)}),
            Sample(((2, 3),), {"low": (0, 1), "high": (1, 0), "interior": (1, 2)}),
            Sample(((0, 2),), {"low": (1, 0), "high": (2, 0), "interior": (1, 0)}),
            Sample(((),), {"low": (), "high": (), "interior": ()}),
        ),
        convention="Linear: the zeros are constants.",
        source="https://openxla.org/xla/operation_semantics#pad",
    )
)


def concatenate_type(*xs: ArrayType, axis: int) -> ArrayType:
    """Extents add up along the axis and agree elsewhere."""
    first = xs[0]
    check_axis(axis, first, "concatenation")
    others = first.shape[:axis] + first.shape[axis + 1 :]
    for x in xs[1:]:
        same_rest = x.shape[:axis] + x.shape[axis + 1 :] == others
        if x.ndim != first.ndim or not same_rest or x.dtype != first.dtype:
            raise ShapeError(
                f"Expected arrays of one dtype, alike but for axis {axis}, got {first} "
                f"and {x}: reshape or convert them first."
            )
    total = sum(x.shape[axis] for x in xs)
    return first.with_shape((*first.shape[:axis], total, *first.shape[axis + 1 :]))


def _zeros(x: Any) -> Any:
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def _concatenate_jvp(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], _: Any
) -> tuple[Any, Any]:
    pairs = zip(dxs, xs, strict=True)
    tangents = [_zeros(x) if dx is None else dx for dx, x in pairs]
    return (concatenate(*xs, **params),), (concatenate(*tangents, **params),)


def _split_back(
    z_bars: Sequence[Any],
    xs: Sequence[Any],
    linear: Sequence[bool],
    params: dict[str, Any],
    _: Any,
) -> list[Any]:
    bars: list[Any] = []
    start = 0
    axis = params["axis"]
    for x, moves in zip(xs, linear, strict=True):
        stop = start + x.shape[axis]
        bars.append(part(z_bars[0], axis, start, stop) if moves else None)
        start = stop
    return bars


concatenate = register(
    Primitive(
        name="concatenate",
        formula=Formula(
            r"z = (x_1, x_2, \dots)",
            r"\dot z = (\dot x_1, \dot x_2, \dots)",
            (r"\bar x_n = \bar z|_{x_n}",),
        ),
        type=concatenate_type,
        numpy=lambda *xs, axis: np.concatenate(xs, axis),
        jvp=_concatenate_jvp,
        transpose=_split_back,
        batch=lambda batched, *xs, axis: concatenate(
            *all_batched(batched, xs), axis=axis + 1
        ),
        samples=(
            Sample(((2,), (3,)), {"axis": 0}),
            Sample(((2, 1), (2, 3), (2, 2)), {"axis": 1}),
            Sample(((2, 3),), {"axis": 0}),
            Sample(((0,), (2,)), {"axis": 0}),
        ),
        convention="Each operand gets back its own part.",
        source=numpy_page("concatenate"),
    )
)
