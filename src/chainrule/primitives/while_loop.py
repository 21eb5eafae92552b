"""A loop that goes on while a condition holds.

The condition is the first of what is carried: the body returns it for the next turn.
So one program says all, and its rules are those of a counted loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

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
from chainrule.core.program import Program, evaluate
from chainrule.core.trace import open_trace
from chainrule.core.types import ArrayType
from chainrule.primitives.bitwise import bitwise_and
from chainrule.primitives.comparison import less, select
from chainrule.primitives.control import VECTOR, example
from chainrule.primitives.elementwise import add, mul
from chainrule.primitives.loop_batching import settle_batch, widened
from chainrule.primitives.loop_rules import (
    Derive,
    Flags,
    carry_tangents,
    expect_carry,
    expect_operands,
)
from chainrule.primitives.reduction import reduce_or
from chainrule.primitives.structure import broadcast_to, reduce_sum
from chainrule.primitives.trigonometric import sin

CONDITION: Final = ArrayType((), np.dtype(bool))


def while_type(*types: ArrayType, body: Program, consts: int) -> tuple[ArrayType, ...]:
    """The carry, of which the first is the condition."""
    inputs = body.input_types
    expect_operands("while_loop", inputs, types)
    if inputs[consts : consts + 1] != (CONDITION,):
        raise ShapeError(
            "Expected a boolean scalar as the first carry of while_loop, got "
            f"{list(inputs[consts:])}: carry the condition before the values."
        )
    expect_carry("while_loop", inputs[consts:], body.output_types)
    return body.output_types


def _while_loop(*operands: Any, body: Program, consts: int) -> tuple[Any, ...]:
    fixed, state = operands[:consts], list(operands[consts:])
    while state[0]:
        state = evaluate(body, (), [*fixed, *state])
    return tuple(state)


def _while_jvp(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[list[Any], list[Any]]:
    return carry_tangents(while_loop, 0, dxs, xs, params, derive)


def _while_batch(
    batched: Sequence[bool],
    xs: Sequence[Any],
    params: dict[str, Any],
    widen: Rule,
    size: int,
) -> tuple[list[Any], Flags]:
    """One loop for all examples, until the last is done; the others stand still."""
    body, consts = params["body"], params["consts"]
    carry = (consts, len(xs))
    flags, wide, found = settle_batch(body, list(batched), carry, widen, size)
    if not flags[consts]:
        operands = widened(xs, batched, flags, size)
        return list(while_loop(*operands, body=wide, consts=consts)), found
    flags = [*flags[:consts], *[True] * (len(xs) - consts)]
    wide, found = widen(_standing_still(body, consts), flags, size)
    operands = widened(xs, batched, flags, size)
    going = reduce_or(operands[consts], axes=(0,))
    results = while_loop(
        *operands[:consts],
        going,
        *operands[consts:],
        body=_until_all_are_done(wide, consts),
        consts=consts,
    )
    return list(results[1:]), found


def _standing_still(body: Program, consts: int) -> Program:
    """A body that changes nothing where its condition does not hold."""
    with open_trace(concrete=False) as trace:
        inputs = [trace.input(type) for type in body.input_types]
        going, *state = inputs[consts:]
        again, *results = evaluate(body, (), inputs)
        outputs = [
            select(
                broadcast_to(going, shape=old.shape) if old.shape else going, new, old
            )
            for new, old in zip(results, state, strict=True)
        ]
        program, _ = trace.close([bitwise_and(going, again), *outputs])
    return program


def _until_all_are_done(wide: Program, consts: int) -> Program:
    """A body whose condition is that of some example, carried behind it."""
    types = wide.input_types
    with open_trace(concrete=False) as trace:
        fixed = [trace.input(type) for type in types[:consts]]
        trace.input(CONDITION)
        state = [trace.input(type) for type in types[consts:]]
        results = evaluate(wide, (), [*fixed, *state])
        program, _ = trace.close([reduce_or(results[0], axes=(0,)), *results])
    return program


def _no_way_back(*_: Any) -> list[Any]:
    raise MissingRuleError(
        "Expected a loop of known length for reverse mode, got a while_loop: how many "
        "steps it takes is known only when it ends, so its values are not kept. Use "
        "chainrule.fori_loop between Python integers or chainrule.scan (with np.where "
        "to stand still once done), or forward mode (chainrule.jvp)."
    )


def _growing(a: Any, going: Any, state: Any) -> tuple[Any, Any]:
    state = add(mul(state, 1.5), sin(mul(a, state)))
    return less(reduce_sum(state, axes=(0,)), 40.0), state


while_loop = register(
    Primitive(
        name="while_loop",
        formula=Formula(
            r"(p_{i+1}, c_{i+1}) = f(a, c_i)\quad\text{while } p_i",
            r"\dot c_{i+1} = \partial f\,(\dot a, \dot c_i)",
        ),
        type=while_type,
        numpy=_while_loop,
        jvp=_while_jvp,
        transpose=_no_way_back,
        samples=(
            Sample(
                ((3,), (), (3,)),
                {"body": example(_growing, VECTOR, CONDITION, VECTOR), "consts": 1},
                ((0.1, 0.5), (1, 1), (1.0, 2.0)),
                "fbf",
            ),
        ),
        batch=Widening(_while_batch),
        multiple=True,
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="No reverse mode: the values of a loop of unknown length are lost. "
        "The condition has no derivative: the number of steps counts as fixed.",
        source="https://docs.jax.dev/en/latest/_autosummary/jax.lax.while_loop.html",
    )
)
