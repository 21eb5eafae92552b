"""What a program is: a flat list of equations over typed variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.core.interpreter import find_trace
from chainrule.core.primitive import Primitive
from chainrule.core.types import ArrayType


class Var:
    """A variable: assigned once, known by identity, printed under a short name."""

    __slots__ = ("type",)

    def __init__(self, type: ArrayType) -> None:
        self.type = type


class Literal:
    """A constant: one number in every element of an array of the given type."""

    __slots__ = ("type", "value")

    def __init__(self, value: Any, type: ArrayType) -> None:
        self.value = value
        self.type = type


Atom = Var | Literal


class Equation:
    """``outputs = primitive[params] inputs``."""

    __slots__ = ("inputs", "outputs", "params", "primitive")

    def __init__(
        self,
        primitive: Primitive,
        inputs: tuple[Atom, ...],
        params: dict[str, Any],
        outputs: tuple[Var, ...],
    ) -> None:
        self.primitive = primitive
        self.inputs = inputs
        self.params = params
        self.outputs = outputs


@dataclass(frozen=True, eq=False)
class Program:
    """Equations in order, between inputs and outputs.

    Attributes:
        constants: Variables for arrays that the traced function closed over; their
            values travel beside the program.
        inputs: Variables for the arguments.
        equations: In execution order.
        outputs: Variables or literals.
    """

    constants: tuple[Var, ...]
    inputs: tuple[Var, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Atom, ...]

    @property
    def input_types(self) -> tuple[ArrayType, ...]:
        """Types of the arguments."""
        return tuple(var.type for var in self.inputs)

    @property
    def output_types(self) -> tuple[ArrayType, ...]:
        """Types of the results."""
        return tuple(atom.type for atom in self.outputs)

    @cached_property
    def dying(self) -> dict[int, list[Var]]:
        """What can be dropped after each equation, found once: bodies run often."""
        return last_uses(self)

    def without_constants(self) -> Program:
        """The program with its constants as leading inputs (closure conversion)."""
        if not self.constants:
            return self
        return Program((), self.constants + self.inputs, self.equations, self.outputs)


def subprograms(params: dict[str, Any]) -> list[tuple[str, Program]]:
    """The programs among an equation's parameters."""
    return [(key, item) for key, item in params.items() if isinstance(item, Program)]


def last_uses(program: Program) -> dict[int, list[Var]]:
    """For each equation's position, the variables that nobody reads after it."""
    kept = {atom for atom in program.outputs if isinstance(atom, Var)}
    seen: set[Var] = set(kept)
    uses: dict[int, list[Var]] = {}
    for position in range(len(program.equations) - 1, -1, -1):
        equation = program.equations[position]
        dying = [
            atom
            for atom in dict.fromkeys((*equation.inputs, *equation.outputs))
            if isinstance(atom, Var) and atom not in seen
        ]
        seen.update(dying)
        uses[position] = dying
    return uses


def evaluate(
    program: Program,
    constants: Sequence[Any],
    arguments: Sequence[Any],
    apply: Callable[[Equation, list[Any]], Any] | None = None,
) -> list[Any]:
    """Run a program on arrays or traced values, equation by equation.

    Values are dropped after their last use. An equation without operands is written
    down where the arguments are traced. ``apply`` replaces the way an equation
    is carried out; by default its primitive is applied under the current interpreter.
    """
    environment: dict[Var, Any] = {}
    environment.update(zip(program.constants, constants, strict=True))
    environment.update(zip(program.inputs, arguments, strict=True))
    dying = program.dying
    for position, equation in enumerate(program.equations):
        values = [read(environment, atom) for atom in equation.inputs]
        if apply is not None:
            result = apply(equation, values)
        elif values:
            result = equation.primitive(*values, **equation.params)
        else:
            result = without_operands(equation, (*constants, *arguments))
        outputs = result if equation.primitive.multiple else (result,)
        environment.update(zip(equation.outputs, outputs, strict=True))
        for var in dying[position]:
            environment.pop(var, None)
    return [read(environment, atom) for atom in program.outputs]


def without_operands(equation: Equation, beside: tuple[Any, ...]) -> Any:
    """Carry out an equation that reads nothing, under the trace of values beside it."""
    trace = find_trace(beside)
    if trace is None:
        return equation.primitive(**equation.params)
    return trace.process(equation.primitive, (), equation.params)


def read(environment: dict[Var, Any], atom: Atom) -> Any:
    """The value of a variable, or a literal as an array."""
    return environment[atom] if isinstance(atom, Var) else literal_array(atom)


def literal_array(literal: Literal) -> Any:
    """A literal's value as an array of its type (a view that repeats one number)."""
    type = literal.type
    value = np.asarray(literal.value, type.dtype)
    shape = type.shape
    if not shape:
        return value
    view = np.ndarray(shape, type.dtype, value, 0, (0,) * len(shape))
    view.flags.writeable = False
    return view
