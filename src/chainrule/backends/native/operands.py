"""The operands of a product, read where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import Frame
from chainrule.backends.native.index import Affine, Index
from chainrule.backends.native.ir import Function, Value, const, vector
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Node
from chainrule.backends.native.views import strided, transpose_of


@dataclass(frozen=True)
class Operand:
    """A matrix in memory, from the place on where a tile starts.

    Attributes:
        strides: In elements; in panels, that of the columns holds between vectors.
        panel: Lanes of a panel, or 0.
        address: Of the first element.
        element: LLVM's type of an element.
    """

    strides: tuple[int, ...]
    panel: int
    address: Value
    element: str

    def vectors(
        self, e: Emitter, row: Value, masks: Sequence[Value | None]
    ) -> list[Value]:
        """A row, as a vector for each mask."""
        f = e.f
        down, along = self.strides[-2:]
        start = f.gep(self.element, self.address, f.mul(row, const("i64", down)))
        type = vector(self.element, e.lanes)
        return [
            e.load_row(type, f.gep(self.element, start, v * e.lanes * along), mask)
            for v, mask in enumerate(masks)
        ]

    def element_at(self, f: Function, row: int, column: Value, ahead: int) -> Value:
        """The element so many columns ahead of one; a panel holds both columns."""
        down, along = self.strides[-2:]
        if self.panel:
            within = f.binary("urem", column, const("i64", self.panel))
            place = f.mul(f.sub(column, within), const("i64", along))
            start = f.gep(self.element, self.address, f.add(place, within))
            along = 1
        else:
            place = f.mul(column, const("i64", along))
            start = f.gep(self.element, self.address, place)
        return f.load(
            self.element, f.gep(self.element, start, row * down + ahead * along)
        )


def operand(frame: Frame, e: Emitter, node: Node, index: tuple[Index, ...]) -> Operand:
    """A node's matrix from an index on."""
    view = strided(node)
    memory = frame.memory[view.base]
    if memory.panel and view == transpose_of(view.base):
        return _turned(e, memory, index)
    strides = memory.strides if memory.panel else view.strides
    place = _start(e, index, strides)
    start = e.math.add(place.base, view.offset)
    address = e.f.gep(memory.element, memory.address, start)
    return Operand(strides, memory.panel, address, memory.element)


def _start(e: Emitter, index: tuple[Index, ...], strides: tuple[int, ...]) -> Affine:
    place = e.math.resolve(e.math.offset(index, strides))
    if not isinstance(place, Affine):
        raise AssertionError("a product's tiles start at known places")
    return place


def _turned(e: Emitter, memory: Memory, index: tuple[Index, ...]) -> Operand:
    """The transpose of an array in panels: rows of a tile lie in one panel."""
    f, lanes = e.f, const("i64", memory.panel)
    row = f.index(_start(e, index[:1], (1,)).base)
    within = f.binary("urem", row, lanes)
    start = f.mul(f.sub(row, within), const("i64", memory.shape[0]))
    address = f.gep(memory.element, memory.address, f.add(start, within))
    return Operand((1, memory.panel), 0, address, memory.element)
