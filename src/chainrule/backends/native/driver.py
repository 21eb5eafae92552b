"""The program as one function that every thread runs: kernels, loops and barriers.

``run(table, thread, threads)``: the table holds the addresses of the arena, of what
threads share, of callbacks, and of the arguments and results. Scalars live in each
thread's own registers. Threads meet at a barrier only where one needs what another
wrote since the last (or would overwrite what another still reads).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.backends.native.expression import Emitter, Memory
from chainrule.backends.native.fuse import Fusion, Kernel
from chainrule.backends.native.ir import Function, Module, Value, const
from chainrule.backends.native.kernels import Frame, KernelCode, Part, emit_map
from chainrule.backends.native.kernels import emit_reduction
from chainrule.backends.native.lowerings import convert, llvm_element
from chainrule.backends.native.node import Loop, Node, Region
from chainrule.backends.native.pack import can_turn, emit_turn
from chainrule.backends.native.product import emit_product
from chainrule.backends.native.schedule import Item, Plan
from chainrule.backends.native.support import emit_barrier, emit_copy
from chainrule.backends.native.target import Target

HEADER = 5
"""Slots of the table before the arguments: arena, shared, callback, yield, flag."""


class Span(NamedTuple):
    """Where memory lies, for telling whether two accesses meet."""

    base: Any
    start: int
    stop: int

    def meets(self, other: Span) -> bool:
        """Whether the two have a byte in common."""
        return (
            self.base == other.base
            and self.start < other.stop
            and other.start < self.stop
        )


@dataclass(frozen=True)
class Array:
    """A value in memory as the driver knows it."""

    address: Value
    span: Span
    memory: Memory


class Access(NamedTuple):
    """What has been touched since the last barrier."""

    span: Span
    write: bool
    part: Part


class Driver:
    """Emits ``run`` for a planned program.

    Attributes:
        callbacks: The equations to carry out by NumPy, by number, each with the
            positions of its array operands.
    """

    def __init__(self, module: Module, target: Target) -> None:
        self.module, self.target = module, target
        parameters = [("ptr", "table"), ("i64", "thread"), ("i64", "threads")]
        self.f = Function(module, "run", parameters)
        self.table, self.thread, self.threads = self.f.parameters
        self.pending: list[Access] = []
        self.callbacks: list[Node] = []
        self.environment: dict[Node, Any] = {}
        self.ranges: dict[int, tuple[Value, Value]] = {}
        self.arena = self._slot(0)
        self.shared, self.callback = self._slot(1), self._slot(2)
        self.flag = self._slot(4)

    def _slot(self, position: int) -> Value:
        return self.f.load("ptr", self.f.gep("ptr", self.table, position))

    # -- a whole program -------------------------------------------------------------

    def emit(self, plan: Plan, overwrites: Sequence[Node | None]) -> None:
        """The function's body: arguments in, region, results out."""
        region = plan.region
        for position, node in enumerate(region.inputs):
            self._argument(node, HEADER + position, ("argument", position))
        places: list[Array | None] = []
        first = HEADER + len(region.inputs)
        for position, node in enumerate(region.outputs):
            old = overwrites[position]
            if old is not None:
                places.append(self.environment[old])
                continue
            address = self._slot(first + position)
            places.append(self._array(address, node, Span(("result", position), 0, 1)))
        scalars = self.region(plan, 0, places)
        self._store_scalars(scalars, places)
        self.f.ret()

    def _argument(self, node: Node, slot: int, key: Any) -> None:
        address = self._slot(slot)
        if not node.is_scalar:
            self.environment[node] = self._array(address, node, Span(key, 0, 1))
            return
        emitter = Emitter(self.f, 1, {}, self.flag)
        memory = Memory(address, (), node.type.dtype)
        self.environment[node] = emitter.load(memory, ())

    def _array(self, address: Value, node: Node, span: Span) -> Array:
        return Array(address, span, Memory(address, node.shape, node.type.dtype))

    def _store_scalars(
        self, scalars: dict[int, Value], places: Sequence[Array | None]
    ) -> None:
        first = self.f.icmp("eq", self.thread, const("i64", 0))
        emitter = Emitter(self.f, 1, {}, self.flag)
        with self.f.when(first):
            for position, value in scalars.items():
                place = places[position]
                if place is not None:
                    emitter.store(place.memory, (), value)

    # -- a region ----------------------------------------------------------------------

    def region(
        self, plan: Plan, base: int, places: Sequence[Array | None]
    ) -> dict[int, Value]:
        """Emit a region; arrays go to their places, scalar outputs are returned."""
        for node, offset in plan.offsets.items():
            self.environment[node] = self._in_arena(node, base + offset)
        for node, position in plan.targets.items():
            self.environment[node] = places[position]
        for item in plan.items:
            getattr(self, f"_do_{item.kind}")(plan, item, base)
        self._copy_outputs(plan, base, places)
        return {
            position: self.scalar(plan.fusion, node)
            for position, node in enumerate(plan.region.outputs)
            if node.is_scalar
        }

    def _in_arena(self, node: Node, offset: int) -> Array:
        address = self.f.gep("i8", self.arena, offset)
        span = Span("arena", offset, offset + max(node.type.nbytes, 1))
        return self._array(address, node, span)

    def _copy_outputs(
        self, plan: Plan, base: int, places: Sequence[Array | None]
    ) -> None:
        """Outputs that another value's memory holds; some must first be set aside."""
        moves: list[tuple[Array, Array]] = []
        for position in plan.copies:
            source = self.environment[plan.region.outputs[position]]
            place = places[position]
            if position in plan.staging:
                node = plan.region.outputs[position]
                safe = self._in_arena(node, base + plan.staging[position])
                self._copy(source, safe)
                source = safe
            if place is not None:
                moves.append((source, place))
        for source, place in moves:
            self._copy(source, place)

    def _copy(self, source: Array, place: Array) -> None:
        size = _bytes(place)
        if size:
            self.touch([(source.span, False, None), (place.span, True, None)])
            emit_copy(self.f, place.address, source.address, size, self.thread, self.threads)

    # -- barriers ------------------------------------------------------------------------

    def touch(self, accesses: Sequence[tuple[Span, bool, Part]]) -> None:
        """Before these accesses, meet at a barrier if an earlier one is in the way."""
        fresh = [Access(*access) for access in accesses]
        if any(_conflict(old, new) for old in self.pending for new in fresh):
            self.barrier()
        self.pending += fresh

    def barrier(self) -> None:
        """All threads meet."""
        emit_barrier(self.f, self.shared, self.threads, self._slot(3))
        self.pending.clear()

    # -- scalars -------------------------------------------------------------------------

    def scalar(self, fusion: Fusion, node: Node) -> Value:
        """A scalar value, computed by every thread for itself, once."""
        if node not in self.environment:
            leaves = {
                leaf: self.scalar(fusion, leaf)
                for leaf in fusion.leaves(node)
                if leaf.is_scalar
            }
            emitter = Emitter(self.f, 1, leaves, self.flag)
            self.environment[node] = emitter.value(node, ())
        return self.environment[node]

    def _do_scalar(self, plan: Plan, item: Item, base: int) -> None:
        node = item.node
        if node is None:
            raise AssertionError("a scalar item names its node")
        if item.kernel is not None:
            self.environment[node] = self._reduced(plan, item.kernel, item)
            return
        self.touch([(self._span(x), False, None) for x in self._arrays(item)])
        leaves: dict[Node, Any] = {}
        for leaf in plan.fusion.leaves(node):
            value = self.environment.get(leaf)
            if isinstance(value, Array):
                leaves[leaf] = value.memory
            elif leaf.is_scalar:
                leaves[leaf] = self.scalar(plan.fusion, leaf)
        emitter = Emitter(self.f, 1, leaves, self.flag)
        self.environment[node] = emitter.value(node, ())

    def _reduced(self, plan: Plan, kernel: Kernel, item: Item) -> Value:
        """A sum to a scalar: each thread does it all, so that none waits for another."""
        core = kernel.roots[0]
        private = self.f.alloca("i8", max(core.type.dtype.itemsize, 8))
        array = self._array(private, core, Span(("private", core), 0, 1))
        self.environment[core] = array
        self.touch([(self._span(x), False, None) for x in self._arrays(item)])
        code = self._code(plan, kernel)
        self._call(plan, code, const("i64", 0), const("i64", code.units))
        emitter = Emitter(self.f, 1, {}, self.flag)
        return emitter.load(Memory(private, (), core.type.dtype), ())

    # -- kernels ---------------------------------------------------------------------------

    def _arrays(self, item: Item) -> list[Node]:
        return [x for x in item.reads if isinstance(self.environment.get(x), Array)]

    def _span(self, node: Node) -> Span:
        return self.environment[node].span

    def _place_name(self, node: Node) -> str:
        return self.environment[node].address.name

    def _do_kernel(self, plan: Plan, item: Item, base: int) -> None:
        kernel = item.kernel
        if kernel is None or not kernel.roots[0].type.size:
            return
        code = self._code(plan, kernel)
        accesses: list[tuple[Span, bool, Part]] = []
        for node in self._arrays(item):
            same = item.reads[node] and node.shape == kernel.shape
            part = code.part if same else self._row_part(plan, kernel, node, code)
            accesses.append((self._span(node), False, part))
        accesses += [(self._span(root), True, code.part) for root in kernel.roots]
        self.touch(accesses)
        low, high = self._range(code.units)
        self._call(plan, code, low, high)

    def _row_part(self, plan: Plan, kernel: Kernel, node: Node, code: KernelCode) -> Part:
        """Sums along rows, and products' left operands, are read by the rows' owner."""
        core = kernel.core
        if core is None or code.part is None or code.part[0] != "rows":
            return None
        if not reads_rows_only(plan.fusion, kernel, node):
            return None
        return code.part

    def _code(self, plan: Plan, kernel: Kernel) -> KernelCode:
        frame = Frame(self.module, self.target, plan.fusion, kernel, self._place_name)
        if kernel.core is None:
            view = can_turn(frame)
            return emit_map(frame) if view is None else emit_turn(frame, view)
        if kernel.core.op == "matmul":
            return emit_product(frame)
        return emit_reduction(frame)

    def _call(self, plan: Plan, code: KernelCode, low: Value, high: Value) -> None:
        addresses = {
            value.address.name: value.address
            for value in self.environment.values()
            if isinstance(value, Array)
        }
        arguments = [addresses[place] for place in code.places]
        arguments += [self.scalar(plan.fusion, node) for node in code.scalars]
        self.f.call(code.name, "void", *arguments, self.flag, low, high)

    def _range(self, units: int) -> tuple[Value, Value]:
        """This thread's units: its share of the whole, rounded the same for everyone."""
        if units not in self.ranges:
            f = self.f
            total = const("i64", units)
            low = f.binary("udiv", f.mul(total, self.thread), self.threads)
            after = f.add(self.thread, const("i64", 1))
            high = f.binary("udiv", f.mul(total, after), self.threads)
            self.ranges[units] = (low, high)
        return self.ranges[units]

    # -- callbacks ---------------------------------------------------------------------------

    def _do_callback(self, plan: Plan, item: Item, base: int) -> None:
        """The first thread asks NumPy; the others wait."""
        f, node = self.f, item.node
        if node is None:
            raise AssertionError("a callback item names its node")
        number = len(self.callbacks)
        self.callbacks.append(node)
        addresses = [self._address(plan, x) for x in node.inputs]
        addresses += [self.environment[x].address for x in item.writes]
        table = f.alloca("ptr", len(addresses))
        for position, address in enumerate(addresses):
            f.store(address, f.gep("ptr", table, position), align=8)
        self.barrier()
        with f.when(f.icmp("eq", self.thread, const("i64", 0))):
            f.line(f"call void {self.callback.name}(i64 {number}, ptr {table.name})")
        self.barrier()
        for result in item.writes:
            if result.is_scalar:
                memory = self.environment[result].memory
                emitter = Emitter(f, 1, {}, self.flag)
                self.environment[result] = emitter.load(memory, ())

    def _address(self, plan: Plan, node: Node) -> Value:
        if not node.is_scalar:
            return self.environment[node].address
        value = self._scalar_or_literal(plan, node)
        private = self.f.alloca("i8", 16)
        emitter = Emitter(self.f, 1, {}, self.flag)
        emitter.store(Memory(private, (), node.type.dtype), (), value)
        return private

    # -- loops -------------------------------------------------------------------------------

    def _do_loop(self, plan: Plan, item: Item, base: int) -> None:
        loop = item.node.loop if item.node else None
        if loop is None:
            raise AssertionError("a loop item holds its loop")
        body, inner_base = plan.inner[loop]
        cells = self._enter(plan, loop)
        low, high = [self._bound(plan, node) for node in loop.bounds]
        for node in loop.captured:
            if node.is_scalar and node.op != "literal":
                self.scalar(plan.fusion, node)
        if self.pending:
            self.barrier()
        f = self.f
        with f.loop(low, high) as count:
            at = count
            if loop.reverse:
                last = f.sub(high, const("i64", 1))
                at = f.sub(last, f.sub(count, low))
            before = dict(self.environment)
            ranges = dict(self.ranges)
            places = self._bind(loop, at, cells)
            scalars = self.region(body, base + inner_base, places)
            emitter = Emitter(f, 1, {}, self.flag)
            for position, value in scalars.items():
                place = places[position]
                if place is not None:
                    emitter.store(place.memory, (), value)
            if self.pending:
                self.barrier()
            self.environment, self.ranges = before, ranges
        self._leave(loop, cells)

    def _bound(self, plan: Plan, node: Node) -> Value:
        if node.op == "literal":
            return const("i64", node.params["value"])
        value = self.scalar(plan.fusion, node)
        return convert(self.f, node.type.dtype, np.dtype(np.int64), value)

    def _enter(self, plan: Plan, loop: Loop) -> list[Array]:
        """Memory of the carries: the results' own, filled with the initial values."""
        cells: list[Array] = []
        for node, result in zip(loop.init, loop.results, strict=False):
            if node.is_scalar:
                private = self.f.alloca("i8", 16)
                cell = self._array(private, node, Span(("private", result), 0, 1))
                value = self._scalar_or_literal(plan, node)
                Emitter(self.f, 1, {}, self.flag).store(cell.memory, (), value)
            else:
                cell = self.environment[result]
                source = self.environment[node]
                if source.span != cell.span:
                    self._copy(source, cell)
            cells.append(cell)
        return cells

    def _scalar_or_literal(self, plan: Plan, node: Node) -> Value:
        if node.op == "literal":
            return const(llvm_element(node.type.dtype), node.params["value"])
        return self.scalar(plan.fusion, node)

    def _bind(self, loop: Loop, at: Value, cells: list[Array]) -> list[Array | None]:
        """The body's inputs, and the places of its outputs, in this iteration."""
        if loop.index is not None:
            wanted = loop.index.type.dtype
            int64 = np.dtype(np.int64)
            self.environment[loop.index] = (
                at if wanted == int64 else convert(self.f, int64, wanted, at)
            )
        emitter = Emitter(self.f, 1, {}, self.flag)
        for node, cell in zip(loop.carry_in, cells, strict=True):
            if node.is_scalar:
                self.environment[node] = emitter.load(cell.memory, ())
            else:
                self.environment[node] = cell
        for node, source in zip(loop.x_in, loop.xs, strict=True):
            self._bind_slice(node, self.environment[source], at)
        places: list[Array | None] = list(cells)
        for result in loop.results[len(cells) :]:
            whole: Array = self.environment[result]
            type = result.type.with_shape(result.shape[1:])
            size = type.nbytes
            address = self.f.gep("i8", whole.address, self.f.mul(at, const("i64", size)))
            memory = Memory(address, type.shape, type.dtype)
            places.append(Array(address, whole.span, memory))
        return places

    def _bind_slice(self, node: Node, whole: Array, at: Value) -> None:
        size = node.type.nbytes
        address = self.f.gep("i8", whole.address, self.f.mul(at, const("i64", size)))
        if node.is_scalar:
            memory = Memory(address, (), node.type.dtype)
            self.environment[node] = Emitter(self.f, 1, {}, self.flag).load(memory, ())
        else:
            memory = Memory(address, node.shape, node.type.dtype)
            self.environment[node] = Array(address, whole.span, memory)

    def _leave(self, loop: Loop, cells: list[Array]) -> None:
        for result, cell in zip(loop.results, cells, strict=False):
            if result.is_scalar:
                emitter = Emitter(self.f, 1, {}, self.flag)
                self.environment[result] = emitter.load(cell.memory, ())


def _conflict(old: Access, new: Access) -> bool:
    if not (old.write or new.write) or not old.span.meets(new.span):
        return False
    if isinstance(old.span.base, tuple) and old.span.base[0] == "private":
        return False
    return old.part is None or old.part != new.part or old.span != new.span


def _bytes(array: Array) -> int:
    size = array.memory.dtype.itemsize
    for extent in array.memory.shape:
        size *= extent
    return size


def reads_rows_only(fusion: Fusion, kernel: Kernel, node: Node) -> bool:
    """Whether a kernel reads an array only in the rows of its own result."""
    core = kernel.core
    if core is None or not node.shape or node.shape[0] != kernel.shape[0]:
        return False
    if core.op == "matmul":
        return node is core.inputs[0] and node is not core.inputs[1]
    source = core.inputs[0]
    if 0 in core.params["axes"] or source.shape[0] != node.shape[0]:
        return False
    probe = Kernel(source.shape, None, [source])
    straight = fusion.aligned_leaves(source) if source.is_elementwise else {source}
    return node in straight and probe.core is None

