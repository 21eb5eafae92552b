"""The program as one function that every thread runs: kernels, loops and barriers.

``run(table, thread, threads)``: the table holds the addresses of the arena, of what
threads share, of callbacks, and of the arguments and results. Scalars live in each
thread's own registers. Threads meet at a barrier only where one needs what another
wrote since the last (or would overwrite what another still reads).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.backends.native.access import (
    Access,
    Array,
    Span,
    conflict,
    reads_rows_only,
)
from chainrule.backends.native.choices import emit_choice
from chainrule.backends.native.claims import CHUNKS, SETS, emit_claims
from chainrule.backends.native.cores import CORES
from chainrule.backends.native.denormals import (
    PARAMETERS,
    add_run,
    change_mode,
    restore_mode,
)
from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import Frame, KernelCode, Part
from chainrule.backends.native.fuse import Fusion, Kernel
from chainrule.backends.native.ir import Function, Module, Value, const
from chainrule.backends.native.loops import emit_loop
from chainrule.backends.native.lowerings import constant
from chainrule.backends.native.maps import emit_map
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Node
from chainrule.backends.native.pack import can_turn, emit_turn
from chainrule.backends.native.reductions import emit_reduction
from chainrule.backends.native.schedule import Item, Plan
from chainrule.backends.native.support import emit_barrier, emit_copy, share_of
from chainrule.backends.native.target import Target
from chainrule.backends.native.tiles import flops

SHARED_WORK = 1_000_000
"""Operations of a product from which claiming its units pays."""

SHARED_ELEMENTS = 1 << 18
"""Elements read by a reduction, or made, from which it pays too."""

HEADER = 5
"""Slots of the table before the arguments: arena, shared, callback, yield, flag."""


class Driver:
    """Emits ``run`` for a planned program.

    Attributes:
        callbacks: The nodes whose equations NumPy carries out, by number.
    """

    def __init__(self, module: Module, target: Target, flush: bool = False) -> None:
        self.module, self.target, self.flush = module, target, flush
        if flush:
            add_run(module, target, "body")
            attributes = "nounwind noinline"
            self.f = Function(
                module, "body", PARAMETERS, "void", attributes, "internal"
            )
        else:
            self.f = Function(module, "run", PARAMETERS)
        self.table, self.thread, self.threads = self.f.parameters
        self.pending: list[Access] = []
        self.callbacks: list[Node] = []
        self.environment: dict[Node, Any] = {}
        self.ranges: dict[int, tuple[Value, Value]] = {}
        self.claimed = 0
        self.arena = self._slot(0)
        self.shared, self.callback = self._slot(1), self._slot(2)
        self.flag = self._slot(4)

    def _slot(self, position: int) -> Value:
        return self.f.load("ptr", self.f.gep("ptr", self.table, position))

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
            places.append(self.array(address, node, Span(("result", position), 0, 1)))
        scalars = self.region(plan, 0, places)
        self._store_scalars(scalars, places)
        if self.claimed:  # the next call counts from zero
            self.barrier()
        self.f.ret()

    def _argument(self, node: Node, slot: int, key: Any) -> None:
        address = self._slot(slot)
        if not node.is_scalar:
            self.environment[node] = self.array(address, node, Span(key, 0, 1))
            return
        emitter = Emitter(self.f, 1, {}, self.flag)
        memory = Memory(address, (), node.type.dtype)
        self.environment[node] = emitter.load(memory, ())

    def array(self, address: Value, node: Node, span: Span) -> Array:
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

    def region(
        self, plan: Plan, base: int, places: Sequence[Array | None]
    ) -> dict[int, Value]:
        """Emit a region; arrays go to their places, scalar outputs are returned."""
        for node, offset in plan.offsets.items():
            columns = node in plan.columns
            self.environment[node] = self.in_arena(node, base + offset, columns)
        for node, position in plan.targets.items():
            self.environment[node] = places[position]
        for item in plan.items:
            if item.kind == "loop":
                emit_loop(self, plan, item, base)
            elif item.kind == "choice":
                emit_choice(self, plan, item, base)
            elif item.kind == "kernel":
                self._do_kernel(plan, item)
            elif item.kind == "scalar":
                self._do_scalar(plan, item)
            else:
                self._do_callback(plan, item)
        self._copy_outputs(plan, base, places)
        return {
            position: self.scalar(plan.fusion, node)
            for position, node in enumerate(plan.region.outputs)
            if node.is_scalar
        }

    def in_arena(self, node: Node, offset: int, panels: bool = False) -> Array:
        """A place in the arena, row by row or in panels."""
        address = self.f.gep("i8", self.arena, offset)
        span = Span("arena", offset, offset + max(node.type.nbytes, 1))
        lanes = self.target.lanes(node.type.dtype.itemsize) if panels else 0
        memory = Memory(address, node.shape, node.type.dtype, lanes)
        return Array(address, span, memory)

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
                safe = self.in_arena(node, base + plan.staging[position])
                self.copy(source, safe)
                source = safe
            if place is not None:
                moves.append((source, place))
        for source, place in moves:
            self.copy(source, place)

    def copy(self, source: Array, place: Array) -> None:
        size = _bytes(place)
        if size:
            self.touch([(source.span, False, None), (place.span, True, None)])
            emit_copy(
                self.f, place.address, source.address, size, self.thread, self.threads
            )

    def rearrange(self, move: Callable[..., None], source: Array, place: Array) -> None:
        """Each thread moves its share of an array to another layout."""
        self.touch([(source.span, False, None), (place.span, True, None)])
        move(self.f, source, place, (self.thread, self.threads))

    def touch(self, accesses: Sequence[tuple[Span, bool, Part]]) -> None:
        """Before these accesses, meet at a barrier if an earlier one is in the way."""
        fresh = [Access(*access) for access in accesses]
        if any(conflict(old, new) for old in self.pending for new in fresh):
            self.barrier()
        self.pending += fresh

    def barrier(self) -> None:
        """All threads meet."""
        yields = self._slot(3)
        emit_barrier(self.f, self.shared, self.threads, yields, self.claimed)
        self.pending.clear()
        self.claimed = 0

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

    def _do_scalar(self, plan: Plan, item: Item) -> None:
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
        """A sum to a scalar: each thread does it all, so that none has to wait."""
        core = kernel.roots[0]
        private = self.f.alloca("i8", max(core.type.dtype.itemsize, 8))
        array = self.array(private, core, Span(("private", core), 0, 1))
        self.environment[core] = array
        self.touch([(self._span(x), False, None) for x in self._arrays(item)])
        code = self._code(plan, kernel)
        self._call(plan, code, const("i64", 0), const("i64", code.units))
        emitter = Emitter(self.f, 1, {}, self.flag)
        return emitter.load(Memory(private, (), core.type.dtype), ())

    def _arrays(self, item: Item) -> list[Node]:
        return [x for x in item.reads if isinstance(self.environment.get(x), Array)]

    def _span(self, node: Node) -> Span:
        return self.environment[node].span

    def _memory(self, node: Node) -> Memory:
        return self.environment[node].memory

    def _do_kernel(self, plan: Plan, item: Item) -> None:
        kernel = item.kernel
        if kernel is None or not kernel.roots[0].type.size:
            return
        code = self._code(plan, kernel)
        shared = is_shared(kernel, code)
        if shared:
            code = code._replace(part=None)
        accesses: list[tuple[Span, bool, Part]] = []
        for node in self._arrays(item):
            same = item.reads[node] and node.shape == kernel.shape
            part = code.part if same else self._row_part(plan, kernel, node, code)
            accesses.append((self._span(node), False, part))
        accesses += [(self._span(node), True, code.part) for node in item.writes]
        self.touch(accesses)
        if shared:
            self._claim(plan, code)
        else:
            self._call(plan, code, *self._range(code.units))

    def _claim(self, plan: Plan, code: KernelCode) -> None:
        """A large kernel, whose units threads take as they get on."""
        if self.claimed == SETS:
            self.barrier()
        team = (self.shared, self.thread, self.threads)
        for node in code.scalars:
            self.scalar(plan.fusion, node)

        def work(low: Value, high: Value) -> None:
            self._call(plan, code, low, high)

        emit_claims(self.f, code.units, self.claimed, team, work)
        self.claimed += 1

    def _row_part(
        self, plan: Plan, kernel: Kernel, node: Node, code: KernelCode
    ) -> Part:
        """Sums along rows, and products' left operands, are read by the rows' owner."""
        core = kernel.core
        if core is None or code.part is None or code.part[0] != "rows":
            return None
        if not reads_rows_only(plan.fusion, kernel, node):
            return None
        return code.part

    def _code(self, plan: Plan, kernel: Kernel) -> KernelCode:
        frame = Frame(self.module, self.target, plan.fusion, kernel, self._memory)
        if kernel.core is None:
            view = can_turn(frame)
            return emit_map(frame) if view is None else emit_turn(frame, view)
        return CORES.get(kernel.core.op, emit_reduction)(frame)

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
        """This thread's units: its share of the whole, rounded alike for all."""
        if units not in self.ranges:
            low, high = share_of(self.f, units, self.thread, self.threads)
            self.ranges[units] = (low, high)
        return self.ranges[units]

    def _do_callback(self, plan: Plan, item: Item) -> None:
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
            call = f"call void {self.callback.name}(i64 {number}, ptr {table.name})"
            if self.flush:
                mode = change_mode(f, self.target, flush=False)
                f.line(call)
                restore_mode(f, self.target, mode)
            else:
                f.line(call)
        self.barrier()
        for result in item.writes:
            if result.is_scalar:
                memory = self.environment[result].memory
                emitter = Emitter(f, 1, {}, self.flag)
                self.environment[result] = emitter.load(memory, ())

    def _address(self, plan: Plan, node: Node) -> Value:
        if not node.is_scalar:
            return self.environment[node].address
        value = self.scalar_or_literal(plan, node)
        private = self.f.alloca("i8", 16)
        emitter = Emitter(self.f, 1, {}, self.flag)
        emitter.store(Memory(private, (), node.type.dtype), (), value)
        return private

    def scalar_or_literal(self, plan: Plan, node: Node) -> Value:
        """A scalar operand of a loop or callback."""
        if node.op == "literal":
            return constant(node.type.dtype, node.params["value"])
        return self.scalar(plan.fusion, node)


def is_shared(kernel: Kernel, code: KernelCode) -> bool:
    """Whether threads claim the units of a kernel instead of having fixed ranges."""
    core = kernel.core
    if core is not None and core.op == "matmul":
        return code.part is None and flops(core) >= SHARED_WORK
    elements = sum([root.type.size for root in kernel.roots])
    if core is not None:
        elements += core.inputs[0].type.size
    return elements >= SHARED_ELEMENTS and code.units >= 2 * CHUNKS


def _bytes(array: Array) -> int:
    size = array.memory.dtype.itemsize
    for extent in array.memory.shape:
        size *= extent
    return size
