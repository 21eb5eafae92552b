"""NumPy's functions that rearrange arrays, for traced values."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.core.errors import AxisError, ShapeError, user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.core.types import Shape
from chainrule.numpy.promotion import (
    broadcast_shape,
    cast,
    lifted,
    refuse,
    result_type,
    shape_of,
)
from chainrule.numpy.replay import by_types, replay
from chainrule.primitives import slicing
from chainrule.primitives import structure as p

Axis = int | Sequence[int] | None


def one_axis(axis: Any, ndim: int) -> int:
    """An axis counted from 0."""
    number = operator.index(axis)
    if not -ndim <= number < ndim:
        raise AxisError(
            f"Expected an axis from {-ndim} to {ndim - 1}, got {number} at "
            f"{user_line()}: the array has {ndim} axes."
        )
    return number % ndim


def many_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Distinct axes counted from 0, in the order given; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (tuple, list, range)):
        return (one_axis(axis, ndim),)
    axes = tuple([one_axis(item, ndim) for item in axis])
    if len(set(axes)) != len(axes):
        raise ShapeError(
            f"Expected distinct axes, got {axis} at {user_line()}: name each once."
        )
    return axes


@implements(np.shape)
def shape(x: Any) -> Shape:
    """Extent of each axis."""
    return x.shape


@implements(np.ndim)
def ndim(x: Any) -> int:
    """Number of axes."""
    return x.ndim


@implements(np.size)
def size(x: Any, axis: Axis = None) -> int:
    """Number of elements, of all or along axes."""
    return math.prod([x.shape[place] for place in many_axes(axis, x.ndim)])


@implements(np.reshape)
@by_types
def reshape(x: Any, shape: Any, order: str = "C", **options: Any) -> Any:
    """The elements, row by row, in another shape; -1 stands for what is left."""
    if options:
        refuse(np.reshape, options)
    if order == "F":
        return reshape(x.T, tuple(reversed(_tuple(shape)))).T
    wanted = _tuple(shape)
    if wanted == x.shape:
        return x
    if wanted.count(-1) == 1:
        wanted = _complete(x, wanted)
    return p.reshape(x, shape=wanted)


def _tuple(shape: Any) -> Shape:
    if isinstance(shape, (tuple, list)):
        return tuple([operator.index(extent) for extent in shape])
    return (operator.index(shape),)


def _complete(x: Any, wanted: Shape) -> Shape:
    known = 1
    for extent in wanted:
        known *= 1 if extent == -1 else extent
    if known == 0 or x.size % known:
        raise ShapeError(
            f"Expected a shape that {x.size} elements fill, got {wanted} at "
            f"{user_line()}: the known extents must divide {x.size}."
        )
    return tuple([x.size // known if extent == -1 else extent for extent in wanted])


@implements(np.ravel)
@by_types
def ravel(x: Any, order: str = "C") -> Any:
    """The elements in one axis."""
    return reshape(x, (x.size,), order)


@implements(np.transpose, np.permute_dims)
@by_types
def transpose(x: Any, axes: Any = None) -> Any:
    """Axes in another order, by default the reverse."""
    ndim = x.ndim
    if axes is None:
        order = tuple(range(ndim - 1, -1, -1))
        return p.transpose(x, axes=order) if ndim > 1 else x
    order = many_axes((axes,) if isinstance(axes, int) else tuple(axes), ndim)
    return x if order == tuple(range(ndim)) else p.transpose(x, axes=order)


@implements(np.swapaxes)
@by_types
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    order = list(range(x.ndim))
    first, second = one_axis(axis1, x.ndim), one_axis(axis2, x.ndim)
    order[first], order[second] = order[second], order[first]
    return transpose(x, order)


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)


@implements(np.moveaxis)
@by_types
def moveaxis(x: Any, source: Axis, destination: Axis) -> Any:
    """Axes moved to new places, the others in their order."""
    sources = many_axes(source, x.ndim)
    targets = many_axes(destination, x.ndim)
    if len(sources) != len(targets):
        raise ShapeError(
            f"Expected as many destinations as sources, got {source} and {destination} "
            f"at {user_line()}."
        )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return transpose(x, order)


@implements(np.rollaxis)
def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """One axis moved to before another."""
    origin = one_axis(axis, x.ndim)
    target = start + x.ndim if start < 0 else start
    return moveaxis(x, origin, target - 1 if origin < target else target)


@implements(np.expand_dims)
@by_types
def expand_dims(x: Any, axis: Axis) -> Any:
    """New axes of extent 1."""
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    places = many_axes(axis, x.ndim + count)
    extents = iter(x.shape)
    wanted = [1 if i in places else next(extents) for i in range(x.ndim + count)]
    return p.reshape(x, shape=tuple(wanted))


@implements(np.squeeze)
@by_types
def squeeze(x: Any, axis: Axis = None) -> Any:
    """Axes of extent 1 removed."""
    ones = tuple([i for i, extent in enumerate(x.shape) if extent == 1])
    axes = ones if axis is None else many_axes(axis, x.ndim)
    if any(x.shape[i] != 1 for i in axes):
        raise ShapeError(
            f"Expected axes of extent 1 to squeeze, got axis {axis} of shape {x.shape} "
            f"at {user_line()}: name axes of extent 1."
        )
    kept = tuple([extent for i, extent in enumerate(x.shape) if i not in axes])
    return p.reshape(x, shape=kept) if axes else x


@implements(np.broadcast_to)
@by_types
def broadcast_to(x: Any, shape: Any, subok: bool = False) -> Any:
    """Repeated along new axes and along those of extent 1."""
    wanted = _tuple(shape)
    return x if wanted == x.shape else p.broadcast_to(x, shape=wanted)


@implements(np.broadcast_arrays)
def broadcast_arrays(*arrays: Any, subok: bool = False) -> tuple[Any, ...]:
    """Arrays repeated to one shape."""
    wanted = broadcast_shape(*[shape_of(x) for x in arrays])
    return tuple([np.broadcast_to(lifted(x), wanted) for x in arrays])


@implements(np.concatenate, np.concat)
def concatenate(arrays: Sequence[Any], axis: Any = 0, **options: Any) -> Any:
    """Arrays joined along an axis that is there."""
    wanted = options.pop("dtype", None)
    if options:
        refuse(np.concatenate, options)
    if wanted is not None or type(axis) is not int:
        return _concatenated(*arrays, axis=axis, dtype=wanted)
    return replay(_concatenated, [*arrays], axis=axis)


def _concatenated(*arrays: Any, axis: Any, dtype: Any = None) -> Any:
    parts = [lifted(x) for x in arrays]
    if axis is None:
        parts, axis = [np.ravel(x) for x in parts], 0
    dtype = result_type(*parts) if dtype is None else np.dtype(dtype)
    place = one_axis(axis, parts[0].ndim)
    if len(parts) == 1:
        return cast(parts[0], dtype)
    alike = [x.astype(dtype) if x.dtype != dtype else x for x in parts]
    return slicing.concatenate(*alike, axis=place)


@implements(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0, **options: Any) -> Any:
    """Arrays joined along a new axis."""
    if options or type(axis) is not int:
        return _stacked(*arrays, axis=axis, **options)
    return replay(_stacked, [*arrays], axis=axis)


def _stacked(*arrays: Any, axis: int, **options: Any) -> Any:
    parts = [np.expand_dims(lifted(x), axis) for x in arrays]
    return concatenate(parts, axis, **options)


@implements(np.vstack)
def vstack(tup: Sequence[Any], **options: Any) -> Any:
    """Rows joined."""
    return concatenate([np.atleast_2d(lifted(x)) for x in tup], 0, **options)


@implements(np.hstack)
def hstack(tup: Sequence[Any], **options: Any) -> Any:
    """Columns joined; vectors one after the other."""
    parts = [np.atleast_1d(lifted(x)) for x in tup]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1, **options)


@implements(np.dstack)
def dstack(tup: Sequence[Any]) -> Any:
    """Arrays joined along the third axis."""
    return concatenate([np.atleast_3d(lifted(x)) for x in tup], 2)


@implements(np.column_stack)
def column_stack(tup: Sequence[Any]) -> Any:
    """Vectors as columns, matrices as they are, joined."""
    parts = [lifted(x) for x in tup]
    columns = [x if x.ndim >= 2 else np.reshape(x, (-1, 1)) for x in parts]
    return concatenate(columns, 1)


@implements(np.append)
def append(x: Any, values: Any, axis: int | None = None) -> Any:
    """Two arrays joined; flattened where no axis is given."""
    return concatenate([x, values], axis)


@implements(np.atleast_1d)
def atleast_1d(*arrays: Any) -> Any:
    """Scalars as vectors."""
    wide = [np.reshape(x, (1,)) if np.ndim(x) == 0 else lifted(x) for x in arrays]
    return wide[0] if len(wide) == 1 else tuple(wide)


@implements(np.atleast_2d)
def atleast_2d(*arrays: Any) -> Any:
    """Scalars and vectors as rows."""
    wide = [np.reshape(x, (1, -1)) if np.ndim(x) < 2 else lifted(x) for x in arrays]
    return wide[0] if len(wide) == 1 else tuple(wide)


@implements(np.atleast_3d)
def atleast_3d(*arrays: Any) -> Any:
    """Scalars, vectors and matrices with three axes."""
    wide = [_three(lifted(x)) for x in arrays]
    return wide[0] if len(wide) == 1 else tuple(wide)


def _three(x: Any) -> Any:
    if x.ndim >= 3:
        return x
    return np.reshape(x, (*x.shape, 1) if x.ndim == 2 else (1, -1, 1))


@implements(np.array_split)
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along an axis, of nearly equal extent or between the indices given."""
    place, sections = one_axis(axis, x.ndim), _sections(indices_or_sections)
    if not isinstance(sections, int):
        return _between(x, place, sections)
    bounds = [0]
    for piece in np.array_split(np.empty(x.shape[place], bool), sections):
        bounds.append(bounds[-1] + len(piece))
    pairs = pairwise(bounds)
    return [slicing.part(x, place, start, stop) for start, stop in pairs]


