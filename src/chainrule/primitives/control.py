"""Loops as one operation, whose body is a program: scan and fori_loop.

A scan's derivative is a scan: the forward one stacks what the derivative needs, the
linear one reads it, and the transposed one walks the other way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import MissingRuleError, ShapeError
from chainrule.core.primitive import (
    Formula,
    Primitive,
    Rule,
    Sample,
    Scale,
    Ulp,
    Widening,
    register,
)
from chainrule.core.program import Program, Var, evaluate
from chainrule.core.trace import open_trace
from chainrule.core.types import ArrayType
from chainrule.primitives.elementwise import add, mul
from chainrule.primitives.loop_batching import (
    exchange,
    settle_batch,
    widened,
    within_bounds,
)
from chainrule.primitives.loop_rules import (
    Derive,
    Flags,
    Residuals,
    carry_tangents,
    expect_carry,
    expect_operands,
    settle,
    spread_over,
    stacked,
    tangent_outputs,
    zeros,
)
from chainrule.primitives.trigonometric import sin, tanh


def scan_type(
    *types: ArrayType,
    body: Program,
    consts: int,
    carry: int,
    length: int,
    reverse: bool,
) -> tuple[ArrayType, ...]:
    """The last carry, then each other result of the body stacked."""
    inputs = body.input_types
    split = consts + carry
    wanted = [*inputs[:split], *[stacked(type, length) for type in inputs[split:]]]
    expect_operands("scan", wanted, types)
    outputs = body.output_types
    expect_carry("scan", inputs[consts:split], outputs[:carry])
    return (*outputs[:carry], *[stacked(type, length) for type in outputs[carry:]])


def _scan(
    *operands: Any, body: Program, consts: int, carry: int, length: int, reverse: bool
) -> tuple[Any, ...]:
    split = consts + carry
    fixed, state, xs = operands[:consts], operands[consts:split], operands[split:]
    types = [stacked(type, length) for type in body.output_types[carry:]]
    ys = [np.empty(type.shape, type.dtype) for type in types]
    steps = range(length)
    for i in reversed(steps) if reverse else steps:
        results = evaluate(body, (), [*fixed, *state, *[x[i] for x in xs]])
        state = results[:carry]
        for y, value in zip(ys, results[carry:], strict=True):
            y[i] = value
    return (*state, *ys)


def _scan_jvp(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[list[Any], list[Any]]:
    body, consts, carry = params["body"], params["consts"], params["carry"]
    stop = consts + carry
    flags = [dx is not None for dx in dxs]
    moving, split = settle(body, flags, (consts, stop), derive)
    residuals = Residuals(split, xs, consts, carry)
    results = scan(*xs, **{**params, "body": residuals.forward})
    ys = list(results[: len(body.outputs)])
    walked = [
        *residuals.walked,
        *zip(residuals.stacked, results[len(ys) :], strict=True),
    ]

    tangents = [zeros(x) if dx is None else dx for dx, x in zip(dxs, xs, strict=True)]
    names = iter(split.linear.inputs[len(split.linear.inputs) - sum(moving) :])
    named = [(next(names), dx) if m else None for m, dx in zip(moving, tangents)]
    fixed = [*residuals.fixed, *_present(named[:consts])]
    states = _present(named[consts:stop])
    walked += _present(named[stop:])
    operands = [*fixed, *states, *walked]
    outputs = tangent_outputs(split, moving[consts:stop], body.output_types)
    inputs = tuple([var for var, _ in operands])
    linear = Program((), inputs, split.linear.equations, tuple(outputs))
    counts = {"consts": len(fixed), "carry": len(states)}
    moved = scan(*[x for _, x in operands], **{**params, "body": linear, **counts})
    return ys, spread_over(moved, [*moving[consts:stop], *split.nonzero[carry:]])


def _present(pairs: Sequence[Any]) -> list[tuple[Var, Any]]:
    return [pair for pair in pairs if pair is not None]


def _scan_transpose(
    z_bars: Sequence[Any],
    xs: Sequence[Any],
    linear: Sequence[bool],
    params: dict[str, Any],
    derive: Callable[[Program, int], Program],
) -> list[Any]:
    """The scan that walks back, adding up the cotangents of what each step shared."""
    body, consts, carry = params["body"], params["consts"], params["carry"]
    split = consts + carry
    moving = [*linear[:consts], *[True] * carry, *linear[split:]]
    fixed = [i for i in range(consts) if not moving[i]]
    walked = [i for i in range(split, len(xs)) if not moving[i]]
    shared = [i for i in range(consts) if moving[i]]
    known = [body.inputs[i] for i in (*fixed, *walked)]
    moved = [var for var, moves in zip(body.inputs, moving, strict=True) if moves]
    ordered = Program((), (*known, *moved), body.equations, body.outputs)
    back = derive(ordered, len(known))

    types = [*body.output_types[:carry]]
    types += [stacked(type, params["length"]) for type in body.output_types[carry:]]
    pairs = zip(z_bars, types, strict=True)
    bars = [zeros(type) if bar is None else bar for bar, type in pairs]
    totals = [zeros(body.inputs[i].type) for i in shared]
    results = scan(
        *[xs[i] for i in fixed],
        *[*totals, *bars[:carry]],
        *[*[xs[i] for i in walked], *bars[carry:]],
        body=_backward_body(back, (len(fixed), len(walked), len(shared)), carry),
        consts=len(fixed),
        carry=len(shared) + carry,
        length=params["length"],
        reverse=not params["reverse"],
    )
    return spread_over(results, moving)


def _backward_body(back: Program, counts: tuple[int, int, int], carry: int) -> Program:
    """Known values, totals, cotangents in a scan's order; new totals and cotangents."""
    fixed, walked, shared = counts
    types = back.input_types
    bars = types[fixed + walked :]
    with open_trace(concrete=False) as trace:
        constants = [trace.input(type) for type in types[:fixed]]
        totals = [trace.input(atom.type) for atom in back.outputs[:shared]]
        states = [trace.input(type) for type in bars[:carry]]
        values = [trace.input(type) for type in types[fixed : fixed + walked]]
        others = [trace.input(type) for type in bars[carry:]]
        results = evaluate(back, (), [*constants, *values, *states, *others])
        parts = zip(totals, results[:shared], strict=True)
        sums = [add(total, part) for total, part in parts]
        program, _ = trace.close([*sums, *results[shared:]])
    return program


