"""Kernels that sort each line of an array, or find the order of its elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.backends.native.abreast import sort_abreast
from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import (
    Frame,
    KernelCode,
    along,
    lanes_for,
    loops,
    row_range,
    rows_part,
    units_of_rows,
)
from chainrule.backends.native.index import ZERO, Affine, Index, row_major
from chainrule.backends.native.ir import Value, const, lanes_of
from chainrule.backends.native.lowerings import llvm_element
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Node
from chainrule.backends.native.ordering import (
    SHORT,
    Column,
    by_radix,
    goes_abreast,
    insert,
    key_of,
    number_of,
)


def emit_sort(frame: Frame) -> KernelCode:
    """Each line sorted, and the roots made of its elements."""
    core = frame.kernel.core
    if core is None:
        raise AssertionError("a kernel that sorts has a core")
    frame.leaves[core] = frame.memory[core]  # where the other roots read it
    lines = core.shape[:-1]
    e = frame.emitter(lanes_for(frame.kernel, frame.target))
    if goes_abreast(core.shape):
        return sort_abreast(frame, core, e)
    if not lines:
        with frame.f.when(frame.f.icmp("slt", frame.lo, frame.hi)):
            _sort_line(frame, core, e, [])
        return frame.finish(1, ("flat", 1, 1))
    with row_range(frame, e, lines[0]) as row, loops(e, lines[1:]) as inner:
        _sort_line(frame, core, e, [row, *inner])
    return frame.finish(units_of_rows(lines[0]), rows_part(lines[0]))


def _sort_line(frame: Frame, core: Node, e: Emitter, index: Sequence[Index]) -> None:
    f, length = frame.f, core.shape[-1]
    columns = _columns(frame, core, index)
    for column in columns[1:]:
        with f.loop(0, length) as i:
            f.store(i, f.gep(column.element, column.start, i))
    line = Line(e, core, index, columns[0])
    if length <= SHORT:
        line.write(lambda x: x, line.dtype)
        insert(f, line.dtype, columns, length)
    else:
        line.write_keys()
        by_radix(f, columns, length)
        if core.op == "sort":
            line.restore(frame.emitter(1))
    if len(frame.kernel.roots) > 1:
        along(e, length, lambda at, mask: frame.store_rest(e, (*index, at), mask))


class Line:
    """The values of a line on their way through memory."""

    def __init__(
        self, e: Emitter, core: Node, index: Sequence[Index], column: Column
    ) -> None:
        self.e, self.index = e, index
        self.x = core.inputs[0]
        self.dtype = self.x.type.dtype
        self.length = core.shape[-1]
        self.start = column.start
        self.odd = e.f.alloca("i8")

    def memory(self, dtype: np.dtype[Any]) -> Memory:
        """The column, of values or of keys."""
        return Memory(self.start, (self.length,), dtype)

    @property
    def keys(self) -> Memory:
        """The column of keys."""
        return self.memory(np.dtype(f"u{self.dtype.itemsize}"))

    def write(self, make: Callable[[Value], Value], dtype: np.dtype[Any]) -> None:
        """Something made of each element, into the column."""
        e, memory = self.e, self.memory(dtype)

        def body(at: Index, mask: Value | None) -> None:
            value = e.widen(e.value(self.x, (*self.index, at), mask))
            e.store(memory, (at,), make(value), mask)

        along(e, self.length, body)

    def write_keys(self) -> None:
        """Keys, and whether some number cannot be had back from its key."""
        f = self.e.f
        f.store(const("i8", 0), self.odd)

        def make(x: Value) -> Value:
            key = key_of(f, self.dtype, x)
            if self.dtype.kind == "f":
                self._note(x, key)
            return key

        self.write(make, self.keys.dtype)

    def _note(self, x: Value, key: Value) -> None:
        f = self.e.f
        back = f.cast("bitcast", number_of(f, self.dtype, key), key.type)
        differ = f.icmp("ne", back, f.cast("bitcast", x, key.type))
        if lanes_of(differ.type) > 1:
            differ = f.call(f"llvm.vector.reduce.or.v{self.e.lanes}i1", "i1", differ)
        before = f.load("i8", self.odd)
        f.store(f.bit_or(before, f.cast("zext", differ, "i8")), self.odd)

    def restore(self, one: Emitter) -> None:
        """Sorted keys become numbers again."""
        e, f = self.e, self.e.f
        values = self.memory(self.dtype)

        def body(at: Index, mask: Value | None) -> None:
            key = e.load(self.keys, (at,), mask)
            e.store(values, (at,), number_of(f, self.dtype, key), mask)

        along(e, self.length, body)
        if self.dtype.kind == "f":
            with f.when(f.icmp("ne", f.load("i8", self.odd), const("i8", 0))):
                self._restore_odd(one)

    def _restore_odd(self, one: Emitter) -> None:
        """Zeros and NaN as they were, in the order that they came in."""
        f, values = one.f, self.memory(self.dtype)
        zero = const(llvm_element(self.dtype), 0)
        first = [f.alloca("i64"), f.alloca("i64")]
        f.store(const("i64", 0), first[0])
        f.store(const("i64", self.length), first[1])
        with f.loop(0, self.length) as i, one.scope():
            x = one.value(self.x, (*self.index, Affine(i)))
            for cell, test, op in zip(
                first, ("olt", "uno"), (f.add, f.sub), strict=True
            ):
                there = f.cast("zext", f.fcmp(test, x, zero), "i64")
                f.store(op(f.load("i64", cell), there), cell)
        with f.loop(0, self.length) as i, one.scope():
            x = one.value(self.x, (*self.index, Affine(i)))
            for cell, test in zip(first, ("oeq", "uno"), strict=True):
                with f.when(f.fcmp(test, x, zero)):
                    at = f.load("i64", cell)
                    one.store(values, (Affine(at),), x)
                    f.store(f.add(at, const("i64", 1)), cell)


def _columns(frame: Frame, core: Node, index: Sequence[Index]) -> list[Column]:
    """What moves: the values and, where these are asked for, their places."""
    own = _line(frame, core, index)
    scratch = [_line(frame, node, index) for node in frame.kernel.scratch]
    free = scratch[0] if scratch else own
    length, dtype = core.shape[-1], core.inputs[0].type.dtype
    short = length <= SHORT and dtype.kind == "f"
    element = llvm_element(dtype) if short else f"i{8 * dtype.itemsize}"
    size = length * dtype.itemsize
    if core.op == "sort":
        return [Column(element, own, free)]
    second, third = frame.f.gep("i8", free, size), frame.f.gep("i8", free, 2 * size)
    return [Column(element, free, second), Column("i64", own, third)]


def _line(frame: Frame, node: Node, index: Sequence[Index]) -> Value:
    """Where a line of an array starts."""
    memory: Memory = frame.memory[node]
    e = frame.emitter(1)
    at = e.math.resolve(e.math.offset((*index, ZERO), row_major(node.shape)))
    if not isinstance(at, Affine):
        raise AssertionError("lines are counted by scalars")
    return frame.f.gep(memory.element, memory.address, at.base)
