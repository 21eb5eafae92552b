"""Arrays in memory: vectors of elements loaded, gathered and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.backends.native.index import Affine, Index, IndexMath, Lanes, row_major
from chainrule.backends.native.ir import (
    Function,
    Value,
    alignment,
    const,
    const_vector,
    element_of,
    lanes_of,
    like,
    vector,
)
from chainrule.backends.native.lowerings import llvm_element


@dataclass(frozen=True)
class Memory:
    """An array that a kernel can read or write: address, element and layout.

    C-contiguous, or in panels of ``panel`` lanes (see ``panels``), which are read and
    written by whole vectors.
    """

    address: Value
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    panel: int = 0

    @property
    def element(self) -> str:
        """LLVM's type of an element in memory; booleans take a byte."""
        return "i8" if self.dtype.kind == "b" else llvm_element(self.dtype)

    @property
    def strides(self) -> tuple[int, ...]:
        """In elements; in panels, that of a column holds from vector to vector."""
        return (self.panel, self.shape[0]) if self.panel else row_major(self.shape)


class Vectors:
    """Moves elements between memory and registers, for a number of lanes.

    Args:
        f: The function to emit into.
        lanes: Lanes of a vector; 1 emits scalars.
    """

    def __init__(self, f: Function, lanes: int) -> None:
        self.f = f
        self.lanes = lanes
        self.math = IndexMath(f, lanes)

    def alike(self, values: Sequence[Value]) -> list[Value]:
        """All scalars, or all vectors."""
        if all(lanes_of(value.type) == 1 for value in values):
            return list(values)
        return [self.widen(value) for value in values]

    def widen(self, value: Value) -> Value:
        """A value in every lane."""
        if self.lanes == 1 or lanes_of(value.type) > 1:
            return value
        if not value.name.startswith("%"):
            return Value(f"splat ({value.typed})", vector(value.type, self.lanes))
        return self.f.splat(value, self.lanes)

    def load(
        self, memory: Memory, index: tuple[Index, ...], mask: Value | None = None
    ) -> Value:
        """Elements of an array at an index."""
        return self.load_at(memory, self.place(memory, index), mask)

    def place(self, memory: Memory, index: tuple[Index, ...]) -> Affine | Lanes:
        """How far from an array's start the elements at an index lie."""
        if not memory.panel:
            return self.math.resolve(self.math.offset(index, memory.strides))
        row, column = index
        if not isinstance(column, Affine) or self.lanes != memory.panel:
            raise AssertionError("panels are used by whole vectors")
        whole = self.math.offset((row, Affine(column.base)), memory.strides)
        return self.math.plus(whole, Affine(0, column.lane))

    def load_at(self, memory: Memory, offset: Any, mask: Value | None) -> Value:
        """Elements at an offset: one, a vector in a row, or gathered."""
        f, element = self.f, memory.element
        if isinstance(offset, Affine) and (offset.lane == 0 or self.lanes == 1):
            raw = f.load(element, f.gep(element, memory.address, offset.base))
        elif isinstance(offset, Affine) and offset.lane == 1:
            address = f.gep(element, memory.address, offset.base)
            type = vector(element, self.lanes)
            raw = (
                self.load_masked(type, address, mask) if mask else f.load(type, address)
            )
        else:
            raw = self._gather(memory, offset, mask)
        if memory.dtype.kind == "b":
            return f.cast("trunc", raw, like(raw.type, "i1"))
        return raw

    def load_row(self, type: str, address: Value, mask: Value | None) -> Value:
        """Load elements in a row; those outside the mask are not touched."""
        if mask is None:
            return self.f.load(type, address)
        return self.load_masked(type, address, mask)

    def load_masked(self, type: str, address: Value, mask: Value) -> Value:
        """Load the lanes of a mask, zero elsewhere."""
        align = const("i32", alignment(type))
        zero = Value("zeroinitializer", type)
        name = f"llvm.masked.load.{_mangled(type)}.p0"
        return self.f.call(name, type, address, align, mask, zero)

    def prefetch(
        self, memory: Memory, index: tuple[Index, ...], outer: bool = False
    ) -> None:
        """Ask for the cache line at an index; it need not exist.

        What is far away comes to the ``outer`` cache first: more such requests can be
        under way there.
        """
        f = self.f
        offset = self.place(memory, index)
        if isinstance(offset, Affine):
            element, base = memory.element, f.index(offset.base)
            place = f"getelementptr {element}, ptr {memory.address.name}, {base.typed}"
            self.fetch(f.value(place, "ptr"), outer)

    def fetch(self, address: Value, outer: bool = False) -> None:
        """Ask for the cache line at an address; see :meth:`prefetch`."""
        keep = 2 if outer else 3
        numbers = (const("i32", 0), const("i32", keep), const("i32", 1))
        self.f.call("llvm.prefetch.p0", "void", address, *numbers)

    def _gather(self, memory: Memory, offset: Any, mask: Value | None) -> Value:
        f, element = self.f, memory.element
        at = self.math.vector_of(offset)
        pointers = f.value(
            f"getelementptr {element}, ptr {memory.address.name}, {at.typed}",
            vector("ptr", self.lanes),
        )
        type = vector(element, self.lanes)
        everywhere = const(vector("i1", self.lanes), True)
        arguments = (
            pointers,
            const("i32", alignment(type)),
            mask or everywhere,
            Value("zeroinitializer", type),
        )
        name = f"llvm.masked.gather.{_mangled(type)}.v{self.lanes}p0"
        return f.call(name, type, *arguments)

    def store(
        self,
        memory: Memory,
        index: tuple[Index, ...],
        value: Value,
        mask: Value | None = None,
    ) -> None:
        """Write elements in a row (or one element, with one lane)."""
        f = self.f
        value = self.widen(value)
        if memory.dtype.kind == "b":
            value = f.cast("zext", value, like(value.type, "i8"))
        offset = self.place(memory, index)
        if not isinstance(offset, Affine):
            raise AssertionError("kernels write rows in order")
        if offset.lane == 0 or is_first_alone(mask):
            value, mask = f.extract(value, 0), None
        address = f.gep(memory.element, memory.address, offset.base)
        if mask is None:
            f.store(value, address)
            return
        align = const("i32", alignment(value.type))
        name = f"llvm.masked.store.{_mangled(value.type)}.p0"
        f.call(name, "void", value, address, align, mask)


def is_first_alone(mask: Value | None) -> bool:
    """Whether a mask is known to leave the first lane alone.

    Of a number that was just narrowed, LLVM 22 would store as many bytes there as it
    had before, those behind the last element too (with AVX-512).
    """
    if mask is None:
        return False
    lanes = lanes_of(mask.type)
    alone = const_vector("i1", [lane == 0 for lane in range(lanes)])
    return mask.name == alone.name


def _mangled(type: str) -> str:
    names = {"float": "f32", "double": "f64"}
    element = element_of(type)
    return f"v{lanes_of(type)}{names.get(element, element)}"
