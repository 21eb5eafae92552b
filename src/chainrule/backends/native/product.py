r"""Matrix products: register tiles for the exact shapes, with an epilogue.

A tile of ``R`` rows by ``V`` vectors of the result stays in registers while the summed
axis runs: for each k, V vector loads of Y, R broadcast elements of X, R V
multiply-adds. Operands are read where they lie: X by any strides, Y in rows (where it
is not, it is turned before: ``pack``). Each element's sum runs over k in order,
whatever the tile, so that the bits depend on neither tiles nor threads. The finished
tile waits in the first-level cache, where the epilogue (bias, activation, mask, an
optimiser's update) picks it up.

Method: Goto and van de Geijn, Anatomy of high-performance matrix multiplication,
ACM TOMS 34(3), 2008, https://doi.org/10.1145/1356052.1356053.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import (
    Frame,
    KernelCode,
    Part,
    lanes_for,
    tail_mask,
)
from chainrule.backends.native.index import ZERO, Affine, Index
from chainrule.backends.native.ir import Value, const, vector
from chainrule.backends.native.lowerings import is_float, llvm_element
from chainrule.backends.native.node import Node
from chainrule.backends.native.operands import Operand, operand
from chainrule.backends.native.tiles import MOST, Tile, choose_tile, is_costly

UNROLL = 4
CACHE_LINE = 64
LARGE = 1 << 19
"""Bytes of a right operand from which its next columns are fetched ahead."""
SHORT_SUM = 64
"""Sums up to this long leave a costly epilogue waiting for memory: its tiles are one
vector wide, so that a pass over the rows walks a narrow stripe that stays cached."""
BLOCK = 512
"""Terms of a long sum that are added in the whole result before any later one, so that
the rows of Y that they read stay cached."""
EPILOGUE_REGISTERS = 12
"""Vector registers that a costly epilogue gets beside the tile."""


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
        self.summed = core.inputs[0].shape[-1]
        self.lanes = lanes_for(frame.kernel, frame.target)
        costly = is_costly(frame.fusion, frame.kernel)
        spare = EPILOGUE_REGISTERS if costly else 0
        sizes = (self.rows, self.columns, self.lanes)
        most = self._most() if costly else MOST
        self.tile = choose_tile(*sizes, frame.target, spare, most)
        self.width = self.tile.vectors * self.lanes
        self.interleaved = costly and self._can_interleave()
        self.element = llvm_element(core.type.dtype)
        self.vector = vector(self.element, self.lanes)
        self.floating = is_float(core.type)
        self.row_tiles = -(-self.rows // self.tile.rows)
        self.column_tiles = -(-self.columns // self.width)
        self.batch = core.shape[:-2]
        self.unrolled = self.summed - self.summed % UNROLL
        self.block: tuple[Value, Value] | None = None

    def _most(self) -> Tile:
        """A tile whose epilogue can run among the steps of the next."""
        rows = max(1, min(MOST.rows, self.summed // UNROLL))
        return Tile(rows, 1 if self.summed <= SHORT_SUM else MOST.vectors)

    def emit(self) -> KernelCode:
        """Tiles, one after the other."""
        f = self.f
        registers = self.tile.rows * self.tile.vectors
        self.scratch = f.alloca(self.vector, registers)
        batches = 1
        for extent in self.batch:
            batches *= extent
        units = batches * self.row_tiles * self.column_tiles
        if self.interleaved:
            self._interleave()
        elif self._is_long():
            self._block_by_block()
        else:
            self._each_unit()
        return self.frame.finish(units, self._part())

    def _each_unit(self) -> None:
        with self.f.loop(self.frame.lo, self.frame.hi) as unit:
            self._dispatch_rows(*self._place(unit))

    def _is_long(self) -> bool:
        """Whether the sum is added in blocks; it rests in the result in between."""
        alone = self.frame.kernel.roots == [self.core]
        return alone and not self.batch and self.summed >= 4 * BLOCK

    def _block_by_block(self) -> None:
        f, end = self.f, const("i64", self.unrolled)
        with f.loop(0, self.unrolled, BLOCK) as start:
            stop = f.add(start, const("i64", BLOCK))
            self.block = start, f.select(f.icmp("slt", end, stop), end, stop)
            self._each_unit()
        self.block = None

    def _place(self, unit: Value) -> tuple[list[Index], Value, Value]:
        """Batch, row tile and column tile of a unit.

        Columns of tiles one after the other, so that a thread keeps to its columns of
        the weights, forward and back; rows where columns would share cache lines.
        """
        f = self.f
        line = self.columns * self.core.type.dtype.itemsize
        down = line % CACHE_LINE == 0
        inner = const("i64", self.row_tiles if down else self.column_tiles)
        outer = const("i64", self.column_tiles if down else self.row_tiles)
        first, rest = f.binary("urem", unit, inner), f.binary("udiv", unit, inner)
        second, batch = f.binary("urem", rest, outer), f.binary("udiv", rest, outer)
        tiles = (first, second) if down else (second, first)
        return self._batch_index(batch), *tiles

    def _can_interleave(self) -> bool:
        """Whole tiles only, a costly epilogue, and steps enough to hide it in."""
        tile, target = self.tile, self.frame.target
        whole = not self.rows % tile.rows and not self.columns % self.width
        return whole and tile.rows <= self.summed // UNROLL and target.registers > 16

    def _interleave(self) -> None:
        """Each tile's epilogue runs between the multiply-adds of the next tile.

        Roots and quotients (an optimiser's update) keep a unit of the CPU busy that the
        product does not use; side by side the two take the time of the longer.
        """
        f, masks = self.f, [None] * self.tile.vectors
        lo, hi, one = self.frame.lo, self.frame.hi, const("i64", 1)

        def origin(unit: Value) -> tuple[list[Index], Value, Value]:
            batch, row_tile, column_tile = self._place(unit)
            row = f.mul(row_tile, const("i64", self.tile.rows))
            return batch, row, f.mul(column_tile, const("i64", self.width))

        with f.when(f.icmp("slt", lo, hi)):
            batch, row, column = origin(lo)
            self._keep(self._accumulate(batch, row, self.tile.rows, column, masks))
            with f.loop(f.add(lo, one), hi) as unit:
                before = origin(f.sub(unit, one))
                batch, row, column = origin(unit)

                def between(r: Value) -> None:
                    self._epilogue_row(*before, r, masks)

                sums = self._accumulate(
                    batch, row, self.tile.rows, column, masks, between
                )
                self._keep(sums)
            batch, row, column = origin(f.sub(hi, one))
            self._epilogue(batch, row, self.tile.rows, column, masks)

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
        self, batch: list[Index], row_tile: Value, column_tile: Value
    ) -> None:
        """Whole tiles, and those at the lower and right edge, each its own code."""
        left = self.rows % self.tile.rows
        first = self.f.mul(row_tile, const("i64", self.tile.rows))
        if not left:
            self._dispatch_columns(batch, first, self.tile.rows, column_tile)
            return
        last = self.f.icmp("eq", row_tile, const("i64", self.row_tiles - 1))
        if self.row_tiles > 1:
            whole = self.f.bit_xor(last, const("i1", True))
            with self.f.when(whole):
                self._dispatch_columns(batch, first, self.tile.rows, column_tile)
        with self.f.when(last):
            self._dispatch_columns(batch, first, left, column_tile)

    def _dispatch_columns(
        self, batch: list[Index], row: Value, rows: int, column_tile: Value
    ) -> None:
        left = self.columns % self.width
        first = self.f.mul(column_tile, const("i64", self.width))
        if not left:
            self._tile(batch, row, rows, first, self.width)
            return
        last = self.f.icmp("eq", column_tile, const("i64", self.column_tiles - 1))
        if self.column_tiles > 1:
            whole = self.f.bit_xor(last, const("i1", True))
            with self.f.when(whole):
                self._tile(batch, row, rows, first, self.width)
        with self.f.when(last):
            self._tile(batch, row, rows, first, left)

    # -- one tile ----------------------------------------------------------------

    def _tile(
        self, batch: list[Index], row: Value, rows: int, column: Value, columns: int
    ) -> None:
        masks = [
            tail_mask(self.lanes, min(self.lanes, columns - start))
            for start in range(0, columns, self.lanes)
        ]
        sums = self._accumulate(batch, row, rows, column, masks)
        self._keep(sums)
        self._epilogue(batch, row, rows, column, masks)

    def _keep(self, sums: Sequence[Value]) -> None:
        """Put a finished tile into the scratch."""
        for position, cell in enumerate(sums):
            value = self.f.load(self.vector, cell)
            place = self.f.gep(self.vector, self.scratch, position)
            self.f.store(value, place, align=self._alignment())

    def _alignment(self) -> int:
        return min(64, self.lanes * self.core.type.dtype.itemsize)

    def _accumulate(
        self,
        batch: list[Index],
        row: Value,
        rows: int,
        column: Value,
        masks: Sequence[Value | None],
        between: Callable[[Value], None] | None = None,
    ) -> list[Value]:
        """Sums over k of one tile, in cells that become registers.

        ``between(r)`` is emitted once for each row r of the tile, among the steps.
        """
        f = self.f
        e = self.frame.emitter(self.lanes)
        left, right = self.core.inputs
        x = operand(self.frame, e, left, (*batch, Affine(row), ZERO))
        y = operand(self.frame, e, right, (*batch, ZERO, Affine(column)))
        cells = [f.alloca(self.vector) for _ in range(rows * len(masks))]
        for cell in cells:
            f.store(const(self.vector, 0), cell)
        self._resume(cells, batch, row, column, masks)

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
        low, high = self.block or (shared, self.unrolled)
        if self.unrolled > shared:
            with f.loop(low, high, UNROLL) as k:
                self._fetch_next(e, y, row, k)
                for ahead in range(UNROLL):
                    step(k, ahead)
        with self._at_the_end(high):
            for k in range(self.unrolled, self.summed):
                step(const("i64", k), 0)
        return cells

    def _fetch_next(self, e: Emitter, y: Operand, row: Value, k: Value) -> None:
        """Bring the next columns of a large Y nearer, a line for each few steps.

        A tile reads its columns faster than the outermost cache gives them: what the
        first row of tiles would wait for comes while the rows of the last still run.
        """
        f, right = self.f, self.core.inputs[1]
        if not y.panel or right.type.nbytes < LARGE or self.block:
            return
        stripe = self.width * self.summed * right.type.dtype.itemsize
        down = self.summed * CACHE_LINE // (UNROLL * self.tile.rows)
        place = f.add(f.mul(row, const("i64", down)), const("i64", stripe))
        place = f.add(place, f.mul(k, const("i64", CACHE_LINE // UNROLL)))
        at = f"getelementptr i8, ptr {y.address.name}, {place.typed}"
        e.fetch(f.value(at, "ptr"), outer=True)

    def _resume(
        self,
        cells: Sequence[Value],
        batch: list[Index],
        row: Value,
        column: Value,
        masks: Sequence[Value | None],
    ) -> None:
        """Go on from where the block before left the sums."""
        if self.block is None:
            return
        f, e = self.f, self.frame.emitter(self.lanes)
        memory = self.frame.memory[self.core]
        with f.when(f.icmp("ne", self.block[0], const("i64", 0))):
            for position, cell in enumerate(cells):
                down, v = divmod(position, len(masks))
                start = f.add(column, const("i64", v * self.lanes))
                here = f.add(row, const("i64", down))
                index = (*batch, Affine(here), Affine(start, 1))
                f.store(e.load(memory, index, masks[v]), cell)

    @contextlib.contextmanager
    def _at_the_end(self, stop: Value | int) -> Generator[None]:
        """What follows the steps that are unrolled: in the last block only."""
        if self.block is None or self.unrolled == self.summed:
            yield
            return
        last = self.f.icmp("eq", self.f.index(stop), const("i64", self.unrolled))
        with self.f.when(last):
            yield

    def _multiply_add(self, cell: Value, x: Value, y: Value) -> None:
        f = self.f
        total = f.load(self.vector, cell)
        product = f.fma(x, y, total) if self.floating else f.add(total, f.mul(x, y))
        f.store(product, cell)

    # -- the epilogue --------------------------------------------------------------

    def _epilogue(
        self,
        batch: list[Index],
        row: Value,
        rows: int,
        column: Value,
        masks: Sequence[Value | None],
    ) -> None:
        """Every root on every row of the tile, read back from the scratch."""
        with self.f.loop(0, rows) as r:
            self._epilogue_row(batch, row, column, r, masks)

    def _epilogue_row(
        self,
        batch: list[Index],
        row: Value,
        column: Value,
        r: Value,
        masks: Sequence[Value | None],
    ) -> None:
        f = self.f
        e = self.frame.emitter(self.lanes)
        here = f.add(row, r)
        line = f.gep(self.vector, self.scratch, f.mul(r, const("i64", len(masks))))
        for v, mask in enumerate(masks):
            with e.scope():
                at = f.gep(self.vector, line, v)
                total = f.load(self.vector, at, align=self._alignment())
                start = f.add(column, const("i64", v * self.lanes))
                index = (*batch, Affine(here), Affine(start, 1))
                e.give(self.core, index, total)
                if self.interleaved:
                    self._fetch_ahead(e, batch, here, start)
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
