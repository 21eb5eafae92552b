"""Kernels without a product: maps over an index space, and reductions.

Each kernel is a function of its arrays, its scalars and a range of units ``[lo, hi)``;
threads take ranges of units, so that what is computed does not depend on how many
there are. Vectors run along the last axis; what is left over is masked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from chainrule.backends.native.expression import Emitter, Memory
from chainrule.backends.native.fuse import Fusion, Kernel
from chainrule.backends.native.node import INDEXED, Node
from chainrule.backends.native.index import ZERO, Affine, Index, reshaped
from chainrule.backends.native.ir import Function, Module, Value, const, const_vector
from chainrule.backends.native.lowerings import llvm_element
from chainrule.backends.native.reduction import combine, identity
from chainrule.backends.native.target import Target
from chainrule.backends.native.views import strided

Part = tuple[Any, ...] | None
"""How threads share an index space: equal parts mean each reads what it wrote."""

FLAT_UNIT = 1024
ROWS_AHEAD = 3
ROW_UNIT = 8


class KernelCode(NamedTuple):
    """An emitted kernel and how to call it.

    Attributes:
        name: The function's name.
        places: Keys of the arrays it takes, in order.
        scalars: Scalar nodes it takes, in order.
        units: How many units of work there are.
        part: How the units share the index space of the roots.
        text: The body, for telling equal kernels.
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
        place_of: Callable[[Node], Any],
    ) -> None:
        self.target = target
        self.fusion = fusion
        self.kernel = kernel
        self.reads = kernel_reads(fusion, kernel)
        self.scalars = [node for node in self.reads if node.is_scalar]
        arrays = [node for node in self.reads if not node.is_scalar] + kernel.roots
        self.places = list(dict.fromkeys(place_of(node) for node in arrays))
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
            node: Memory(pointers[place_of(node)], node.shape, node.type.dtype)
            for node in arrays
        }
        count = len(self.places)
        values = self.f.parameters[count : count + len(self.scalars)]
        self.leaves = {node: self.memory[node] for node in self.reads if node in self.memory}
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
def loops(e: Emitter, extents: Sequence[int]) -> Iterator[list[Index]]:
    """Nested loops over axes; yields their indices."""
    with contextlib.ExitStack() as stack:
        indices: list[Index] = []
        for extent in extents:
            index = stack.enter_context(e.f.loop(0, extent))
            stack.enter_context(e.scope())
            indices.append(Affine(index))
        yield indices


def along(
    e: Emitter, extent: int, body: Callable[[Index, Value | None], None]
) -> None:
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


# -- maps ----------------------------------------------------------------------


def emit_map(frame: Frame) -> KernelCode:
    """Every root at every index."""
    roots = frame.kernel.roots
    lanes = lanes_for(frame.kernel, frame.target)
    shape = roots[0].shape
    dims = squeezed(shape)
    if len(dims) > 1 and _collapses(frame, dims, lanes):
        dims = [roots[0].type.size]
    e = frame.emitter(lanes)

    def place(indices: Sequence[Index]) -> tuple[Index, ...]:
        return reshaped(e.math, indices, dims, shape)

    if len(dims) == 1:
        return _flat(frame, e, dims[0], place)
    rows = dims[0]
    gathered = gathered_rows(frame)
    with row_range(frame, e, rows) as row, loops(e, dims[1:-1]) as middle:
        ahead = [fetched(e, node, row, rows) for node in gathered]

        def body(at: Index, mask: Value | None) -> None:
            for memory, chosen in ahead:
                e.prefetch(memory, (chosen, at), once=True)
            frame.store_roots(e, place([row, *middle, at]), mask)

        along(e, dims[-1], body)
    return frame.finish(units_of_rows(rows), rows_part(rows))


