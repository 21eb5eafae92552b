"""Kernels without a core: every root at every index of its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import (
    ROW_UNIT,
    Frame,
    KernelCode,
    along,
    lanes_for,
    loops,
    row_range,
    rows_part,
    squeezed,
    tail_mask,
    units_of_rows,
)
from chainrule.backends.native.fuse import GIVEN, Fusion
from chainrule.backends.native.index import Affine, Index, reshaped
from chainrule.backends.native.indexed import chosen
from chainrule.backends.native.ir import Function, Value, const
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import CHEAP, INDEXED, Node

FLAT_UNIT = 1024
LENGTHY = 8
"""Operations that are not cheap, from which a map goes two vectors at a time."""
ROWS_AHEAD = 3

WITH_EDGES, EDGE_VECTORS = 4096, 4
"""Flat maps of at least so many elements have a loop of their own far from their edges,
which are so many vectors wide."""


def emit_map(frame: Frame) -> KernelCode:
    """Every root at every index."""
    roots = frame.kernel.roots
    lanes = lanes_for(frame.kernel, frame.target) * _beside(frame)
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
                e.prefetch(memory, (chosen, at), outer=True)
            frame.store_roots(e, place([row, *middle, at]), mask)

        along(e, dims[-1], body)
    return frame.finish(units_of_rows(rows), rows_part(rows))


def _beside(frame: Frame) -> int:
    """How many vectors go side by side: what one waits for, the other fills.

    The operations of a long expression wait for each other more than for the processor,
    which sees no further than into the next one.
    """
    slow = [node for node in _expression(frame) if node.op not in CHEAP]
    slow = [node for node in slow if node.op not in GIVEN]
    return 2 if len(slow) >= LENGTHY and frame.target.registers > 16 else 1


def gathered(fusion: Fusion, root: Node) -> Node | None:
    """The ``take`` that brings a root's rows, one a row, from an array in memory."""
    node = root
    while node.op in ("convert", "reshape"):
        node = node.inputs[0]
        if fusion.in_memory(node):
            return None
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
    chosen(e, node, (row,))
    later = e.math.plus(row, Affine(ROWS_AHEAD))
    if not isinstance(later, Affine):
        raise AssertionError("rows are counted by a scalar")
    f, last = e.f, const("i64", rows - 1)
    base = f.index(later.base)
    within = f.select(f.icmp("slt", base, last), base, last)
    leaf: Memory = e.leaves[node.inputs[0]]
    width = node.type.size // rows
    flat = Memory(leaf.address, (leaf.shape[0], width), leaf.dtype)
    return flat, chosen(e, node, (Affine(within),))


def _flat(
    frame: Frame, e: Emitter, size: int, place: Callable[[Sequence[Index]], Any]
) -> KernelCode:
    """One axis, shared out in units of a fixed number of elements."""
    f = e.f
    unit = max(e.lanes, min(FLAT_UNIT, -(-size // (16 * e.lanes)) * e.lanes))
    full = size - size % e.lanes
    start = f.mul(frame.lo, const("i64", unit))
    stop = f.mul(frame.hi, const("i64", unit))
    inner = _least(f, stop, full)
    if size >= WITH_EDGES and any(node.op == "pad" for node in _expression(frame)):
        # Far from the edges nothing need be asked of the index.
        edge = const("i64", EDGE_VECTORS * e.lanes)
        last = full - EDGE_VECTORS * e.lanes
        with f.loop(start, _least(f, inner, edge), e.lanes) as at, e.scope():
            frame.store_roots(e, place([Affine(at, 1)]), None)
        first = f.select(f.icmp("sgt", start, edge), start, edge)
        with f.loop(first, _least(f, inner, last), e.lanes) as at, e.scope():
            e.math.bounded(at, EDGE_VECTORS * e.lanes, last - e.lanes)
            frame.store_roots(e, place([Affine(at, 1)]), None)
        start = f.select(
            f.icmp("sgt", start, const("i64", last)), start, const("i64", last)
        )
    with f.loop(start, inner, e.lanes) as at, e.scope():
        frame.store_roots(e, place([Affine(at, 1)]), None)
    if size - full:
        with f.when(f.icmp("sge", stop, const("i64", size))), e.scope():
            mask = tail_mask(e.lanes, size - full)
            frame.store_roots(e, place([Affine(full, 1)]), mask)
    return frame.finish(-(-size // unit), ("flat", size, unit))


def _least(f: Function, x: Value, y: Value | int) -> Value:
    other = f.index(y)
    return f.select(f.icmp("slt", x, other), x, other)


def _expression(frame: Frame) -> set[Node]:
    """Everything that a map's roots are computed from, down to what is in memory."""
    seen: set[Node] = set()
    pending = list(frame.kernel.roots)
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            if node in frame.kernel.roots or node not in frame.leaves:
                pending += node.inputs
    return seen


def _collapses(frame: Frame, dims: Sequence[int], lanes: int) -> bool:
    """Whether all axes can run as one, and are better off so."""
    size = frame.kernel.roots[0].type.size
    awkward = dims[-1] < 4 * lanes or dims[0] < 2 * ROW_UNIT
    roots = frame.kernel.roots
    return awkward and size >= 16384 and all(_is_linear(r, frame) for r in roots)


def _is_linear(root: Node, frame: Frame) -> bool:
    """Whether every array that a root reads is read in the root's own order."""
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
        elif _reorders(node):
            return False
        elif node.op != "random_bits":
            pending += node.inputs
    return True


def _reorders(node: Node) -> bool:
    if node.op == "broadcast_to":
        return node.inputs[0].type.size != 1
    if node.op in ("transpose", "slice"):
        return True
    return node.op in INDEXED and node.op != "random_bits"
