"""What the derivative rules of loops share: which carries move, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.interpreter import find_trace
from chainrule.core.program import Atom, Literal, Program, Var, evaluate, literal_array
from chainrule.core.trace import open_trace
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


def carry_tangents(
    loop: Callable[..., Any],
    bounds: int,
    dxs: Sequence[Any],
    xs: Sequence[Any],
    params: dict[str, Any],
    derive: Derive,
) -> tuple[list[Any], list[Any]]:
    """Forward mode of a loop of unknown length: it carries tangents beside values.

    ``bounds`` operands come before those of the body, which counts if there are any.
    """
    body, consts = params["body"], params["consts"]
    operands, tangents = xs[bounds:], dxs[bounds:]
    counter = [False] if bounds else []
    first = consts + len(counter)
    flags = [dx is not None for dx in tangents]
    flags = [*flags[:consts], *counter, *flags[consts:]]
    moving, split = settle(body, flags, (first, len(flags)), derive)
    moves = [*moving[:consts], *moving[first:]]
    shifts = [
        zeros(x) if dx is None else dx
        for dx, x, m in zip(tangents, operands, moves, strict=True)
        if m
    ]
    count = sum(moving[:consts])
    fixed = [*operands[:consts], *shifts[:count]]
    together = _value_and_tangent_body(body, split, moving, (consts, first))
    states = [*operands[consts:], *shifts[count:]]
    both = loop(*xs[:bounds], *fixed, *states, body=together, consts=len(fixed))
    count = len(body.outputs)
    ys = loop(*xs, **params) if _is_linear_in(dxs, xs) else both[:count]
    return list(ys), spread_over(both[count:], moving[first:])


def _is_linear_in(dxs: Sequence[Any], xs: Sequence[Any]) -> bool:
    """Whether the tangents have a trace of their own, where values must not go."""
    inner, outer = find_trace(tuple(dxs)), find_trace(tuple(xs))
    return inner is not None and (outer is None or inner.level > outer.level)


def _value_and_tangent_body(
    body: Program, split: Split, moving: Flags, places: tuple[int, int]
) -> Program:
    """A body that takes and gives values and, behind them, tangents."""
    consts, first = places
    pairs = list(zip(body.input_types, moving, strict=True))
    with open_trace(concrete=False) as trace:
        fixed = [trace.input(type) for type, _ in pairs[:consts]]
        shifts = [trace.input(type) for type, moves in pairs[:consts] if moves]
        states = [trace.input(type) for type, _ in pairs[consts:]]
        moved = [trace.input(type) for type, moves in pairs[first:] if moves]
        results = evaluate(split.forward, (), [*fixed, *states])
        count = len(body.outputs)
        outputs = tangent_outputs(split, moving[first:], body.output_types)
        linear = Program(
            (), split.linear.inputs, split.linear.equations, tuple(outputs)
        )
        tangents = evaluate(linear, (), [*results[count:], *shifts, *moved])
        program, _ = trace.close([*results[:count], *tangents])
    return program
