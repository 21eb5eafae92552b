"""Sums by place: each update is added to the row of the result that its index names.

Updates to one row are added in the order of the indices, to zero, so that the sums have
NumPy's bits. Threads own whole rows of the result; none adds to another's.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import (
    Frame,
    KernelCode,
    along,
    lanes_for,
    row_range,
    row_span,
    rows_part,
    units_of_rows,
)
from chainrule.backends.native.index import ZERO, Affine, Index, reshaped
from chainrule.backends.native.indexed import in_range
from chainrule.backends.native.ir import Value, const, vector
from chainrule.backends.native.lowerings import LOWERINGS
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Node

LINE = 64
"""Bytes of a row from which threads share the rows: each then reads every index."""


class Extents(NamedTuple):
    """Updates are ``blocks`` by ``number`` by ``width``; a block has ``size`` rows."""

    blocks: int
    number: int
    size: int
    width: int


class Span(NamedTuple):
    """Rows of one block that a thread owns."""

    block: Affine
    start: Value
    stop: Value
    whole: bool


def emit_scatter(frame: Frame) -> KernelCode:
    """Rows of zeros, every update added to its row, and the roots made of the rows."""
    core = frame.kernel.core
    if core is None:
        raise AssertionError("a scatter kernel has a core")
    scatter = Scatter(frame, core)
    f, (blocks, _, size, width) = frame.f, scatter.extents
    first, last = const("i64", 0), const("i64", size)
    if blocks > 1:
        with row_range(frame, scatter.e, blocks) as block:
            scatter.fill(Span(block, first, last, True))
        return frame.finish(units_of_rows(blocks), rows_part(blocks))
    if width * core.type.dtype.itemsize >= LINE:
        scatter.fill(Span(ZERO, *row_span(frame, size), False))
        return frame.finish(units_of_rows(size), rows_part(size))
    with f.when(f.icmp("slt", frame.lo, frame.hi)):
        scatter.fill(Span(ZERO, first, last, True))
    return frame.finish(1, ("flat", 1, 1))


class Scatter:
    """A scatter being emitted into its kernel."""

    def __init__(self, frame: Frame, core: Node) -> None:
        self.frame, self.core = frame, core
        self.updates, self.indices = core.inputs
        axis = core.params["axis"]
        shape = self.updates.shape
        self.extents = Extents(
            math.prod(shape[:axis]),
            self.indices.type.size,
            core.shape[axis],
            math.prod(shape[axis + len(self.indices.shape) :]),
        )
        blocks, _, size, width = self.extents
        result: Memory = frame.memory[core]
        frame.leaves[core] = result  # where the other roots read it
        self.rows = Memory(result.address, (blocks * size, width), result.dtype)
        lanes = lanes_for(frame.kernel, frame.target)
        self.e = frame.emitter(lanes if width >= lanes else 1)
        self.many = frame.emitter(lanes if width == 1 else 1)

    def fill(self, span: Span) -> None:
        """All that happens to a thread's rows."""
        self._clear(span)
        if self.extents.width == 1:
            self._add_elements(span)
        else:
            self._add_rows(span)
        if len(self.frame.kernel.roots) > 1:
            self._finish_roots(span)

    def _row(self, span: Span, row: Value) -> Value:
        """The number of a block's row among all rows."""
        f = self.e.f
        first = f.mul(f.index(span.block.base), const("i64", self.extents.size))
        return f.add(first, row)

    def _clear(self, span: Span) -> None:
        f, width = self.e.f, self.extents.width
        item = max(1, self.rows.dtype.itemsize)
        start = f.mul(self._row(span, span.start), const("i64", width))
        place = f.gep(self.rows.element, self.rows.address, start)
        count = f.mul(f.sub(span.stop, span.start), const("i64", width * item))
        f.module.declare("llvm.memset.p0.i64", "void", ["ptr", "i8", "i64", "i1"])
        what = f"{place.typed}, i8 0, {count.typed}, i1 false"
        f.line(f"call void @llvm.memset.p0.i64({what})")

    def _target(self, e: Emitter, at: Index) -> Index:
        """The row, or one for each lane, that an update goes to."""
        indices = self.indices
        place = reshaped(e.math, [at], [self.extents.number], indices.shape)
        found = e.value(indices, place)
        return in_range(e, found, indices.type.dtype, self.extents.size)

    def _update(self, e: Emitter, index: list[Index], mask: Value | None) -> Value:
        """An update by block, number and column."""
        blocks, count, _, width = self.extents
        shape = self.updates.shape
        place = reshaped(e.math, index, (blocks, count, width), shape)
        return e.value(self.updates, place, mask)

    def _add(
        self, row: Value, column: Index, update: Value, mask: Value | None
    ) -> None:
        e, index = self.e, (Affine(row), column)
        pair = e.alike([e.load(self.rows, index, mask), update])
        total = LOWERINGS["add"](e.f, [self.core.type] * 2, *pair)
        e.store(self.rows, index, total, mask)

    def _add_rows(self, span: Span) -> None:
        """A row of updates at a time, where it is one of ours."""
        e, f = self.e, self.e.f
        with f.loop(0, self.extents.number) as k, e.scope():
            target = self._target(e, Affine(k))
            row = e.f.index(_scalar(target))
            here = const("i1", True)
            if not span.whole:
                above = f.icmp("sge", row, span.start)
                here = f.bit_and(above, f.icmp("slt", row, span.stop))
            with f.when(here), e.scope():
                to = self._row(span, row)

                def body(at: Index, mask: Value | None) -> None:
                    update = self._update(e, [span.block, Affine(k), at], mask)
                    self._add(to, at, update, mask)

                along(e, self.extents.width, body)

    def _add_elements(self, span: Span) -> None:
        """Rows of one element: a vector of updates at a time, then one by one."""
        e, f, lanes, count = self.many, self.e.f, self.many.lanes, self.extents.number
        rows = f.alloca(vector("i64", lanes))
        cell = Memory(f.alloca("i8", 64 * 8), (lanes,), self.rows.dtype)
        full = count - count % lanes
        with f.loop(0, full, lanes) as k, e.scope():
            target = self._target(e, Affine(k, 1))
            f.store(e.math.vector_of(target), rows, align=8)
            e.store(cell, (Affine(0, 1),), self._element(e, span, Affine(k, 1)))
            with f.loop(0, lanes) as lane:
                row = f.load("i64", f.gep("i64", rows, lane))
                update = self.e.load(cell, (Affine(lane),))
                self._add(self._row(span, row), ZERO, update, None)
        with f.loop(full, count) as k, self.e.scope():
            row = self.e.f.index(_scalar(self._target(self.e, Affine(k))))
            update = self._element(self.e, span, Affine(k))
            self._add(self._row(span, row), ZERO, update, None)

    def _element(self, e: Emitter, span: Span, at: Index) -> Value:
        return self._update(e, [span.block, at, ZERO], None)

    def _finish_roots(self, span: Span) -> None:
        """What else the kernel makes, at each place of the rows."""
        e, width = self.many, self.extents.width
        if width == 1:
            with e.scope():
                along(
                    e,
                    self.extents.size,
                    lambda at, mask: self._roots(span, at, ZERO, mask),
                )
            return
        e = self.e
        with e.f.loop(span.start, span.stop) as row, e.scope():
            along(e, width, lambda at, mask: self._roots(span, Affine(row), at, mask))

    def _roots(self, span: Span, row: Index, column: Index, mask: Value | None) -> None:
        e = self.many if self.extents.width == 1 else self.e
        blocks, _, size, width = self.extents
        whole = [span.block, row, column]
        index = reshaped(e.math, whole, (blocks, size, width), self.core.shape)
        self.frame.store_rest(e, index, mask)


def _scalar(index: Index) -> Value | int:
    if not isinstance(index, Affine):
        raise AssertionError("a row is named by one index")
    return index.base
