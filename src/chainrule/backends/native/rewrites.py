"""Operations along an axis, brought into the form that their kernels have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.backends.native.complex_numbers import MOVING
from chainrule.backends.native.half_precision import HALF, SINGLE
from chainrule.backends.native.lowerings import LOWERINGS
from chainrule.backends.native.node import REDUCTIONS, Node, Region
from chainrule.backends.native.ordering import SHORT, goes_abreast
from chainrule.core.program import Equation, Var
from chainrule.core.types import ArrayType

INT64 = np.dtype(np.int64)

LINE = 64
"""Bytes of a cache line."""


def scatter_add(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    """In no axis are the updates in the order of the result."""
    type = equation.outputs[0].type
    if not operands[0].type.size:
        return [region.literal(0, type)]
    axes = tuple(range(operands[0].type.ndim))
    params = {"axis": equation.params["axis"], "axes": axes}
    return [Node("scatter_add", operands, params, type, region)]


def sort(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    """Sorting, or the order of the elements, along the last axis."""
    (x,) = operands
    type, axis = equation.outputs[0].type, equation.params["axis"]
    places, last = equation.primitive.name == "argsort", x.type.ndim - 1
    if not x.type.size or x.shape[axis] == 1:
        return [region.literal(0, type)] if places else [x]
    there = (*[a for a in range(last + 1) if a != axis], axis)
    back = tuple([there.index(a) for a in range(last + 1)])
    lines = _transposed(region, x, there)
    wanted = _scratch_type(lines.type, places)
    params = {
        "axes": (last,),
        "scratch": [Node("scratch", (), {}, wanted, region)] if wanted.size else [],
    }
    found = lines.type.with_dtype(type.dtype)
    ordered = Node(equation.primitive.name, (lines,), params, found, region)
    return [_transposed(region, ordered, back)]


def complex_product(
    region: Region,
    x: Node,
    y: Node,
    out: ArrayType,
    product: Callable[[Region, Node, Node, ArrayType], Node],
) -> Node:
    """Of the parts: four real products, two of which are taken together each."""
    part = np.dtype(out.dtype.char.lower())
    (a, b), (c, d) = [
        [region.make(name, (z,), z.shape, part) for name in ("real", "imag")]
        for z in (x, y)
    ]
    real = out.with_dtype(part)
    pairs = [[(a, c), (b, d)], [(a, d), (b, c)]]
    ac, bd, ad, bc = [product(region, *p, real) for pair in pairs for p in pair]
    parts = [
        Node(op, p, {}, real, region)
        for op, p in (("sub", (ac, bd)), ("add", (ad, bc)))
    ]
    return Node("complex", parts, {}, out, region)


def _transposed(region: Region, x: Node, axes: tuple[int, ...]) -> Node:
    if axes == tuple(sorted(axes)):
        return x
    shape = tuple([x.shape[axis] for axis in axes])
    return region.make("transpose", (x,), shape, x.type.dtype, axes=axes)


def _scratch_type(lines: ArrayType, places: bool) -> ArrayType:
    """Memory to sort in, beside the result's, by whole cache lines for each line.

    Where places are asked for, values move too; long lines move to and fro.
    """
    *rows, length = lines.shape
    item = lines.dtype.itemsize
    if goes_abreast(lines.shape):
        item = 0
    elif length <= SHORT:
        item = item if places else 0
    elif places:
        item = 2 * item + INT64.itemsize
    size = -(-item * length // LINE) * LINE
    return ArrayType((*rows, size), np.dtype(np.uint8))


ORDERING = {"argmax", "argmin", "sort", "argsort", "cummax", "cummin"}
BY_SINGLES = {*LOWERINGS, *REDUCTIONS, *ORDERING, "matmul", "logaddexp"} - {
    *MOVING,
    *("nextafter", "exponent", "ldexp"),
}
"""Operations on halves that NumPy carries out on singles, rounding the result."""


def goes_by_singles(equation: Equation) -> bool:
    """Whether it is such an operation, on such numbers."""
    halves = any(atom.type.dtype == HALF for atom in equation.inputs)
    return halves and equation.primitive.name in BY_SINGLES


def in_singles(
    region: Region,
    equation: Equation,
    operands: list[Node],
    build: Callable[[Region, Equation, list[Node]], list[Node]],
) -> list[Node]:
    """The operation on single numbers, and its result rounded."""
    inputs = [Var(_single(atom.type)) for atom in equation.inputs]
    outputs = [Var(_single(atom.type)) for atom in equation.outputs]
    wide = Equation(equation.primitive, tuple(inputs), equation.params, tuple(outputs))
    xs = [
        _converted(region, x, var.type) for x, var in zip(operands, inputs, strict=True)
    ]
    ys = build(region, wide, xs)
    wanted = [atom.type for atom in equation.outputs]
    return [_converted(region, y, type) for y, type in zip(ys, wanted, strict=True)]


def _single(type: ArrayType) -> ArrayType:
    return type.with_dtype(SINGLE) if type.dtype == HALF else type


def _converted(region: Region, x: Node, type: ArrayType) -> Node:
    if x.op == "literal":
        return region.literal(x.params["value"], type)
    return x if x.type == type else Node("convert", (x,), {}, type, region)
