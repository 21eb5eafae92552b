r"""The micro-kernel of a product: the sums of one register tile.

For each k, V vector loads of Y, R broadcast elements of X, R V multiply-adds. Each
element's sum runs over k in order, whatever the tile and however the terms fall into
blocks, so that the bits depend on neither tiles nor threads.

Source: Van Zee and van de Geijn, BLIS: a framework for rapidly instantiating BLAS
functionality, ACM TOMS 41(3), 2015, https://doi.org/10.1145/2764454.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import Frame
from chainrule.backends.native.index import ZERO, Affine, Index
from chainrule.backends.native.ir import Value, const, vector
from chainrule.backends.native.lowerings import is_float, llvm_element
from chainrule.backends.native.node import Node
from chainrule.backends.native.operands import Operand, operand
from chainrule.backends.native.tiles import UNROLL, Tile

CACHE_LINE = 64
LARGE = 1 << 19
"""Bytes of a right operand from which its next columns are fetched ahead."""


class Patch(NamedTuple):
    """What one tile covers of the result.

    Attributes:
        batch: The indices before the matrix.
        row: The first row.
        rows: How many.
        column: The first column.
        masks: For each vector, which lanes are within the result; None for all.
    """

    batch: list[Index]
    row: Value
    rows: int
    column: Value
    masks: Sequence[Value | None]


class Block(NamedTuple):
    """Some of a sum's terms.

    Attributes:
        start: The first of them.
        stop: The end, which is that of the unrolled terms in the last block.
        so_far: The vector at a position of the tile, from the blocks before.
    """

    start: Value
    stop: Value
    so_far: Callable[[Patch, int], Value]


class MicroKernel:
    """Emits the sums of tiles.

    Args:
        frame: The kernel function.
        core: The product.
        tile: The whole tile.
        lanes: Lanes of a vector.
    """

    def __init__(self, frame: Frame, core: Node, tile: Tile, lanes: int) -> None:
        self.frame, self.f, self.tile, self.lanes = frame, frame.f, tile, lanes
        self.left, self.right = core.inputs
        self.vector = vector(llvm_element(core.type.dtype), lanes)
        self.floating = is_float(core.type)
        self.summed = self.left.shape[-1]
        self.unrolled = self.summed - self.summed % UNROLL

    def sums(
        self,
        patch: Patch,
        block: Block | None = None,
        between: Callable[[Value], None] | None = None,
    ) -> list[Value]:
        """Sums over k, in cells that become registers, row by row.

        ``between(r)`` is emitted once for each row r of the tile, among the steps.
        """
        f, rows, masks = self.f, patch.rows, patch.masks
        e = self.frame.emitter(self.lanes)
        x = operand(self.frame, e, self.left, (*patch.batch, Affine(patch.row), ZERO))
        column = Affine(patch.column)
        y = operand(self.frame, e, self.right, (*patch.batch, ZERO, column))
        cells = [f.alloca(self.vector) for _ in range(rows * len(masks))]
        for cell in cells:
            f.store(const(self.vector, 0), cell)
        if block:
            with f.when(f.icmp("ne", block.start, const("i64", 0))):
                for position, cell in enumerate(cells):
                    f.store(block.so_far(patch, position), cell)

        def step(k: Value, ahead: int) -> None:
            at = f.add(k, const("i64", ahead)) if ahead else k
            tops = y.vectors(e, at, masks)
            for i in range(rows):
                scalar = f.splat(x.element_at(f, i, k, ahead), self.lanes)
                for v, top in enumerate(tops):
                    self._multiply_add(cells[i * len(masks) + v], scalar, top)

        shared = rows * UNROLL if between else 0
        if between:
            with f.loop(0, rows) as r:
                k = f.mul(r, const("i64", UNROLL))
                for ahead in range(UNROLL):
                    step(k, ahead)
                between(r)
        low, high = block[:2] if block else (shared, self.unrolled)
        if self.unrolled > shared:
            with f.loop(low, high, UNROLL) as k:
                self._fetch_next(e, y, patch.row, k)
                for ahead in range(UNROLL):
                    step(k, ahead)
        with self._at_the_end(block):
            for k in range(self.unrolled, self.summed):
                step(const("i64", k), 0)
        return cells

    def is_last(self, block: Block) -> Value:
        """Whether a block is the last."""
        return self.f.icmp("eq", block.stop, const("i64", self.unrolled))

    @contextlib.contextmanager
    def _at_the_end(self, block: Block | None) -> Generator[None]:
        """What follows the steps that are unrolled: in the last block only."""
        if block is None or self.unrolled == self.summed:
            yield
            return
        with self.f.when(self.is_last(block)):
            yield

    def _fetch_next(self, e: Emitter, y: Operand, row: Value, k: Value) -> None:
        """Bring the next columns of a large Y nearer, a line for each few steps.

        A tile reads its columns faster than the outermost cache gives them: what the
        first row of tiles would wait for comes while the rows of the last still run.
        """
        f, size = self.f, self.right.type
        if not y.panel or size.nbytes < LARGE:
            return
        width = self.tile.vectors * self.lanes
        stripe = width * self.summed * size.dtype.itemsize
        down = self.summed * CACHE_LINE // (UNROLL * self.tile.rows)
        place = f.add(f.mul(row, const("i64", down)), const("i64", stripe))
        place = f.add(place, f.mul(k, const("i64", CACHE_LINE // UNROLL)))
        at = f"getelementptr i8, ptr {y.address.name}, {place.typed}"
        e.fetch(f.value(at, "ptr"), outer=True)

    def _multiply_add(self, cell: Value, x: Value, y: Value) -> None:
        f = self.f
        total = f.load(self.vector, cell)
        product = f.fma(x, y, total) if self.floating else f.add(total, f.mul(x, y))
        f.store(product, cell)
