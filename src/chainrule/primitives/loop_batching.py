"""What the batch rules of loops share: which carries differ, bounds that differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.core.primitive import Rule
from chainrule.core.program import Program, evaluate
from chainrule.core.trace import open_trace
from chainrule.core.types import type_of
from chainrule.primitives.bitwise import bitwise_and
from chainrule.primitives.comparison import less, less_equal, select
from chainrule.primitives.loop_rules import Flags, zeros
from chainrule.primitives.reduction import reduce_max, reduce_min
from chainrule.primitives.structure import broadcast_to, repeated, transpose


def settle_batch(
    body: Program, batched: Flags, carry: tuple[int, int], widen: Rule, size: int
) -> tuple[Flags, Program, Flags]:
    """Which inputs are batched, once a carry that is so after any step is so in all.

    The flags of the inputs; the widened body, whose carries come first among its
    results; and the flags of its outputs.
    """
    start, stop = carry
    while True:
        _, found = widen(body, batched, size)
        pairs = zip(batched[start:stop], found[: stop - start], strict=True)
        settled = [before or after for before, after in pairs]
        if settled == batched[start:stop]:
            wanted = [*settled, *found[stop - start :]]
            wide, found = widen(body, batched, size, wanted)
            return batched, wide, found
        batched = [*batched[:start], *settled, *batched[stop:]]


def widened(
    xs: Sequence[Any], batched: Sequence[bool], wanted: Sequence[bool], size: int
) -> list[Any]:
    """Operands with the batch in front where wanted, repeated if they lack it."""
    return [
        repeated(x, size) if want and not flag else x
        for x, flag, want in zip(xs, batched, wanted, strict=True)
    ]


def exchange(x: Any) -> Any:
    """The first two axes exchanged: the batch and the steps of a loop."""
    return transpose(x, axes=(1, 0, *range(2, len(x.shape))))


def within_bounds(
    batched: Sequence[bool], xs: Sequence[Any], params: dict[str, Any], size: int
) -> tuple[list[bool], list[Any], dict[str, Any]]:
    """A fori_loop whose bounds differ as one whose bounds do not.

    It goes from the least lower bound to the greatest upper one, and in every step
    changes only the examples whose own bounds the counter is in.
    """
    lower, upper = widened(xs[:2], batched[:2], (True, True), size)
    if size:
        ends = [reduce_min(lower, axes=(0,)), reduce_max(upper, axes=(0,))]
    else:
        ends = [zeros(type_of(x).with_shape(())) for x in (lower, upper)]
    body, consts = params["body"], params["consts"]
    flags = [False, False, True, True, *batched[2:]]
    bounded = {"body": _bounded_body(body, consts), "consts": consts + 2}
    return flags, [*ends, lower, upper, *xs[2:]], bounded


def _bounded_body(body: Program, consts: int) -> Program:
    """A body that takes two bounds first, and outside of them changes nothing."""
    types = body.input_types
    with open_trace(concrete=False) as trace:
        lower, upper = trace.input(types[consts]), trace.input(types[consts])
        inputs = [trace.input(type) for type in types]
        i, state = inputs[consts], inputs[consts + 1 :]
        inside = bitwise_and(less_equal(lower, i), less(i, upper))
        outputs = [
            select(broadcast_to(inside, shape=old.shape), new, old)
            for new, old in zip(evaluate(body, (), inputs), state, strict=True)
        ]
        program, _ = trace.close(outputs)
    return program
