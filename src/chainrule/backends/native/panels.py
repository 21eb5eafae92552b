"""Panels: a loop's weights laid out by vector columns while the loop runs.

In row-major order a product that walks down a few columns of a weight jumps from row
to row, and threads that share the columns share every page, so that the processors
fetch ahead what the other is writing. In panels, element (i, j) of an n by m array
lies at ``((j // L) n + i) L + j % L`` for vectors of L lanes: each vector column runs
through memory by itself. Before the loop the array is copied into the arena so, and
after it back.

Source: packing, as in Goto and van de Geijn, ACM TOMS 34(3), 2008, but kept from step
to step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chainrule.backends.native.access import Array
from chainrule.backends.native.frame import lanes_for
from chainrule.backends.native.ir import Function, Value, const, vector
from chainrule.backends.native.maps import gathered
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Loop, Node
from chainrule.backends.native.pack import is_turn, turns_into
from chainrule.backends.native.support import share_of
from chainrule.backends.native.target import Target
from chainrule.backends.native.tiles import tile_for
from chainrule.backends.native.views import strided, transpose_of

if TYPE_CHECKING:
    from chainrule.backends.native.schedule import Item, Plan

PANEL_BYTES = 65_536
"""Arrays smaller than this stay as they are."""
PANEL_ROWS = 64
"""So do those of fewer rows: what jumps from row to row does not jump far."""


def panelled(plan: Plan, loop: Loop, target: Target | None) -> list[int]:
    """Positions of the carries that only products and packings use, by whole columns.

    Args:
        plan: The plan of the loop's body.
        loop: The loop.
        target: The processor; for None, there are no panels.
    """
    if target is None:
        return []
    return [
        position
        for position, node in enumerate(loop.carry_in)
        if _has_columns(node, target)
        and _only_in_products(plan, position, node, target)
    ]


def _has_columns(node: Node, target: Target) -> bool:
    type = node.type
    if len(type.shape) != 2 or type.shape[0] < PANEL_ROWS or type.dtype.kind != "f":
        return False
    return (
        type.nbytes >= PANEL_BYTES
        and type.shape[1] % target.lanes(type.dtype.itemsize) == 0
    )


def in_panels(plan: Plan, target: Target | None) -> set[Node]:
    """Values in the arena that lie in panels, since all that meets them knows these.

    Args:
        plan: A region's plan.
        target: The processor; for None, there are none.
    """
    if target is None:
        return set()
    return {
        node
        for node in plan.offsets
        if node not in plan.region.outputs  # those are copied as they lie
        and _has_columns(node, target)
        and all(_knows_panels(plan, i, node, target) for i in _users(plan, node))
    }


def _users(plan: Plan, node: Node) -> list[Item]:
    return [item for item in plan.items if node in item.reads or node in item.writes]


def _only_in_products(plan: Plan, position: int, node: Node, target: Target) -> bool:
    """Whether both the old value and the new are used in ways that know panels."""
    new = plan.region.outputs[position]
    if plan.targets.get(new) != position:
        return False
    weighed = any(_is_weight(item, node) for item in _users(plan, node))
    return weighed and all(
        _knows_panels(plan, item, value, target)
        for value in (node, new)
        for item in _users(plan, value)
    )


def _is_weight(item: Item, node: Node) -> bool:
    core = item.kernel.core if item.kernel else None
    return core is not None and core.shape == node.shape


def _knows_panels(plan: Plan, item: Item, node: Node, target: Target) -> bool:
    """Whether an item takes or makes a value by whole vectors of its columns."""
    kernel = item.kernel
    if item.kind != "kernel" or kernel is None:
        return False
    if lanes_for(kernel, target) != target.lanes(node.type.dtype.itemsize):
        return False
    core = kernel.core
    if core is None:
        gathers = kernel.roots == [node] and gathered(plan.fusion, node) is not None
        return gathers or is_turn(kernel, node) or turns_into(kernel, node)
    in_epilogue = any(
        node in plan.fusion.leaves(root, stop_at=core) for root in kernel.roots
    )
    if core.op != "matmul":
        whole = core.inputs[0] is node and core.params["axes"] == (0,)
        return whole and (core in kernel.roots or not in_epilogue)
    if kernel.shape == node.shape and item.reads.get(node, True):
        return True
    if in_epilogue and kernel.roots != [core]:
        return False
    left, right = core.inputs
    if strided(right).base is node and right is not node:
        return False
    if strided(left).base is not node or left is node:
        return node in core.inputs
    rows = tile_for(plan.fusion, kernel, target).rows
    return strided(left) == transpose_of(node) and _fits_panels(rows, node, target)


def _fits_panels(rows: int, node: Node, target: Target) -> bool:
    """Whether the rows of each tile of a transpose lie in one panel."""
    return target.lanes(node.type.dtype.itemsize) % rows == 0


def to_panels(
    f: Function, rows: Array, panels: Array, team: tuple[Value, Value]
) -> None:
    """Copy a row-major array into panels; threads share the columns."""

    def move(row_major: Value, panel: Value, type: str) -> None:
        f.store(f.load(type, row_major), panel)

    _walk(f, rows, panels, team, move)


def from_panels(
    f: Function, panels: Array, rows: Array, team: tuple[Value, Value]
) -> None:
    """Copy panels back into a row-major array."""

    def move(row_major: Value, panel: Value, type: str) -> None:
        f.store(f.load(type, panel), row_major)

    _walk(f, rows, panels, team, move)


def _walk(
    f: Function,
    rows: Array,
    panels: Array,
    team: tuple[Value, Value],
    move: Callable[[Value, Value, str], None],
) -> None:
    memory: Memory = panels.memory
    n, m = memory.shape
    lanes = memory.panel
    low, high = share_of(f, m // lanes, *team)
    with f.loop(low, high) as panel:
        column = f.mul(panel, const("i64", lanes))
        start = f.mul(column, const("i64", n))
        with f.loop(0, n) as i:
            at = f.add(f.mul(i, const("i64", m)), column)
            place = f.add(start, f.mul(i, const("i64", lanes)))
            move(
                f.gep(memory.element, rows.address, at),
                f.gep(memory.element, panels.address, place),
                vector(memory.element, lanes),
            )
