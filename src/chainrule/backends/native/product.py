r"""Matrix products: register tiles for the exact shapes, with an epilogue.

A tile of ``R`` rows by ``V`` vectors of the result stays in registers while the summed
axis runs (see ``microkernel``). Operands are read where they lie: X by any strides, Y
in rows (where it is not, it is turned before: ``pack``). The finished tile waits in
the first-level cache, where the epilogue (bias, activation, mask, an optimiser's
update) picks it up.

Where the columns of Y that a tile reads are more than that cache holds, the terms go
in blocks: all rows of tiles add one block before any adds the next.

Method: Goto and van de Geijn, Anatomy of high-performance matrix multiplication,
ACM TOMS 34(3), 2008, https://doi.org/10.1145/1356052.1356053.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import (
    Frame,
    KernelCode,
    Part,
    lanes_for,
    tail_mask,
)
from chainrule.backends.native.index import Affine, Index
from chainrule.backends.native.ir import Value, const
from chainrule.backends.native.microkernel import CACHE_LINE, Block, MicroKernel, Patch
from chainrule.backends.native.node import Node
from chainrule.backends.native.tiles import (
    UNROLL,
    divides,
    has_spare_registers,
    tile_for,
)

STRIPE_BYTES = 28_672
"""Bytes of Y's columns, for the terms of one block, beside which a tile's rows of X fit
the first-level cache."""
REST_BYTES = 32_768
"""Bytes of unfinished tiles that may wait for the next block."""
BLOCK = 512
"""Terms of a long sum that are added in the whole result before any later one, so that
the rows of Y that they read stay cached."""


def emit_product(frame: Frame) -> KernelCode:
    """A product and the roots computed from it."""
    core = frame.kernel.core
    if core is None:
        raise AssertionError("a product kernel has a core")
    return _Product(frame, core).emit()


class _Product:
    def __init__(self, frame: Frame, core: Node) -> None:
        self.frame, self.core = frame, core
        self.f = frame.f
        self.rows, self.columns = core.shape[-2:]
        self.lanes = lanes_for(frame.kernel, frame.target)
        self.tile = tile_for(frame.fusion, frame.kernel, frame.target)
        self.width = self.tile.vectors * self.lanes
        self.interleaved = self._can_interleave()
        self.micro = MicroKernel(frame, core, self.tile, self.lanes)
        self.vector = self.micro.vector
        self.row_tiles = -(-self.rows // self.tile.rows)
        self.column_tiles = -(-self.columns // self.width)
        self.batch = core.shape[:-2]
        line = self.columns * core.type.dtype.itemsize
        self.down = line % CACHE_LINE == 0
        self.rest_blocks = 1 if self.interleaved else self._rest_blocks()

    def emit(self) -> KernelCode:
        """Tiles, one after the other."""
        resting = self.row_tiles if self.rest_blocks > 1 else 1
        registers = self.tile.rows * self.tile.vectors
        self.scratch = self.f.alloca(self.vector, resting * registers)
        self.line = self.scratch
        batches = 1
        for extent in self.batch:
            batches *= extent
        units = batches * self.row_tiles * self.column_tiles
        if self.interleaved:
            self._interleave()
        elif self._is_long():
            self._block_by_block()
        elif self.rest_blocks > 1:
            self._stripe_by_stripe()
        else:
            self._units(self.frame.lo, self.frame.hi)
        return self.frame.finish(units, self._part())

    def _units(self, low: Value, high: Value, block: Block | None = None) -> None:
        with self.f.loop(low, high) as unit:
            self._dispatch_rows(*self._place(unit), block)

    # -- blocks of terms ---------------------------------------------------------

    def _is_long(self) -> bool:
        """Whether the sum is added in blocks; it rests in the result in between."""
        alone = self.frame.kernel.roots == [self.core]
        return alone and not self.batch and self.micro.summed >= 4 * BLOCK

    def _block_by_block(self) -> None:
        memory = self.frame.memory[self.core]

        def so_far(patch: Patch, position: int) -> Value:
            down, v = divmod(position, len(patch.masks))
            start = self.f.add(patch.column, const("i64", v * self.lanes))
            here = self.f.add(patch.row, const("i64", down))
            index = (*patch.batch, Affine(here), Affine(start, 1))
            e = self.frame.emitter(self.lanes)
            return e.load(memory, index, patch.masks[v])

        with self._blocks(BLOCK) as (start, stop):
            self._units(self.frame.lo, self.frame.hi, Block(start, stop, so_far))

    @contextmanager
    def _blocks(self, terms: int) -> Generator[tuple[Value, Value]]:
        f, end = self.f, const("i64", self.micro.unrolled)
        with f.loop(0, self.micro.unrolled, terms) as start:
            stop = f.add(start, const("i64", terms))
            yield start, f.select(f.icmp("slt", end, stop), end, stop)

    def _rest_blocks(self) -> int:
        """In how many blocks tiles are summed that rest in the scratch in between."""
        size = self.core.type.dtype.itemsize
        rest = self.row_tiles * self.tile.rows * self.width * size
        if self.batch or not self.down or self.row_tiles < 2 or rest > REST_BYTES:
            return 1
        return -(-self.width * size * self.micro.summed // STRIPE_BYTES)

    def _stripe_by_stripe(self) -> None:
        """The columns of one tile after the other, each block by block."""
        f, lo, hi = self.f, self.frame.lo, self.frame.hi
        rounds = self.micro.unrolled // UNROLL
        terms = -(-rounds // self.rest_blocks) * UNROLL
        tall = const("i64", self.row_tiles)
        after = f.add(hi, const("i64", self.row_tiles - 1))
        with f.loop(f.binary("udiv", lo, tall), f.binary("udiv", after, tall)) as s:
            first = f.mul(s, tall)
            last = f.add(first, tall)
            start = f.select(f.icmp("slt", lo, first), first, lo)
            stop = f.select(f.icmp("slt", hi, last), hi, last)
            with self._blocks(terms) as (low, high):
                block = Block(low, high, self._rested)
                with f.loop(start, stop) as unit:
                    registers = const("i64", self.tile.rows * self.tile.vectors)
                    line = f.mul(f.sub(unit, first), registers)
                    self.line = f.gep(self.vector, self.scratch, line)
                    self._dispatch_rows(*self._place(unit), block)

    def _rested(self, patch: Patch, position: int) -> Value:
        place = self.f.gep(self.vector, self.line, position)
        return self.f.load(self.vector, place, align=self._alignment())

    def _place(self, unit: Value) -> tuple[list[Index], Value, Value]:
        """Batch, row tile and column tile of a unit.

        Columns of tiles one after the other, so that a thread keeps to its columns of
        the weights, forward and back; rows where columns would share cache lines.
        """
        f = self.f
        down = self.down
        inner = const("i64", self.row_tiles if down else self.column_tiles)
        outer = const("i64", self.column_tiles if down else self.row_tiles)
        first, rest = f.binary("urem", unit, inner), f.binary("udiv", unit, inner)
        second, batch = f.binary("urem", rest, outer), f.binary("udiv", rest, outer)
        tiles = (first, second) if down else (second, first)
        return self._batch_index(batch), *tiles

    def _can_interleave(self) -> bool:
        """Whole tiles only, an epilogue that divides, and steps to hide it in."""
        tile, frame = self.tile, self.frame
        if not divides(frame.fusion, frame.kernel):
            return False
        if not has_spare_registers(frame.target):
            return False
        whole = not self.rows % tile.rows and not self.columns % self.width
        return whole and tile.rows <= self.core.inputs[0].shape[-1] // UNROLL

    def _interleave(self) -> None:
        """Each tile's epilogue runs between the multiply-adds of the next tile.

        Roots and quotients (an optimiser's update) keep a unit of the CPU busy that the
        product does not use; side by side the two take the time of the longer.
        """
        f, masks = self.f, [None] * self.tile.vectors
        lo, hi, one = self.frame.lo, self.frame.hi, const("i64", 1)

        def whole(unit: Value) -> Patch:
            batch, row_tile, column_tile = self._place(unit)
            row = f.mul(row_tile, const("i64", self.tile.rows))
            column = f.mul(column_tile, const("i64", self.width))
            return Patch(batch, row, self.tile.rows, column, masks)

        with f.when(f.icmp("slt", lo, hi)):
            self._keep(self.micro.sums(whole(lo)))
            with f.loop(f.add(lo, one), hi) as unit:
                before, patch = whole(f.sub(unit, one)), whole(unit)
                self._keep(
                    self.micro.sums(
                        patch, between=lambda r: self._epilogue_row(before, r)
                    )
                )
            self._epilogue(whole(f.sub(hi, one)))

    def _part(self) -> Part:
        if self._is_long():
            return ("blocks", self.f.name)
        if not self.batch and self.column_tiles == 1:
            return ("rows", self.rows, self.tile.rows)
        return None

    def _batch_index(self, batch: Value) -> list[Index]:
        index: list[Index] = []
        rest = batch
        for extent in reversed(self.batch):
            index.append(Affine(self.f.binary("urem", rest, const("i64", extent))))
            rest = self.f.binary("udiv", rest, const("i64", extent))
        return index[::-1]

    def _dispatch_rows(
        self,
        batch: list[Index],
        row_tile: Value,
        column_tile: Value,
        block: Block | None,
    ) -> None:
        """Whole tiles, and those at the lower and right edge, each its own code."""
        first = self.f.mul(row_tile, const("i64", self.tile.rows))
        sizes = (self.rows, self.tile.rows, self.row_tiles)
        for rows in self._at_edge(row_tile, *sizes):
            self._dispatch_columns(batch, (first, rows), column_tile, block)

    def _dispatch_columns(
        self,
        batch: list[Index],
        row: tuple[Value, int],
        column_tile: Value,
        block: Block | None,
    ) -> None:
        first = self.f.mul(column_tile, const("i64", self.width))
        for columns in self._at_edge(
            column_tile, self.columns, self.width, self.column_tiles
        ):
            masks = [
                tail_mask(self.lanes, min(self.lanes, columns - start))
                for start in range(0, columns, self.lanes)
            ]
            self._tile(Patch(batch, *row, first, masks), block)

    def _at_edge(self, at: Value, extent: int, size: int, tiles: int) -> Generator[int]:
        """The sizes that a tile can have along an axis, each with its own code."""
        left = extent % size
        if not left:
            yield size
            return
        last = self.f.icmp("eq", at, const("i64", tiles - 1))
        if tiles > 1:
            with self.f.when(self.f.bit_xor(last, const("i1", True))):
                yield size
        with self.f.when(last):
            yield left

    # -- one tile ----------------------------------------------------------------

    def _tile(self, patch: Patch, block: Block | None) -> None:
        self._keep(self.micro.sums(patch, block))
        if block is None or self._is_long():
            self._epilogue(patch)
            return
        with self.f.when(self.micro.is_last(block)):
            self._epilogue(patch)

    def _keep(self, sums: list[Value]) -> None:
        """Put a finished tile into the scratch."""
        for position, cell in enumerate(sums):
            value = self.f.load(self.vector, cell)
            place = self.f.gep(self.vector, self.line, position)
            self.f.store(value, place, align=self._alignment())

    def _alignment(self) -> int:
        return min(64, self.lanes * self.core.type.dtype.itemsize)

    def _epilogue(self, patch: Patch) -> None:
        """Every root on every row of the tile, read back from the scratch."""
        with self.f.loop(0, patch.rows) as r:
            self._epilogue_row(patch, r)

    def _epilogue_row(self, patch: Patch, r: Value) -> None:
        f, masks = self.f, patch.masks
        e = self.frame.emitter(self.lanes)
        here = f.add(patch.row, r)
        line = f.gep(self.vector, self.line, f.mul(r, const("i64", len(masks))))
        for v, mask in enumerate(masks):
            with e.scope():
                at = f.gep(self.vector, line, v)
                total = f.load(self.vector, at, align=self._alignment())
                start = f.add(patch.column, const("i64", v * self.lanes))
                index = (*patch.batch, Affine(here), Affine(start, 1))
                e.give(self.core, index, total)
                if self.interleaved:
                    self._fetch_ahead(e, patch.batch, here, start)
                self.frame.store_roots(e, index, mask)

    def _fetch_ahead(
        self, e: Emitter, batch: list[Index], row: Value, column: Value
    ) -> None:
        """Ask for what the epilogue of the tile below will read."""
        below = self.f.add(row, const("i64", self.tile.rows))
        index = (*batch, Affine(below), Affine(column, 1))
        for node in self.frame.reads:
            if node.shape == self.core.shape and node in self.frame.leaves:
                e.prefetch(self.frame.memory[node], index)
