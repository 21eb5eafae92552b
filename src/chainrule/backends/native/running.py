"""Running totals: each result is the one before it and one element more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.backends.native.frame import (
    Frame,
    KernelCode,
    along,
    lanes_for,
    loops,
    row_range,
    row_unit,
    rows_part,
    units_of_rows,
)
from chainrule.backends.native.index import ZERO, Affine, Index
from chainrule.backends.native.node import RUNNING
from chainrule.backends.native.reductions import Fold, flat_columns


def emit_running(frame: Frame) -> KernelCode:
    """A running total, and at each of its elements the roots computed from it.

    One thread goes along the axis, in order. Vectors run along an axis behind it.
    """
    core = frame.kernel.core
    if core is None:
        raise AssertionError("a kernel of running totals has a core")
    (axis,) = core.params["axes"]
    others = [a for a, n in enumerate(core.shape) if a != axis and n != 1]
    wide = bool(others) and others[-1] > axis
    e = frame.emitter(lanes_for(frame.kernel, frame.target) if wide else 1)

    def run(founds: Sequence[Sequence[Index]], masks: Sequence[Any]) -> None:
        places = [dict(zip(others, found, strict=True)) for found in founds]
        folds = [Fold(e, core, RUNNING[core.op]) for _ in founds]
        with e.f.loop(0, core.shape[axis]) as at, e.scope():
            for place, mask, fold in zip(places, masks, folds, strict=True):
                place[axis] = Affine(at)
                index = tuple([place.get(a, ZERO) for a in range(len(core.shape))])
                fold.step(e.widen(e.value(core.inputs[0], index, mask)))
                e.give(core, index, fold.result())
                frame.store_roots(e, index, mask)

    if not others:
        with e.f.when(e.f.icmp("slt", frame.lo, frame.hi)):
            run([[]], [None])
        return frame.finish(1, ("flat", 1, 1))
    first = others[0]
    rows = core.shape[first]
    if wide and len(others) == 1:
        return flat_columns(frame, e, rows, core.shape[axis], run)
    middle = others[1:-1] if wide else others[1:]
    extents = [core.shape[a] for a in middle]
    with row_range(frame, e, rows) as row, loops(e, extents) as inner:
        if wide:
            last = core.shape[others[-1]]
            along(e, last, lambda at, mask: run([[row, *inner, at]], [mask]))
        else:
            run([[row, *inner]], [None])
    part = ("columns", first, rows, row_unit(rows)) if axis < first else rows_part(rows)
    return frame.finish(units_of_rows(rows), part)
