"""What every kernel is made in: a function of arrays, scalars and a range of units.

Threads take ranges of units ``[lo, hi)``, so that what is computed does not depend on
how many there are. Vectors run along the last axis; what is left over is masked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.fuse import Fusion, Kernel
from chainrule.backends.native.index import Affine, Index
from chainrule.backends.native.ir import Function, Module, Value, const, const_vector
from chainrule.backends.native.lowerings import llvm_element
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Node
from chainrule.backends.native.target import Target
from chainrule.backends.native.views import strided

Part = tuple[Any, ...] | None
"""How threads share an index space: equal parts mean each reads what it wrote."""

ROW_UNIT = 8


class KernelCode(NamedTuple):
    """An emitted kernel and how to call it.

    Attributes:
        name: The function's name.
        places: Keys of the arrays it takes, in order.
        scalars: Scalar nodes it takes, in order.
        units: How many units of work there are.
        part: How the units share the index space of the roots.
    """

    name: str
    places: list[Any]
    scalars: list[Node]
    units: int
    part: Part


class Frame:
    """A kernel function being emitted: parameters bound to leaves and roots."""

    def __init__(
        self,
        module: Module,
        target: Target,
        fusion: Fusion,
        kernel: Kernel,
        memory_of: Callable[[Node], Memory],
    ) -> None:
        self.target = target
        self.fusion = fusion
        self.kernel = kernel
        self.reads = kernel_reads(fusion, kernel)
        self.scalars = [node for node in self.reads if node.is_scalar]
        arrays = [node for node in self.reads if not node.is_scalar]
        arrays += [*kernel.roots, *kernel.scratch]
        known = {node: memory_of(node) for node in arrays}
        place = {node: memory.address.name for node, memory in known.items()}
        self.places = list(dict.fromkeys(place.values()))
        parameters = [("ptr noalias", f"p{i}") for i in range(len(self.places))]
        parameters += [
            (llvm_element(node.type.dtype), f"s{i}")
            for i, node in enumerate(self.scalars)
        ]
        parameters += [("ptr", "flag"), ("i64", "lo"), ("i64", "hi")]
        name = f"kernel{len(module.functions)}"
        self.f = Function(module, name, parameters, linkage="internal")
        pointers = dict(zip(self.places, self.f.parameters, strict=False))
        self.memory: dict[Node, Any] = {
            node: replace(memory, address=pointers[place[node]], shape=node.shape)
            for node, memory in known.items()
        }
        count = len(self.places)
        values = self.f.parameters[count : count + len(self.scalars)]
        self.leaves = {
            node: self.memory[node] for node in self.reads if node in self.memory
        }
        self.leaves.update(zip(self.scalars, values, strict=True))
        self.flag, self.lo, self.hi = self.f.parameters[-3:]

    def emitter(self, lanes: int) -> Emitter:
        """An emitter of expressions over this kernel's leaves."""
        return Emitter(self.f, lanes, self.leaves, self.flag)

    def finish(self, units: int, part: Part) -> KernelCode:
        """Close the function."""
        self.f.ret()
        return KernelCode(self.f.name, self.places, self.scalars, units, part)

    def store_roots(
        self, e: Emitter, index: tuple[Index, ...], mask: Value | None
    ) -> None:
        """Compute and store every root at an index (of the roots' shape)."""
        for root in self.kernel.roots:
            self._store_root(e, root, index, mask)

    def store_rest(
        self, e: Emitter, index: tuple[Index, ...], mask: Value | None
    ) -> None:
        """As ``store_roots``, where the core's own value stands in memory already."""
        for root in self.kernel.roots:
            if root is not self.kernel.core:
                self._store_root(e, root, index, mask)

    def _store_root(
        self, e: Emitter, root: Node, index: tuple[Index, ...], mask: Value | None
    ) -> None:
        value = e.value(root, index, mask)
        e.give(root, index, value)
        e.store(self.memory[root], index, value, mask)


def kernel_reads(fusion: Fusion, kernel: Kernel) -> list[Node]:
    """The values a kernel reads that it does not make itself."""
    members = {kernel.core, *kernel.roots}
    found: dict[Node, None] = {}
    starts = [*kernel.roots, *([kernel.core] if kernel.core else [])]
    for start in starts:
        if start.op == "matmul":
            found.update(dict.fromkeys(strided(x).base for x in start.inputs))
            continue
        for leaf in fusion.leaves(start, stop_at=kernel.core):
            if leaf not in members:
                found[leaf] = None
    return list(found)


def tail_mask(lanes: int, count: int) -> Value | None:
    """The mask of the first ``count`` lanes, or None for all."""
    if count == lanes:
        return None
    return const_vector("i1", [lane < count for lane in range(lanes)])


@contextlib.contextmanager
def loops(e: Emitter, extents: Sequence[int]) -> Generator[list[Index]]:
    """Nested loops over axes; yields their indices."""
    with contextlib.ExitStack() as stack:
        indices: list[Index] = []
        for extent in extents:
            index = stack.enter_context(e.f.loop(0, extent))
            stack.enter_context(e.scope())
            indices.append(Affine(index))
        yield indices


def along(e: Emitter, extent: int, body: Callable[[Index, Value | None], None]) -> None:
    """A loop along the vector axis: full vectors, then the masked rest."""
    full = extent - extent % e.lanes
    if full:
        with e.f.loop(0, full, e.lanes) as at, e.scope():
            body(Affine(at, 1), None)
    if extent - full:
        with e.scope():
            body(Affine(full, 1), tail_mask(e.lanes, extent - full))


def squeezed(shape: Sequence[int]) -> list[int]:
    """Extents other than 1; one axis of 1 where there are no others."""
    return [n for n in shape if n != 1] or [1]


def lanes_for(kernel: Kernel, target: Target) -> int:
    """Lanes for the widest element that the kernel writes."""
    nodes = [*kernel.roots, *([kernel.core] if kernel.core else [])]
    return target.lanes(max([4, *[node.type.dtype.itemsize for node in nodes]]))


def units_of_rows(rows: int) -> int:
    """Units that rows are shared out in."""
    return -(-rows // row_unit(rows))


def row_unit(rows: int) -> int:
    """Rows in a unit: as many as a product's tile, where there are enough."""
    return ROW_UNIT if rows >= 2 * ROW_UNIT else 1


def rows_part(rows: int) -> Part:
    """The part of a kernel whose threads own whole rows."""
    return ("rows", rows, row_unit(rows))


def row_span(frame: Frame, rows: int) -> tuple[Value, Value]:
    """This thread's first row, and the one after its last."""
    f, unit = frame.f, const("i64", row_unit(rows))
    start, stop = f.mul(frame.lo, unit), f.mul(frame.hi, unit)
    last = const("i64", rows)
    return start, f.select(f.icmp("slt", stop, last), stop, last)


@contextlib.contextmanager
def row_range(frame: Frame, e: Emitter, rows: int) -> Generator[Affine]:
    """The loop over this thread's rows."""
    with e.f.loop(*row_span(frame, rows)) as row, e.scope():
        yield Affine(row)
