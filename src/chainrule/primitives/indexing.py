"""Rows chosen by number: take, and its transpose scatter_add."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import (
    Formula,
    Primitive,
    Sample,
    Scale,
    Ulp,
    register,
    same,
)
from chainrule.core.types import ArrayType
from chainrule.primitives.bitwise import bitwise_and
from chainrule.primitives.comparison import equal, less, less_equal, select
from chainrule.primitives.conversion import convert
from chainrule.primitives.elementwise import add, mul
from chainrule.primitives.rules import (
    check_axis,
    numpy_page,
)
from chainrule.primitives.structure import (
    all_batched,
    broadcast_to,
    count_beside,
    move_axis,
    reshape,
    transpose,
)


def _check_indices(indices: ArrayType) -> None:
    if indices.dtype.kind not in "iu":
        raise TypeError(
            f"Expected integer indices, got {indices}: convert them with .astype(int)."
        )


def take_type(x: ArrayType, indices: ArrayType, axis: int) -> ArrayType:
    """The axis is replaced by the axes of the indices."""
    _check_indices(indices)
    check_axis(axis, x, "taking")
    return x.with_shape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def _take(x: Any, indices: Any, axis: int) -> Any:
    places = np.asarray(indices).astype(np.intp, copy=False)
    return np.asarray(x).take(places, axis)


def _own_places(indices: Any, count: int) -> Any:
    """Batched indices into rows of ``count`` elements, as places in all the rows.

    What is outside its own row becomes a place outside of all.
    """
    size, inner = indices.shape[0], len(indices.shape) - 1
    places = convert(indices, dtype=np.dtype(np.int64))
    starts = mul(count_beside(places, (size,), 0), count)
    column = reshape(starts, shape=(size, *[1] * inner))
    wrapped = select(less(places, 0), add(places, count), places)
    inside = bitwise_and(less_equal(-count, places), less(places, count))
    own = add(wrapped, broadcast_to(column, shape=places.shape))
    return select(inside, own, size * count)


def _exchanged(x: Any, first: int, second: int) -> Any:
    """Two groups of axes behind the first axis in the other order."""
    middle, stop = 1 + first, 1 + first + second
    rest = range(stop, len(x.shape))
    return transpose(x, axes=(0, *range(middle, stop), *range(1, middle), *rest))


def _take_batch(batched: Any, x: Any, indices: Any, axis: int) -> Any:
    if not batched[1]:
        return take(x, indices, axis=axis + 1)
    if not batched[0]:
        return move_axis(take(x, indices, axis=axis), axis, 0)
    lines = move_axis(x, axis + 1, 1)
    size, count, *rest = lines.shape
    flat = reshape(lines, shape=(size * count, *rest))
    z = take(flat, _own_places(indices, count), axis=0)
    return _exchanged(z, len(indices.shape) - 1, axis)


take = register(
    Primitive(
        name="take",
        formula=Formula(
            r"z_{k} = x_{i_k}",
            r"\dot z_{k} = \dot x_{i_k}",
            (r"\bar x_i = \sum_{k : i_k = i} \bar z_k",),
        ),
        type=take_type,
        numpy=_take,
        jvp=(same, None),
        transpose=(
            lambda z_bar, x, indices, axis: scatter_add(
                z_bar, indices, axis=axis, size=x.shape[axis]
            ),
            None,
        ),
        batch=_take_batch,
        samples=(
            Sample(((4,), (3,)), {"axis": 0}, ((-2.0, 2.0), (0, 3)), "fi"),
            Sample(((4, 2), ()), {"axis": 0}, ((-2.0, 2.0), (0, 3)), "fi"),
            Sample(((2, 3, 2), (2, 2)), {"axis": 1}, ((-2.0, 2.0), (-3, 2)), "fi"),
            Sample(((4, 2), (0,)), {"axis": 0}, ((-2.0, 2.0), (0, 3)), "fi"),
        ),
        convention="Negative indices count from the end; outside, an IndexError.",
        source=numpy_page("take"),
    )
)


def scatter_add_type(
    updates: ArrayType, indices: ArrayType, axis: int, size: int
) -> ArrayType:
    """The axes of the indices, from ``axis`` on, become one of extent ``size``."""
    _check_indices(indices)
    stop = axis + indices.ndim
    if updates.shape[axis:stop] != indices.shape or axis > updates.ndim:
        raise ShapeError(
            f"Expected updates with the indices' axes {indices.shape} from axis {axis} "
            f"on, got {updates}: reshape them first."
        )
    return updates.with_shape((*updates.shape[:axis], size, *updates.shape[stop:]))


def _scatter_add(updates: Any, indices: Any, axis: int, size: int) -> Any:
    before = updates.shape[:axis]
    after = updates.shape[axis + np.ndim(indices) :]
    z = np.zeros((*before, size, *after), updates.dtype)
    places: Any = (*[np.s_[:]] * axis, np.asarray(indices).astype(np.intp))
    np.add.at(z, places, updates)
    return z


def _placed(updates: Any, indices: Any, axis: int, size: int) -> Any:
    """Each example's update at its one place, zero elsewhere: chosen, not added up."""
    before, after = updates.shape[:axis], updates.shape[axis:]
    shape = (*before, size, *after)
    places = convert(indices, dtype=np.dtype(np.int64))
    wrapped = select(less(places, 0), add(places, size), places)
    column = reshape(wrapped, shape=(wrapped.shape[0], *[1] * (len(shape) - 1)))
    here = equal(count_beside(places, shape, axis), broadcast_to(column, shape=shape))
    rows = reshape(updates, shape=(*before, 1, *after))
    zero = np.zeros((), updates.dtype)
    return select(here, broadcast_to(rows, shape=shape), np.broadcast_to(zero, shape))


