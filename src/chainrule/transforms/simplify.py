"""Make a program smaller without changing what it means."""

from __future__ import annotations

from chainrule.core.check import checked
from chainrule.core.program import Program
from chainrule.transforms.jvp import prune


def simplify(program: Program) -> Program:
    """The program without work that nobody needs."""
    return checked(prune(program))
