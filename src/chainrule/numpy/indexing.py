"""Indexing of traced values: integers, slices, new axes, index arrays, masks.

Reference: https://numpy.org/doc/stable/user/basics.indexing.html
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule.core.errors import TracerError, user_line
from chainrule.core.methods import ArrayMethods
from chainrule.core.tracer import Tracer, implements
from chainrule.core.types import Shape
from chainrule.numpy.promotion import cast, is_traced, lifted, refuse
from chainrule.numpy.replay import replay, replay_one
from chainrule.numpy.structure import one_axis
from chainrule.primitives import indexing as p
from chainrule.primitives import reduction, slicing
from chainrule.primitives.structure import reshape, transpose

INDEX = np.dtype(np.int64)


def getitem(x: Any, key: Any) -> Any:
    """``x[key]``."""
    if type(key) is np.ndarray and key.dtype.kind in "iu":
        return _taken(x, key)
    name = _name(key)
    return _indexed(x, key) if name is None else replay_one(_indexed, x, name, key)


def _taken(x: Any, key: np.ndarray) -> Any:
    """By one array of indices; where numbers are known, NumPy looks at its range."""
    if x.value is None or not x.ndim:
        return _indexed(x, key)
    try:
        return replay(_indexed, (x, key))
    except IndexError:
        _in_range(key, x.shape[0])
        raise


def _name(key: Any) -> Any:
    """What tells an index of integers and slices apart; None for any other."""
    kind = type(key)
    if kind is int:
        return key
    names: list[Any] = []
    for entry in key if kind is tuple else (key,):
        kind = type(entry)
        if kind is slice:
            start, stop, step = entry.start, entry.stop, entry.step
            if type(start) not in BOUNDS or type(stop) not in BOUNDS:
                return None
            if type(step) not in BOUNDS:
                return None
            names += slice, start, stop, step
        elif kind is int or entry is None or entry is Ellipsis:
            names.append(entry)
        else:
            return None
    return tuple(names)


BOUNDS = frozenset({int, type(None)})
"""Kinds of a slice's bounds; 1.0, which equals 1, is none."""


def _indexed(x: Any, key: Any) -> Any:
    entries = list(key) if isinstance(key, tuple) else [key]
    entries = [entry for item in entries for entry in _opened(item)]
    parting = _parting(x, entries)
    if parting is not None:
        entries[parting] = None
        return _without_parting(_of_entries(x, entries), entries, parting)
    return _of_entries(x, _complete(x, entries))


def _of_entries(x: Any, entries: list[Any]) -> Any:
    if any(entry is None for entry in entries):
        x = _with_new_axes(x, entries)
        entries = [np.s_[:] if entry is None else entry for entry in entries]
    if any(_is_array(entry) for entry in entries):
        return _advanced(x, entries)
    return _basic(x, entries)


def _parting(x: Any, entries: list[Any]) -> int | None:
    """Where a ``...`` that stands for no axes parts indices, one of them an array.

    To NumPy these are no neighbours then, as if there were an axis in between.
    """
    places = [i for i, entry in enumerate(entries) if entry is Ellipsis]
    chosen = [i for i, entry in enumerate(entries) if _chooses(entry)]
    whole = sum(entry is not None for entry in entries) - 1 == x.ndim
    if len(places) != 1 or not whole or not any(map(_is_array, entries)):
        return None
    (parting,) = places
    return parting if chosen[0] < parting < chosen[-1] else None


def _chooses(entry: Any) -> bool:
    return isinstance(entry, int) or _is_array(entry)


def _without_parting(result: Any, entries: list[Any], parting: int) -> Any:
    """Drop the axis that stood for the parting; the axes of the indices come first."""
    stays = [not _chooses(entry) for entry in entries]
    axis = result.ndim - sum(stays) + sum(stays[:parting])
    return reshape(result, shape=(*result.shape[:axis], *result.shape[axis + 1 :]))


ArrayMethods.__getitem__ = getitem


def _is_array(entry: Any) -> bool:
    return isinstance(entry, (np.ndarray, Tracer))


def _opened(entry: Any) -> tuple[Any, ...]:
    """Lists as index arrays, masks as the places where they hold."""
    if isinstance(entry, (list, range)):
        entry = np.asarray(entry if len(entry) else np.zeros(0, INDEX))
    if isinstance(entry, (bool, np.bool_)) or not _is_array(entry):
        return (_scalar(entry),)
    if entry.dtype.kind == "b":
        mask = entry.known("a boolean mask") if isinstance(entry, Tracer) else entry
        return np.nonzero(mask) if np.ndim(mask) else (_scalar(np.bool_(mask)),)
    if entry.dtype.kind not in "iu":
        raise IndexError(
            f"Expected indices of an integer or boolean dtype, got {entry.dtype} at "
            f"{user_line()}: convert them with .astype(int)."
        )
    return (entry,)


