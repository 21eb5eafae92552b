"""Program in, executable out."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.backends.native.driver import Driver
from chainrule.backends.native.engine import Loaded, object_code
from chainrule.backends.native.executable import Code, Executable
from chainrule.backends.native.graph import build_graph
from chainrule.backends.native.ir import Module
from chainrule.backends.native.node import Node, Region
from chainrule.backends.native.schedule import Plan, plan_region
from chainrule.backends.native.support import add_barrier
from chainrule.backends.native.target import Target, current_target
from chainrule.backends.native.tiles import flops
from chainrule.core.program import Program

WAKING_WORK = 10_000_000
"""Operations in a call from which waking other threads pays."""

MEETING_WORK = 2_000_000
"""Operations in a loop's turn from which meeting at its barriers pays."""

BRIEF_WORK = 250_000
"""Operations of a call, some microseconds, that need not let other Python threads run
meanwhile."""

ELEMENT_WORK = 8
"""Operations that take the time of reading, computing or writing an element."""

SORTING_PASSES = 16
"""How often an element is met, about, until it is where it belongs."""


def emit(
    program: Program, donated: Sequence[int], target: Target, flush: bool = False
) -> Code:
    """LLVM IR of a program for a target."""
    region = build_graph(program)
    reused = match_donated(region, program, donated)
    overwrites = [None if k is None else region.inputs[k] for k in reused]
    plan = plan_region(region, overwrites, target)
    module = Module()
    add_barrier(module)
    driver = Driver(module, target, flush)
    driver.emit(plan, overwrites)
    callbacks = [node.params["equation"] for node in driver.callbacks]
    brief = not (callbacks or plan.inner) and work(plan) < BRIEF_WORK
    parallel = is_parallel(plan)
    return Code(module.text(), plan.size, reused, callbacks, parallel, brief)


def match_donated(
    region: Region, program: Program, donated: Sequence[int]
) -> list[int | None]:
    """For each result, a donated input of its type to overwrite, its own if there."""
    offset = len(program.constants)
    free = {offset + k for k in donated if program.inputs[k].type.shape}
    reused: list[int | None] = []
    for node in region.outputs:
        own = _carried_from(node)
        position = region.inputs.index(own) if own in region.inputs else None
        if position not in free:
            alike = [k for k in sorted(free) if region.inputs[k].type == node.type]
            position = alike[0] if alike else None
        free.discard(position)  # type: ignore[arg-type]
        reused.append(position)
    return reused


def _carried_from(node: Node) -> Node | None:
    """The value that a loop's result started as, or an input that is a result."""
    if node.op == "loop_result" and node.inputs[0].loop is not None:
        loop, k = node.inputs[0].loop, node.params["position"]
        return loop.init[k] if k < len(loop.init) else None
    return node


def is_parallel(plan: Plan) -> bool:
    """Whether there is work enough between barriers for more than one thread."""
    bodies = [inner for inner, _ in plan.inner.values()]
    return work(plan) > WAKING_WORK or any(_pays(body) for body in bodies)


def _pays(plan: Plan) -> bool:
    bodies = [inner for inner, _ in plan.inner.values()]
    return work(plan) > MEETING_WORK or any(_pays(body) for body in bodies)


def work(plan: Plan) -> int:
    """Operations of a region, roughly, without those of the loops in it."""
    total = 0
    for kernel in plan.fusion.kernels:
        elements = sum(root.type.size for root in kernel.roots)
        core = kernel.core
        if core is not None and core.op == "matmul":
            total += flops(core)
        elif core is not None:
            passes = SORTING_PASSES if "sort" in core.op else 1
            elements += passes * core.inputs[0].type.size
        total += ELEMENT_WORK * elements
    return total


def compile_program(
    program: Program,
    donated: tuple[int, ...],
    target: Target | None = None,
    flush: bool = False,
) -> Executable:
    """Compile for a target (the one in force, unless told), by way of the cache."""
    target = target or current_target()
    code = emit(program, donated, target, flush)
    loaded = Loaded(object_code(code.text, target), target)
    return Executable(loaded, program, code)
