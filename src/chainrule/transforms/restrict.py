"""Parts of linear maps: to some of the outputs, or from one of the inputs."""

from __future__ import annotations

from dataclasses import replace

from chainrule.core.check import checked
from chainrule.core.program import Atom, Equation, Literal, Program, Var
from chainrule.transforms.jvp import LinearMap, prune, without_unused_constants


def to_first_outputs(linear: LinearMap, count: int) -> LinearMap:
    """The map to as many of the outputs alone."""
    nonzero = linear.nonzero[:count]
    if len(nonzero) == len(linear.nonzero):
        return linear
    outputs = linear.program.outputs[: sum(nonzero)]
    return _slim(replace(linear.program, outputs=outputs), linear, nonzero)


def from_input(linear: LinearMap, place: int) -> LinearMap:
    """The map from one input alone, where the tangents of all others are zero."""
    program = linear.program
    if len(program.inputs) == 1:
        return linear
    still = {var for i, var in enumerate(program.inputs) if i != place}
    equations = tuple(_moving(program, still))
    moves = [isinstance(atom, Var) and atom not in still for atom in program.outputs]
    kept = [atom for atom, flag in zip(program.outputs, moves, strict=True) if flag]
    flags = iter(moves)
    nonzero = tuple([before and next(flags) for before in linear.nonzero])
    inputs = program.inputs[place : place + 1]
    slim = Program(program.constants, inputs, equations, tuple(kept))
    return _slim(slim, linear, nonzero)


def _moving(program: Program, still: set[Var]) -> list[Equation]:
    """Equations whose results can be other than zero; the others' join ``still``.

    A zero that is read beside what moves is -0, which adds nothing to any number.
    """
    known = set(program.constants)
    equations: list[Equation] = []
    for equation in program.equations:
        if all(a in still or a in known for a in equation.inputs):
            still.update(equation.outputs)
            continue
        inputs = tuple([_zero(a) if a in still else a for a in equation.inputs])
        equations.append(
            Equation(equation.primitive, inputs, equation.params, equation.outputs)
        )
    return equations


def _zero(atom: Atom) -> Literal:
    return Literal(-0.0, atom.type)


def _slim(program: Program, linear: LinearMap, nonzero: tuple[bool, ...]) -> LinearMap:
    program, residuals = without_unused_constants(prune(program), linear.residuals)
    return LinearMap(checked(program), residuals, nonzero)
