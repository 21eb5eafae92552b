"""Loops opened, cleaned and closed again, as part of simplifying a program.

Numbers and arrays that are the same in every step become constants of the loop, what
depends on constants alone moves in front of it, and results that nobody reads are not
computed. Derivatives of loops need this: their rules keep every value of every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.core.program import (
    Atom,
    Equation,
    Literal,
    Program,
    Var,
    subprograms,
)
from chainrule.core.types import ArrayType
from chainrule.primitives import control, structure
from chainrule.transforms.identities import VIEWS, Made

Emit = Callable[[Primitive, tuple[Atom, ...], dict[str, Any]], Atom]
Walk = Callable[[Program, dict[Var, Atom]], Program]

Sweep = Callable[[Program], Program]

LOOPS: dict[Primitive, int] = {control.scan: 0, control.fori_loop: 2}
"""Loop primitives, and how many of their operands are bounds."""

CONDITIONAL: set[Primitive] = set()
"""Loop primitives whose first carry says whether there is another turn."""

ROUNDS = 4
SMALL = 64
"""Bytes of a result that may be made before a loop though its operands are smaller."""


class Cleaned(NamedTuple):
    """What simplifying an equation with programs inside gave.

    Attributes:
        equation: What is left of it, if anything is.
        results: What its other results are.
        opened: A program and its operands to write in its place.
    """

    equation: Equation | None
    results: dict[Var, Atom]
    opened: tuple[Program, tuple[Atom, ...]] | None = None


@dataclass
class Carry:
    """A value from step to step: its start, its name and next value inside, its end."""

    start: Atom
    var: Var
    next: Atom
    end: Var


@dataclass
class Loop:
    """A loop equation, taken apart: what is outside beside what is inside."""

    primitive: Primitive
    params: dict[str, Any]
    bounds: tuple[Atom, ...]
    index: tuple[Var, ...]
    consts: list[tuple[Atom, Var]]
    carries: list[Carry]
    xs: list[tuple[Atom, Var]]
    ys: list[tuple[Atom, Var]]
    equations: tuple[Equation, ...]
    results: dict[Var, Atom] = field(default_factory=lambda: {})

    @property
    def body(self) -> Program:
        """The body, closed again."""
        inputs = [var for _, var in self.consts]
        inputs += [*self.index, *[carry.var for carry in self.carries]]
        inputs += [var for _, var in self.xs]
        outputs = [carry.next for carry in self.carries] + [y for y, _ in self.ys]
        return Program((), tuple(inputs), self.equations, tuple(outputs))

    @property
    def condition(self) -> Carry | None:
        """The carry that says whether there is another turn."""
        return self.carries[0] if self.primitive in CONDITIONAL else None

    @property
    def equation(self) -> Equation:
        """The loop as one equation."""
        inputs = [atom for atom, _ in self.consts]
        inputs += [carry.start for carry in self.carries]
        inputs += [atom for atom, _ in self.xs]
        outputs = [carry.end for carry in self.carries] + [var for _, var in self.ys]
        params = {**self.params, "body": self.body, "consts": len(self.consts)}
        if "carry" in params:
            params["carry"] = len(self.carries)
        operands = (*self.bounds, *inputs)
        return Equation(self.primitive, operands, params, tuple(outputs))

    def take_body(self, body: Program) -> None:
        """Put another body of the same inputs and outputs in place."""
        self.equations = body.equations
        nexts = body.outputs[: len(self.carries)]
        for carry, atom in zip(self.carries, nexts, strict=True):
            carry.next = atom
        rest = body.outputs[len(self.carries) :]
        self.ys = [(y, var) for y, (_, var) in zip(rest, self.ys, strict=True)]


def open_loop(equation: Equation) -> Loop:
    """Take a loop equation apart."""
    params = equation.params
    body: Program = params["body"]
    bounds = LOOPS[equation.primitive]
    outer = equation.inputs[bounds:]
    consts = params["consts"]
    index = 1 if bounds else 0
    count = params["carry"] if "carry" in params else len(outer) - consts
    vars = body.inputs[consts + index :]
    carries = zip(
        outer[consts : consts + count],
        vars[:count],
        body.outputs[:count],
        equation.outputs[:count],
        strict=True,
    )
    return Loop(
        equation.primitive,
        params,
        equation.inputs[:bounds],
        body.inputs[consts : consts + index],
        list(zip(outer[:consts], body.inputs[:consts], strict=True)),
        [Carry(*parts) for parts in carries],
        list(zip(outer[consts + count :], vars[count:], strict=True)),
        list(zip(body.outputs[count:], equation.outputs[count:], strict=True)),
        body.equations,
    )


def clean(equation: Equation, made: Made, emit: Emit, walk: Walk) -> Cleaned:
    """A loop with the least left inside.

    Args:
        equation: The loop.
        made: The equations around it, by what they make.
        emit: Writes an equation in front of the loop.
        walk: Simplifies a body, given what some of its variables are.
    """
    loop = open_loop(equation)
    for _ in range(ROUNDS):
        known = _known(loop, made, emit)
        loop.take_body(walk(loop.body, known))
        _drop_known(loop, known)
        if not _settle_carries(loop):
            break
    _settle_results(loop, emit)
    _hoist(loop, emit)
    left = loop.equation if loop.carries or loop.ys else None
    return Cleaned(left, loop.results)


def _known(loop: Loop, made: Made, emit: Emit) -> dict[Var, Atom]:
    """What variables of the body are: numbers, or the same as another variable."""
    known: dict[Var, Atom] = {}
    xs: list[tuple[Atom, Var]] = []
    for atom, var in loop.xs:
        same = _same_slice(atom, var.type, made, emit)
        if same is None:
            xs.append((atom, var))
        else:
            loop.consts.append((same, var))
    loop.xs = xs
    for ports in (loop.consts, loop.xs):
        first: dict[Atom, Var] = {}
        for atom, var in ports:
            if isinstance(atom, Literal):
                known[var] = atom
            elif first.setdefault(atom, var) is not var:
                known[var] = first[atom]
    if loop.condition is not None:
        condition = loop.condition.var  # it holds, or there would be no turn
        known[condition] = Literal(True, condition.type)
    return known


def _same_slice(atom: Atom, type: ArrayType, made: Made, emit: Emit) -> Atom | None:
    """The slice that an operand gives to every step, if it is the same in all."""
    if isinstance(atom, Literal):
        return Literal(atom.value, type)
    equation = made.get(atom)
    if equation is None or equation.primitive is not structure.broadcast_to:
        return None
    (source,) = equation.inputs
    if source.type.ndim > type.ndim:
        return None
    return emit(structure.broadcast_to, (source,), {"shape": type.shape})


def _drop_known(loop: Loop, known: dict[Var, Atom]) -> None:
    loop.consts = [port for port in loop.consts if port[1] not in known]
    loop.xs = [port for port in loop.xs if port[1] not in known]


def _settle_carries(loop: Loop) -> bool:
    """Carries that never change become constants; whether that made numbers known."""
    kept: list[Carry] = []
    again = False
    for carry in loop.carries:
        still = carry.next is carry.var or _equal(carry.next, carry.start)
        if still and carry is not loop.condition:
            loop.consts.append((carry.start, carry.var))
            loop.results[carry.end] = carry.start
            again = again or isinstance(carry.start, Literal)
        else:
            kept.append(carry)
    loop.carries = kept
    return again


def _equal(first: Atom, second: Atom) -> bool:
    return (
        isinstance(first, Literal)
        and isinstance(second, Literal)
        and same_number(first, second)
    )


def same_number(first: Literal, second: Literal) -> bool:
    """Whether two literals have one type and the same bits."""
    return first.type == second.type and _bits(first) == _bits(second)


def _bits(literal: Literal) -> bytes:
    return np.asarray(literal.value, literal.type.dtype).tobytes()


def _settle_results(loop: Loop, emit: Emit) -> None:
    """Stacked results that are known without the loop, or twice the same."""
    outside = {var: atom for atom, var in loop.consts}
    stacked: dict[Atom, Atom] = {var: atom for atom, var in loop.xs}
    kept: list[tuple[Atom, Var]] = []
    for y, var in loop.ys:
        if isinstance(y, Literal):
            loop.results[var] = Literal(y.value, var.type)
        elif y in outside:
            shape = {"shape": var.type.shape}
            loop.results[var] = emit(structure.broadcast_to, (outside[y],), shape)
        elif y in stacked:
            loop.results[var] = stacked[y]
        else:
            stacked[y] = var
            kept.append((y, var))
    loop.ys = kept


def _hoist(loop: Loop, emit: Emit) -> None:
    """Move what depends on constants alone in front of the loop."""
    outside: dict[Atom, Atom] = {var: atom for atom, var in loop.consts}
    moved = _movable(loop, set(outside))
    if not moved:
        return
    for equation in loop.equations:
        if equation in moved:
            inputs = tuple([outside.get(atom, atom) for atom in equation.inputs])
            atom = emit(equation.primitive, inputs, equation.params)
            outside[equation.outputs[0]] = atom
    rest = [equation for equation in loop.equations if equation not in moved]
    loop.equations = tuple(rest)
    used = {atom for equation in rest for atom in equation.inputs}
    used.update(loop.body.outputs)
    for equation in moved:
        (var,) = equation.outputs
        if var in used:
            loop.consts.append((outside[var], var))


def _movable(loop: Loop, constant: set[Atom]) -> dict[Equation, None]:
    """Equations to move: of constants, no larger than these, not mere views of them."""
    found: list[Equation] = []
    for equation in loop.equations:
        vars = [atom for atom in equation.inputs if isinstance(atom, Var)]
        room = max(SMALL, sum(var.type.nbytes for var in vars))
        if (
            not equation.primitive.multiple
            and not subprograms(equation.params)
            and all(var in constant for var in vars)
            and equation.outputs[0].type.nbytes <= room
        ):
            found.append(equation)
            constant.update(equation.outputs)
    needed: set[Atom] = set()
    moved: dict[Equation, None] = {}
    for equation in reversed(found):
        if equation.primitive not in VIEWS or equation.outputs[0] in needed:
            needed.update(equation.inputs)
            moved[equation] = None
    return dict.fromkeys(reversed(moved))


def drop_unused(equation: Equation, live: set[Var], sweep: Sweep) -> Equation:
    """A loop without the results, carries and operands that nobody reads."""
    loop = open_loop(equation)
    loop.ys = [(y, var) for y, var in loop.ys if var in live]
    condition = loop.condition
    kept = [c for c in loop.carries if c.end in live or c is condition]
    while True:
        wanted = [carry.next for carry in kept] + [y for y, _ in loop.ys]
        used = _reached(loop.equations, wanted)
        more = [c for c in loop.carries if c in kept or c.var in used]
        if len(more) == len(kept):
            break
        kept = more
    loop.carries = kept
    loop.take_body(sweep(loop.body))
    used = {atom for inner in loop.equations for atom in inner.inputs}
    used.update(loop.body.outputs)
    loop.consts = [port for port in loop.consts if port[1] in used]
    loop.xs = [port for port in loop.xs if port[1] in used]
    return loop.equation


def _reached(equations: tuple[Equation, ...], wanted: list[Atom]) -> set[Atom]:
    """The variables that these results depend on."""
    reached = set(wanted)
    for equation in reversed(equations):
        if any(var in reached for var in equation.outputs):
            reached.update(equation.inputs)
    return reached