def _sections(sections: Any) -> int | list[int]:
    """The number of parts, or the places to cut at, which must be known."""
    if isinstance(sections, Tracer):
        sections = sections.known("the places of np.split")
    if np.ndim(sections) == 0:
        return operator.index(sections)
    return [operator.index(cut) for cut in sections]


def _between(x: Any, axis: int, cuts: list[int]) -> list[Any]:
    before = (np.s_[:],) * axis
    pairs = zip([0, *cuts], [*cuts, None], strict=True)
    return [x[(*before, np.s_[start:stop])] for start, stop in pairs]


@implements(np.split)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along an axis; a number of parts must divide the extent."""
    whole = isinstance(indices_or_sections, int)
    if whole and x.shape[axis] % indices_or_sections:
        raise ShapeError(
            f"Expected a number of parts that divides {x.shape[axis]}, got "
            f"{indices_or_sections} at {user_line()}: use np.array_split."
        )
    return array_split(x, indices_or_sections, axis)


@implements(np.hsplit)
def hsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts side by side."""
    return split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


@implements(np.vsplit)
def vsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts one below the other."""
    return split(x, indices_or_sections, 0)


@implements(np.flip)
@by_types
def flip(x: Any, axis: Axis = None) -> Any:
    """Axes reversed, all by default."""
    return slicing.flip(x, many_axes(axis, x.ndim))


@implements(np.fliplr)
def fliplr(x: Any) -> Any:
    """Columns reversed."""
    return flip(x, 1)


@implements(np.flipud)
def flipud(x: Any) -> Any:
    """Rows reversed."""
    return flip(x, 0)
