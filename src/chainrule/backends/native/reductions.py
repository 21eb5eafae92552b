"""Reductions, and the roots computed from each of their results."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import (
    Frame,
    KernelCode,
    along,
    lanes_for,
    loops,
    row_range,
    rows_part,
    squeezed,
    tail_mask,
    units_of_rows,
)
from chainrule.backends.native.fuse import Fusion
from chainrule.backends.native.index import ZERO, Affine, Index, reshaped
from chainrule.backends.native.ir import Function, Value, const
from chainrule.backends.native.lowerings import LOWERINGS, constant, extreme
from chainrule.backends.native.node import Node
from chainrule.core.types import ArrayType

LONG_COLUMN, TOGETHER = 256, 8
"""Columns of at least so many elements are reduced up to so many vectors at once: a row
is then read in longer pieces, and the additions do not wait for one another."""


def emit_reduction(frame: Frame) -> KernelCode:
    """A reduction, and at each of its results the roots computed from it."""
    core = frame.kernel.core
    if core is None:
        raise AssertionError("a reduction kernel has a core")
    source = core.inputs[0]
    axes = core.params["axes"]
    last = len(source.shape) - 1
    reduced = [source.shape[a] for a in axes]
    kept = [a for a in range(len(source.shape)) if a not in axes]
    wide_kept = kept and source.shape[kept[-1]] > 1
    if wide_kept:
        votes = contiguous_axes(frame.fusion, source)
        inner = max((votes.get(axis, 0) for axis in axes), default=0)
        if votes.get(kept[-1], 0) > inner or last not in axes:
            return _across(frame, core, kept, reduced)
    return _along(frame, core, kept, reduced)


def contiguous_axes(fusion: Fusion, node: Node) -> dict[int, int]:
    """For each axis of an expression, how many elements lie in a row along it."""
    last = [axis for axis, n in enumerate(node.shape) if n > 1][-1:]
    if fusion.in_memory(node) or node.op == "literal" or not last:
        return dict.fromkeys(last, node.type.size)
    votes: dict[int, int] = {}
    for x in node.inputs if node.is_expression else ():
        for axis, size in contiguous_axes(fusion, x).items():
            place = _axis_in_user(node, x, axis)
            if place is not None:
                votes[place] = votes.get(place, 0) + size
    return votes


def _axis_in_user(node: Node, x: Node, axis: int) -> int | None:
    """Where an operand's axis is found in what is made of it."""
    if node.is_elementwise or node.op == "pack":
        return axis
    if node.op == "transpose":
        return node.params["axes"].index(axis)
    if node.op == "fold":
        gone = node.params["axes"]
        return None if axis in gone else axis - sum(a < axis for a in gone)
    if node.op == "broadcast_to":
        return axis + len(node.shape) - len(x.shape)
    if node.op == "reshape":
        real = [a for a, n in enumerate(x.shape) if n > 1]
        places = [a for a, n in enumerate(node.shape) if n > 1]
        alike = [x.shape[a] for a in real] == [node.shape[a] for a in places]
        return places[real.index(axis)] if alike else None
    return None


def full_index(
    e: Emitter, core: Node, kept: Sequence[Index], inner: Sequence[Index]
) -> tuple[Index, ...]:
    """The operand's index from the result's index and that of the reduced axes."""
    axes = core.params["axes"]
    outer, reduced = iter(kept), iter(inner)
    rank = len(core.inputs[0].shape)
    return tuple([next(reduced) if a in axes else next(outer) for a in range(rank)])


def _across(
    frame: Frame, core: Node, kept: list[int], reduced: list[int]
) -> KernelCode:
    """Vectors along the last kept axis; each lane reduces by itself, in order."""
    e = frame.emitter(lanes_for(frame.kernel, frame.target))
    shape = core.shape
    dims = squeezed(shape)

    def reduce_at(reals: Sequence[Sequence[Index]], masks: Sequence[Any]) -> None:
        indices = [reshaped(e.math, real, dims, shape) for real in reals]
        folds = [Fold(e, core) for _ in indices]
        with loops(e, reduced) as inner:
            for index, mask, fold in zip(indices, masks, folds, strict=True):
                place = full_index(e, core, index, inner)
                fold.step(e.widen(e.value(core.inputs[0], place, mask)))
        for index, mask, fold in zip(indices, masks, folds, strict=True):
            e.give(core, index, fold.result())
            frame.store_roots(e, index, mask)

    if len(dims) == 1:
        return flat_columns(frame, e, dims[0], math.prod(reduced), reduce_at)
    with row_range(frame, e, dims[0]) as row, loops(e, dims[1:-1]) as middle:
        along(e, dims[-1], lambda at, mask: reduce_at([[row, *middle, at]], [mask]))
    return frame.finish(units_of_rows(dims[0]), rows_part(dims[0]))


