"""A trace: the equations that are written down while a function runs on tracers.

Traces nest by level: a tracer of an outer trace that meets an inner one is captured
there as a constant.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.captured import Captured, native
from chainrule.core.errors import EscapedTracerError, user_line
from chainrule.core.primitive import Primitive
from chainrule.core.program import Atom, Equation, Literal, Program, Var, literal_array
from chainrule.core.tracer import Tracer
from chainrule.core.types import PYTHON_SCALARS, ArrayType, is_number

_stack = threading.local()


class Step(NamedTuple):
    """An equation of a recipe; ``pick`` takes its operands from a list of all."""

    primitive: Primitive
    pick: Callable[[list[Any]], Sequence[Any]]
    params: dict[str, Any]
    type: ArrayType


class Recipe(NamedTuple):
    """What certain operations write down for operands of certain types.

    Attributes:
        literals: The first operands to be numbered.
        numbers: Their values.
        steps: Equations; each result gets the next number behind the operands'.
        output: The number of the result.
        weak: Whether the result is weak.
    """

    literals: list[Literal]
    numbers: list[Any]
    steps: list[Step]
    output: int
    weak: bool


class Trace:
    """An open recording. Use :func:`open_trace`; close it with :meth:`close`."""

    __slots__ = (
        "captured",
        "concrete",
        "equations",
        "inputs",
        "level",
        "open",
        "results",
    )

    def __init__(self, level: int, concrete: bool, by_value: bool = False) -> None:
        self.level = level
        self.concrete = concrete
        self.open = True
        self.equations: list[Equation] = []
        self.results: list[Any] = []
        self.inputs: list[Tracer] = []
        self.captured = Captured(by_value)

    def input(self, type: ArrayType, value: Any = None, weak: bool = False) -> Tracer:
        """A new argument; its concrete value is the caller's, down to plain numbers."""
        known = plain(value) if self.concrete else None
        tracer = Tracer(self, Var(type), known, weak)
        self.inputs.append(tracer)
        return tracer

    def process(
        self, primitive: Primitive, arguments: tuple[Any, ...], params: dict[str, Any]
    ) -> Any:
        """Write one equation down; compute it too where all values are known."""
        if not self.open:
            raise self.escaped(next((x for x in arguments if _is_of(self, x)), None))
        atoms: list[Atom] = []
        types: list[ArrayType] = []
        values: list[Any] = []
        weak, known = True, self.concrete
        # One pass and few calls: small operations are many.
        for argument in arguments:
            kind = type(argument)
            if kind is Tracer:
                mine = argument.recording is self
                atom = argument.variable if mine else self.atom(argument)
                value = argument.value
                weak = weak and argument.weak
            elif kind is np.ndarray:
                atom, value, weak = self.atom(argument), argument, False
            elif kind is Literal and primitive.elementwise:
                atom, value = argument, argument.value  # one number does for all
            elif kind in PYTHON_SCALARS:
                return self.process(primitive, _typed(primitive, arguments), params)
            else:
                atom, value = self.atom(argument), plain(argument)
                weak = weak and kind is Literal
            atoms.append(atom)
            types.append(atom.type)
            values.append(value)
            known = known and value is not None
        result = primitive.numpy(*values, **params) if known else None
        outcome = primitive.type(*types, **params)
        if primitive.multiple:
            return self._results(primitive, atoms, params, outcome, result, weak)
        var = Var(outcome)
        self.equations.append(Equation(primitive, tuple(atoms), params, (var,)))
        self.results.append(result)
        return Tracer(self, var, result, weak)

    def replay(self, recipe: Recipe, operands: Sequence[Any]) -> Tracer:
        """Write down what other operands of the same types led to, and compute it."""
        if not self.open:
            raise self.escaped(next((x for x in operands if _is_of(self, x)), None))
        atoms: list[Any] = [*recipe.literals]
        values = [*recipe.numbers]
        known = self.concrete
        for operand in operands:
            traced = type(operand) is Tracer
            mine = traced and operand.recording is self
            value = operand.value if traced else operand
            atoms.append(operand.variable if mine else self.atom(operand))
            values.append(value)
            known = known and value is not None
        result = None
        for primitive, pick, params, type_ in recipe.steps:
            if known:
                result = primitive.numpy(*pick(values), **params)
            var = Var(type_)
            equation = Equation(primitive, tuple(pick(atoms)), params, (var,))
            self.equations.append(equation)
            self.results.append(result)
            atoms.append(var)
            values.append(result)
        place = recipe.output
        return Tracer(self, atoms[place], values[place], recipe.weak)

    def escaped(self, value: Any) -> EscapedTracerError:
        """The error for the use of a value whose transform is over."""
        type = f" of type {value.type}" if isinstance(value, Tracer) else ""
        return EscapedTracerError(
            "Expected a traced value inside the function that is transformed, got one"
            f"{type} that escaped it at {user_line()}: return values from the "
            "function (with has_aux=True beside its result) instead of storing them in "
            "a list, an attribute or a global."
        )

    def _results(
        self,
        primitive: Primitive,
        atoms: list[Atom],
        params: dict[str, Any],
        types: tuple[ArrayType, ...],
        result: Any,
        weak: bool,
    ) -> tuple[Tracer, ...]:
        """Write down an equation with several results."""
        outputs = tuple([Var(type) for type in types])
        values = (None,) * len(outputs) if result is None else tuple(result)
        self.equations.append(Equation(primitive, tuple(atoms), params, outputs))
        self.results.append(None if result is None else values)
        pairs = zip(outputs, values, strict=True)
        return tuple([Tracer(self, var, value, weak) for var, value in pairs])

    def atom(self, value: Any) -> Atom:
        """The variable or literal that stands for a value in this trace."""
        if type(value) is np.ndarray:
            return as_literal(value) or self.captured.variable(value)
        if type(value) is Tracer:
            mine = value.recording is self
            return value.variable if mine else self.captured.variable(value)
        if isinstance(value, Literal):
            return value
        if isinstance(value, PYTHON_SCALARS):
            return Literal(value, ArrayType((), np.dtype(type(value))))
        return as_literal(value) or self.captured.variable(value)

    def close(self, outputs: Sequence[Any]) -> tuple[Program, list[Any]]:
        """End the recording; the program, and the values of its constants."""
        atoms = tuple([self.atom(value) for value in outputs])
        self.open = False
        constants = tuple(self.captured.variables)
        inputs = tuple([tracer.variable for tracer in self.inputs])
        program = Program(constants, inputs, tuple(self.equations), atoms)
        return program, self.captured.values

    def known_values(self) -> dict[Var, Any] | None:
        """Every result computed while recording, or None where some are unknown."""
        known: dict[Var, Any] = {}
        for equation, result in zip(self.equations, self.results, strict=True):
            if result is None:
                return None
            values = result if equation.primitive.multiple else (result,)
            known.update(zip(equation.outputs, values, strict=True))
        return known


