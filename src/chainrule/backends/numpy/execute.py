"""Run a program equation by equation, each by its record's NumPy meaning.

The plan is made once: every variable has a slot in a list, literals and constants are
put in place, and a slot is emptied after its last use so that memory is freed early.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from chainrule.core.program import (
    Atom,
    Equation,
    Literal,
    Program,
    Var,
    literal_array,
)

Step = Callable[[list[Any]], None]


class NumpyBackend:
    """Evaluates programs with NumPy; donated arrays and denormals are left alone."""

    name = "numpy"

    def compile(
        self,
        program: Program,
        donated: tuple[int, ...],
        name: str,
        flush_denormals: bool = False,
    ) -> Callable[[list[Any], list[Any]], list[Any]]:
        """Plan a program; the result runs it on lists of arrays."""
        return _Plan(program)

    def foreign(self, program: Program) -> tuple[str, ...]:
        """All of them: here NumPy's meaning is what runs."""
        return tuple(
            sorted({equation.primitive.name for equation in program.equations})
        )

    def info(self) -> dict[str, Any]:
        """NumPy's version and the machine's name."""
        return {"numpy": np.__version__, "machine": platform.machine()}


class _Plan:
    """A program as steps over slots: constants, inputs, literals, then results."""

    __slots__ = ("_literals", "_outputs", "_room", "_steps", "_types")

    def __init__(self, program: Program) -> None:
        slots: dict[Atom, int] = {}
        for var in (*program.constants, *program.inputs):
            slots[var] = len(slots)
        read = [atom for equation in program.equations for atom in equation.inputs]
        literals = [a for a in (*read, *program.outputs) if isinstance(a, Literal)]
        for literal in literals:
            slots.setdefault(literal, len(slots))
        self._literals = [literal_array(a) for a in slots if isinstance(a, Literal)]
        for equation in program.equations:
            for var in equation.outputs:
                slots[var] = len(slots)
        dying = program.dying
        self._room = [None] * sum(len(eq.outputs) for eq in program.equations)
        self._steps = [
            _step(equation, slots, dying[position])
            for position, equation in enumerate(program.equations)
        ]
        self._outputs = [slots[atom] for atom in program.outputs]
        self._types = program.output_types

    def __call__(self, constants: list[Any], arguments: list[Any]) -> list[Any]:
        slots = [*constants, *arguments, *self._literals, *self._room]
        with np.errstate(all="ignore"):
            for step in self._steps:
                step(slots)
        taken = {id(value) for value in (*constants, *arguments)}
        return [_owned(slots[place], taken) for place in self._outputs]


def _step(equation: Equation, slots: dict[Atom, int], dying: list[Var]) -> Step:
    """One equation as a function that reads and writes slots."""
    function = equation.primitive.numpy
    if equation.params:
        function = partial(function, **equation.params)
    inputs = [slots[atom] for atom in equation.inputs]
    outputs = [slots[var] for var in equation.outputs]
    freed = [slots[var] for var in dying]
    if equation.primitive.multiple:
        return _many(function, inputs, outputs, freed)
    return _one(function, inputs, outputs[0], freed)


def _one(
    function: Callable[..., Any], inputs: list[int], output: int, freed: list[int]
) -> Step:
    def step(slots: list[Any]) -> None:
        slots[output] = function(*[slots[place] for place in inputs])
        for place in freed:
            slots[place] = None

    return step


def _many(
    function: Callable[..., Any],
    inputs: list[int],
    outputs: list[int],
    freed: list[int],
) -> Step:
    def step(slots: list[Any]) -> None:
        results = function(*[slots[place] for place in inputs])
        for place, result in zip(outputs, results, strict=True):
            slots[place] = result
        for place in freed:
            slots[place] = None

    return step


def _owned(value: Any, taken: set[int]) -> np.ndarray[Any, Any]:
    """An array of its own memory: a copy of what is a view, an argument or a repeat."""
    array = np.asarray(value)
    if array.base is not None or id(array) in taken or not array.flags.c_contiguous:
        array = np.array(array, order="C")
    taken.add(id(array))
    return array


BACKEND: Final = NumpyBackend()
