"""From a Python function of arrays to a Program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.check import checked
from chainrule.core.errors import user_line
from chainrule.core.program import Atom, Equation, Literal, Program, Var
from chainrule.core.trace import open_trace
from chainrule.core.tracer import Tracer
from chainrule.core.tree import Structure, flatten
from chainrule.core.types import PYTHON_SCALARS, ArrayType, type_of


class Traced(NamedTuple):
    """What tracing a function gave.

    Attributes:
        program: The equations.
        constants: Values of ``program.constants``.
        structure: How the results are put together.
        results: The traced results themselves (closed, for their concrete values).
        known: Values computed on the way where all inputs were plain numbers.
    """

    program: Program
    constants: list[Any]
    structure: Structure
    results: list[Any]
    known: dict[Var, Any] | None


def is_array(value: Any) -> bool:
    """Arrays, tracers and numbers: what may flow through a program."""
    return isinstance(value, (np.ndarray, np.generic, Tracer, *PYTHON_SCALARS))


def trace(
    function: Callable[..., Any], types: Sequence[ArrayType], weak: Sequence[bool] = ()
) -> Traced:
    """Trace with shapes and dtypes alone; ``function`` takes as many leaves."""
    weakness = weak or [False] * len(types)
    with open_trace(concrete=False, by_value=True) as recording:
        inputs = [
            recording.input(type, None, is_weak)
            for type, is_weak in zip(types, weakness, strict=True)
        ]
        results, structure = flatten(function(*inputs))
        program, constants = recording.close(_results(results))
    return Traced(checked(program), constants, structure, results, None)


def with_literals(traced: Traced) -> Traced:
    """Constant arrays of one number become literals, which take no memory to read.

    Derivatives are full of them: NumPy writes out the products of repeated numbers.
    """
    program = traced.program
    pairs = list(zip(program.constants, traced.constants, strict=True))
    known: dict[Atom, Atom] = {
        var: Literal(value.flat[0], var.type)
        for var, value in pairs
        if isinstance(value, np.ndarray) and _is_uniform(value)
    }
    if not known:
        return traced
    equations = [
        Equation(
            equation.primitive,
            tuple([known.get(atom, atom) for atom in equation.inputs]),
            equation.params,
            equation.outputs,
        )
        for equation in program.equations
    ]
    kept = [(var, value) for var, value in pairs if var not in known]
    slim = Program(
        tuple([var for var, _ in kept]),
        program.inputs,
        tuple(equations),
        tuple([known.get(atom, atom) for atom in program.outputs]),
    )
    constants = [value for _, value in kept]
    return traced._replace(program=checked(slim), constants=constants)


def _is_uniform(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array holds one number, to the bit, in every place."""
    if not array.size or array.dtype.kind not in "biuf" or not array.flags.c_contiguous:
        return False
    if array.itemsize > 8:  # long doubles
        return False
    bits = array.reshape(-1).view(f"u{array.itemsize}")
    return bool(bits[0] == bits[-1] and np.all(bits == bits[0]))


def trace_with_values(function: Callable[..., Any], values: Sequence[Any]) -> Traced:
    """Trace with the numbers at hand, so that Python control flow on them works.

    An ArrayType among the values stands for one that is not known.
    """
    with open_trace(concrete=True, by_value=True) as recording:
        inputs = [
            recording.input(type_of(v), None if isinstance(v, ArrayType) else v)
            for v in values
        ]
        results, structure = flatten(function(*inputs))
        program, constants = recording.close(_results(results))
        unknown = (Tracer, ArrayType)
        at_base = not any(isinstance(v, unknown) for v in (*values, *constants))
        known = recording.known_values() if at_base else None
    return Traced(checked(program), constants, structure, results, known)


def _results(results: list[Any]) -> list[Any]:
    for result in results:
        if not is_array(result):
            raise TypeError(
                "Expected a function that returns arrays or containers of arrays, got "
                f"{type(result).__name__} at {user_line()}: return numbers only, or "
                "pass the rest with has_aux=True."
            )
    return results
