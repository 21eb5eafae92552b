"""The order of work in a region, and where its values live.

Items (kernels, scalars, loops, calls back to NumPy) run in an order that respects who
reads what, and lets a value be overwritten in place by its successor: a weight by the
updated weight, once nobody needs the old one. Other values share one arena.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chainrule.backends.native.frame import kernel_reads
from chainrule.backends.native.fuse import Fusion, Kernel
from chainrule.backends.native.node import Loop, Node, Region
from chainrule.backends.native.panels import in_panels, panelled
from chainrule.backends.native.target import Target

ALIGN = 64


@dataclass(eq=False)
class Item:
    """One thing to do.

    Attributes:
        kind: ``kernel``, ``scalar``, ``loop``, ``choice`` or ``callback``.
        reads: Values in memory that it reads, and whether only at the place where it
            writes (so that it may write over them).
        writes: Values that it makes.
        kernel: For a kernel or a scalar reduction.
        node: For a scalar, a callback, the head of a loop or choice.
        before: The items that must come before it.
    """

    kind: str
    reads: dict[Node, bool]
    writes: list[Node]
    kernel: Kernel | None = None
    node: Node | None = None
    before: set[Item] = field(default_factory=lambda: set())


@dataclass(eq=False)
class Plan:
    """A region made ready for emission.

    Attributes:
        region: The region.
        fusion: What is stored.
        items: In order.
        offsets: Place in the region's arena, in bytes, of values that live there.
        targets: Values whose memory is the output's of this position.
        copies: Output positions that are filled at the end, by copying their value.
        staging: Of those, where in the arena a value is set aside first, since its own
            memory is some output's too (outputs that trade places).
        size: Bytes of arena, with those of the loops inside.
        inner: Plans of loop bodies and branches, and where in the arena theirs starts.
        columns: Values in the arena that lie in panels.
        panels: For each loop, the carries that lie in panels meanwhile: the position,
            and where in the arena.
    """

    region: Region
    fusion: Fusion
    items: list[Item]
    offsets: dict[Node, int] = field(default_factory=lambda: {})
    targets: dict[Node, int] = field(default_factory=lambda: {})
    copies: list[int] = field(default_factory=lambda: [])
    staging: dict[int, int] = field(default_factory=lambda: {})
    size: int = 0
    inner: dict[Region, tuple[Plan, int]] = field(default_factory=lambda: {})
    columns: set[Node] = field(default_factory=lambda: set())
    panels: dict[Loop, dict[int, int]] = field(default_factory=lambda: {})


def plan_region(
    region: Region, overwrites: Sequence[Node | None], target: Target | None = None
) -> Plan:
    """Plan a region; output k overwrites the memory of input ``overwrites[k]``.

    For a target, loops get panels for the weights that they carry.
    """
    stored = {node for node in region.outputs if not node.is_scalar}
    fusion = Fusion(region, stored)
    plan = Plan(region, fusion, _items(fusion))
    _connect(plan)
    _assign_targets(plan, overwrites)
    plan.items = _ordered(plan.items)
    _place(plan, set(overwrites), target)
    plan.columns = in_panels(plan, target)
    return plan


# -- items -----------------------------------------------------------------------


def _items(fusion: Fusion) -> list[Item]:
    items = [_kernel_item(fusion, kernel) for kernel in fusion.kernels]
    for node in fusion.live:
        if node.op == "loop":
            items.append(_loop_item(node))
        elif node.choice is not None:
            reads = dict.fromkeys(node.inputs, False)
            items.append(Item("choice", reads, node.choice.results, node=node))
        elif node.op == "callback":
            results = [x for x in node.region.nodes if node in x.inputs]
            reads = dict.fromkeys(node.inputs, False)
            items.append(Item("callback", reads, results, node=node))
        elif node.is_scalar and needs_item(fusion, node):
            items.append(_scalar_item(fusion, node))
    return [item for item in items if item.writes or item.kind == "loop"]


def needs_item(fusion: Fusion, node: Node) -> bool:
    """Whether a scalar is read from arrays, and so has its place in the order."""
    if node.is_core:
        return True
    if not node.is_expression:
        return False
    return any(not leaf.is_scalar for leaf in fusion.leaves(node))


def _kernel_item(fusion: Fusion, kernel: Kernel) -> Item:
    aligned: dict[Node, bool] = {}
    for node in kernel_reads(fusion, kernel):
        aligned[node] = True
    for root in kernel.roots:
        straight = fusion.aligned_leaves(root) if root is not kernel.core else set()
        for leaf in (
            fusion.leaves(root, stop_at=kernel.core) if root.op != "matmul" else ()
        ):
            aligned[leaf] = aligned.get(leaf, True) and leaf in straight
    if kernel.core is not None:
        for leaf in kernel_reads(fusion, Kernel(kernel.shape, kernel.core)):
            aligned[leaf] = False
    for member in (kernel.core, *kernel.roots):
        aligned.pop(member, None)  # type: ignore[arg-type]
    writes = [*kernel.roots, *kernel.scratch]
    return Item("kernel", aligned, writes, kernel=kernel)


def _scalar_item(fusion: Fusion, node: Node) -> Item:
    kernel = Kernel((), node, [node]) if node.is_core else None
    leaves = kernel_reads(fusion, kernel) if kernel else fusion.leaves(node)
    return Item("scalar", dict.fromkeys(leaves, False), [node], kernel, node)


def _loop_item(head: Node) -> Item:
    loop = head.loop
    if loop is None:
        raise AssertionError("a loop node holds its loop")
    carried = set(loop.init)
    elsewhere = set(head.inputs) - carried | set(loop.xs)
    for node in loop.captured:
        elsewhere.add(node)
    reads = {node: node not in elsewhere for node in head.inputs}
    return Item("loop", reads, list(loop.results), node=head)


# -- order -----------------------------------------------------------------------


def _connect(plan: Plan) -> None:
    """Each item comes after those that make what it reads."""
    maker = {node: item for item in plan.items for node in item.writes}
    for item in plan.items:
        for node in item.reads:
            item.before |= makers(plan.fusion, node, maker)


def makers(fusion: Fusion, node: Node, maker: dict[Node, Item]) -> set[Item]:
    """The items that a value waits for; scalars are followed to theirs."""
    if node in maker:
        return {maker[node]}
    if node.region is not fusion.region:
        return set()
    found: set[Item] = set()
    for operand in node.inputs:
        found |= makers(fusion, operand, maker)
    return found


def _assign_targets(plan: Plan, overwrites: Sequence[Node | None]) -> None:
    """Let outputs be made where they belong, in place where nobody is disturbed."""
    maker = {node: item for item in plan.items for node in item.writes}
    for position, node in enumerate(plan.region.outputs):
        if node.is_scalar or node is overwrites[position]:
            continue
        item = maker.get(node)
        if item is None or node in plan.targets:
            plan.copies.append(position)
        elif _may_overwrite(plan, item, node, overwrites[position]):
            plan.targets[node] = position
        else:
            plan.copies.append(position)


def _may_overwrite(plan: Plan, writer: Item, node: Node, old: Node | None) -> bool:
    """Order all other readers of the old value first, unless that makes a circle."""
    if old is None:
        return True
    if not writer.reads.get(old, True):
        return False
    loop = writer.node.loop if writer.node is not None else None
    if loop is not None and old in writer.reads:
        own = loop.init[loop.results.index(node)] if node in loop.carried else None
        if own is not old or loop.init.count(old) > 1:
            return False
    readers = [i for i in plan.items if old in i.reads and i is not writer]
    if old in plan.region.outputs:
        return False
    if any(_waits_for(reader, writer) for reader in readers):
        return False
    writer.before.update(readers)
    return True


def _waits_for(item: Item, other: Item) -> bool:
    seen: set[Item] = set()
    pending = [item]
    while pending:
        current = pending.pop()
        if current is other:
            return True
        if current not in seen:
            seen.add(current)
            pending += current.before
    return False


def _ordered(items: list[Item]) -> list[Item]:
    """A topological order, near the program's own."""
    done: dict[Item, None] = {}
    by_program = sorted(items, key=lambda item: min(n.bit for n in _named(item)))

    def visit(item: Item) -> None:
        if item in done:
            return
        for earlier in sorted(item.before, key=by_program.index):
            visit(earlier)
        done[item] = None

    for item in by_program:
        visit(item)
    return list(done)


