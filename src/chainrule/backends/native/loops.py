"""Loops inside the function ``run``: carries in place, slices as views."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from chainrule.backends.native.access import Array, Span
from chainrule.backends.native.conversion import convert
from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.ir import Value, const
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Loop, Node
from chainrule.backends.native.panels import from_panels, to_panels
from chainrule.backends.native.schedule import Item, Plan

if TYPE_CHECKING:
    from chainrule.backends.native.driver import Driver


def emit_loop(driver: Driver, plan: Plan, item: Item, base: int) -> None:
    """Every thread counts for itself and runs the body's kernels with the others."""
    loop = item.node.loop if item.node else None
    if loop is None:
        raise AssertionError("a loop item holds its loop")
    body, inner_base = plan.inner[loop.body]
    cells = _enter(driver, plan, loop)
    own = {k: cells[k] for k in plan.panels[loop]}
    for position, offset in plan.panels[loop].items():
        cells[position] = driver.in_arena(loop.init[position], base + offset, True)
        driver.rearrange(to_panels, own[position], cells[position])
    bounds = [_bound(driver, plan, node) for node in loop.bounds]
    for node in loop.captured:
        if node.is_scalar and node.op != "literal":
            driver.scalar(plan.fusion, node)
    if driver.pending:
        driver.barrier()
    with _turns(driver, loop, bounds, cells) as at:
        before = dict(driver.environment)
        ranges = dict(driver.ranges)
        places = _bind(driver, loop, at, cells)
        scalars = driver.region(body, base + inner_base, places)
        emitter = Emitter(driver.f, 1, {}, driver.flag)
        for position, value in scalars.items():
            place = places[position]
            if place is not None:
                emitter.store(place.memory, (), value)
        if driver.pending:
            driver.barrier()
        driver.environment, driver.ranges = before, ranges
    for position, array in own.items():
        driver.rearrange(from_panels, cells[position], array)
    _leave(driver, loop, cells)


@contextlib.contextmanager
def _turns(
    driver: Driver, loop: Loop, bounds: list[Value], cells: list[Array]
) -> Generator[Value]:
    """The turns of a loop; yields the place among the slices, as far as it has any."""
    f = driver.f
    if not bounds:
        emitter = Emitter(f, 1, {}, driver.flag)
        with f.repeat(lambda: emitter.load(cells[0].memory, ())):
            yield const("i64", 0)
        return
    low, high = bounds
    with f.loop(low, high) as count:
        if loop.reverse:
            last = f.sub(high, const("i64", 1))
            count = f.sub(last, f.sub(count, low))
        yield count


def _bound(driver: Driver, plan: Plan, node: Node) -> Value:
    if node.op == "literal":
        return const("i64", node.params["value"])
    value = driver.scalar(plan.fusion, node)
    return convert(driver.f, node.type.dtype, np.dtype(np.int64), value)


def _enter(driver: Driver, plan: Plan, loop: Loop) -> list[Array]:
    """Memory of the carries: the results' own, filled with the initial values."""
    cells: list[Array] = []
    for node, result in zip(loop.init, loop.results, strict=False):
        if node.is_scalar:
            private = driver.f.alloca("i8", 16)
            cell = driver.array(private, node, Span(("private", result), 0, 1))
            value = driver.scalar_or_literal(plan, node)
            Emitter(driver.f, 1, {}, driver.flag).store(cell.memory, (), value)
        else:
            cell = driver.environment[result]
            source = driver.environment[node]
            if source.span != cell.span:
                driver.copy(source, cell)
        cells.append(cell)
    return cells


def _bind(
    driver: Driver, loop: Loop, at: Value, cells: list[Array]
) -> list[Array | None]:
    """The body's inputs, and the places of its outputs, in this iteration."""
    if loop.index is not None:
        wanted = loop.index.type.dtype
        int64 = np.dtype(np.int64)
        driver.environment[loop.index] = (
            at if wanted == int64 else convert(driver.f, int64, wanted, at)
        )
    emitter = Emitter(driver.f, 1, {}, driver.flag)
    for node, cell in zip(loop.carry_in, cells, strict=True):
        if node.is_scalar:
            driver.environment[node] = emitter.load(cell.memory, ())
        else:
            driver.environment[node] = cell
    for node, source in zip(loop.x_in, loop.xs, strict=True):
        _bind_slice(driver, node, driver.environment[source], at)
    places: list[Array | None] = list(cells)
    for result in loop.results[len(cells) :]:
        whole: Array = driver.environment[result]
        type = result.type.with_shape(result.shape[1:])
        size = type.nbytes
        address = driver.f.gep(
            "i8", whole.address, driver.f.mul(at, const("i64", size))
        )
        memory = Memory(address, type.shape, type.dtype)
        places.append(Array(address, whole.span, memory))
    return places


def _bind_slice(driver: Driver, node: Node, whole: Array, at: Value) -> None:
    size = node.type.nbytes
    address = driver.f.gep("i8", whole.address, driver.f.mul(at, const("i64", size)))
    if node.is_scalar:
        memory = Memory(address, (), node.type.dtype)
        driver.environment[node] = Emitter(driver.f, 1, {}, driver.flag).load(
            memory, ()
        )
    else:
        memory = Memory(address, node.shape, node.type.dtype)
        driver.environment[node] = Array(address, whole.span, memory)


def _leave(driver: Driver, loop: Loop, cells: list[Array]) -> None:
    for result, cell in zip(loop.results, cells, strict=False):
        if result.is_scalar:
            emitter = Emitter(driver.f, 1, {}, driver.flag)
            driver.environment[result] = emitter.load(cell.memory, ())