def _scan_batch(
    batched: Sequence[bool],
    xs: Sequence[Any],
    params: dict[str, Any],
    widen: Rule,
    size: int,
) -> tuple[list[Any], Flags]:
    """One loop for all examples; what is stacked has the batch behind the steps."""
    consts, carry = params["consts"], params["carry"]
    stop = consts + carry
    flags, body, found = settle_batch(
        params["body"], list(batched), (consts, stop), widen, size
    )
    operands = widened(xs[:stop], batched[:stop], flags[:stop], size)
    walked = zip(xs[stop:], flags[stop:], strict=True)
    operands += [exchange(x) if flag else x for x, flag in walked]
    results = scan(*operands, **{**params, "body": body})
    stacks = zip(results[carry:], found[carry:], strict=True)
    ys = [exchange(y) if flag else y for y, flag in stacks]
    return [*results[:carry], *ys], found


def fori_type(
    lower: ArrayType, upper: ArrayType, *types: ArrayType, body: Program, consts: int
) -> tuple[ArrayType, ...]:
    """The carry; the bounds are integer scalars of the body's counter's dtype."""
    inputs = body.input_types
    index = inputs[consts]
    if index.dtype.kind not in "iu" or index.shape:
        raise ShapeError(
            f"Expected a body of fori_loop that counts in an integer, got {index} as "
            "its counter: give it an int64."
        )
    carry = inputs[consts + 1 :]
    expect_operands(
        "fori_loop", [index, index, *inputs[:consts], *carry], (lower, upper, *types)
    )
    expect_carry("fori_loop", carry, body.output_types)
    return body.output_types


def _fori_loop(
    lower: Any, upper: Any, *operands: Any, body: Program, consts: int
) -> tuple[Any, ...]:
    fixed, state = operands[:consts], list(operands[consts:])
    counter = body.inputs[consts].type.dtype
    for i in range(int(lower), int(upper)):
        state = evaluate(body, (), [*fixed, counter.type(i), *state])
    return tuple(state)


