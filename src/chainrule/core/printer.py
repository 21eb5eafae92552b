"""Programs as readable text."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.core.program import Atom, Equation, Literal, Program, Var


def to_text(program: Program, indent: str = "") -> str:
    """A program as text: inputs with types, an equation a line, outputs.

    Variables are named in the order of their definition, so equal programs have
    equal texts.
    """
    names = _Names()
    lines = [f"{indent}program({_typed(program.inputs, names)})"]
    if program.constants:
        lines[0] += f" with constants({_typed(program.constants, names)})"
    lines[0] += ":"
    lines += [_equation(equation, names, indent) for equation in program.equations]
    results = ", ".join(names.of(atom) for atom in program.outputs)
    lines.append(f"{indent}  return {results}")
    return "\n".join(lines)


def _typed(variables: tuple[Var, ...], names: _Names) -> str:
    return ", ".join(f"{names.of(var)}: {var.type!r}" for var in variables)


def _equation(equation: Equation, names: _Names, indent: str) -> str:
    inputs = " ".join(names.of(atom) for atom in equation.inputs)
    outputs = ", ".join(f"{names.of(v)}: {v.type!r}" for v in equation.outputs)
    params = [
        f"{key}={_parameter(value, indent)}"
        for key, value in sorted(equation.params.items())
    ]
    bracket = f"[{', '.join(params)}]" if params else ""
    return f"{indent}  {outputs} = {equation.primitive.name}{bracket} {inputs}"


def _parameter(value: Any, indent: str) -> str:
    if isinstance(value, Program):
        return "{\n" + to_text(value, indent + "    ") + f"\n{indent}  }}"
    if isinstance(value, np.dtype):
        return value.name
    return repr(value)


class _Names:
    """Short names, a b … z a1 b1 …, by order of first sight."""

    def __init__(self) -> None:
        self._names: dict[Var, str] = {}
        self._supply = _supply()

    def of(self, atom: Atom) -> str:
        if isinstance(atom, Literal):
            number = np.asarray(atom.value).item()
            type = atom.type
            return f"{number!r}:{type!r}" if type.shape else f"{number!r}:{type.dtype}"
        if atom not in self._names:
            self._names[atom] = next(self._supply)
        return self._names[atom]


def _supply() -> Iterator[str]:
    round_ = 0
    while True:
        for letter in string.ascii_lowercase:
            yield letter if round_ == 0 else f"{letter}{round_}"
        round_ += 1
