"""Fusion: which values get memory, and which are computed together in one kernel.

A *core* (product or reduction) gathers into its kernel the elementwise values that are
computed from its result at the same index: bias, activation, dropout, and for a weight
gradient the optimiser's whole update, so that the gradient itself never goes to memory.
What is not stored is recomputed where it is used, if that is cheap, else stored.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.backends.native.kernel import Kernel as Kernel
from chainrule.backends.native.kernel import independent, live_nodes, uses_of
from chainrule.backends.native.node import CHEAP, VIEWS, WHOLE, Node, Region
from chainrule.backends.native.views import strided

WEIGHT_LIMIT, LARGE_LIMIT = 12, 36
"""Operations that may be computed twice rather than stored; where what is stored would
be ``LARGE`` bytes, more than caches near the processor hold."""
LARGE = 1 << 22
COSTLY = LARGE_LIMIT + 1
"""What an operation weighs that is not cheap."""
HEAVY = 40 * COSTLY
"""What a kernel's expressions weigh at most: the time that LLVM takes for a function
grows faster than its length."""


GIVEN = ("input", "callback_result", "loop_result", "choice_result")
HEADS = ("callback", "loop", "choice")
"""Values that no kernel of ours makes, and nodes whose results these are."""


class Fusion:
    """Decides for one region what is stored and in which kernel it is computed."""

    def __init__(self, region: Region, stored: set[Node]) -> None:
        self.region = region
        self.live = live_nodes(region)
        self.stored: set[Node] = set()
        self.needed: set[Node] = set()
        for node in stored:
            self._need(node)
        self.uses = uses_of(self.live)
        self.weight: dict[Node, int] = {}
        self.load: dict[Node, int] = {}  # what computing a stored value weighs
        self.kernels: list[Kernel] = []
        self.kernel_of: dict[Node, Kernel] = {}
        self._require()
        while not self._group():
            pass
        self._adopt()
        self._release()

    def in_memory(self, node: Node) -> bool:
        """Whether a value of this region stands in memory (or, 0-d, in a register)."""
        return (
            node in self.stored
            or node.region is not self.region
            or node.op in GIVEN
            or node.is_scalar
        )

    # -- what must be stored -------------------------------------------------

    def _require(self) -> None:
        for node in self.live:
            if node.op == "matmul":
                for operand in node.inputs:
                    self._need(strided(operand).base)
            elif node.op in HEADS:
                for operand in node.inputs:
                    self._need(operand)
            elif node.op == "pack" or node.op in WHOLE:
                self._need(node)
        for node in self.live:
            self.weight[node] = self._weight(node)
            limit = LARGE_LIMIT if node.type.nbytes >= LARGE else WEIGHT_LIMIT
            if not node.is_expression or self.weight[node] <= limit:
                continue
            shared = len(self.uses.get(node, ())) > 1
            if shared or self.weight[node] > HEAVY or self._is_repeated(node):
                self._store(node)
                self.load[node] = self.weight[node]
                self.weight[node] = 1

    def _is_repeated(self, node: Node) -> bool:
        """Whether some user, through views, asks for each element more than once."""
        for user in self.uses.get(node, ()):
            if user.op == "broadcast_to" and user.type.size > node.type.size:
                return True
            if user.op in VIEWS and user not in self.stored and self._is_repeated(user):
                return True
        return False

    def _need(self, node: Node) -> None:
        """Store a value that must stand in memory, whoever else reads it."""
        self.needed.add(node)
        self._store(node)

    def _store(self, node: Node) -> None:
        made_here = node.region is self.region and node.op not in GIVEN
        if made_here and node.op not in HEADS:
            self.stored.add(node)

    def _weight(self, node: Node) -> int:
        if self.in_memory(node) or not node.is_expression:
            return 1
        if node.op == "fold":
            (x,) = node.inputs
            return x.type.size // node.type.size * (1 + self.weight.get(x, 1))
        own = 1 if node.op in CHEAP else COSTLY
        return own + sum(self.weight.get(x, 1) for x in node.inputs)

    # -- kernels ---------------------------------------------------------------

    def _group(self) -> bool:
        """Form kernels; False if more had to be stored, so that it must start again."""
        self.kernels, self.kernel_of = [], {}
        host: dict[Node, Node] = {}
        for node in self.live:
            if node.is_scalar:
                if self._store_hosted_inputs(node, host, elementwise=False):
                    return False
                continue
            if node.is_core:
                if self._store_hosted_inputs(node, host, elementwise=False):
                    return False
                self._new_kernel(node)
                host[node] = node
            elif node.is_elementwise:
                if self._store_hosted_inputs(node, host, elementwise=True):
                    return False
                self._inherit(node, host)
            elif self._store_hosted_inputs(node, host, elementwise=False):
                return False
            if node in self.stored and not node.is_core:
                if not self._place(node, host.pop(node, None)):
                    return False
            elif node in self.stored and node.is_core:
                self.kernel_of[node].roots.append(node)
                host.pop(node)
        return self._store_lonely_cores()

    def _new_kernel(self, core: Node) -> None:
        kernel = Kernel(core.shape, core)
        self.kernels.append(kernel)
        self.kernel_of[core] = kernel

    def _store_hosted_inputs(
        self, node: Node, host: dict[Node, Node], elementwise: bool
    ) -> bool:
        """Store what a node needs of other kernels' unfinished values."""
        hosted = [x for x in node.inputs if x in host and not self.in_memory(x)]
        if elementwise:
            cores = {host[x] for x in hosted}
            if len(cores) <= 1:
                return False
            latest = max(cores, key=lambda core: core.bit)
            hosted = [x for x in hosted if host[x] is not latest]
        for x in hosted:
            self.stored.add(x)
        return bool(hosted)

    def _inherit(self, node: Node, host: dict[Node, Node]) -> None:
        for x in node.inputs:
            if x in host and not self.in_memory(x):
                host[node] = host[x]

    def _place(self, root: Node, core: Node | None) -> bool:
        """Put a stored value into a kernel; False if its core must be stored."""
        leaves = self.leaves(root, stop_at=core)
        if core is not None:
            kernel = self.kernel_of[core]
            straight = self.aligned_leaves(root)
            if not independent(leaves, kernel, straight) or self._circles(
                kernel, leaves
            ):
                self.stored.add(core)
                return False
            kernel.roots.append(root)
            self.kernel_of[root] = kernel
            return True
        kernel = self._neighbour(root, leaves)
        if kernel is None:
            kernel = Kernel(root.shape, None)
            self.kernels.append(kernel)
        kernel.roots.append(root)
        self.kernel_of[root] = kernel
        return True

    def _neighbour(self, root: Node, leaves: list[Node]) -> Kernel | None:
        """A kernel over the same index space that makes one of the leaves."""
        if not root.is_elementwise:
            return None
        straight = self.aligned_leaves(root)
        for leaf in sorted(straight, key=lambda node: -node.bit):
            kernel = self.kernel_of.get(leaf)
            if kernel is None or kernel.shape != root.shape:
                continue
            if kernel.core is not None and leaf is kernel.core and not kernel.roots:
                continue
            if self._loads(kernel) + self.load.get(root, 1) > HEAVY:
                continue
            if independent(leaves, kernel, straight) and not self._circles(
                kernel, leaves
            ):
                return kernel
        return None

    def _loads(self, kernel: Kernel) -> int:
        return sum([self.load.get(root, 1) for root in kernel.roots])

    def _circles(self, kernel: Kernel, leaves: Iterable[Node]) -> bool:
        """Whether a kernel that makes one of the leaves waits for this kernel.

        Nothing that the leaf itself is made of need wait for it: what else its kernel
        makes may.
        """
        seen = {kernel}
        pending = self._makers(leaves)
        while pending:
            maker = pending.pop()
            if maker in seen:
                continue
            seen.add(maker)
            members = [x for x in (maker.core, *maker.roots) if x is not None]
            makers = self._makers(
                leaf for x in members for leaf in self._reads(x, maker.core)
            )
            if kernel in makers:
                return True
            pending += makers
        return False

    def _makers(self, nodes: Iterable[Node]) -> list[Kernel]:
        """The kernels that values wait for, through scalars, calls and loops."""
        found: dict[Kernel, None] = {}
        seen: set[Node] = set()
        pending = list(nodes)
        while pending:
            node = pending.pop()
            if node in seen or node.region is not self.region:
                continue
            seen.add(node)
            kernel = self.kernel_of.get(node)
            if kernel is None:
                pending += node.inputs
            else:
                found[kernel] = None
        return list(found)

    def _store_lonely_cores(self) -> bool:
        complete = True
        for kernel in self.kernels:
            if kernel.core is not None and not kernel.roots:
                self.stored.add(kernel.core)
                complete = False
        return complete

    def _adopt(self) -> None:
        """Let a core's kernel also make what its roots alone read at their own index.

        Dropout's mask, say, is computed in the epilogue of the product that it masks.
        """
        for kernel in self.kernels:
            if kernel.roots:
                self._adopt_into(kernel)
        self.kernels = [kernel for kernel in self.kernels if kernel.roots]

    def _release(self) -> None:
        """Keep in registers what is read in the kernel alone that makes it."""
        readers: dict[Node, set[object]] = {}
        crooked: set[Node] = set()
        for kernel in self.kernels:
            for member in (kernel.core, *kernel.roots):
                if member is None:
                    continue
                leaves = self._reads(member, kernel.core)
                for leaf in leaves:
                    readers.setdefault(leaf, set()).add(kernel)
                straight = self.aligned_leaves(member)
                crooked.update(leaf for leaf in leaves if leaf not in straight)
        for node in self.live:
            if node.is_scalar:
                for leaf in self.leaves(node):
                    readers.setdefault(leaf, set()).add(node)
        for kernel in self.kernels:
            kept = [
                root
                for root in kernel.roots
                if not root.is_elementwise
                or root in self.needed
                or root in crooked
                or readers.get(root) != {kernel}
            ]
            self.stored.difference_update(set(kernel.roots) - set(kept))
            kernel.roots[:] = kept

    def _adopt_into(self, kernel: Kernel) -> None:
        wanted = [x for root in kernel.roots for x in self.aligned_leaves(root)]
        for leaf in sorted(set(wanted), key=lambda node: node.bit):
            other = self.kernel_of.get(leaf)
            if other is not None and self._can_adopt(kernel, other):
                kernel.roots[:0] = other.roots
                self.kernel_of.update(dict.fromkeys(other.roots, kernel))
                other.roots.clear()

    def _can_adopt(self, kernel: Kernel, other: Kernel) -> bool:
        if other is kernel or other.core is not None or other.shape != kernel.shape:
            return False
        if not all(root.is_elementwise for root in other.roots):
            return False
        if self._loads(kernel) + self._loads(other) > HEAVY:
            return False
        if kernel.core is not None:
            operands = self._reads(kernel.core, kernel.core)
            if any(leaf in other.roots for leaf in operands):
                return False
        waits = any(
            leaf.ancestors & kernel.bits
            for root in other.roots
            for leaf in self.leaves(root)
            if leaf not in other.roots
        )
        members = {kernel.core, *kernel.roots, *other.roots}
        outside = [
            leaf
            for root in (*kernel.roots, kernel.core)
            if root is not None
            for leaf in self._reads(root, kernel.core)
            if leaf not in members
        ]
        if waits or any(leaf.ancestors & other.bits for leaf in outside):
            return False
        beside = [leaf for root in other.roots for leaf in self.leaves(root)]
        beside = [leaf for leaf in beside if leaf not in members]
        return not self._circles(other, outside) and not self._circles(kernel, beside)

    def _reads(self, root: Node, core: Node | None) -> list[Node]:
        if root.op == "matmul":
            return [strided(x).base for x in root.inputs]
        return self.leaves(root, stop_at=core if root is not core else None)

    def leaves(self, root: Node, stop_at: Node | None = None) -> list[Node]:
        """The values that a root's expression reads: memory, scalars, its core."""
        found: dict[Node, None] = {}
        seen: set[Node] = set()
        pending = list(root.inputs)
        while pending:
            node = pending.pop()
            if node in seen or node.op == "literal":
                continue
            seen.add(node)
            if self.in_memory(node) or node is stop_at or node.is_core:
                found[node] = None
            else:
                pending += node.inputs
        return list(found)

    def aligned_leaves(self, root: Node) -> set[Node]:
        """Leaves of a root that it reads only at its own index."""
        aligned: set[Node] = set()
        crooked: set[Node] = set()
        seen: set[tuple[Node, bool]] = set()
        pending = [(node, root.is_elementwise) for node in root.inputs]
        while pending:
            node, straight = pending.pop()
            if (node, straight) in seen:
                continue
            seen.add((node, straight))
            if self.in_memory(node) or node.is_core:
                (aligned if straight else crooked).add(node)
            else:
                below = straight and node.is_elementwise
                pending += [(x, below) for x in node.inputs]
        return aligned - crooked
