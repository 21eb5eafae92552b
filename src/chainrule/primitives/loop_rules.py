"""What the derivative rules of loops share: which carries move, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.program import Atom, Literal, Program, Var, literal_array
from chainrule.core.types import ArrayType

Flags = list[bool]
Split = Any
"""A body parted into values and derivative: ``transforms.jvp.SplitProgram``."""

Derive = Callable[[Program, Sequence[bool]], Split]


def zeros(type: ArrayType) -> Any:
    """Zeros of a type, as a view that programs keep as a literal."""
    return np.broadcast_to(np.zeros((), type.dtype), type.shape)


def stacked(type: ArrayType, length: int) -> ArrayType:
    """As many values of a type along a new first axis."""
    return type.with_shape((length, *type.shape))


def expect_operands(
    name: str, wanted: Sequence[ArrayType], got: Sequence[ArrayType]
) -> None:
    """Refuse operands whose types are not those of the body's inputs."""
    if list(wanted) != list(got):
        raise ShapeError(
            f"Expected operands of types {list(wanted)} for the body of {name}, got "
            f"{list(got)}: the body's inputs and the operands must agree."
        )


def expect_carry(name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    """Refuse a body that changes the type of what it carries."""
    if list(inputs) != list(outputs):
        raise ShapeError(
            f"Expected a body of {name} that keeps the carry's types {list(inputs)}, "
            f"got {list(outputs)}: convert or reshape what it returns."
        )


def settle(
    body: Program, moving: Flags, carry: tuple[int, int], derive: Derive
) -> tuple[Flags, Split]:
    """Which inputs move, once a carry that moves in any step moves in all."""
    start, stop = carry
    while True:
        split = derive(body, moving)
        pairs = zip(moving[start:stop], split.nonzero[: stop - start], strict=True)
        settled = [before or after for before, after in pairs]
        if settled == moving[start:stop]:
            return moving, split
        moving = [*moving[:start], *settled, *moving[stop:]]


def tangent_outputs(split: Split, moving_carry: Flags, types: Any) -> list[Atom]:
    """Outputs of the linear body, with zeros for carries that move but not by it."""
    outputs = iter(split.linear.outputs)
    result: list[Atom] = []
    for place, nonzero in enumerate(split.nonzero):
        if nonzero:
            result.append(next(outputs))
        elif place < len(moving_carry) and moving_carry[place]:
            result.append(Literal(0, types[place]))
    return result


class Residuals:
    """What a derivative needs of the forward loop, sorted by where it comes from.

    What is the same in each step is not stacked, what is an operand is not copied.
    """

    def __init__(
        self, split: Split, xs: Sequence[Any], consts: int, carry: int
    ) -> None:
        forward = split.forward
        count = len(split.nonzero)
        atoms = forward.outputs[count:]
        variables = split.linear.inputs[: len(atoms)]
        places = {var: i for i, var in enumerate(forward.inputs)}
        fixed = range(consts)
        walked = range(consts + carry, len(forward.inputs))
        self.fixed: list[tuple[Var, Any]] = []
        self.walked: list[tuple[Var, Any]] = []
        self.stacked: list[Var] = []
        kept: list[Atom] = []
        for var, atom in zip(variables, atoms, strict=True):
            place = -1 if isinstance(atom, Literal) else places.get(atom, -1)
            if isinstance(atom, Literal):
                self.fixed.append((var, literal_array(atom)))
            elif place in fixed:
                self.fixed.append((var, xs[place]))
            elif place in walked:
                self.walked.append((var, xs[place]))
            else:
                self.stacked.append(var)
                kept.append(atom)
        outputs = (*forward.outputs[:count], *kept)
        self.forward = Program((), forward.inputs, forward.equations, outputs)


def spread_over(values: Sequence[Any], flags: Sequence[bool]) -> list[Any]:
    """Values at the places that are flagged, None at the others."""
    supply = iter(values)
    return [next(supply) if flag else None for flag in flags]
