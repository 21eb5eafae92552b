"""Expressions: the value of a node at an index, emitted where it is needed.

Elementwise nodes ask their operands at the same index; views (broadcast, reshape,
transpose, slice) map the index; leaves load from memory. Nothing between a kernel's
inputs and its result is ever stored. A value that is the same in all lanes stays a
scalar until it meets one that is not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.backends.native.elementary import emit_threefry
from chainrule.backends.native.node import Node
from chainrule.backends.native.index import ZERO, Affine, Index, IndexMath, Lanes
from chainrule.backends.native.index import reshaped, row_major
from chainrule.backends.native.ir import BITS, Function, Value, const, element_of
from chainrule.backends.native.ir import lanes_of, like, vector
from chainrule.backends.native.lowerings import LOWERINGS, convert, llvm_element


@dataclass(frozen=True)
class Memory:
    """A C-contiguous array that a kernel can read or write: address and element."""

    address: Value
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def element(self) -> str:
        """LLVM's type of an element in memory; booleans take a byte."""
        return "i8" if self.dtype.kind == "b" else llvm_element(self.dtype)


class Emitter:
    """Emits expressions into one function, for a number of lanes.

    Args:
        f: The function to emit into.
        lanes: Lanes of a vector; 1 emits scalars.
        leaves: Where a node's value can be had: memory, or a scalar value.
        flag: Address of a byte that an index out of range sets to 1.
    """

    def __init__(
        self, f: Function, lanes: int, leaves: dict[Node, Any], flag: Value
    ) -> None:
        self.f = f
        self.lanes = lanes
        self.leaves = leaves
        self.flag = flag
        self.math = IndexMath(f, lanes)
        self.memo: dict[Any, Any] = {}
        self.kept: list[Any] = []

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """A loop body or branch: values found inside are not known after it."""
        before = dict(self.memo)
        yield
        self.memo = before

    def give(self, node: Node, index: tuple[Index, ...], value: Value) -> None:
        """A node's value at an index is this: the heart of a kernel, or its root."""
        self.kept.append(index)
        self.memo[(node, id(index), None)] = value

    def value(
        self, node: Node, index: tuple[Index, ...], mask: Value | None = None
    ) -> Value:
        """The value of a node; a scalar where it is the same in all lanes."""
        for known in (None, mask):
            found = self.memo.get((node, id(index), known))
            if found is not None:
                return found
        result = self._compute(node, index, mask)
        self.kept.append(index)
        self.memo[(node, id(index), mask)] = result
        return result

    def _compute(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        leaf = self.leaves.get(node)
        if isinstance(leaf, Memory):
            return self.load(leaf, index, mask)
        if leaf is not None:
            return leaf
        if node.op == "literal":
            return const(llvm_element(node.type.dtype), node.params["value"])
        if node.op in LOWERINGS:
            return self._elementwise(node, index, mask)
        return getattr(self, f"_{node.op}")(node, index, mask)

    def _elementwise(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        values = [self.value(x, index, mask) for x in node.inputs]
        if node.op == "convert":
            source = node.inputs[0].type.dtype
            return convert(self.f, source, node.type.dtype, values[0])
        types = [x.type for x in node.inputs]
        return LOWERINGS[node.op](self.f, types, *self.alike(values))

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

    # -- memory --------------------------------------------------------------

    def load(
        self, memory: Memory, index: tuple[Index, ...], mask: Value | None = None
    ) -> Value:
        """Elements of an array at an index."""
        offset = self.math.offset(index, row_major(memory.shape))
        return self.load_at(memory, self.math.resolve(offset), mask)

    def load_at(self, memory: Memory, offset: Any, mask: Value | None) -> Value:
        """Elements at an offset: one, a vector in a row, or gathered."""
        f, element = self.f, memory.element
        if isinstance(offset, Affine) and (offset.lane == 0 or self.lanes == 1):
            raw = f.load(element, f.gep(element, memory.address, offset.base))
        elif isinstance(offset, Affine) and offset.lane == 1:
            address = f.gep(element, memory.address, offset.base)
            type = vector(element, self.lanes)
            raw = self.load_masked(type, address, mask) if mask else f.load(type, address)
        else:
            raw = self._gather(memory, offset, mask)
        if memory.dtype.kind == "b":
            return f.cast("trunc", raw, like(raw.type, "i1"))
        return raw

    def load_masked(self, type: str, address: Value, mask: Value) -> Value:
        """Load the lanes of a mask, zero elsewhere."""
        align = const("i32", max(1, int(_bytes(type))))
        zero = Value("zeroinitializer", type)
        name = f"llvm.masked.load.{_mangled(type)}.p0"
        return self.f.call(name, type, address, align, mask, zero)

    def prefetch(
        self, memory: Memory, index: tuple[Index, ...], once: bool = False
    ) -> None:
        """Ask for the cache line at an index; it need not exist.

        What is wanted ``once`` should not push out of the caches what is wanted often.
        """
        f = self.f
        offset = self.math.resolve(self.math.offset(index, row_major(memory.shape)))
        if isinstance(offset, Affine):
            element, base = memory.element, f.index(offset.base)
            place = f"getelementptr {element}, ptr {memory.address.name}, {base.typed}"
            address = f.value(place, "ptr")
            keep = 0 if once else 3
            numbers = (const("i32", 0), const("i32", keep), const("i32", 1))
            f.call("llvm.prefetch.p0", "void", address, *numbers)

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
            const("i32", max(1, int(_bytes(type)))),
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
        offset = self.math.resolve(self.math.offset(index, row_major(memory.shape)))
        if not isinstance(offset, Affine):
            raise AssertionError("kernels write rows in order")
        if offset.lane == 0:
            value, mask = f.extract(value, 0), None
        address = f.gep(memory.element, memory.address, offset.base)
        if mask is None:
            f.store(value, address)
            return
        align = const("i32", max(1, int(_bytes(value.type))))
        name = f"llvm.masked.store.{_mangled(value.type)}.p0"
        f.call(name, "void", value, address, align, mask)

    # -- views: other indices into the operand ---------------------------------

    def _mapped(
        self, node: Node, index: tuple[Index, ...], make: Any, mask: Value | None
    ) -> Value:
        key = (node, id(index), "index")
        inner = self.memo.get(key)
        if inner is None:
            inner = self.memo[key] = make()
            self.kept.append(index)
        return self.value(node.inputs[0], inner, mask)

    def _broadcast_to(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        shape = node.inputs[0].shape

        def inner() -> tuple[Index, ...]:
            own = index[len(index) - len(shape) :]
            return tuple([x if n != 1 else ZERO for x, n in zip(own, shape, strict=True)])

        return self._mapped(node, index, inner, mask)

    def _reshape(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        wanted = node.inputs[0].shape
        make = lambda: reshaped(self.math, index, node.shape, wanted)  # noqa: E731
        return self._mapped(node, index, make, mask)

    def _transpose(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        def inner() -> tuple[Index, ...]:
            places: list[Index] = [ZERO] * len(index)
            for position, axis in enumerate(node.params["axes"]):
                places[axis] = index[position]
            return tuple(places)

        return self._mapped(node, index, inner, mask)

    def _slice(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        def inner() -> tuple[Index, ...]:
            starts, steps = node.params["start"], node.params["step"]
            return tuple(
                [
                    self.math.plus(Affine(start), self.math.scale(x, step))
                    if start or step != 1
                    else x
                    for x, start, step in zip(index, starts, steps, strict=True)
                ]
            )

        return self._mapped(node, index, inner, mask)

    # -- expressions of the index ----------------------------------------------

    def _integer(self, index: Index, element: str) -> Value:
        """An index as a value of an integer type."""
        index = self.math.resolve(index)
        if isinstance(index, Affine) and (index.lane == 0 or self.lanes == 1):
            whole = self.f.index(index.base)
        else:
            whole = self.math.vector_of(index)
        return self._resized(whole, element)

    def _resized(self, whole: Value, element: str) -> Value:
        wanted = like(whole.type, element)
        return whole if wanted == whole.type else self.f.cast("trunc", whole, wanted)

    def _pack(self, node: Node, index: tuple[Index, ...], mask: Value | None) -> Value:
        return self.value(node.inputs[0], index, mask)

    def _iota(self, node: Node, index: tuple[Index, ...], mask: Value | None) -> Value:
        whole = self._integer(index[node.params["axis"]], "i64")
        int64 = np.dtype(np.int64)
        if node.type.dtype == int64:
            return whole
        return convert(self.f, int64, node.type.dtype, whole)

    def _random_bits(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        keys = [self.value(x, (), mask) for x in node.inputs]
        place = self.math.offset(index, row_major(node.shape))
        counter = self._integer(place, "i32")
        k0, k1, counter = self.alike([*keys, counter])
        high = const(counter.type, 0)
        return emit_threefry(self.f, k0, k1, high, counter)[node.params.get("word", 0)]

    def _random_fold(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        k0, k1, data = [self.value(x, index, mask) for x in node.inputs]
        high = const(data.type, -1)
        return emit_threefry(self.f, k0, k1, high, data)[node.params.get("word", 0)]

    def _take(self, node: Node, index: tuple[Index, ...], mask: Value | None) -> Value:
        x, indices = node.inputs
        axis = node.params["axis"]
        own = index[axis : axis + len(indices.shape)]
        chosen = self.chosen(node, own, mask)
        inner = (*index[:axis], chosen, *index[axis + len(own) :])
        return self.value(x, inner, mask)

    def chosen(
        self, node: Node, own: tuple[Index, ...], mask: Value | None = None
    ) -> Index:
        """The index that a ``take`` reads at, found once for each place in the code."""
        key = (node, own, mask)
        if key not in self.memo:
            x, indices = node.inputs
            place = self.value(indices, own, mask)
            extent = x.shape[node.params["axis"]]
            self.memo[key] = self._in_range(place, indices.type.dtype, extent, mask)
        return self.memo[key]

    def _in_range(
        self, place: Value, dtype: np.dtype[Any], extent: int, mask: Value | None
    ) -> Index:
        """Count negative indices from the end; flag what is out of range."""
        f = self.f
        wide = like(place.type, "i64")
        place = f.cast("sext" if dtype.kind == "i" else "zext", place, wide)
        limit, zero = const(wide, extent), const(wide, 0)
        negative = f.icmp("slt", place, zero)
        place = f.select(negative, f.add(place, limit), place)
        outside = f.icmp("uge", place, limit)
        if mask is not None and lanes_of(wide) > 1:
            outside = f.bit_and(outside, mask)
        any_outside = outside
        if lanes_of(wide) > 1:
            name = f"llvm.vector.reduce.or.v{self.lanes}i1"
            any_outside = f.call(name, "i1", outside)
        with f.when(any_outside):
            f.store(const("i8", 1), self.flag)
        safe = f.select(f.icmp("uge", place, limit), zero, place)
        return Affine(safe) if lanes_of(wide) == 1 else Lanes(safe)

    def _pad(self, node: Node, index: tuple[Index, ...], mask: Value | None) -> Value:
        params = node.params
        source = node.inputs[0]
        inside: Value | None = None
        inner: list[Index] = []
        for axis, x in enumerate(index):
            low, gap = params["low"][axis], params["interior"][axis]
            if not low and not gap and source.shape[axis] == node.shape[axis]:
                inner.append(x)
                continue
            place, fits = self._unpadded(x, low, gap, source.shape[axis])
            inside = fits if inside is None else self._both(inside, fits)
            inner.append(place)
        if inside is None:
            return self.value(source, tuple(inner), mask)
        return self._guarded(source, tuple(inner), inside, mask)

    def _unpadded(
        self, x: Index, low: int, gap: int, extent: int
    ) -> tuple[Index, Value]:
        """The place in the unpadded array, and whether there is one."""
        f = self.f
        shifted = self.math.plus(x, Affine(-low))
        whole = self._integer(shifted, "i64")
        step = const(whole.type, gap + 1)
        fits = f.icmp("sge", whole, const(whole.type, 0))
        last = const(whole.type, (extent - 1) * (gap + 1))
        fits = f.bit_and(fits, f.icmp("sle", whole, last))
        if gap:
            rest = f.binary("urem", whole, step)
            fits = f.bit_and(fits, f.icmp("eq", rest, const(whole.type, 0)))
            place = f.binary("udiv", whole, step)
            return self._safe(place, fits), fits
        if lanes_of(whole.type) > 1:
            return shifted, fits
        return self._safe(whole, fits), fits

    def _safe(self, place: Value, fits: Value) -> Index:
        safe = self.f.select(fits, place, const(place.type, 0))
        return Affine(safe) if lanes_of(safe.type) == 1 else Lanes(safe)

    def _both(self, x: Value, y: Value) -> Value:
        return self.f.bit_and(*self.alike([x, y]))

    def _guarded(
        self, node: Node, index: tuple[Index, ...], inside: Value, mask: Value | None
    ) -> Value:
        """A node's value where ``inside`` holds, else zero; loads only where it holds."""
        guard = mask
        if lanes_of(inside.type) > 1:
            guard = inside if mask is None else self.f.bit_and(inside, mask)
        value = self.value(node, index, guard)
        zero = const(value.type, 0)
        return self.f.select(*self._selectable(inside, value, zero))

    def _selectable(self, c: Value, x: Value, y: Value) -> list[Value]:
        return self.alike([c, x, y])

    def _concatenate(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        axis = node.params["axis"]
        result: Value | None = None
        start = 0
        for part in node.inputs:
            extent = part.shape[axis]
            if extent:
                place, fits = self._unpadded(index[axis], start, 0, extent)
                inner = (*index[:axis], place, *index[axis + 1 :])
                piece = self._guarded(part, inner, fits, mask)
                if result is None:
                    result = piece
                else:
                    merged = self._selectable(fits, piece, result)
                    result = self.f.select(*merged)
            start += extent
        if result is None:
            raise AssertionError("an empty concatenation has no elements to emit")
        return result


def _bytes(type: str) -> int:
    return BITS[element_of(type)] // 8


def _mangled(type: str) -> str:
    names = {"float": "f32", "double": "f64"}
    element = element_of(type)
    return f"v{lanes_of(type)}{names.get(element, element)}"