def gathered(fusion: Fusion, root: Node) -> Node | None:
    """The ``take`` that brings a root's rows, one a row, from an array in memory."""
    node = root
    while node.op in ("convert", "reshape") and (node is root or not fusion.in_memory(node)):
        node = node.inputs[0]
    if node.op != "take" or not fusion.in_memory(node.inputs[0]):
        return None
    rows = node.params["axis"] == 0 and len(node.inputs[1].shape) == 1
    matrix = len(root.shape) == 2 and node.shape[0] == root.shape[0]
    return node if rows and matrix else None


def gathered_rows(frame: Frame) -> list[Node]:
    """The gathers of this kernel's roots."""
    found = [gathered(frame.fusion, root) for root in frame.kernel.roots]
    return [node for node in found if node is not None]


def fetched(e: Emitter, node: Node, row: Index, rows: int) -> tuple[Memory, Index]:
    """The array as rows, and the index of one that will be wanted soon.

    Rows come from anywhere in memory: the processor cannot guess the next one.
    """
    e.chosen(node, (row,))
    later = e.math.plus(row, Affine(ROWS_AHEAD))
    if not isinstance(later, Affine):
        raise AssertionError("rows are counted by a scalar")
    f, last = e.f, const("i64", rows - 1)
    base = f.index(later.base)
    within = f.select(f.icmp("slt", base, last), base, last)
    leaf: Memory = e.leaves[node.inputs[0]]
    width = node.type.size // rows
    flat = Memory(leaf.address, (leaf.shape[0], width), leaf.dtype)
    return flat, e.chosen(node, (Affine(within),))