def _scatter_batch(
    batched: Any, updates: Any, indices: Any, axis: int, size: int
) -> Any:
    if not batched[1]:
        return scatter_add(updates, indices, axis=axis + 1, size=size)
    updates, indices = all_batched(batched, (updates, indices))
    count = len(indices.shape)
    if count == 1:
        return _placed(updates, indices, axis + 1, size)
    lines = _exchanged(updates, axis, count - 1)
    examples, rest = lines.shape[0], lines.shape[count:]
    places = _own_places(indices, size)
    flat = scatter_add(lines, places, axis=0, size=examples * size)
    return move_axis(reshape(flat, shape=(examples, size, *rest)), 1, axis + 1)


scatter_add = register(
    Primitive(
        name="scatter_add",
        formula=Formula(
            r"z_i = \sum_{k : i_k = i} x_k",
            r"\dot z_i = \sum_{k : i_k = i} \dot x_k",
            (r"\bar x_k = \bar z_{i_k}",),
        ),
        type=scatter_add_type,
        numpy=_scatter_add,
        jvp=(same, None),
        transpose=(
            lambda z_bar, updates, indices, axis, size: take(z_bar, indices, axis=axis),
            None,
        ),
        batch=_scatter_batch,
        samples=(
            Sample(((3,), (3,)), {"axis": 0, "size": 4}, ((-2.0, 2.0), (0, 3)), "fi"),
            Sample(((2,), ()), {"axis": 0, "size": 4}, ((-2.0, 2.0), (0, 3)), "fi"),
            Sample(
                ((2, 2, 2, 2), (2, 2)),
                {"axis": 1, "size": 3},
                ((-2.0, 2.0), (-3, 2)),
                "fi",
            ),
            Sample(((0,), (0,)), {"axis": 0, "size": 3}, ((-2.0, 2.0), (0, 2)), "fi"),
        ),
        accuracy=Ulp(1, Scale.SUM),
        convention="Updates to one place add up, in the order of the indices.",
        source=numpy_page("ufunc.at"),
    )
)