def _named(item: Item) -> list[Node]:
    return item.writes or [item.node]  # type: ignore[list-item]


# -- memory ------------------------------------------------------------------------


def _place(plan: Plan, overwritten: set[Node | None], target: Target | None) -> None:
    """Offsets in the arena: values whose lifetimes do not meet share bytes."""
    spans = _lifetimes(plan)
    taken: list[tuple[int, int, int, int]] = []
    for node, (start, stop) in sorted(spans.items(), key=lambda pair: pair[1]):
        plan.offsets[node] = _fit(taken, node.type.nbytes, start, stop)
    for moment, item in enumerate(plan.items):
        plans = _inner_plans(item.node, target)
        if plans:  # of branches, one runs: they share their place
            size = max(inner.size for inner in plans)
            base = _fit(taken, size, moment, moment)
            plan.inner.update((inner.region, (inner, base)) for inner in plans)
        if item.node is not None and item.node.loop is not None:
            loop = item.node.loop
            plan.panels[loop] = {
                position: _fit(taken, loop.init[position].type.nbytes, moment, moment)
                for position in panelled(plans[0], loop, target)
            }
    end = len(plan.items)
    for position in plan.copies:
        node = plan.region.outputs[position]
        if node in overwritten:
            plan.staging[position] = _fit(taken, node.type.nbytes, end, end)
    plan.size = max((start + size for start, size, _, _ in taken), default=0)


