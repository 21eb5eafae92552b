"""Branches inside the function ``run``: every thread takes the same one.

The index is a scalar, which each thread has computed for itself from the same numbers,
so threads agree on the branch, and may meet at barriers in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.native.access import Access, Array, Span
from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.ir import Value, const
from chainrule.backends.native.node import Choice, Node
from chainrule.backends.native.schedule import Item, Plan

if TYPE_CHECKING:
    from chainrule.backends.native.driver import Driver


def emit_choice(driver: Driver, plan: Plan, item: Item, base: int) -> None:
    """One branch after the other, each behind a test of the index."""
    choice = item.node.choice if item.node else None
    if choice is None:
        raise AssertionError("a choice item holds its choice")
    index = driver.scalar_or_literal(plan, choice.index)
    for node in choice.captured:
        if node.is_scalar and node.op != "literal":
            driver.scalar(plan.fusion, node)
    places = [_place(driver, result) for result in choice.results]
    pending, claimed = list(driver.pending), driver.claimed
    after: dict[Access, None] = {}
    most = claimed
    for number, body in enumerate(choice.bodies):
        inner, inner_base = plan.inner[body]
        before, ranges = dict(driver.environment), dict(driver.ranges)
        driver.pending, driver.claimed = list(pending), claimed
        with driver.f.when(_is_taken(driver, choice, index, number)):
            scalars = driver.region(inner, base + inner_base, places)
            emitter = Emitter(driver.f, 1, {}, driver.flag)
            for position, value in scalars.items():
                emitter.store(places[position].memory, (), value)
        after.update(dict.fromkeys(driver.pending))
        most = max(most, driver.claimed)
        driver.environment, driver.ranges = before, ranges
    # What any branch may have touched, and counts of claims that it may have used.
    driver.pending, driver.claimed = list(after), most
    emitter = Emitter(driver.f, 1, {}, driver.flag)
    for result, place in zip(choice.results, places, strict=True):
        if result.is_scalar:
            driver.environment[result] = emitter.load(place.memory, ())


def _place(driver: Driver, result: Node) -> Array:
    """Where a branch leaves a result: its memory, or a cell on the thread's stack."""
    if not result.is_scalar:
        return driver.environment[result]
    private = driver.f.alloca("i8", 16)
    return driver.array(private, result, Span(("private", result), 0, 1))


def _is_taken(driver: Driver, choice: Choice, index: Value, number: int) -> Value:
    """Whether the index, brought between first and last, is this number."""
    f, last = driver.f, len(choice.bodies) - 1
    if last == 0:
        return const("i1", True)
    if choice.index.type.dtype.kind == "b":
        if number > 1:
            return const("i1", False)
        return f.icmp("eq", index, const("i1", number == 1))
    sign = "u" if choice.index.type.dtype.kind == "u" else "s"
    predicate = {0: f"{sign}le", last: f"{sign}ge"}.get(number, "eq")
    return f.icmp(predicate, index, const(index.type, number))