def _scalar(entry: Any) -> Any:
    if entry is None or entry is Ellipsis or isinstance(entry, slice):
        return entry
    if isinstance(entry, (bool, np.bool_)):
        raise IndexError(
            f"Expected a number, slice or array as an index, got {entry} at "
            f"{user_line()}: use np.where for a choice by one condition."
        )
    if not hasattr(entry, "__index__"):
        raise IndexError(
            f"Expected integers, slices, arrays, None or ... as indices, got {entry!r} "
            f"at {user_line()}: convert it by int()."
        )
    return operator.index(entry)


def _complete(x: Any, entries: list[Any]) -> list[Any]:
    """An entry for each axis, with nothing left out."""
    count = sum(entry is not None and entry is not Ellipsis for entry in entries)
    dots = [i for i, entry in enumerate(entries) if entry is Ellipsis]
    if count > x.ndim or len(dots) > 1:
        raise IndexError(
            f"Expected at most {x.ndim} indices and one '...', got {count} indices for "
            f"shape {x.shape} at {user_line()}: drop indices, or add axes with None."
        )
    missing = [np.s_[:]] * (x.ndim - count)
    if not dots:
        return entries + missing
    return entries[: dots[0]] + missing + entries[dots[0] + 1 :]


def _with_new_axes(x: Any, entries: list[Any]) -> Any:
    extents = iter(x.shape)
    shape = [1 if entry is None else next(extents) for entry in entries]
    return reshape(x, shape=tuple(shape))


def _basic(x: Any, entries: list[Any]) -> Any:
    """Integers and slices: one slice, then the integers' axes dropped."""
    pairs = zip(entries, x.shape, strict=True)
    spans = [_span(entry, extent) for entry, extent in pairs]
    whole = all(
        span == (0, extent, 1) for span, extent in zip(spans, x.shape, strict=True)
    )
    if not whole:
        start, size, step = zip(*spans, strict=True)
        x = slicing.slice(x, start=start, size=size, step=step)
    kept = [n for n, entry in zip(x.shape, entries, strict=True) if _stays(entry)]
    return x if len(kept) == x.ndim else reshape(x, shape=tuple(kept))


def _stays(entry: Any) -> bool:
    return not isinstance(entry, int)


def _span(entry: Any, extent: int) -> tuple[int, int, int]:
    """First index, count and step."""
    if isinstance(entry, slice):
        start, stop, step = entry.indices(extent)
        return start, len(range(start, stop, step)), step
    if _is_array(entry):
        return 0, extent, 1
    return _wrapped(entry, extent), 1, 1


def _wrapped(index: int, extent: int) -> int:
    if not -extent <= index < extent:
        raise IndexError(
            f"Expected an index from {-extent} to {extent - 1}, got {index} at "
            f"{user_line()}: the axis has {extent} elements."
        )
    return index % extent if extent else index


def _advanced(x: Any, entries: list[Any]) -> Any:
    """Index arrays: their axes merged into one, then taken from.

    Beside arrays an integer is an array of no axes, as in NumPy. The new axes stand
    in the place of those indexed where these are neighbours, else first.
    """
    basic = [entry if isinstance(entry, slice) else np.s_[:] for entry in entries]
    x = _basic(x, basic)
    places = [i for i, entry in enumerate(entries) if not isinstance(entry, slice)]
    arrays = [entries[i] for i in places]
    indices = _merged([lifted(a) for a in arrays], tuple([x.shape[i] for i in places]))
    together = places == list(range(places[0], places[-1] + 1))
    front = places[0] if together else 0
    rest = [i for i in range(x.ndim) if i not in places]
    order = (*rest[:front], *places, *rest[front:])
    if order != tuple(range(x.ndim)):
        x = transpose(x, axes=order)
    if len(places) > 1:
        count = int(np.prod(x.shape[front : front + len(places)]))
        after = x.shape[front + len(places) :]
        x = reshape(x, shape=(*x.shape[:front], count, *after))
    return p.take(x, indices, axis=front)


