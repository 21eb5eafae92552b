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
from chainrule.backends.native.claims import share_of
from chainrule.backends.native.frame import lanes_for
from chainrule.backends.native.ir import Function, Value, const, vector
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Loop, Node
from chainrule.backends.native.pack import is_turn
from chainrule.backends.native.target import Target
from chainrule.backends.native.views import strided

if TYPE_CHECKING:
    from chainrule.backends.native.schedule import Item, Plan

PANEL_BYTES = 65_536
"""Arrays smaller than this stay as they are."""


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
    if len(type.shape) != 2 or type.nbytes < PANEL_BYTES or type.dtype.kind != "f":
        return False
    return type.shape[1] % target.lanes(type.dtype.itemsize) == 0


def _only_in_products(plan: Plan, position: int, node: Node, target: Target) -> bool:
    """Whether both the old value and the new are used in ways that know panels."""
    new = plan.region.outputs[position]
    if plan.targets.get(new) != position:
        return False
    users = [i for i in plan.items if {node, new} & {*i.reads, *i.writes}]
    weighed = any(_is_weight(item, node) for item in users)
    return weighed and all(
        _knows_panels(item, value, target)
        for item in users
        for value in (node, new)
        if value in item.reads or value in item.writes
    )


def _is_weight(item: Item, node: Node) -> bool:
    core = item.kernel.core if item.kernel else None
    return core is not None and core.shape == node.shape


def _knows_panels(item: Item, node: Node, target: Target) -> bool:
    kernel = item.kernel
    if item.kind != "kernel" or kernel is None:
        return False
    lanes = target.lanes(node.type.dtype.itemsize)
    if kernel.core is None:
        return is_turn(kernel, node) and lanes_for(kernel, target) == lanes
    if kernel.core.op != "matmul" or lanes_for(kernel, target) != lanes:
        return False
    left, right = kernel.core.inputs
    if strided(left).base is node:
        return False
    at_place = kernel.shape == node.shape and item.reads.get(node, True)
    return at_place or (right is node and not _in_epilogue(item, node))


def _in_epilogue(item: Item, node: Node) -> bool:
    """Whether a product reads its right operand again, where it writes."""
    kernel = item.kernel
    return kernel is not None and any(node in root.inputs for root in kernel.roots)


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