def _typed(primitive: Primitive, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give bare Python numbers the type that the other operands have."""
    numbers = [a for a in arguments if is_number(a)]
    typed = [a for a in arguments if not is_number(a)]
    dtype = typed[-1].dtype
    if dtype.kind == "b":  # a condition alone does not make its choices boolean
        dtype = np.result_type(*numbers)
    shape = typed[-1].shape if primitive.elementwise else ()
    type = ArrayType(tuple(shape), dtype)
    return tuple(
        [Literal(dtype.type(a), type) if is_number(a) else a for a in arguments]
    )


def _is_of(trace: Trace, value: Any) -> bool:
    return isinstance(value, Tracer) and value.recording is trace


def as_literal(value: Any) -> Literal | None:
    """A literal for an array that repeats one number (a scalar, a view) or has none."""
    array = native(np.asarray(value))
    dtype = array.dtype
    if dtype.hasobject:
        raise TypeError(
            f"Expected numbers, got {type(value).__name__} at {user_line()}: pass "
            "arrays of numbers, booleans or Python scalars."
        )
    if not array.size:
        return Literal(dtype.type(0), ArrayType(array.shape, dtype))
    if not any(array.strides):
        return Literal(array.flat[0], ArrayType(array.shape, dtype))
    return None


def plain(value: Any) -> Any:
    """The number behind a value, through all traces; None where it is unknown."""
    if isinstance(value, Tracer):
        return value.value
    return literal_array(value) if isinstance(value, Literal) else value


def is_weak(value: Any) -> bool:
    """Python numbers, and what is made of them alone: others give them a dtype."""
    if isinstance(value, Tracer):
        return value.weak
    return isinstance(value, Literal) or type(value) in PYTHON_SCALARS


class open_trace:
    """``with open_trace(concrete) as trace``: a recording above all open ones.

    Args:
        concrete: Whether the numbers are at hand.
        by_value: Whether arrays met are kept as they were then; see ``Captured``.
    """

    def __init__(self, concrete: bool, by_value: bool = False) -> None:
        self._concrete = concrete
        self._by_value = by_value

    def __enter__(self) -> Trace:
        level = getattr(_stack, "level", 0) + 1
        _stack.level = level
        self._trace = Trace(level, self._concrete, self._by_value)
        return self._trace

    def __exit__(self, *_: object) -> None:
        _stack.level -= 1
        self._trace.open = False