def _fori_jvp(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[list[Any], list[Any]]:
    return carry_tangents(fori_loop, 2, dxs, xs, params, derive)


def _fori_batch(
    batched: Sequence[bool],
    xs: Sequence[Any],
    params: dict[str, Any],
    widen: Rule,
    size: int,
) -> tuple[list[Any], Flags]:
    """One loop for all examples; with bounds of their own, each waits its turn."""
    if any(batched[:2]):
        batched, xs, params = within_bounds(batched, xs, params, size)
    body, consts = params["body"], params["consts"]
    first = consts + 1
    flags = [*batched[2 : consts + 2], False, *batched[consts + 2 :]]
    flags, wide, found = settle_batch(body, flags, (first, len(flags)), widen, size)
    settled = [False, False, *flags[:consts], *flags[first:]]
    operands = widened(xs, batched, settled, size)
    return list(fori_loop(*operands, body=wide, consts=consts)), found


def _no_way_back(*_: Any) -> list[Any]:
    raise MissingRuleError(
        "Expected a loop of known length for reverse mode, got a fori_loop: its values "
        "are not kept. Use chainrule.scan, or Python integers as bounds."
    )


VECTOR = ArrayType((3,), np.dtype(np.float64))
COUNT = ArrayType((), np.dtype(np.int64))


def example(step: Callable[..., Any], *types: ArrayType) -> Program:
    """A program for the samples of a record that holds one."""
    with open_trace(concrete=False) as trace:
        results = step(*[trace.input(type) for type in types])
        program, _ = trace.close(results)
    return program


def _recurrent(a: Any, state: Any, x: Any) -> tuple[Any, Any]:
    """A small recurrent network."""
    return tanh(add(mul(a, state), x)), mul(sin(state), x)


def _counting(a: Any, i: Any, state: Any) -> tuple[Any]:
    return (sin(mul(a, state)),)


RECURRENT = {
    "body": example(_recurrent, VECTOR, VECTOR, VECTOR),
    "consts": 1,
    "carry": 1,
}

scan = register(
    Primitive(
        name="scan",
        formula=Formula(
            r"(c_{t+1}, y_t) = f(a, c_t, x_t)",
            r"(\dot c_{t+1}, \dot y_t) = \partial f\,(\dot a, \dot c_t, \dot x_t)",
            (
                r"\bar a = \sum_t (\partial_a f)^{\top} (\bar c_{t+1}, \bar y_t)",
                r"\bar c_t = (\partial_c f)^{\top} (\bar c_{t+1}, \bar y_t)",
                r"\bar x_t = (\partial_x f)^{\top} (\bar c_{t+1}, \bar y_t)",
            ),
        ),
        type=scan_type,
        numpy=_scan,
        jvp=_scan_jvp,
        transpose=_scan_transpose,
        batch=Widening(_scan_batch),
        samples=(
            Sample(((3,), (3,), (4, 3)), {**RECURRENT, "length": 4, "reverse": False}),
            Sample(((3,), (3,), (4, 3)), {**RECURRENT, "length": 4, "reverse": True}),
            Sample(((3,), (3,), (0, 3)), {**RECURRENT, "length": 0, "reverse": False}),
        ),
        multiple=True,
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="With reverse, t goes down; places in the stacks stay.",
        source="https://docs.jax.dev/en/latest/_autosummary/jax.lax.scan.html",
    )
)

fori_loop = register(
    Primitive(
        name="fori_loop",
        formula=Formula(
            r"c_{i+1} = f(a, i, c_i),\quad i = l, \dots, u - 1",
            r"\dot c_{i+1} = \partial f\,(\dot a, \dot c_i)",
        ),
        type=fori_type,
        numpy=_fori_loop,
        jvp=_fori_jvp,
        transpose=_no_way_back,
        batch=Widening(_fori_batch),
        samples=tuple(
            [
                Sample(
                    ((), (), (3,), (3,)),
                    {"body": example(_counting, VECTOR, COUNT, VECTOR), "consts": 1},
                    ((start, start), (3, 3), (-2.0, 2.0), (-2.0, 2.0)),
                    "iiff",
                )
                for start in (0, 3)
            ]
        ),
        multiple=True,
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="No reverse mode: the values of a loop of unknown length are lost.",
        source="https://docs.jax.dev/en/latest/_autosummary/jax.lax.fori_loop.html",
    )
)
