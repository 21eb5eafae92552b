"""Arrays of parts and choices: blocks, insertions, pieces; for traced values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.indexing import take
from chainrule.numpy.promotion import is_traced, lifted, refuse, result_type
from chainrule.numpy.structure import one_axis
from chainrule.primitives.conversion import stop_gradient


@implements(np.block)
def block(arrays: Any) -> Any:
    """Nested lists of blocks joined, the innermost lists along the last axis."""
    depth = _depth(arrays)
    ndim = max(depth, _widest(arrays))
    return _joined(arrays, depth, ndim)


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _widest(arrays: Any) -> int:
    if isinstance(arrays, list):
        return max(_widest(part) for part in arrays)
    return np.ndim(arrays)


def _joined(arrays: Any, depth: int, ndim: int) -> Any:
    if not isinstance(arrays, list):
        part = lifted(arrays)
        return np.reshape(part, (*[1] * (ndim - part.ndim), *part.shape))
    parts = [_joined(part, depth - 1, ndim) for part in arrays]
    return np.concatenate(parts, axis=-depth)


@implements(np.dsplit)
def dsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the third axis."""
    return np.split(x, indices_or_sections, 2)


@implements(np.insert)
def insert(x: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """Values put before known places along an axis, or into the flattened array."""
    x, values = lifted(x), lifted(values)
    line, place = (np.ravel(x), 0) if axis is None else (x, one_axis(axis, x.ndim))
    line = lifted(line)
    extent = line.shape[place]
    if isinstance(obj, Tracer):
        obj = obj.known("the places of np.insert")
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        missing = max(line.ndim - values.ndim, 0)
        values = np.reshape(values, (*[1] * missing, *values.shape))
        values = np.moveaxis(values, 0, place)
        count = values.shape[place]
    else:
        count = len(np.insert(np.arange(extent), obj, 0)) - extent
    shape = (*line.shape[:place], count, *line.shape[place + 1 :])
    added = np.broadcast_to(values, shape).astype(line.dtype)
    order = np.insert(np.arange(extent), obj, extent + np.arange(count))
    return take(np.concatenate([line, added], axis=place), order, axis=place)


@implements(np.delete)
def delete(x: Any, obj: Any, axis: Any = None) -> Any:
    """What is left without the elements at known places."""
    line, place = (np.ravel(x), 0) if axis is None else (x, one_axis(axis, x.ndim))
    if isinstance(obj, Tracer):
        obj = obj.known("the places of np.delete")
    kept = np.delete(np.arange(line.shape[place]), obj)
    return np.take(line, kept, axis=place)


@implements(np.resize)
def resize(x: Any, new_shape: Any) -> Any:
    """The elements in another shape, again from the first where they run out."""
    shape = tuple(new_shape) if isinstance(new_shape, (tuple, list)) else (new_shape,)
    count = int(np.prod(shape))
    if not x.size:
        return np.zeros(shape, x.dtype)
    return np.reshape(take(np.ravel(x), np.arange(count) % x.size), shape)


@implements(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """What is left without zeros at the ends, which must be known."""
    known = np.asarray(filt.known("the zeros of np.trim_zeros"))
    axes = range(filt.ndim) if axis is None else np.atleast_1d(axis).tolist()
    spans = [np.s_[:]] * filt.ndim
    for place in [one_axis(axis, filt.ndim) for axis in axes]:
        others = tuple([i for i in range(filt.ndim) if i != place])
        there = np.flatnonzero(np.any(known != 0, axis=others))
        low, high = (there[0], there[-1] + 1) if there.size else (0, 0)
        low = low if "f" in trim.lower() else 0
        spans[place] = np.s_[low : high if "b" in trim.lower() else None]
    return filt[tuple(spans)]


# -- choices -------------------------------------------------------------------------


@implements(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """The first choice whose condition holds."""
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(condition, choice, result)
    return result


@implements(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """The element of the choice with the number that stands in its place."""
    a, options = lifted(a), list(choices)
    known = a.value if isinstance(a, Tracer) else a
    count = len(options)
    if mode == "clip":
        a = np.clip(a, 0, count - 1)
    elif mode == "wrap":
        a = np.mod(a, count)
    elif known is not None and np.any((known < 0) | (known >= count)):
        raise ValueError(
            f"Expected numbers of choices from 0 to {count - 1}, got {known} at "
            f"{user_line()}: use mode='clip' or 'wrap'."
        )
    dtype = result_type(*options)
    result = lifted(options[-1])
    for number in range(count - 2, -1, -1):
        result = np.where(np.equal(a, number), options[number], result)
    shape = np.broadcast_shapes(a.shape, *[np.shape(option) for option in options])
    return np.broadcast_to(result, shape).astype(dtype)


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **options: Any) -> Any:
    """Each element by the function of the last condition that holds for it.

    Every function is called with all elements. What it gives where its condition does
    not hold is left out, as are its derivatives there, be they NaN.
    """
    conditions = _conditions(x, condlist)
    functions = list(funclist)
    if len(functions) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"Expected {len(conditions)} functions, or one more for all other "
            f"elements, got {len(functions)} at {user_line()}."
        )
    result: Any = np.zeros(x.shape, x.dtype)
    if len(functions) > len(conditions):
        held = conditions[0]
        for condition in conditions[1:]:
            held = np.logical_or(held, condition)
        conditions = [np.logical_not(held), *conditions]
        functions = [functions[-1], *functions[:-1]]
    for condition, function in zip(conditions, functions, strict=True):
        piece: Any = function
        if callable(function):
            there = np.where(condition, x, stop_gradient(x))
            piece = function(there, *args, **options)
        result = np.where(condition, piece, result).astype(x.dtype)
    return result


def _conditions(x: Any, condlist: Any) -> list[Any]:
    """One mask for each piece; a single mask may stand without a list."""
    flags = lifted(condlist) if is_traced(condlist) else condlist
    single = getattr(flags, "ndim", 1) == 0 or (x.ndim and np.ndim(flags[0]) == 0)
    return [lifted(condlist)] if single else [lifted(c) for c in condlist]


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, **options: Any
) -> Any:
    """The windows at each place, their elements along new last axes: a copy here."""
    options.pop("subok", None)
    options.pop("writeable", None)
    refuse("sliding_window_view", options)
    extents = np.atleast_1d(window_shape).tolist()
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis).tolist()
    if len(extents) != len(axes):
        raise ShapeError(
            f"Expected an extent of the window for each axis, got {len(extents)} for "
            f"{len(axes)} at {user_line()}: name the axes."
        )
    for extent, place in zip(extents, axes, strict=True):
        place = one_axis(place, x.ndim)
        count = x.shape[place] - extent + 1
        if count < 1 or extent < 0:
            raise ShapeError(
                f"Expected windows of at most {x.shape[place]} elements, got {extent} "
                f"at {user_line()}."
            )
        places = np.arange(count)[:, None] + np.arange(extent)
        x = np.moveaxis(take(x, places, axis=place), place + 1, -1)
    return x


