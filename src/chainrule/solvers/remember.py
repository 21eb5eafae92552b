"""What was compiled for a function, found again by the program that it traces to.

A solver traces its function anew in each call, so that what it closes over counts as it
is now; what it traces to is nearly always a program that was compiled before, be the
function the same object or not. Arrays are operands of that program, not part of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from chainrule.core.program import Atom, Literal, Program, Var

KEPT = 128
"""How many are kept; of more, the one that was not asked for longest goes."""

Made = TypeVar("Made")

_made: OrderedDict[Hashable, Any] = OrderedDict()


def remembered(key: Hashable, make: Callable[[], Made]) -> Made:
    """What was made under this key before, or is made now."""
    try:
        found = _made.get(key)
    except TypeError:  # a parameter that does not hash is never equal to another
        return make()
    if found is None:
        found = _made[key] = make()
        if len(_made) > KEPT:
            _made.popitem(last=False)
    _made.move_to_end(key)
    return found


def key_of(program: Program) -> Hashable:
    """Equal for programs that are equal but for the names of their variables."""
    places: dict[Var, int] = {}
    for var in (*program.constants, *program.inputs):
        places[var] = len(places)
    kinds = tuple([var.type for var in places])
    lines: list[Hashable] = []
    for equation in program.equations:
        read = tuple([_atom(atom, places) for atom in equation.inputs])
        lines.append((equation.primitive, read, _param(equation.params)))
        for var in equation.outputs:
            places[var] = len(places)
    results = tuple([_atom(atom, places) for atom in program.outputs])
    return len(program.constants), kinds, tuple(lines), results


def _atom(atom: Atom, places: dict[Var, int]) -> Hashable:
    """A variable as its place; a literal as its type and its bits, as -0 is not 0."""
    if isinstance(atom, Literal):
        return atom.type, atom.value.dtype.str, atom.value.tobytes()
    return places[atom]


def _param(value: Any) -> Hashable:
    if isinstance(value, Program):
        return key_of(value)
    if isinstance(value, dict):
        return tuple([(name, _param(item)) for name, item in sorted(value.items())])
    if isinstance(value, (tuple, list)):
        return type(value), tuple([_param(item) for item in value])
    return type(value), value
