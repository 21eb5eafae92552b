"""NumPy's functions that repeat, shift and pick out diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.structure import Axis, many_axes, one_axis
from chainrule.primitives import slicing
from chainrule.primitives.indexing import scatter_add, take
from chainrule.primitives.structure import broadcast_to, reshape


@implements(np.tile)
def tile(x: Any, reps: Any) -> Any:
    """An array repeated side by side."""
    if isinstance(reps, Tracer):
        reps = reps.known("the counts of np.tile").tolist()
    counts = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    ndim = max(x.ndim, len(counts))
    counts = (1,) * (ndim - len(counts)) + counts
    extents = (1,) * (ndim - x.ndim) + x.shape
    narrow = [n for extent in extents for n in (1, extent)]
    pairs = list(zip(counts, extents, strict=True))
    wide = [n for pair in pairs for n in pair]
    repeated = broadcast_to(reshape(x, shape=tuple(narrow)), shape=tuple(wide))
    return reshape(repeated, shape=tuple([a * b for a, b in pairs]))


@implements(np.repeat)
def repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element several times over; how often must be known."""
    line, place = (np.ravel(x), 0) if axis is None else (x, one_axis(axis, x.ndim))
    if isinstance(repeats, Tracer):
        repeats = repeats.known("the counts of np.repeat")
    chosen = np.repeat(np.arange(line.shape[place]), np.asarray(repeats))
    return take(line, chosen, axis=place)


@implements(np.roll)
def roll(x: Any, shift: Any, axis: Axis = None) -> Any:
    """Elements moved along axes, those at the end to the front."""
    if axis is None:
        return np.reshape(roll(np.ravel(x), shift, 0), x.shape)
    pairs = np.broadcast(axis, shift)
    for place, count in [(one_axis(int(a), x.ndim), int(n)) for a, n in pairs]:
        extent = x.shape[place]
        cut = -count % extent if extent else 0
        if cut:
            front = slicing.part(x, place, cut, extent)
            back = slicing.part(x, place, 0, cut)
            x = slicing.concatenate(front, back, axis=place)
    return x


@implements(np.rot90)
def rot90(x: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """A quarter turn in the plane of two axes, ``k`` times."""
    first, second = many_axes(tuple(axes), x.ndim)
    turns = k % 4
    if turns == 0:
        return x
    if turns == 2:
        return np.flip(x, (first, second))
    if turns == 1:
        return np.swapaxes(np.flip(x, second), first, second)
    return np.flip(np.swapaxes(x, first, second), second)


@implements(np.diagonal)
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Elements whose two indices differ by the offset, as the last axis."""
    moved = np.moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = moved.shape[-2:]
    numbers = np.diagonal(np.arange(rows * columns).reshape(rows, columns), offset)
    flat = np.reshape(moved, (*moved.shape[:-2], rows * columns))
    return take(flat, numbers.copy(), axis=flat.ndim - 1)


@implements(np.diag)
def diag(x: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
    if x.ndim != 1:
        return diagonal(x, k)
    side = x.shape[0] + abs(k)
    numbers = np.diagonal(np.arange(side * side).reshape(side, side), k).copy()
    flat = scatter_add(x, numbers, axis=0, size=side * side)
    return reshape(flat, shape=(side, side))


@implements(np.diagflat)
def diagflat(x: Any, k: int = 0) -> Any:
    """The matrix with the elements on its diagonal."""
    return diag(np.ravel(x), k)


@implements(np.trace)
def trace(
    x: Any,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    """The sum of the diagonal."""
    return np.sum(diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype)


@implements(np.tril)
def tril(x: Any, k: int = 0) -> Any:
    """Zeros above the k-th diagonal."""
    return np.where(np.tri(*x.shape[-2:], k=k, dtype=bool), x, 0).astype(x.dtype)


@implements(np.triu)
def triu(x: Any, k: int = 0) -> Any:
    """Zeros below the k-th diagonal."""
    below = np.tri(*x.shape[-2:], k=k - 1, dtype=bool)
    return np.where(below, 0, x).astype(x.dtype)