def _flat(
    frame: Frame, e: Emitter, size: int, place: Callable[[Sequence[Index]], Any]
) -> KernelCode:
    """One axis, shared out in units of a fixed number of elements."""
    f = e.f
    unit = max(e.lanes, min(FLAT_UNIT, -(-size // (16 * e.lanes)) * e.lanes))
    full = size - size % e.lanes
    start = f.mul(frame.lo, const("i64", unit))
    stop = f.mul(frame.hi, const("i64", unit))
    inner = f.select(f.icmp("slt", stop, const("i64", full)), stop, const("i64", full))
    with f.loop(start, inner, e.lanes) as at, e.scope():
        frame.store_roots(e, place([Affine(at, 1)]), None)
    if size - full:
        with f.when(f.icmp("sge", stop, const("i64", size))), e.scope():
            mask = tail_mask(e.lanes, size - full)
            frame.store_roots(e, place([Affine(full, 1)]), mask)
    return frame.finish(-(-size // unit), ("flat", size, unit))


def units_of_rows(rows: int) -> int:
    """Units that rows are shared out in."""
    return -(-rows // row_unit(rows))


def row_unit(rows: int) -> int:
    """Rows in a unit: as many as a product's tile, where there are enough."""
    return ROW_UNIT if rows >= 2 * ROW_UNIT else 1


def rows_part(rows: int) -> Part:
    """The part of a kernel whose threads own whole rows."""
    return ("rows", rows, row_unit(rows))


@contextlib.contextmanager
def row_range(frame: Frame, e: Emitter, rows: int) -> Iterator[Index]:
    """The loop over this thread's rows."""
    f, unit = e.f, row_unit(rows)
    start = f.mul(frame.lo, const("i64", unit))
    stop = f.mul(frame.hi, const("i64", unit))
    last = const("i64", rows)
    stop = f.select(f.icmp("slt", stop, last), stop, last)
    with f.loop(start, stop) as row, e.scope():
        yield Affine(row)


def _collapses(frame: Frame, dims: Sequence[int], lanes: int) -> bool:
    """Whether all axes can run as one, and are better off so."""
    size = frame.kernel.roots[0].type.size
    awkward = dims[-1] < 4 * lanes or dims[0] < 2 * ROW_UNIT
    roots = frame.kernel.roots
    return awkward and size >= 16384 and all(_is_linear(r, frame) for r in roots)


def _is_linear(root: Node, frame: Frame) -> bool:
    seen: set[Node] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        if node is not root and (node in frame.leaves or node in frame.memory):
            if not node.is_scalar and node.type.size != root.type.size:
                return False
        elif node.op == "broadcast_to" and node.inputs[0].type.size != 1:
            return False
        elif node.op in INDEXED and node.op != "random_bits":
            return False
        elif node.op in ("transpose", "slice"):
            return False
        else:
            pending += node.inputs if node.op != "random_bits" else []
    return True


# -- reductions ------------------------------------------------------------------


def emit_reduction(frame: Frame) -> KernelCode:
    """A reduction, and at each of its results the roots computed from it."""
    core = frame.kernel.core
    if core is None:
        raise AssertionError("a reduction kernel has a core")
    source = core.inputs[0]
    axes = core.params["axes"]
    last = len(source.shape) - 1
    reduced = [source.shape[a] for a in axes]
    kept = [a for a in range(len(source.shape)) if a not in axes]
    wide_kept = kept and source.shape[kept[-1]] > 1
    if wide_kept:
        votes = contiguous_axes(frame.fusion, source)
        inner = max((votes.get(axis, 0) for axis in axes), default=0)
        if votes.get(kept[-1], 0) > inner or last not in axes:
            return _across(frame, core, kept, reduced)
    return _along(frame, core, kept, reduced)


def contiguous_axes(fusion: Fusion, node: Node) -> dict[int, int]:
    """For each axis of an expression, how many elements lie in a row along it."""
    last = [axis for axis, n in enumerate(node.shape) if n > 1][-1:]
    if fusion.in_memory(node) or node.op == "literal" or not last:
        return dict.fromkeys(last, node.type.size)
    votes: dict[int, int] = {}
    for x in node.inputs if node.is_expression else ():
        for axis, size in contiguous_axes(fusion, x).items():
            place = _axis_in_user(node, x, axis)
            if place is not None:
                votes[place] = votes.get(place, 0) + size
    return votes


def _axis_in_user(node: Node, x: Node, axis: int) -> int | None:
    """Where an operand's axis is found in what is made of it."""
    if node.is_elementwise or node.op == "pack":
        return axis
    if node.op == "transpose":
        return node.params["axes"].index(axis)
    if node.op == "broadcast_to":
        return axis + len(node.shape) - len(x.shape)
    if node.op == "reshape":
        real = [a for a, n in enumerate(x.shape) if n > 1]
        places = [a for a, n in enumerate(node.shape) if n > 1]
        alike = [x.shape[a] for a in real] == [node.shape[a] for a in places]
        return places[real.index(axis)] if alike else None
    return None


def full_index(
    e: Emitter, core: Node, kept: Sequence[Index], inner: Sequence[Index]
) -> tuple[Index, ...]:
    """The operand's index from the result's index and that of the reduced axes."""
    axes = core.params["axes"]
    outer, reduced = iter(kept), iter(inner)
    rank = len(core.inputs[0].shape)
    return tuple([next(reduced) if a in axes else next(outer) for a in range(rank)])


def _across(
    frame: Frame, core: Node, kept: list[int], reduced: list[int]
) -> KernelCode:
    """Vectors along the last kept axis; each lane reduces by itself, in order."""
    e = frame.emitter(lanes_for(frame.kernel, frame.target))
    shape = core.shape
    dims = squeezed(shape)

    def reduce_at(real: Sequence[Index], mask: Value | None) -> None:
        index = reshaped(e.math, real, dims, shape)
        fold = Fold(e, core)
        with loops(e, reduced) as inner:
            place = full_index(e, core, index, inner)
            fold.step(e.widen(e.value(core.inputs[0], place, mask)))
        e.give(core, index, fold.result())
        frame.store_roots(e, index, mask)

    if len(dims) == 1:
        return _flat_columns(frame, e, dims[0], reduce_at)
    with row_range(frame, e, dims[0]) as row, loops(e, dims[1:-1]) as middle:
        along(e, dims[-1], lambda at, mask: reduce_at([row, *middle, at], mask))
    return frame.finish(units_of_rows(dims[0]), rows_part(dims[0]))


def _flat_columns(
    frame: Frame, e: Emitter, size: int, body: Callable[..., None]
) -> KernelCode:
    full = size - size % e.lanes
    units = -(-size // e.lanes)
    f = e.f
    whole = const("i64", full // e.lanes)
    stop = f.select(f.icmp("slt", frame.hi, whole), frame.hi, whole)
    with f.loop(frame.lo, stop) as unit, e.scope():
        body([Affine(f.mul(unit, const("i64", e.lanes)), 1)], None)
    if size - full:
        with f.when(f.icmp("sge", frame.hi, const("i64", units))), e.scope():
            mask = tail_mask(e.lanes, size - full)
            last = f.icmp("slt", frame.lo, frame.hi)
            with f.when(last), e.scope():
                body([Affine(full, 1)], mask)
    return frame.finish(units, ("flat", size, e.lanes))


def _along(
    frame: Frame, core: Node, kept: list[int], reduced: list[int]
) -> KernelCode:
    """Vectors along the last reduced axis, then across the lanes in a fixed tree."""
    e = frame.emitter(lanes_for(frame.kernel, frame.target))
    single = frame.emitter(1)
    dims = squeezed(core.shape)

    def reduce_at(real: Sequence[Index]) -> None:
        index = reshaped(e.math, real, dims, core.shape)
        total = reduce_vectors(e, core, index, reduced)
        with single.scope():
            single.give(core, index, total)
            frame.store_roots(single, index, None)

    if not core.shape:
        with e.f.when(e.f.icmp("slt", frame.lo, frame.hi)):
            reduce_at([ZERO])
        return frame.finish(1, ("flat", 1, 1))
    with row_range(frame, e, dims[0]) as row, loops(e, dims[1:]) as middle:
        reduce_at([row, *middle])
    return frame.finish(units_of_rows(dims[0]), rows_part(dims[0]))


def reduce_vectors(
    e: Emitter, core: Node, index: tuple[Index, ...], reduced: list[int]
) -> Value:
    """The reduction at one index of the result, as a scalar."""
    fold = Fold(e, core)
    with loops(e, reduced[:-1]) as outer:

        def step(at: Index, mask: Value | None) -> None:
            place = full_index(e, core, index, [*outer, at])
            fold.step(e.widen(e.value(core.inputs[0], place, mask)), mask)

        along(e, reduced[-1], step)
    return fold.across()


class Fold:
    """A running reduction in a vector register."""

    def __init__(self, e: Emitter, core: Node) -> None:
        self.e = e
        self.type = core.type
        self.op = core.op
        start = identity(core)
        element = llvm_element(core.type.dtype)
        self.identity = e.widen(const(element, start))
        self.cell = e.f.alloca(self.identity.type)
        e.f.store(self.identity, self.cell)

    def step(self, value: Value, mask: Value | None = None) -> None:
        """Take in a vector; masked lanes count as the identity."""
        f = self.e.f
        if mask is not None:
            value = f.select(mask, value, self.identity)
        total = f.load(self.identity.type, self.cell)
        f.store(combine(f, self.op, self.type, total, value), self.cell)

    def result(self) -> Value:
        """The reduction so far, lane by lane."""
        return self.e.f.load(self.identity.type, self.cell)

    def across(self) -> Value:
        """The reduction over the lanes too: halves, quarters, … in a fixed order."""
        f, value = self.e.f, self.result()
        lanes = self.e.lanes
        while lanes > 2:
            lanes //= 2
            low = f.shuffle(value, value, list(range(lanes)))
            high = f.shuffle(value, value, list(range(lanes, 2 * lanes)))
            value = combine(f, self.op, self.type, low, high)
        if lanes == 1:
            return value
        low, high = f.extract(value, 0), f.extract(value, 1)
        return combine(f, self.op, self.type, low, high)
