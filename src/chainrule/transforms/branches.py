"""Branches cleaned inside, as part of simplifying a program.

A number that chooses and is known leaves one branch, in place of the choice. Numbers
that go in are known inside; what all branches return alike needs no choice.
"""

from __future__ import annotations

from chainrule.core.program import Atom, Equation, Literal, Program, Var
from chainrule.primitives.branches import chosen, switch
from chainrule.primitives.while_loop import while_loop
from chainrule.transforms.identities import Made
from chainrule.transforms.loops import (
    CONDITIONAL,
    LOOPS,
    Cleaned,
    Emit,
    Sweep,
    Walk,
    same_number,
)
from chainrule.transforms.simplify import OF_LOOPS, OPENED


def clean(equation: Equation, made: Made, emit: Emit, walk: Walk) -> Cleaned:
    """A choice with the least left inside."""
    index, *operands = equation.inputs
    branches: list[Program] = list(equation.params.values())
    if isinstance(index, Literal):
        taken = branches[chosen(index.value, len(branches))]
        return Cleaned(None, {}, (taken, tuple(operands)))
    branches = [walk(b, _known(b.inputs, operands)) for b in branches]
    results: dict[Var, Atom] = {}
    first: dict[tuple[Atom, ...], Var] = {}
    for place, var in enumerate(equation.outputs):
        atoms = tuple([branch.outputs[place] for branch in branches])
        alike = _alike(atoms, branches, operands)
        if alike is not None:
            results[var] = alike
        elif first.setdefault(atoms, var) is not var:
            results[var] = first[atoms]
    kept = [place for place, v in enumerate(equation.outputs) if v not in results]
    left = _with_results(equation, branches, kept) if kept else None
    return Cleaned(left, results)


def _known(inputs: tuple[Var, ...], operands: list[Atom]) -> dict[Var, Atom]:
    """What variables of a branch are: numbers, or the same as another variable."""
    known: dict[Var, Atom] = {}
    first: dict[Atom, Var] = {}
    for var, atom in zip(inputs, operands, strict=True):
        if isinstance(atom, Literal):
            known[var] = atom
        elif first.setdefault(atom, var) is not var:
            known[var] = first[atom]
    return known


def _alike(
    atoms: tuple[Atom, ...], branches: list[Program], operands: list[Atom]
) -> Atom | None:
    """A result that is the same operand or number, whichever branch is taken."""
    found: list[Atom] = []
    for atom, branch in zip(atoms, branches, strict=True):
        if isinstance(atom, Var):
            if atom not in branch.inputs:
                return None
            atom = operands[branch.inputs.index(atom)]
        found.append(atom)
    first = found[0]
    return first if all(_same(first, other) for other in found[1:]) else None


def _same(first: Atom, second: Atom) -> bool:
    if isinstance(first, Literal) and isinstance(second, Literal):
        return same_number(first, second)
    return first is second


def _with_results(
    equation: Equation, branches: list[Program], kept: list[int]
) -> Equation:
    """The choice with these branches, of whose results these are wanted."""
    params = {
        name: Program(
            (),
            branch.inputs,
            branch.equations,
            tuple([branch.outputs[place] for place in kept]),
        )
        for name, branch in zip(equation.params, branches, strict=True)
    }
    outputs = tuple([equation.outputs[place] for place in kept])
    return Equation(equation.primitive, equation.inputs, params, outputs)


def drop_unused(equation: Equation, live: set[Var], sweep: Sweep) -> Equation:
    """A choice without the results and operands that nobody reads."""
    kept = [place for place, var in enumerate(equation.outputs) if var in live]
    slim = _with_results(equation, list(equation.params.values()), kept)
    branches = {name: sweep(branch) for name, branch in slim.params.items()}
    used = [_used(branch) for branch in branches.values()]
    _, *operands = equation.inputs
    places = [k for k in range(len(operands)) if any(k in read for read in used)]
    params = {
        name: Program((), tuple([b.inputs[k] for k in places]), b.equations, b.outputs)
        for name, b in branches.items()
    }
    inputs = (equation.inputs[0], *[operands[k] for k in places])
    return Equation(equation.primitive, inputs, params, slim.outputs)


def _used(program: Program) -> set[int]:
    """The places of the inputs that a program reads."""
    read = {atom for equation in program.equations for atom in equation.inputs}
    read.update(program.outputs)
    return {place for place, var in enumerate(program.inputs) if var in read}


def enter() -> None:
    """Let ``simplify`` know of the records that load when they are first used."""
    LOOPS[while_loop] = 0
    CONDITIONAL.add(while_loop)
    OPENED[while_loop] = OF_LOOPS
    OPENED[switch] = clean, drop_unused