def _merged(arrays: list[Any], extents: Shape) -> Any:
    """One index in the place of several: the number of the element, row by row."""
    checked = [_in_range(a, n) for a, n in zip(arrays, extents, strict=True)]
    if len(checked) == 1:
        return checked[0]
    number: Any = np.zeros((), INDEX)
    for index, extent in zip(checked, extents, strict=True):
        number = number * extent + _positive(index, extent)
    return number


def _in_range(index: Any, extent: int) -> Any:
    """Known indices are checked while tracing; unknown ones when they are used."""
    value = index.value if isinstance(index, Tracer) else index
    if value is not None and np.size(value):
        low, high = int(np.min(value)), int(np.max(value))
        _wrapped(low, extent)
        _wrapped(high, extent)
    return index


def _positive(index: Any, extent: int) -> Any:
    typed = cast(index, INDEX) if isinstance(index, Tracer) else index.astype(INDEX)
    return np.where(typed < 0, typed + extent, typed)


@implements(np.take)
def take(
    x: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise"
) -> Any:
    """Elements along an axis, or of the flattened array, by number.

    NumPy's own function does not ask the indices, so a known array is indexed by
    traced numbers with this one.

    .. math:: z_k = x_{i_k}

    Shapes:
        x: any, indices: any; the axes of the indices stand in the place of ``axis``.

    Args:
        x: An array or a traced value.
        indices: Whole numbers; negative ones count from the end.
        axis: The axis to take along; the array is flattened for None.
        out: None.
        mode: For indices outside: ``"raise"``, ``"clip"`` or ``"wrap"``.

    Returns:
        The elements.

    Raises:
        IndexError: If an index is outside, where it is known.

    Examples:
        >>> take(np.array([10, 20, 30]), [0, -1])
        array([10, 30])
    """
    if not is_traced(x) and not is_traced(indices):
        return np.take(x, indices, axis, out, mode)  # type: ignore[call-overload]
    x, indices = lifted(x), lifted(indices)
    line, place = (np.ravel(x), 0) if axis is None else (x, one_axis(axis, x.ndim))
    extent = line.shape[place]
    if mode == "clip":
        indices = np.clip(indices, 0, extent - 1)
    elif mode == "wrap":
        indices = np.remainder(indices, extent)
    return p.take(line, _in_range(indices, extent), axis=place)


@implements(np.take_along_axis)
def take_along_axis(x: Any, indices: Any, axis: Any = -1) -> Any:
    """Elements along an axis, each line by its own indices."""
    x, indices = lifted(x), lifted(indices)
    if axis is None:
        return take(x, indices)
    place = one_axis(axis, x.ndim)
    lines = list(indices.shape)
    lines[place] = x.shape[place]
    places = list(x.shape)
    places[place] = indices.shape[place]
    if tuple(lines) != x.shape:
        lines = [max(a, b) for a, b in zip(lines, x.shape, strict=True)]
        x = np.broadcast_to(x, lines)
        places = [max(a, b) for a, b in zip(places, indices.shape, strict=True)]
        indices = np.broadcast_to(indices, places)
    known = _positive(_in_range(indices, x.shape[place]), x.shape[place])
    return reduction.along(x, known, place)


@implements(np.nonzero)
def nonzero(x: Any) -> tuple[Any, ...]:
    """Where elements are other than zero; how many there are must be known."""
    return np.nonzero(np.asarray(x.known("np.nonzero")))


@implements(np.flatnonzero)
def flatnonzero(x: Any) -> Any:
    """Where elements of the flattened array are other than zero."""
    return np.flatnonzero(np.asarray(x.known("np.flatnonzero")))


@implements(np.argwhere)
def argwhere(x: Any) -> Any:
    """The places of elements other than zero, a row each."""
    return np.argwhere(np.asarray(x.known("np.argwhere")))


@implements(np.extract, np.compress)
def compress(condition: Any, x: Any, axis: Any = None, **options: Any) -> Any:
    """Elements where a known condition holds."""
    refuse("compress", options)
    if isinstance(condition, Tracer):
        condition = condition.known("np.compress")
    chosen = np.flatnonzero(np.asarray(condition))
    return take(np.ravel(x), chosen) if axis is None else take(x, chosen, axis)


@implements(np.copyto, np.put, np.put_along_axis, np.putmask, np.place)
@implements(np.fill_diagonal)
def assignment(*_: Any, **options: Any) -> Any:
    """Raise: arrays under a transform cannot change."""
    raise TracerError(
        f"Expected functional code, got an assignment by NumPy at {user_line()}: "
        "write x = np.where(mask, new, x), or np.concatenate the parts."
    )
