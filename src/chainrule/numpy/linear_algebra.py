"""NumPy's products of vectors, matrices and arrays, for traced values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.interpreter import find_trace
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import (
    broadcast_shape,
    fit,
    lifted,
    refuse,
    result_type,
    shape_of,
)
from chainrule.numpy.replay import replay
from chainrule.numpy.structure import one_axis
from chainrule.primitives import linear_algebra as p

Axes = tuple[int, ...]


@implements(np.matmul)
def matmul(x: Any, y: Any, **options: Any) -> Any:
    """The product of matrices, or of stacks of them; vectors are a row and a column."""
    if options:
        refuse(np.matmul, options)
    return replay(_product, (x, y))


def _product(x: Any, y: Any) -> Any:
    first, second = shape_of(x), shape_of(y)
    if not first or not second or first[-1] != second[-2:][0]:
        raise _misfit("matmul", first, second)
    left = np.reshape(x, (1, *first)) if len(first) == 1 else x
    right = np.reshape(y, (*second, 1)) if len(second) == 1 else y
    z = _stacked(left, right)
    if len(first) > 1 and len(second) > 1:
        return z
    shape = z.shape[:-2]
    shape += () if len(first) == 1 else z.shape[-2:-1]
    shape += () if len(second) == 1 else z.shape[-1:]
    return np.reshape(z, shape)


def _misfit(name: str, first: Any, second: Any) -> ShapeError:
    return ShapeError(
        f"Expected arrays that {name} can multiply, got shapes {first} and {second} at "
        f"{user_line()}: the last axis of the first must equal the last but one (or "
        "the only one) of the second; use * to multiply by a scalar."
    )


def _stacked(x: Any, y: Any) -> Any:
    """Two stacks of matrices, their leading axes broadcast."""
    first, second = shape_of(x), shape_of(y)
    if first[-1] != second[-2]:
        raise _misfit("matmul", first, second)
    dtype = result_type(x, y)
    trace = find_trace((x, y))
    if len(first) > 2 == len(second):
        return _flattened(fit(x, dtype, first, trace), fit(y, dtype, second, trace))
    batch = broadcast_shape(first[:-2], second[:-2])
    return p.matmul(
        fit(x, dtype, (*batch, *first[-2:]), trace),
        fit(y, dtype, (*batch, *second[-2:]), trace),
    )


def _flattened(x: Any, y: Any) -> Any:
    """A stack times one matrix is one product of the rows of all."""
    rows = np.reshape(x, (-1, x.shape[-1]) if x.size else (_rows(x), x.shape[-1]))
    return np.reshape(p.matmul(rows, y), (*x.shape[:-1], y.shape[-1]))


def _rows(x: Any) -> int:
    return int(np.prod(x.shape[:-1]))


@implements(np.dot)
def dot(x: Any, y: Any, out: Any = None) -> Any:
    """The sum over the last axis of the first and the last but one of the second."""
    first, second = len(shape_of(x)), len(shape_of(y))
    if first == 0 or second == 0:
        return np.multiply(x, y)
    if first <= 2 and second <= 2:
        return matmul(x, y)
    return tensordot(x, y, ((first - 1,), (max(second - 2, 0),)))


@implements(np.vdot)
def vdot(x: Any, y: Any) -> Any:
    """The sum of the products of all elements, those of the first conjugated."""
    return replay(_vdot, (x, y))


def _vdot(x: Any, y: Any) -> Any:
    return np.matmul(conjugated(np.ravel(x)), np.ravel(y))


def conjugated(x: Any) -> Any:
    """The conjugate; of real numbers, and so of booleans, the same in their dtype."""
    return np.conj(x) if x.dtype.kind == "c" else x


@implements(np.vecdot)
def vecdot(x: Any, y: Any, /, *, axis: int = -1, **options: Any) -> Any:
    """The sum of products along one axis, the first operand conjugated."""
    refuse("vecdot", options)
    first, second = np.moveaxis(x, axis, -1), np.moveaxis(y, axis, -1)
    extents = first.shape[-1], second.shape[-1]
    if extents[0] != extents[1]:
        raise ShapeError(
            f"Expected one extent along axis {axis} for vecdot, got {extents[0]} and "
            f"{extents[1]} at {user_line()}: make them equal."
        )
    return np.matmul(conjugated(first)[..., None, :], second[..., None])[..., 0, 0]


@implements(np.inner)
def inner(x: Any, y: Any) -> Any:
    """The sum over the last axis of both."""
    if not shape_of(x) or not shape_of(y):
        return np.multiply(x, y)
    return tensordot(x, y, ((len(shape_of(x)) - 1,), (len(shape_of(y)) - 1,)))


@implements(np.outer)
def outer(x: Any, y: Any, out: Any = None) -> Any:
    """All products of an element of the one with one of the other."""
    return replay(_outer, (x, y))


def _outer(x: Any, y: Any) -> Any:
    return np.multiply(np.reshape(x, (-1, 1)), np.reshape(y, (1, -1)))


@implements(np.tensordot)
def tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """The sum of products over pairs of axes, as one matrix product."""
    x, y = lifted(x), lifted(y)
    ours, theirs = _paired_axes(axes, x.ndim, y.ndim)
    return replay(_tensordot, (x, y), ours=tuple(ours), theirs=tuple(theirs))


def _tensordot(x: Any, y: Any, ours: Axes, theirs: Axes) -> Any:
    if [x.shape[i] for i in ours] != [y.shape[i] for i in theirs]:
        raise ShapeError(
            f"Expected axes of equal extents, got axes {[*ours]} of {x.shape} and "
            f"{[*theirs]} of {y.shape} at {user_line()}: pair axes that fit."
        )
    rows = [i for i in range(x.ndim) if i not in ours]
    columns = [i for i in range(y.ndim) if i not in theirs]
    count = int(np.prod([x.shape[i] for i in ours]))
    height = [x.shape[i] for i in rows]
    width = [y.shape[i] for i in columns]
    left = np.reshape(np.transpose(x, (*rows, *ours)), (int(np.prod(height)), count))
    right = np.reshape(
        np.transpose(y, (*theirs, *columns)), (count, int(np.prod(width)))
    )
    return np.reshape(np.matmul(left, right), (*height, *width))


def _paired_axes(axes: Any, first: int, second: int) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        return list(range(first - axes, first)), list(range(axes))
    ours, theirs = (_listed(part) for part in axes)
    return (
        [one_axis(axis, first) for axis in ours],
        [one_axis(axis, second) for axis in theirs],
    )


def _listed(part: Any) -> Sequence[int]:
    return [part] if isinstance(part, int) else part


@implements(np.kron)
def kron(x: Any, y: Any) -> Any:
    """Blocks of the second, each multiplied by an element of the first."""
    x, y = lifted(x), lifted(y)
    ndim = max(x.ndim, y.ndim)
    ours = (1,) * (ndim - x.ndim) + x.shape
    theirs = (1,) * (ndim - y.ndim) + y.shape
    wide = [extent for n in ours for extent in (n, 1)]
    tall = [extent for n in theirs for extent in (1, n)]
    blocks = np.multiply(np.reshape(x, wide), np.reshape(y, tall))
    return np.reshape(blocks, [a * b for a, b in zip(ours, theirs, strict=True)])
