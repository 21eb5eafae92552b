"""Many to one along axes, running totals, and order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import (
    EXACT,
    Formula,
    Primitive,
    Rule,
    Sample,
    Scale,
    Ulp,
    register,
    same,
)
from chainrule.core.types import ArrayType, Shape
from chainrule.primitives.comparison import equal
from chainrule.primitives.conversion import convert
from chainrule.primitives.elementwise import add, div, mul
from chainrule.primitives.indexing import take
from chainrule.primitives.rules import (
    FIXED,
    LINEAR,
    behind,
    bool_type,
    check_axis,
    numpy_page,
)
from chainrule.primitives.slicing import concatenate, flip, part
from chainrule.primitives.structure import (
    REDUCTIONS,
    broadcast_to,
    count_beside,
    inverse,
    reduce_sum,
    reduced_type,
    reshape,
    spread,
    transpose,
)

Axes = tuple[int, ...]
INDEX = np.dtype(np.int64)


def nonempty_type(x: ArrayType, axes: Axes) -> ArrayType:
    """As a sum, over at least one element."""
    result = reduced_type(x, axes)
    if any(x.shape[axis] == 0 for axis in axes):
        raise ShapeError(
            f"Expected at least one element along axes {axes}, got {x}: nothing has no "
            "largest or smallest element."
        )
    return result


def _extreme_jvp(dx: Any, y: Any, x: Any, axes: Axes) -> Any:
    """The mean of the tangents where the extreme is reached."""
    there = convert(equal(x, spread(y, axes, x.shape)), dtype=x.dtype)
    count = reduce_sum(there, axes=axes)
    return div(reduce_sum(mul(dx, there), axes=axes), count)


def _extreme(name: str, symbol: str, numpy: Callable[..., Any]) -> Primitive:
    record = register(
        Primitive(
            name=name,
            formula=Formula(
                rf"y_j = \{symbol}_i x_{{ij}}",
                r"\dot y_j = \frac{\sum_i [x_{ij} = y_j]\,\dot x_{ij}}"
                r"{\sum_i [x_{ij} = y_j]}",
            ),
            type=nonempty_type,
            numpy=lambda x, axes: numpy(x, axis=axes),
            jvp=(_extreme_jvp,),
            transpose=None,
            batch=lambda batched, x, axes: record(x, axes=behind(axes)),
            samples=(
                *REDUCTIONS,
                Sample(((2, 3),), {"axes": (1,)}, (-9, 9), dtypes="i"),
            ),
            convention="Elements that tie share the tangent evenly. NaN propagates.",
            source=numpy_page(symbol),
        )
    )
    return record


reduce_max = _extreme("reduce_max", "max", np.maximum.reduce)
reduce_min = _extreme("reduce_min", "min", np.minimum.reduce)


def _last(x: Any, axes: Axes) -> Any:
    """The axes named flattened into one, the last."""
    kept = [i for i in range(len(x.shape)) if i not in axes]
    count = ArrayType(tuple([x.shape[i] for i in axes]), x.dtype).size
    moved = transpose(x, axes=(*kept, *axes))
    return reshape(moved, shape=(*[x.shape[i] for i in kept], count))


def _product_jvp(dx: Any, y: Any, x: Any, axes: Axes) -> Any:
    """Each tangent times the product of the other elements, also where some are 0."""
    flat = _last(x, axes)
    last = len(flat.shape) - 1
    if flat.shape[last] == 0:
        return None
    before = _exclusive(flat, last)
    after = flip(_exclusive(flip(flat, (last,)), last), (last,))
    return reduce_sum(mul(_last(dx, axes), mul(before, after)), axes=(last,))


def _exclusive(x: Any, axis: int) -> Any:
    """Products of all elements before each one."""
    running = cumprod(part(x, axis, 0, x.shape[axis] - 1), axis=axis)
    return _shift(running, axis, 1.0, 1)


def _shift(x: Any, axis: int, fill: float, count: int) -> Any:
    """A number ``count`` times, then the elements."""
    shape = list(x.shape)
    shape[axis] = count
    front = np.broadcast_to(np.asarray(fill, x.dtype), shape)
    return concatenate(front, x, axis=axis)


reduce_prod = register(
    Primitive(
        name="reduce_prod",
        formula=Formula(
            r"y_j = \prod_i x_{ij}",
            r"\dot y_j = \sum_i \dot x_{ij} \prod_{k \ne i} x_{kj}",
        ),
        type=reduced_type,
        numpy=lambda x, axes: np.multiply.reduce(x, axis=axes, dtype=x.dtype),
        jvp=(_product_jvp,),
        transpose=None,
        batch=lambda batched, x, axes: reduce_prod(x, axes=behind(axes)),
        samples=(*REDUCTIONS, Sample(((0, 2),), {"axes": (0,)})),
        accuracy=Ulp(1, Scale.SUM),
        convention="The product of nothing is 1. Elements that are 0 are no exception.",
        source=numpy_page("prod"),
    )
)


def _logical(name: str, symbol: str, numpy: Callable[..., Any]) -> Primitive:
    record = register(
        Primitive(
            name=name,
            formula=Formula(rf"y_j = \{symbol}_i x_{{ij}}", r"\dot y_j = 0"),
            type=lambda x, axes: bool_type(reduced_type(x, axes)),
            numpy=lambda x, axes: numpy(x, axis=axes),
            jvp=(None,),
            transpose=None,
            batch=lambda batched, x, axes: record(x, axes=behind(axes)),
            samples=(
                Sample(((3,),), {"axes": (0,)}, dtypes="b"),
                Sample(((2, 3),), {"axes": (0, 1)}, dtypes="b"),
                Sample(((0, 2),), {"axes": (0,)}, dtypes="b"),
            ),
            convention=f"The operand is boolean. {FIXED}",
            source=numpy_page("ufunc.reduce"),
        )
    )
    return record


reduce_and = _logical("reduce_and", "bigwedge", np.logical_and.reduce)
reduce_or = _logical("reduce_or", "bigvee", np.logical_or.reduce)


def position_type(x: ArrayType, axis: int) -> ArrayType:
    """One axis is removed; the result counts along it."""
    check_axis(axis, x, "a search")
    return nonempty_type(x, (axis,)).with_dtype(INDEX)


def _position(name: str, symbol: str, numpy: Callable[..., Any]) -> Primitive:
    record = register(
        Primitive(
            name=name,
            formula=Formula(
                rf"y_j = \operatorname*{{arg\,{symbol}}}_i x_{{ij}}", r"\dot y_j = 0"
            ),
            type=position_type,
            numpy=lambda x, axis: np.asarray(numpy(x, axis)).astype(INDEX),
            jvp=(None,),
            transpose=None,
            batch=lambda batched, x, axis: record(x, axis=axis + 1),
            samples=(
                Sample(((3,),), {"axis": 0}, distinct=True),
                Sample(((2, 3),), {"axis": 1}, distinct=True),
                Sample(((2, 3, 2),), {"axis": 1}, distinct=True),
                Sample(((4,),), {"axis": 0}, (0, 2), dtypes="i"),
                Sample(((0, 3),), {"axis": 1}),
            ),
            convention="The first of those that tie; the first NaN if there is one.",
            source=numpy_page(name),
        )
    )
    return record


argmax = _position("argmax", "max", np.argmax)
argmin = _position("argmin", "min", np.argmin)


def along_type(x: ArrayType, axis: int) -> ArrayType:
    """The operand's own type; the axis must be there."""
    check_axis(axis, x, "an operation")
    return x


