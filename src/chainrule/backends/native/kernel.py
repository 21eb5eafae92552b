"""Values computed together, and what the nodes of a region are to each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.backends.native.node import Node, Region


@dataclass(eq=False)
class Kernel:
    """Values over one index space, computed together.

    Attributes:
        shape: The index space of the roots.
        core: The product or reduction at the heart, or None.
        roots: The values that are stored, in order.
    """

    shape: tuple[int, ...]
    core: Node | None
    roots: list[Node] = field(default_factory=lambda: [])

    @property
    def scratch(self) -> list[Node]:
        """Memory that the core works in: nodes without a value."""
        return self.core.params.get("scratch", []) if self.core else []

    @property
    def bits(self) -> int:
        """The members, as a set of bits."""
        bits = self.core.bit if self.core else 0
        for root in self.roots:
            bits |= root.bit
        return bits


def independent(leaves: list[Node], kernel: Kernel, straight: set[Node]) -> bool:
    """Whether nothing that the root reads waits for the kernel it would join.

    Members of the kernel itself may be read, at the same index only.
    """
    bits = kernel.bits
    members = {kernel.core, *kernel.roots}
    return all(
        leaf in straight if leaf in members else not leaf.ancestors & bits
        for leaf in leaves
    )


def live_nodes(region: Region) -> list[Node]:
    """The nodes that some result is made of, in order."""
    wanted: set[Node] = set()
    pending = [node for node in region.outputs if node.region is region]
    while pending:
        node = pending.pop()
        if node not in wanted:
            wanted.add(node)
            pending += [x for x in node.inputs if x.region is region]
    return [node for node in region.nodes if node in wanted]


def uses_of(nodes: list[Node]) -> dict[Node, list[Node]]:
    """Which nodes read each node."""
    uses: dict[Node, list[Node]] = {}
    for node in nodes:
        for operand in node.inputs:
            uses.setdefault(operand, []).append(node)
    return uses
