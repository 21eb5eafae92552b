"""Many short lines sorted at once: one in each lane of a vector.

Neighbours that are out of order change places, all even pairs and all odd pairs in
turn. What is compared with what does not depend on the values, so that lanes need not
agree, and no branch is guessed wrong; those that tie keep their order.

Source: Knuth, The Art of Computer Programming, volume 3, 5.3.4, exercise 37.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.backends.native.expression import Emitter
from chainrule.backends.native.frame import Frame, KernelCode, along
from chainrule.backends.native.index import Affine, Index, reshaped
from chainrule.backends.native.ir import Value, const, element_of, lanes_of, vector
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Node
from chainrule.backends.native.ordering import Column, precedes
from chainrule.backends.native.reductions import flat_columns


def sort_abreast(frame: Frame, core: Node, e: Emitter) -> KernelCode:
    """A vector of lines at a time, through memory on the stack."""
    rows, length = core.shape[:-1], core.shape[-1]
    count = math.prod(rows)
    columns = _columns(core, e)
    dtype = core.inputs[0].type.dtype

    def body(founds: Sequence[Sequence[Index]], masks: Sequence[Any]) -> None:
        ((at,),), (mask,) = founds, masks
        if not isinstance(at, Affine):
            raise AssertionError("vectors of lines follow one another")
        _read(e, core, columns, reshaped(e.math, [at], [count], rows), mask)
        _exchange(e, dtype, columns, length)
        with e.f.loop(0, count % e.lanes if mask else e.lanes) as lane:
            line = e.f.add(e.f.index(at.base), lane)
            _write(frame, core, columns[-1], line, lane)
            if len(frame.kernel.roots) > 1:
                index = reshaped(e.math, [Affine(line)], [count], rows)
                _finish(frame, e, index, length)

    return flat_columns(frame, e, count, 1, body)


def _columns(core: Node, e: Emitter) -> list[Column]:
    """A vector for each place of the lines: the values, and where they come from."""
    kind = Memory(e.flag, (), core.inputs[0].type.dtype).element
    kinds = [kind] if core.op == "sort" else [kind, "i32"]
    types = [vector(kind, e.lanes) for kind in kinds]
    cells = [e.f.alloca(type, core.shape[-1]) for type in types]
    return [Column(type, cell, cell) for type, cell in zip(types, cells, strict=True)]


def _read(
    e: Emitter,
    core: Node,
    columns: Sequence[Column],
    index: tuple[Index, ...],
    mask: Value | None,
) -> None:
    f, values = e.f, columns[0]
    with f.loop(0, core.shape[-1]) as i, e.scope():
        x = e.widen(e.value(core.inputs[0], (*index, Affine(i)), mask))
        x = f.cast("zext", x, values.element)  # of booleans alone
        f.store(x, f.gep(values.element, values.start, i))
        for column in columns[1:]:
            place = f.splat(f.cast("trunc", i, "i32"), e.lanes)
            f.store(place, f.gep(column.element, column.start, i))


def _exchange(
    e: Emitter, dtype: np.dtype[Any], columns: Sequence[Column], length: int
) -> None:
    """As many turns as there are elements put each in its place."""
    f, one = e.f, const("i64", 1)
    with (
        f.loop(0, length) as turn,
        f.loop(f.bit_and(turn, one), length - 1, 2) as i,
    ):
        pairs = [
            [f.gep(column.element, column.start, at) for at in (i, f.add(i, one))]
            for column in columns
        ]
        held = [
            [f.load(column.element, place) for place in pair]
            for column, pair in zip(columns, pairs, strict=True)
        ]
        swap = precedes(f, dtype, held[0][1], held[0][0])
        for (low, high), (x, y) in zip(pairs, held, strict=True):
            f.store(f.select(swap, y, x), low)
            f.store(f.select(swap, x, y), high)


def _write(frame: Frame, core: Node, column: Column, line: Value, lane: Value) -> None:
    """A lane of the vectors to its line of the result."""
    f, length = frame.f, core.shape[-1]
    result: Memory = frame.memory[core]
    element = element_of(column.element)
    lanes = const("i64", lanes_of(column.element))
    start = f.mul(line, const("i64", length))
    with f.loop(0, length) as i:
        at = f.add(f.mul(i, lanes), lane)
        x = f.load(element, f.gep(element, column.start, at))
        x = f.cast("zext", x, result.element)  # of places alone
        f.store(x, f.gep(result.element, result.address, f.add(start, i)))


def _finish(frame: Frame, e: Emitter, index: tuple[Index, ...], length: int) -> None:
    with e.scope():
        along(e, length, lambda at, mask: frame.store_rest(e, (*index, at), mask))