ALONG = (
    Sample(((4,),), {"axis": 0}, distinct=True),
    Sample(((3, 2),), {"axis": 0}, distinct=True),
    Sample(((2, 3, 2),), {"axis": 1}, distinct=True),
    Sample(((0, 2),), {"axis": 0}),
    Sample(((2, 1),), {"axis": 1}, distinct=True),
)


def _along(
    name: str,
    formula: Formula,
    numpy: Callable[..., Any],
    jvp: Any,
    transpose: tuple[Rule, ...] | None = None,
    accuracy: Ulp = EXACT,
    convention: str = LINEAR,
) -> Primitive:
    """An operation along one axis that keeps the operand's type."""
    record = register(
        Primitive(
            name=name,
            formula=formula,
            type=along_type,
            numpy=numpy,
            jvp=(jvp,),
            transpose=transpose,
            samples=ALONG,
            batch=lambda batched, x, axis: record(x, axis=axis + 1),
            accuracy=accuracy,
            convention=convention,
            source=numpy_page(name),
        )
    )
    return record


def _sum_from_behind(z_bar: Any, x: Any, axis: int) -> Any:
    return flip(cumsum(flip(z_bar, (axis,)), axis=axis), (axis,))


cumsum = _along(
    "cumsum",
    Formula(
        r"y_k = \sum_{i \le k} x_i",
        r"\dot y_k = \sum_{i \le k} \dot x_i",
        (r"\bar x_i = \sum_{k \ge i} \bar y_k",),
    ),
    lambda x, axis: np.cumsum(x, axis, dtype=x.dtype),
    same,
    (_sum_from_behind,),
    Ulp(1, Scale.SUM),
)


