"""Which register tile a product gets, and what its epilogue asks of it."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.backends.native.fuse import Fusion, Kernel
from chainrule.backends.native.node import CHEAP, Node
from chainrule.backends.native.target import Target


@dataclass(frozen=True)
class Tile:
    """Rows and vectors of a register tile."""

    rows: int
    vectors: int


MOST = Tile(14, 6)
"""The largest tile that any processor has registers for."""


def choose_tile(
    rows: int,
    columns: int,
    lanes: int,
    target: Target,
    spare: int = 0,
    most: Tile = MOST,
) -> Tile:
    """The tile with the least cost over the whole result.

    A step of the summed axis costs a multiply-add for each register of the tile, but
    no less than half a cycle for each load; a tile that sticks out costs in full.
    ``spare`` registers are left to an epilogue that runs in between; a tile is no
    taller and no wider than ``most``.
    """
    width = -(-columns // lanes)
    best, best_cost = Tile(1, 1), float("inf")
    for vectors in range(1, min(width, most.vectors) + 1):
        for tall in range(1, min(rows, most.rows) + 1):
            if tall * vectors + vectors + 1 + spare > target.registers:
                continue
            tiles = -(-rows // tall) * -(-width // vectors)
            work = max(tall * vectors, 4, (tall + vectors) / 2 + vectors / 2)
            loads = 0.15 * (tall + 2 * vectors)
            odd = 0.5 * bool(rows % tall) + 0.5 * bool(width % vectors)
            cost = tiles * (work + loads + odd)
            if cost < best_cost:
                best, best_cost = Tile(tall, vectors), cost
    return best


def is_costly(fusion: Fusion, kernel: Kernel) -> bool:
    """Whether the epilogue has more to it than additions, products and choices."""
    seen: set[Node] = set()
    pending = list(kernel.roots)
    while pending:
        node = pending.pop()
        if node in seen or node is kernel.core:
            continue
        seen.add(node)
        if node.op not in CHEAP and node.is_expression:
            return True
        if node in kernel.roots or not fusion.in_memory(node):
            pending += node.inputs
    return False


def flops(core: Node) -> int:
    """Floating-point operations of a product."""
    return 2 * core.type.size * core.inputs[0].shape[-1]
