"""The checker: re-derives every type of a program and every use of a variable.

On after each transform in the tests and under ``chainrule.config.set_debug(True)``.
"""

from __future__ import annotations

from chainrule.core.primitive import types_of_result
from chainrule.core.printer import to_text
from chainrule.core.program import Atom, Literal, Program, Var, subprograms


class ProgramError(AssertionError):
    """A transform made a program that is not well formed: a defect of ours."""


class _Debug:
    enabled = False


def set_debug(enabled: bool) -> None:
    """Check every program after every transform (slow); off by default."""
    _Debug.enabled = bool(enabled)


def checked(program: Program) -> Program:
    """The program itself, checked first when debugging is on."""
    if _Debug.enabled:
        check(program)
    return program


def check(program: Program) -> None:
    """Raise ``ProgramError`` unless the program is well typed and in order."""
    defined: set[Var] = set()
    for var in (*program.constants, *program.inputs):
        _define(var, defined, program)
    for equation in program.equations:
        for atom in equation.inputs:
            _expect_defined(atom, defined, program)
        for _, inner in subprograms(equation.params):
            check(inner)
        types = tuple(atom.type for atom in equation.inputs)
        derived = types_of_result(equation.primitive, types, equation.params)
        declared = tuple(var.type for var in equation.outputs)
        if derived != declared:
            raise ProgramError(
                f"Expected {equation.primitive.name} to give {derived}, got variables "
                f"of types {declared} in\n{to_text(program)}"
            )
        for var in equation.outputs:
            _define(var, defined, program)
    for atom in program.outputs:
        _expect_defined(atom, defined, program)


def _define(var: Var, defined: set[Var], program: Program) -> None:
    if var in defined:
        raise ProgramError(f"A variable is assigned twice in\n{to_text(program)}")
    defined.add(var)


def _expect_defined(atom: Atom, defined: set[Var], program: Program) -> None:
    if not isinstance(atom, Literal) and atom not in defined:
        raise ProgramError(
            f"A variable is used before it is assigned in\n{to_text(program)}"
        )
