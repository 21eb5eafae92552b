"""Which register tile a product gets, and what its epilogue asks of it."""

from __future__ import annotations

from typing import NamedTuple

from chainrule.backends.native.frame import lanes_for
from chainrule.backends.native.fuse import Fusion
from chainrule.backends.native.kernel import Kernel
from chainrule.backends.native.node import Node
from chainrule.backends.native.target import Target
from chainrule.backends.native.views import strided, transpose_of

UNROLL = 4
"""Terms of a sum that are added in one round of the loop over them."""
SHORT_SUM = 64
"""Sums up to this long leave an epilogue that divides waiting for memory: its tiles
are one vector wide, so that a pass over the rows walks a narrow stripe, which stays
cached."""
EPILOGUE_REGISTERS = 12
"""Vector registers that an epilogue gets beside the tile while the two interleave."""
DIVIDING = {"div", "sqrt"}


class Tile(NamedTuple):
    """Rows and vectors of a register tile."""

    rows: int
    vectors: int


MOST = Tile(12, 6)
"""The largest tile: 12 by 2 leaves registers for operands where there are 32."""


def tile_for(fusion: Fusion, kernel: Kernel, target: Target) -> Tile:
    """The tile of a product's kernel."""
    core = kernel.core
    if core is None:
        raise AssertionError("a product's kernel has a core")
    (rows, columns), lanes = core.shape[-2:], lanes_for(kernel, target)
    left = strided(core.inputs[0])
    turned = left == transpose_of(left.base)
    if not divides(fusion, kernel):
        return choose_tile(rows, columns, lanes, target, turned)
    spare = EPILOGUE_REGISTERS if has_spare_registers(target) else 0
    summed = core.inputs[0].shape[-1]
    tallest = max(1, min(MOST.rows, summed // UNROLL))
    most = Tile(tallest, 1 if summed <= SHORT_SUM else MOST.vectors)
    return choose_tile(rows, columns, lanes, target, turned, spare, most)


def has_spare_registers(target: Target) -> bool:
    """Whether a tile and an epilogue that runs in between can have registers each."""
    return target.registers > 16


def choose_tile(
    rows: int,
    columns: int,
    lanes: int,
    target: Target,
    turned: bool = False,
    spare: int = 0,
    most: Tile = MOST,
) -> Tile:
    """The tile with the least cost over the whole result.

    A step of the summed axis costs a multiply-add for each register of the tile, but
    no less than half a cycle for each load; a vector of Y comes from further away than
    an element of X. Rows that are left over have code of their own; a vector that
    sticks out costs in full. Where X is ``turned``, rows of a tile are neighbours in
    memory, and lie within a vector. ``spare`` registers are left to an epilogue that
    runs in between; a tile is no taller and no wider than ``most``.
    """
    width = -(-columns // lanes)
    best, best_cost = Tile(1, 1), float("inf")
    for vectors in range(1, min(width, most.vectors) + 1):
        for tall in range(1, min(rows, most.rows) + 1):
            if tall * vectors + vectors + 1 + spare > target.registers:
                continue
            if turned and lanes % tall:
                continue
            whole, left = divmod(rows, tall)
            stripe = whole * _cost(tall, vectors)
            if left:
                stripe += _cost(left, vectors) + 2.0
            cost = -(-width // vectors) * (stripe + 0.5 * bool(width % vectors))
            if cost < best_cost:
                best, best_cost = Tile(tall, vectors), cost
    return best


def _cost(tall: int, vectors: int) -> float:
    work = max(tall * vectors, 4, (tall + vectors) / 2 + vectors / 2)
    return work + 0.1 * tall + 0.5 * vectors


def divides(fusion: Fusion, kernel: Kernel) -> bool:
    """Whether the epilogue has quotients or roots, as an optimiser's update has.

    They keep a unit of the processor busy for long that the product does not use.
    """
    seen: set[Node] = set()
    pending = list(kernel.roots)
    while pending:
        node = pending.pop()
        if node in seen or node is kernel.core:
            continue
        seen.add(node)
        if node.op in DIVIDING and node.is_expression:
            return True
        if node in kernel.roots or not fusion.in_memory(node):
            pending += node.inputs
    return False


def flops(core: Node) -> int:
    """Floating-point operations of a product."""
    return 2 * core.type.size * core.inputs[0].shape[-1]
