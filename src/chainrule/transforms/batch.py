"""Batching: one program for many arguments at once, equation by equation.

A value that differs from example to example has the batch as its first axis; what is
the same for all stays as it is, and so do equations of such values alone. Each record's
``batch`` rule widens its equations; where there is none, one is derived here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.core.check import checked
from chainrule.core.primitive import Primitive, Widening
from chainrule.core.program import Equation, Program, Var, evaluate, without_operands
from chainrule.core.trace import open_trace
from chainrule.core.types import ArrayType, type_of
from chainrule.primitives.control import scan
from chainrule.primitives.loop_rules import stacked
from chainrule.primitives.structure import all_batched, repeated

Flags = Sequence[bool]


class _Wide:
    """A value with the batch as its first axis."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def evaluate_batched(
    program: Program,
    constants: Sequence[Any],
    arguments: Sequence[Any],
    batched: Flags,
    size: int,
) -> tuple[list[Any], list[bool]]:
    """Run a program on arguments of which those flagged have the batch in front.

    Constants are the same for all examples. The results, and which of them are
    batched.
    """

    def apply(equation: Equation, values: list[Any]) -> Any:
        primitive = equation.primitive
        flags = tuple([type(value) is _Wide for value in values])
        if not values:
            return without_operands(equation, (*constants, *arguments))
        if not any(flags):
            return primitive(*values, **equation.params)
        xs = [x.value if flag else x for x, flag in zip(values, flags, strict=True)]
        ys, out = _batched(primitive, xs, equation.params, flags, size)
        results = [_Wide(y) if flag else y for y, flag in zip(ys, out, strict=True)]
        return results if primitive.multiple else results[0]

    pairs = zip(arguments, batched, strict=True)
    given = [_Wide(x) if flag else x for x, flag in pairs]
    results = evaluate(program, constants, given, apply)
    flags = [type(y) is _Wide for y in results]
    pairs = zip(results, flags, strict=True)
    return [y.value if flag else y for y, flag in pairs], flags


def batch_program(
    program: Program, batched: Flags, size: int, wanted: Flags | None = None
) -> tuple[Program, list[bool]]:
    """A program without constants for a whole batch; which of its outputs are batched.

    Outputs flagged in ``wanted`` are repeated where nothing batched reaches them.
    """
    with open_trace(concrete=False) as trace:
        inputs = [
            trace.input(stacked(type, size) if flag else type)
            for type, flag in zip(program.input_types, batched, strict=True)
        ]
        results, found = evaluate_batched(program, (), inputs, batched, size)
        asked = wanted or found
        outputs = [
            repeated(y, size) if want and not flag else y
            for y, want, flag in zip(results, asked, found, strict=True)
        ]
        wide, outer = trace.close(outputs)
    if outer:
        raise AssertionError("A sub-program must not close over arrays.")
    flags = [want or flag for want, flag in zip(asked, found, strict=True)]
    return checked(wide), flags


def _batched(
    primitive: Primitive,
    xs: list[Any],
    params: dict[str, Any],
    batched: tuple[bool, ...],
    size: int,
) -> tuple[Sequence[Any], Flags]:
    """The results of one widened equation, and which of them are batched."""
    rule = primitive.batch
    if isinstance(rule, Widening):
        return rule.rule(batched, xs, params, batch_program, size)
    if rule is not None:
        results = rule(batched, *xs, **params)
    elif primitive.elementwise:
        results = primitive(*all_batched(batched, xs), **params)
    else:
        return _loop(primitive, xs, params, batched, size)
    ys = results if primitive.multiple else (results,)
    return ys, [True] * len(ys)


def _loop(
    primitive: Primitive,
    xs: list[Any],
    params: dict[str, Any],
    batched: tuple[bool, ...],
    size: int,
) -> tuple[Sequence[Any], Flags]:
    """One example after the other, for what has no rule."""
    inputs = [
        Var(_example(type_of(x)) if flag else type_of(x))
        for x, flag in zip(xs, batched, strict=True)
    ]
    result = primitive.type(*[var.type for var in inputs], **params)
    outputs = tuple([Var(t) for t in (result if primitive.multiple else (result,))])
    equation = Equation(primitive, tuple(inputs), params, outputs)
    order = sorted(range(len(xs)), key=batched.__getitem__)
    ordered = tuple([inputs[place] for place in order])
    ys = scan(
        *[xs[place] for place in order],
        body=Program((), ordered, (equation,), outputs),
        consts=len(xs) - sum(batched),
        carry=0,
        length=size,
        reverse=False,
    )
    return ys, [True] * len(ys)


def _example(type: ArrayType) -> ArrayType:
    return type.with_shape(type.shape[1:])
