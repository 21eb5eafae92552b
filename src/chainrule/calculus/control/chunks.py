"""A scan in chunks, each computed again for its derivative: memory of order root n."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.program import Program
from chainrule.core.types import type_of
from chainrule.primitives import control
from chainrule.primitives.checkpoint import checkpoint
from chainrule.transforms.trace import trace

Values = Sequence[Any]


def steps_of_chunk(choice: bool | int, length: int) -> int:
    """How many steps a chunk has: as asked for, or the root of the length."""
    if choice is True:
        return max(1, math.isqrt(max(length - 1, 0)) + 1)
    if isinstance(choice, (int, np.integer)) and choice >= 1:
        return int(choice)
    raise ValueError(
        "Expected checkpoint of scan to be True, or the number of steps between values "
        f"that are kept, got {choice!r} at {user_line()}: give a positive integer."
    )


def scan_in_chunks(
    consts: Values, start: Values, xs: Values, params: dict[str, Any], chunk: int
) -> list[Any]:
    """The results of a scan, of which only the carry between chunks is kept."""
    length, reverse = params["length"], params["reverse"]
    whole = length - length % chunk
    count = len(start)

    def part(state: Values, low: int, high: int) -> list[Any]:
        """Some of the chunks, all of one length."""
        steps = min(chunk, high - low)
        body = _chunk(consts, state, xs, {**params, "length": steps})
        rows = [_rows(x[low:high], steps) for x in xs]
        counts = {"consts": len(consts), "carry": count, "reverse": reverse}
        number = (high - low) // steps
        results = control.scan(
            *consts, *state, *rows, body=body, length=number, **counts
        )
        stacks = [_flat(y) for y in results[count:]]
        return [*results[:count], *stacks]

    spans = [(0, whole), (whole, length)]
    spans = [(low, high) for low, high in spans if low < high]
    if not spans:
        return list(control.scan(*consts, *start, *xs, **params))
    found: dict[int, list[Any]] = {}
    state: Values = start
    for low, high in reversed(spans) if reverse else spans:
        results = part(state, low, high)
        state, found[low] = results[:count], results[count:]
    stacks = [found[low] for low, _ in spans]
    ys = [c[0] if len(c) == 1 else np.concatenate(c) for c in zip(*stacks)]
    return [*state, *ys]


def _chunk(
    consts: Values, state: Values, xs: Values, params: dict[str, Any]
) -> Program:
    """The body of the outer scan: a shorter scan, to be computed again."""
    fixed = [type_of(x) for x in (*consts, *state)]
    slices = params["body"].input_types[len(fixed) :]
    rows = [type.with_shape((params["length"], *type.shape)) for type in slices]
    inner = trace(lambda *xs: control.scan(*xs, **params), [*fixed, *rows]).program
    return trace(lambda *xs: checkpoint(*xs, body=inner), [*fixed, *rows]).program


def _rows(x: Any, steps: int) -> Any:
    return np.reshape(x, (x.shape[0] // steps, steps, *x.shape[1:]))


def _flat(y: Any) -> Any:
    return np.reshape(y, (y.shape[0] * y.shape[1], *y.shape[2:]))
