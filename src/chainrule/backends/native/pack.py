"""Packing: a matrix that is read across its rows is first turned in square blocks.

A block of L rows by L elements is loaded as L vectors, turned in registers by log2 L
rounds of exchanges (Eklundh, IEEE Trans. Computers C-21(7), 1972), and stored.
"""

from __future__ import annotations

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import Frame, KernelCode, lanes_for, tail_mask
from chainrule.backends.native.fuse import Kernel
from chainrule.backends.native.index import Affine, Index
from chainrule.backends.native.ir import Value, const, vector
from chainrule.backends.native.node import Node
from chainrule.backends.native.views import Strided, strided, transpose_of


def can_turn(frame: Frame) -> Strided | None:
    """The view to turn, where the kernel is one packing of an array in memory."""
    (root, *others) = frame.kernel.roots
    if others or root.op != "pack" or len(root.shape) != 2:
        return None
    view = strided(root.inputs[0])
    in_memory = view.base in frame.memory and root.type.dtype.kind in "fiu"
    return view if in_memory and view.strides[0] == 1 else None


def is_turn(kernel: Kernel, node: Node) -> bool:
    """Whether a kernel is the packing of the transpose of an array."""
    (root, *others) = kernel.roots
    if others or root.op != "pack":
        return False
    return strided(root.inputs[0]) == transpose_of(node)


def turns_into(kernel: Kernel, node: Node) -> bool:
    """Whether a kernel is the packing of a transpose that makes this value."""
    if kernel.roots != [node] or node.op != "pack" or len(node.shape) != 2:
        return False
    view = strided(node.inputs[0])
    return view.strides[0] == 1 and view.base.type.dtype.kind in "fiu"


def emit_turn(frame: Frame, view: Strided) -> KernelCode:
    """All blocks; threads share them by rows of the result."""
    return _Turn(frame, view).emit()


BLOCKS_AHEAD = 2


class _Turn:
    def __init__(self, frame: Frame, view: Strided) -> None:
        self.frame, self.view, self.f = frame, view, frame.f
        self.root: Node = frame.kernel.roots[0]
        self.rows, self.columns = self.root.shape
        self.lanes = lanes_for(frame.kernel, frame.target)
        self.e: Emitter = frame.emitter(self.lanes)
        self.source = frame.memory[view.base]
        self.place = frame.memory[self.root]

    def emit(self) -> KernelCode:
        """Blocks of rows, each across all columns, to the edges."""
        f, lanes = self.f, self.lanes
        units = -(-self.rows // lanes)
        whole = self.rows // lanes
        with f.loop(self.frame.lo, self.frame.hi) as unit:
            top = f.mul(unit, const("i64", lanes))
            full = f.icmp("slt", unit, const("i64", whole))
            if whole:
                with f.when(full):
                    self._across(top, lanes)
            if self.rows % lanes:
                with f.when(f.icmp("eq", unit, const("i64", whole))):
                    self._across(top, self.rows % lanes)
        return self.frame.finish(units, ("rows", self.rows, lanes))

    def _across(self, top: Value, height: int) -> None:
        full = self.columns - self.columns % self.lanes
        if full:
            with self.f.loop(0, full, self.lanes) as left:
                self._block(top, height, left, self.lanes)
        if self.columns - full:
            self._block(top, height, const("i64", full), self.columns - full)

    def _block(self, top: Value, height: int, left: Value, width: int) -> None:
        f, element = self.f, self.source.element
        type = vector(element, self.lanes)
        stride, across = self.view.strides[1], 1
        if self.source.panel:
            stride, across = self.source.strides
        start = f.mul(left, const("i64", stride))
        start = f.add(start, f.mul(top, const("i64", across)))
        start = f.add(start, const("i64", self.view.offset))
        corner = f.gep(element, self.source.address, start)
        mask = tail_mask(self.lanes, height)
        vectors: list[Value] = []
        for column in range(self.lanes):
            if column >= width:
                vectors.append(const(type, 0))
                continue
            at = f.gep(element, corner, column * stride)
            self._fetch(at, BLOCKS_AHEAD * self.lanes * stride)
            vectors.append(
                self.e.load_masked(type, at, mask) if mask else f.load(type, at)
            )
        self._store(self._turned(vectors)[:height], top, left, width)

    def _fetch(self, at: Value, ahead: int) -> None:
        """Ask for a row of a block to come: rows lie too far apart to be foreseen."""
        place = f"getelementptr {self.source.element}, ptr {at.name}, i64 {ahead}"
        self.e.fetch(self.f.value(place, "ptr"))

    def _turned(self, vectors: list[Value]) -> list[Value]:
        """The transpose of a square block held in vectors."""
        distance = 1
        while distance < self.lanes:
            low = [
                lane if not lane & distance else self.lanes + lane - distance
                for lane in range(self.lanes)
            ]
            high = [
                lane + distance if not lane & distance else self.lanes + lane
                for lane in range(self.lanes)
            ]
            for i in range(self.lanes):
                if not i & distance:
                    x, y = vectors[i], vectors[i + distance]
                    vectors[i] = self.f.shuffle(x, y, low)
                    vectors[i + distance] = self.f.shuffle(x, y, high)
            distance *= 2
        return vectors

    def _store(self, rows: list[Value], top: Value, left: Value, width: int) -> None:
        mask = tail_mask(self.lanes, width)
        for offset, value in enumerate(rows):
            here: Index = Affine(self.f.add(top, const("i64", offset)))
            index = (here, Affine(left, 1))
            self.e.store(self.place, index, value, mask)
