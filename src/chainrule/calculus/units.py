"""A linear program at all unit vectors: a product with them is a matrix as it stands.

The first thing that a derivative does with a direction is often a product with a matrix
of data. For all unit vectors together that is the matrix itself, so that a Hessian of
a linear model costs one large product in place of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.core.program import Equation, Program, Var
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.structure import reshape, swap, transpose
from chainrule.transforms.jvp import prune

Known = dict[Var, Any]


def columns_known(
    program: Program, constants: Sequence[Any]
) -> tuple[Program, list[Any]]:
    """The program with products of the units as further inputs, and their values.

    The values have the unit vectors along a new first axis.
    """
    known = dict(zip(program.constants, constants, strict=True))
    (units,) = program.inputs
    flat: set[Var] = {units}
    rest: list[Equation] = []
    found: Known = {}
    for equation in program.equations:
        images = _product(equation, flat, known)
        if images is not None:
            found[equation.outputs[0]] = images
            continue
        if _keeps_order(equation) and equation.inputs[0] in flat:
            flat.update(equation.outputs)
        rest.append(equation)
    inputs = (units, *found)
    made = Program(program.constants, inputs, tuple(rest), program.outputs)
    return prune(made), list(found.values())


def _keeps_order(equation: Equation) -> bool:
    """Whether the elements, row by row, stay in their order."""
    if equation.primitive is reshape:
        return True
    if equation.primitive is not transpose:
        return False
    shape = equation.inputs[0].type.shape
    long = [axis for axis in equation.params["axes"] if shape[axis] != 1]
    return long == sorted(long)


def _product(equation: Equation, flat: set[Var], known: Known) -> Any:
    """The product of a known matrix with every unit vector, if that is what it is."""
    if equation.primitive is not matmul or len(equation.inputs[0].type.shape) != 2:
        return None
    x, y = equation.inputs
    (height, _), (_, width) = x.type.shape, y.type.shape
    if x in known and y in flat and width == 1:
        matrix = swap(known[x])  # type: ignore[index]
    elif x in flat and y in known and height == 1:
        matrix = known[y]  # type: ignore[index]
    else:
        return None
    return reshape(matrix, shape=(matrix.shape[0], height, width))
