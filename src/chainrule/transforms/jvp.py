"""Forward mode and linearisation: the chain rule, one equation at a time.

``push_forward`` walks a program with a tangent beside each value. Values that carry no
tangent stay ordinary. Where tangents are tracers of a fresh trace, what that trace
records is the linear map from input to output tangents: ``linearize``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.core.check import checked
from chainrule.core.primitive import Primitive, same
from chainrule.core.program import (
    Atom,
    Literal,
    Program,
    Var,
    literal_array,
    read,
    without_operands,
)
from chainrule.core.trace import open_trace
from chainrule.core.types import is_differentiable, type_of
from chainrule.primitives.elementwise import add

Tangents = Sequence[Any]


def accumulate(total: Any, term: Any) -> Any:
    """The sum of two tangents or cotangents, where None is a zero."""
    if total is None:
        return term
    return total if term is None else add(total, term)


def apply_jvp(
    primitive: Primitive,
    values: list[Any],
    tangents: list[Any],
    params: dict[str, Any],
    known: tuple[Any, ...] | None = None,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Results and their tangents (None for zero) of one primitive."""
    if callable(primitive.jvp):
        return primitive.jvp(tangents, values, params, linearize_program)
    if primitive.multiple:
        return _jvp_of_many(primitive, values, tangents, params, known)
    y = known[0] if known is not None else primitive(*values, **params)
    dy = None
    for place, (rule, dx) in enumerate(zip(primitive.jvp, tangents, strict=True)):
        if dx is None or rule is None:
            continue
        if rule is same:
            term = primitive(*values[:place], dx, *values[place + 1 :], **params)
        else:
            term = rule(dx, y, *values, **params)  # type: ignore[operator]
        dy = accumulate(dy, term)
    return (y,), (dy,)


def _jvp_of_many(
    primitive: Primitive,
    values: list[Any],
    tangents: list[Any],
    params: dict[str, Any],
    known: tuple[Any, ...] | None,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The same for a primitive of several results, argument by argument."""
    ys = known if known is not None else tuple(primitive(*values, **params))
    dys: tuple[Any, ...] = (None,) * len(ys)
    for rule, dx in zip(primitive.jvp, tangents, strict=True):  # type: ignore[arg-type]
        if dx is None or rule is None:
            continue
        terms = rule(dx, ys, *values, **params)
        dys = tuple([accumulate(dy, term) for dy, term in zip(dys, terms, strict=True)])
    return ys, dys


def push_forward(
    program: Program,
    constants: Sequence[Any],
    primals: Sequence[Any],
    tangents: Tangents,
    constant_tangents: Tangents | None = None,
    known: dict[Var, Any] | None = None,
) -> tuple[list[Any], list[Any]]:
    """Values and tangents of a program's outputs; None stands for a zero tangent.

    ``known`` holds results that were computed while tracing, so that they are not
    computed again.
    """
    values: dict[Var, Any] = dict(zip(program.constants, constants, strict=True))
    values.update(zip(program.inputs, primals, strict=True))
    moving: dict[Any, Any] = dict(zip(program.inputs, tangents, strict=True))
    moving.update(zip(program.constants, constant_tangents or (), strict=False))
    moving = {var: tangent for var, tangent in moving.items() if tangent is not None}
    dying = program.dying
    for position, equation in enumerate(program.equations):
        inputs, outputs = equation.inputs, equation.outputs
        xs = [values[a] if isinstance(a, Var) else literal_array(a) for a in inputs]
        cached = None if known is None else tuple([known[var] for var in outputs])
        if moving.keys().isdisjoint(inputs):
            ys = cached
            if ys is None:
                result = (
                    equation.primitive(*xs, **equation.params)
                    if xs
                    else without_operands(equation, (*constants, *primals))
                )
                ys = result if equation.primitive.multiple else (result,)
        else:
            dxs = [moving.get(atom) for atom in inputs]
            ys, dys = apply_jvp(equation.primitive, xs, dxs, equation.params, cached)
            pairs = zip(outputs, dys, strict=True)
            moving.update([(var, dy) for var, dy in pairs if dy is not None])
        values.update(zip(outputs, ys, strict=True))
        for var in dying[position]:
            values.pop(var, None)
            moving.pop(var, None)
    results = [read(values, atom) for atom in program.outputs]
    return results, [_tangent(moving, atom) for atom in program.outputs]


def _tangent(moving: dict[Var, Any], atom: Atom) -> Any:
    return None if isinstance(atom, Literal) else moving.get(atom)


class LinearMap(NamedTuple):
    """The derivative of a program at a point, itself a program.

    Attributes:
        program: Linear in its inputs; its constants are what it needs, the residuals.
        residuals: Their values.
        nonzero: For each output, whether its tangent can be other than zero; the
            program returns only those that can.
    """

    program: Program
    residuals: list[Any]
    nonzero: tuple[bool, ...]


def linearize(
    program: Program,
    constants: Sequence[Any],
    primals: Sequence[Any],
    active: Sequence[bool],
    known: dict[Var, Any] | None = None,
) -> tuple[list[Any], LinearMap]:
    """Outputs, and the linear map from the tangents of active inputs to theirs."""
    with open_trace(concrete=False) as trace:
        tangents = [
            trace.input(type_of(x)) if moves and is_differentiable(x.dtype) else None
            for x, moves in zip(primals, active, strict=True)
        ]
        outputs, moved = push_forward(
            program, constants, primals, tangents, None, known
        )
        nonzero = tuple([tangent is not None for tangent in moved])
        linear, residuals = trace.close([t for t in moved if t is not None])
    linear, residuals = without_unused_constants(prune(linear), residuals)
    return outputs, LinearMap(checked(linear), residuals, nonzero)


class SplitProgram(NamedTuple):
    """A program parted into its values and its derivative, for sub-programs.

    Attributes:
        forward: Inputs to outputs and, behind them, residuals.
        linear: Residuals and the tangents of active inputs to nonzero output tangents.
        nonzero: For each output, whether its tangent can be other than zero.
    """

    forward: Program
    linear: Program
    nonzero: tuple[bool, ...]


def linearize_program(program: Program, active: Sequence[bool]) -> SplitProgram:
    """Split a program without constants, at points that are not known yet."""
    with open_trace(concrete=False) as trace:
        inputs = [trace.input(type) for type in program.input_types]
        outputs, linear_map = linearize(program, (), inputs, active)
        forward, outer = trace.close([*outputs, *linear_map.residuals])
    if outer:
        raise AssertionError("A sub-program must not close over arrays.")
    linear = linear_map.program.without_constants()
    return SplitProgram(checked(prune(forward)), linear, linear_map.nonzero)


def without_unused_constants(
    program: Program, values: Sequence[Any]
) -> tuple[Program, list[Any]]:
    """Drop constants that no equation and no output reads."""
    used = {atom for equation in program.equations for atom in equation.inputs}
    used.update(program.outputs)
    kept = [
        (var, value)
        for var, value in zip(program.constants, values, strict=True)
        if var in used
    ]
    slim = Program(
        tuple([var for var, _ in kept]),
        program.inputs,
        program.equations,
        program.outputs,
    )
    return slim, [value for _, value in kept]


def prune(program: Program) -> Program:
    """The program without equations whose results nobody uses."""
    live = {atom for atom in program.outputs if isinstance(atom, Var)}
    kept: list[Any] = []
    for equation in reversed(program.equations):
        if not live.isdisjoint(equation.outputs):
            kept.append(equation)
            live.update([atom for atom in equation.inputs if isinstance(atom, Var)])
    kept.reverse()
    return Program(program.constants, program.inputs, tuple(kept), program.outputs)