def flat_columns(
    frame: Frame, e: Emitter, size: int, length: int, body: Callable[..., None]
) -> KernelCode:
    """Columns of a length, in units of vectors: one, or where they are long, several.

    Long columns are shared out evenly; the last unit may have fewer, and a mask.
    """
    f, lanes = e.f, e.lanes
    vectors = -(-size // lanes)
    together = -(-vectors // -(-vectors // TOGETHER)) if length >= LONG_COLUMN else 1
    width = together * lanes
    full = size - size % width
    units = -(-size // width)
    whole = const("i64", full // width)
    stop = f.select(f.icmp("slt", frame.hi, whole), frame.hi, whole)
    with f.loop(frame.lo, stop) as unit, e.scope():
        first = f.mul(unit, const("i64", width))
        starts = [f.add(first, const("i64", v * lanes)) for v in range(together)]
        body([[Affine(start, 1)] for start in starts], [None] * together)
    if size - full:
        ours = f.icmp("sge", frame.hi, const("i64", units))
        with f.when(f.bit_and(ours, f.icmp("slt", frame.lo, frame.hi))), e.scope():
            starts = range(full, size, lanes)
            masks = [tail_mask(lanes, min(lanes, size - at)) for at in starts]
            body([[Affine(at, 1)] for at in starts], masks)
    return frame.finish(units, ("flat", size, width))


def _along(frame: Frame, core: Node, kept: list[int], reduced: list[int]) -> KernelCode:
    """Vectors along the last reduced axis, then across the lanes in a fixed tree."""
    e = frame.emitter(lanes_for(frame.kernel, frame.target))
    single = frame.emitter(1)
    dims = squeezed(core.shape)

    def reduce_at(real: Sequence[Index]) -> None:
        index = reshaped(e.math, real, dims, core.shape)
        total = reduce_vectors(e, core, index, reduced)
        with single.scope():
            single.give(core, index, total)
            frame.store_roots(single, index, None)

    if not core.shape:
        with e.f.when(e.f.icmp("slt", frame.lo, frame.hi)):
            reduce_at([ZERO])
        return frame.finish(1, ("flat", 1, 1))
    with row_range(frame, e, dims[0]) as row, loops(e, dims[1:]) as middle:
        reduce_at([row, *middle])
    return frame.finish(units_of_rows(dims[0]), rows_part(dims[0]))


def reduce_vectors(
    e: Emitter, core: Node, index: tuple[Index, ...], reduced: list[int]
) -> Value:
    """The reduction at one index of the result, as a scalar."""
    fold = Fold(e, core)
    with loops(e, reduced[:-1]) as outer:

        def step(at: Index, mask: Value | None) -> None:
            place = full_index(e, core, index, [*outer, at])
            fold.step(e.widen(e.value(core.inputs[0], place, mask)), mask)

        along(e, reduced[-1], step)
    return fold.across()


class Fold:
    """A running reduction in a vector register."""

    def __init__(self, e: Emitter, core: Node, op: str | None = None) -> None:
        self.e = e
        self.type = core.type
        self.op = op or core.op
        start = identity(self.op, core.type.dtype)
        if op == "reduce_sum" and core.type.dtype.kind in "fc":
            start = -core.type.dtype.type(
                0
            )  # a running total is its first element first, -0 as well
        self.identity = e.widen(constant(core.type.dtype, start))
        self.cell = e.f.alloca(self.identity.type)
        e.f.store(self.identity, self.cell)

    def step(self, value: Value, mask: Value | None = None) -> None:
        """Take in a vector; masked lanes count as the identity."""
        f = self.e.f
        if mask is not None:
            value = f.select(mask, value, self.identity)
        total = f.load(self.identity.type, self.cell)
        f.store(combine(f, self.op, self.type, total, value), self.cell)

    def result(self) -> Value:
        """The reduction so far, lane by lane."""
        return self.e.f.load(self.identity.type, self.cell)

    def across(self) -> Value:
        """The reduction over the lanes too: halves, quarters, … in a fixed order."""
        f, value = self.e.f, self.result()
        lanes = self.e.lanes
        while lanes > 2:
            lanes //= 2
            low = f.shuffle(value, value, list(range(lanes)))
            high = f.shuffle(value, value, list(range(lanes, 2 * lanes)))
            value = combine(f, self.op, self.type, low, high)
        if lanes == 1:
            return value
        low, high = f.extract(value, 0), f.extract(value, 1)
        return combine(f, self.op, self.type, low, high)


def identity(op: str, dtype: np.dtype[Any]) -> Any:
    """What a reduction starts from: 0 (so that of -0 it is 0), 1, or an extreme."""
    if op in ("reduce_sum", "reduce_or"):
        return 0
    if op in ("reduce_prod", "reduce_and"):
        return 1
    if dtype.kind == "f":
        return -np.inf if op == "reduce_max" else np.inf
    if dtype.kind == "b":
        return op == "reduce_min"
    limits = np.iinfo(dtype)
    return limits.min if op == "reduce_max" else limits.max


def combine(f: Function, op: str, type: ArrayType, x: Value, y: Value) -> Value:
    """One step of a reduction."""
    if op in ("reduce_sum", "reduce_prod") and type.dtype.kind == "b":
        return f.add(x, y) if op == "reduce_sum" else f.mul(x, y)
    if op in ("reduce_sum", "reduce_prod"):
        pair = LOWERINGS["add" if op == "reduce_sum" else "mul"]
        return pair(f, [type] * 2, x, y)
    if op == "reduce_and":
        return f.bit_and(x, y)
    if op == "reduce_or":
        return f.bit_or(x, y)
    if type.dtype.kind == "b":
        return f.bit_or(x, y) if op == "reduce_max" else f.bit_and(x, y)
    return extreme(f, type, x, y, op == "reduce_max")