def _inner_plans(head: Node | None, target: Target | None) -> list[Plan]:
    """Plans of a loop's body, or of the branches of a choice."""
    if head is not None and head.loop is not None:
        loop = head.loop
        fresh = len(loop.body.outputs) - len(loop.carry_in)
        return [plan_region(loop.body, [*loop.carry_in, *[None] * fresh], target)]
    if head is not None and head.choice is not None:
        bodies = head.choice.bodies
        return [plan_region(x, [None] * len(x.outputs), target) for x in bodies]
    return []


def _lifetimes(plan: Plan) -> dict[Node, tuple[int, int]]:
    spans: dict[Node, tuple[int, int]] = {}
    end = len(plan.items)
    for moment, item in enumerate(plan.items):
        for node in item.writes:
            in_arena = not node.is_scalar or item.kind == "callback"
            if in_arena and node not in plan.targets:
                spans[node] = (moment, moment)
    for moment, item in enumerate(plan.items):
        for node in item.reads:
            if node in spans:
                spans[node] = (spans[node][0], max(spans[node][1], moment))
    for position in plan.copies:
        node = plan.region.outputs[position]
        if node in spans:
            spans[node] = (spans[node][0], end)
    return spans


def _fit(
    taken: list[tuple[int, int, int, int]], size: int, start: int, stop: int
) -> int:
    """The lowest free place for ``size`` bytes during the moments start … stop."""
    size = -(-max(size, 1) // ALIGN) * ALIGN
    busy = sorted((at, n) for at, n, a, b in taken if a <= stop and start <= b)
    offset = 0
    for at, n in busy:
        if offset + size <= at:
            break
        offset = max(offset, at + n)
    taken.append((offset, size, start, stop))
    return offset
