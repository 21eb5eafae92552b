"""A scan in chunks: computed again for its derivative, or written out step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.program import evaluate
from chainrule.core.types import type_of
from chainrule.primitives import control
from chainrule.primitives.checkpoint import checkpoint
from chainrule.transforms.trace import trace

Values = Sequence[Any]
Steps = Callable[[Values, Values, Values, dict[str, Any]], Sequence[Any]]
"""Runs a scan: constants, first carry, rows and parameters to its results."""


def scan_in_parts(
    consts: Values,
    start: Values,
    xs: Values,
    params: dict[str, Any],
    unroll: bool | int,
    kept: bool | int,
) -> Sequence[Any]:
    """The results of a scan, of which ``kept`` and ``unroll`` say the chunks."""
    length = params["length"]
    copies = _steps(1 if unroll is False else unroll, "unroll", "to write out", length)

    def unrolled(
        consts: Values, state: Values, xs: Values, params: dict[str, Any]
    ) -> Sequence[Any]:
        if copies == 1:
            return control.scan(*consts, *state, *xs, **params)
        return _in_chunks(consts, state, xs, params, copies, _written_out)

    if kept is False:
        return unrolled(consts, start, xs, params)
    root = max(1, math.isqrt(max(length - 1, 0)) + 1)
    chunk = _steps(kept, "checkpoint", "between values that are kept", root)
    again = _computed_again(unrolled)
    return _in_chunks(consts, start, xs, params, chunk, again)


def _steps(choice: bool | int, name: str, what: str, default: int) -> int:
    """How many steps a chunk has: as asked for, or the default."""
    if choice is True:
        return max(default, 1)
    if isinstance(choice, (int, np.integer)) and choice >= 1:
        return int(choice)
    raise ValueError(
        f"Expected {name} of scan to be True, or the number of steps {what}, got "
        f"{choice!r} at {user_line()}: give a positive integer."
    )


def _in_chunks(
    consts: Values,
    start: Values,
    xs: Values,
    params: dict[str, Any],
    chunk: int,
    steps_of: Steps,
) -> list[Any]:
    """The results of a scan over chunks of it, each run by ``steps_of``."""
    length, reverse = params["length"], params["reverse"]
    whole = length - length % chunk
    count = len(start)

    def part(state: Values, low: int, high: int) -> list[Any]:
        """Some of the chunks, all of one length."""
        steps = min(chunk, high - low)
        inner = {**params, "length": steps}
        if steps == high - low:
            return list(steps_of(consts, state, [x[low:high] for x in xs], inner))
        fixed = [type_of(x) for x in (*consts, *state)]
        slices = params["body"].input_types[len(fixed) :]
        rows = [type.with_shape((steps, *type.shape)) for type in slices]
        edges = len(consts), len(fixed)

        def body(*values: Any) -> Sequence[Any]:
            first, last = edges
            parts = values[:first], values[first:last], values[last:]
            return steps_of(*parts, inner)

        results = control.scan(
            *consts,
            *state,
            *[_rows(x[low:high], steps) for x in xs],
            body=trace(body, [*fixed, *rows]).program,
            consts=len(consts),
            carry=count,
            length=(high - low) // steps,
            reverse=reverse,
        )
        return [*results[:count], *[_flat(y) for y in results[count:]]]

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


def _computed_again(run: Steps) -> Steps:
    """A chunk as a shorter scan, to be computed again for its derivative."""

    def steps(
        consts: Values, state: Values, xs: Values, params: dict[str, Any]
    ) -> Sequence[Any]:
        values = (*consts, *state, *xs)
        first, last = len(consts), len(consts) + len(state)

        def inner(*values: Any) -> Sequence[Any]:
            return run(values[:first], values[first:last], values[last:], params)

        body = trace(inner, [type_of(x) for x in values]).program
        return checkpoint(*values, body=body)

    return steps


def _written_out(
    consts: Values, state: Values, xs: Values, params: dict[str, Any]
) -> list[Any]:
    """A chunk as its steps, one after the other."""
    length, body, count = params["length"], params["body"], len(state)
    ys: list[list[Any]] = [[] for _ in range(length)]
    for i in reversed(range(length)) if params["reverse"] else range(length):
        results = evaluate(body, (), [*consts, *state, *[x[i] for x in xs]])
        state, ys[i] = results[:count], results[count:]
    return [*state, *[np.stack(column) for column in zip(*ys, strict=True)]]


def _rows(x: Any, steps: int) -> Any:
    return np.reshape(x, (x.shape[0] // steps, steps, *x.shape[1:]))


def _flat(y: Any) -> Any:
    return np.reshape(y, (y.shape[0] * y.shape[1], *y.shape[2:]))