# -- lines -----------------------------------------------------------------------------


@implements(np.apply_along_axis)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **options: Any
) -> Any:
    """A function of lines for each line along an axis, one after the other."""
    place = one_axis(axis, arr.ndim)
    lines = np.moveaxis(arr, place, -1)
    outer = lines.shape[:-1]
    if 0 in outer:
        raise ShapeError(
            f"Expected at least one line, got shape {arr.shape} at {user_line()}."
        )
    rows = np.reshape(lines, (-1, lines.shape[-1]))
    found = [lifted(func1d(row, *args, **options)) for row in rows]
    inner = found[0].shape
    whole = np.reshape(np.stack(found), (*outer, *inner))
    last = range(len(outer), len(outer) + len(inner))
    return np.moveaxis(whole, last, range(place, place + len(inner)))


@implements(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """A function of an array and an axis, over one axis after the other."""
    for axis in np.atleast_1d(axes).tolist():
        found = func(a, one_axis(axis, a.ndim))
        a = found if found.ndim == a.ndim else np.expand_dims(found, axis)
    return a


# -- places ----------------------------------------------------------------------------


@implements(np.tril_indices_from)
def tril_indices_from(arr: Any, k: int = 0) -> Any:
    """The places on and below a diagonal."""
    return np.tril_indices(arr.shape[-2], k=k, m=arr.shape[-1])


@implements(np.triu_indices_from)
def triu_indices_from(arr: Any, k: int = 0) -> Any:
    """The places on and above a diagonal."""
    return np.triu_indices(arr.shape[-2], k=k, m=arr.shape[-1])


@implements(np.diag_indices_from)
def diag_indices_from(arr: Any) -> Any:
    """The places on the main diagonal."""
    return np.diag_indices(arr.shape[0], arr.ndim)


@implements(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    """The places of elements with given numbers, an array for each axis."""
    extents = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    found: list[Any] = []
    for extent in reversed(extents) if order == "C" else extents:
        found.append(np.remainder(indices, extent))
        indices = np.floor_divide(indices, extent)
    return tuple(reversed(found)) if order == "C" else tuple(found)


@implements(np.ravel_multi_index)
def ravel_multi_index(
    multi_index: Any, dims: Any, mode: str = "raise", order: str = "C"
) -> Any:
    """The numbers of elements at given places."""
    extents = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    pairs = list(zip(multi_index, extents, strict=True))
    number: Any = 0
    for index, extent in pairs if order == "C" else reversed(pairs):
        held = np.clip(index, 0, extent - 1) if mode == "clip" else index
        held = np.mod(index, extent) if mode == "wrap" else held
        number = number * extent + held
    return number


@implements(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """Index arrays for the product of lists of places."""
    places = [a.known("np.ix_") if _is_mask(a) else lifted(a) for a in args]
    places = [np.flatnonzero(a) if a.dtype == bool else a for a in places]
    ndim = len(places)
    shapes = [tuple([-1 if i == k else 1 for i in range(ndim)]) for k in range(ndim)]
    return tuple([np.reshape(a, s) for a, s in zip(places, shapes, strict=True)])


def _is_mask(x: Any) -> bool:
    return is_traced(x) and x.dtype == bool


@implements(np.isin)
def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: Any = None,
) -> Any:
    """Whether each element is one of those given."""
    wanted = np.ravel(lifted(test_elements))
    found = np.any(np.equal(lifted(element)[..., None], wanted), axis=-1)
    return np.logical_not(found) if invert else found