def _running_product_jvp(dx: Any, y: Any, x: Any, axis: int) -> Any:
    """Products of runs twice as long in each round: no division, so zeros are no harm.

    Hillis and Steele, Data Parallel Algorithms, CACM 29 (1986).
    """
    product, tangent = x, dx
    length = x.shape[axis]
    reach = 1
    while reach < length:
        earlier = _shift(part(product, axis, 0, length - reach), axis, 1.0, reach)
        moved = _shift(part(tangent, axis, 0, length - reach), axis, 0.0, reach)
        tangent = add(mul(tangent, earlier), mul(product, moved))
        product = mul(product, earlier)
        reach *= 2
    return tangent


cumprod = _along(
    "cumprod",
    Formula(
        r"y_k = \prod_{i \le k} x_i",
        r"\dot y_k = \sum_{i \le k} \dot x_i \prod_{j \le k,\, j \ne i} x_j",
    ),
    lambda x, axis: np.cumprod(x, axis, dtype=x.dtype),
    _running_product_jvp,
    accuracy=Ulp(1, Scale.SUM),
    convention="Elements that are 0 are no exception: the rule does not divide.",
)


def _starts(indices: Any, shape: Shape, count: int) -> Any:
    """Where each line of ``count`` elements starts, recorded beside the indices."""
    lines = ArrayType(shape[:-1], INDEX).size
    numbers = count_beside(indices, (lines,), 0)
    return reshape(mul(numbers, count), shape=(*shape[:-1], 1))


def along(x: Any, indices: Any, axis: int) -> Any:
    """``z[.., k, ..] = x[.., indices[.., k, ..], ..]``: a line by its own indices."""
    count = x.shape[axis]
    last = len(x.shape) - 1
    order = (*[i for i in range(last + 1) if i != axis], axis)
    lines = transpose(x, axes=order)
    places = transpose(indices, axes=order)
    column = broadcast_to(_starts(indices, lines.shape, count), shape=places.shape)
    chosen = take(
        reshape(lines, shape=(ArrayType(lines.shape, INDEX).size,)),
        add(places, column),
        axis=0,
    )
    return transpose(chosen, axes=inverse(order))


sort = _along(
    "sort",
    Formula(r"y_k = x_{\pi(k)},\ y_1 \le y_2 \le \dots", r"\dot y_k = \dot x_{\pi(k)}"),
    lambda x, axis: np.sort(x, axis, kind="stable"),
    lambda dx, y, x, axis: along(dx, argsort(x, axis=axis), axis),
    convention="Those that tie keep their order, and their tangents. NaN comes last.",
)

argsort = register(
    Primitive(
        name="argsort",
        formula=Formula(r"x_{y_1} \le x_{y_2} \le \dots", r"\dot y_k = 0"),
        type=lambda x, axis: along_type(x, axis).with_dtype(INDEX),
        numpy=lambda x, axis: np.argsort(x, axis, kind="stable").astype(INDEX),
        jvp=(None,),
        transpose=None,
        batch=lambda batched, x, axis: argsort(x, axis=axis + 1),
        samples=(*ALONG, Sample(((5,),), {"axis": 0}, (0, 2), dtypes="i")),
        convention="Those that tie keep their order. NaN comes last.",
        source=numpy_page("argsort"),
    )
)
