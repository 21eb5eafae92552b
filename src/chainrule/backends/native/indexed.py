"""Expressions that depend on the index itself: iota, random bits, gathers, edges."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from chainrule.backends.native.conversion import convert
from chainrule.backends.native.elementary import emit_threefry
from chainrule.backends.native.expression import Emitter, at_index
from chainrule.backends.native.index import Affine, Index, Lanes, row_major
from chainrule.backends.native.ir import Function, Value, const, lanes_of, like
from chainrule.backends.native.node import Node
from chainrule.backends.native.reductions import combine
from chainrule.primitives.random import STRIPE

STRIPE_BITS = STRIPE.bit_length() - 1


def _integer(e: Emitter, index: Index, element: str) -> Value:
    """An index as a value of an integer type."""
    index = e.math.resolve(index)
    if isinstance(index, Affine) and (index.lane == 0 or e.lanes == 1):
        whole = e.f.index(index.base)
    else:
        whole = e.math.vector_of(index)
    return _resized(e, whole, element)


def _resized(e: Emitter, whole: Value, element: str) -> Value:
    wanted = like(whole.type, element)
    return whole if wanted == whole.type else e.f.cast("trunc", whole, wanted)


@at_index("pack")
def _pack(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    return e.value(node.inputs[0], index, mask)


@at_index("iota")
def _iota(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    whole = _integer(e, index[node.params["axis"]], "i64")
    int64 = np.dtype(np.int64)
    if node.type.dtype == int64:
        return whole
    return convert(e.f, int64, node.type.dtype, whole)


@at_index("random_bits")
def _random_bits(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    keys = [e.value(x, (), mask) for x in node.inputs]
    second: Value | None = None
    if node.params.get("word") is None:
        counter, second = _shared_counter(e, index, node.shape)
    else:
        place = e.math.offset(index, row_major(node.shape))
        counter = _integer(e, place, "i32")
    k0, k1, counter = e.alike([*keys, counter])
    high = const(counter.type, 0)
    both = emit_threefry(e.f, k0, k1, high, counter)
    if second is None:
        return both[node.params["word"]]
    return e.f.select(second, both[1], both[0])


def _shared_counter(
    e: Emitter, index: tuple[Index, ...], shape: tuple[int, ...]
) -> tuple[Value, Value]:
    """The counter that two stripes of elements share, and who takes its second word.

    Rows of whole pairs of stripes keep what follows from the column apart, and a
    vector's stripes are found from its first place alone: neighbouring vectors that
    share their counters come out as the same instructions, which LLVM keeps once.
    """
    f, strides = e.f, row_major(shape)
    before: Index = Affine(0)
    if shape and shape[-1] % (2 * STRIPE) == 0:
        halves = [stride // 2 for stride in strides[:-1]]
        before = e.math.offset(index[:-1], halves)
        index, strides = index[-1:], strides[-1:]
    place = e.math.resolve(e.math.offset(index, strides))
    if isinstance(place, Affine) and place.lane == 1 and e.lanes > 1:
        first = f.cast("trunc", f.index(place.base), "i32")
        counter, second = _along_stripes(e, first)
    else:
        whole = _integer(e, place, "i32")
        start, second = _of_stripe(f, f.lshr(whole, const(whole.type, STRIPE_BITS)))
        counter = f.bit_or(start, f.bit_and(whole, const(whole.type, STRIPE - 1)))
    counter, before_all = e.alike([counter, _integer(e, before, "i32")])
    return f.add(counter, before_all), second


def _along_stripes(e: Emitter, first: Value) -> tuple[Value, Value]:
    """The same for places in a row from the first on: they meet at most two stripes."""
    f = e.f
    stripe = f.lshr(first, const("i32", STRIPE_BITS))
    start = f.splat(f.bit_and(first, const("i32", STRIPE - 1)), e.lanes)
    within = f.add(start, e.math.steps("i32", 1))
    last = const(within.type, STRIPE - 1)
    beyond = f.icmp("ugt", within, last)
    here = _of_stripe(f, stripe)
    after = _of_stripe(f, f.add(stripe, const("i32", 1)))
    counter, second = [
        f.select(beyond, f.splat(y, e.lanes), f.splat(x, e.lanes))
        for x, y in zip(here, after, strict=True)
    ]
    return f.bit_or(counter, f.bit_and(within, last)), second


def _of_stripe(f: Function, stripe: Value) -> tuple[Value, Value]:
    """The first counter of a stripe, and whether it takes second words."""
    pair = f.lshr(stripe, const(stripe.type, 1))
    odd = f.icmp("ne", f.bit_and(stripe, const(stripe.type, 1)), const(stripe.type, 0))
    return f.shl(pair, const(stripe.type, STRIPE_BITS)), odd


@at_index("random_fold")
def _random_fold(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    k0, k1, data = [e.value(x, index, mask) for x in node.inputs]
    high = const(data.type, -1)
    return emit_threefry(e.f, k0, k1, high, data)[node.params.get("word", 0)]


@at_index("take")
def _take(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    x, indices = node.inputs
    axis = node.params["axis"]
    own = index[axis : axis + len(indices.shape)]
    place = chosen(e, node, own, mask)
    inner = (*index[:axis], place, *index[axis + len(own) :])
    return e.value(x, inner, mask)


def chosen(
    e: Emitter, node: Node, own: tuple[Index, ...], mask: Value | None = None
) -> Index:
    """The index that a ``take`` reads at, found once for each place in the code."""
    key = (node, own, mask)
    if key not in e.memo:
        x, indices = node.inputs
        place = e.value(indices, own, mask)
        extent = x.shape[node.params["axis"]]
        e.memo[key] = in_range(e, place, indices.type.dtype, extent, mask)
    return e.memo[key]


def in_range(
    e: Emitter,
    place: Value,
    dtype: np.dtype[Any],
    extent: int,
    mask: Value | None = None,
) -> Index:
    """Count negative indices from the end; flag what is out of range."""
    f = e.f
    wide = like(place.type, "i64")
    place = f.cast("sext" if dtype.kind == "i" else "zext", place, wide)
    limit, zero = const(wide, extent), const(wide, 0)
    negative = f.icmp("slt", place, zero)
    place = f.select(negative, f.add(place, limit), place)
    outside = f.icmp("uge", place, limit)
    if mask is not None and lanes_of(wide) > 1:
        outside = f.bit_and(outside, mask)
    any_outside = outside
    if lanes_of(wide) > 1:
        name = f"llvm.vector.reduce.or.v{e.lanes}i1"
        any_outside = f.call(name, "i1", outside)
    with f.when(any_outside):
        f.store(const("i8", 1), e.flag)
    safe = f.select(f.icmp("uge", place, limit), zero, place)
    return Affine(safe) if lanes_of(wide) == 1 else Lanes(safe)


@at_index("fold")
def _fold(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    """A short reduction, its elements one after the other."""
    (x,) = node.inputs
    axes = node.params["axes"]
    total: Value | None = None
    for places in product(*[range(x.shape[axis]) for axis in axes]):
        inner, outer = iter(places), iter(index)
        at = tuple(
            [
                Affine(next(inner)) if i in axes else next(outer)
                for i in range(x.type.ndim)
            ]
        )
        value = e.value(x, at, mask)
        if total is None:
            total = value
            continue
        pair = e.alike([total, value])
        total = combine(e.f, node.params["op"], node.type, *pair)
    if total is None:
        raise AssertionError("a fold has elements")
    return total


@at_index("pad")
def _pad(e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None) -> Value:
    params = node.params
    source = node.inputs[0]
    inside: Value | None = None
    inner: list[Index] = []
    for axis, x in enumerate(index):
        low, gap = params["low"][axis], params["interior"][axis]
        if not low and not gap and source.shape[axis] == node.shape[axis]:
            inner.append(x)
            continue
        shifted = e.math.plus(x, Affine(-low))
        if not gap and e.math.is_within(shifted, source.shape[axis]):
            inner.append(shifted)
            continue
        place, fits = _unpadded(e, x, low, gap, source.shape[axis])
        inside = fits if inside is None else _both(e, inside, fits)
        inner.append(place)
    if inside is None:
        return e.value(source, tuple(inner), mask)
    return _guarded(e, source, tuple(inner), inside, mask)


def _unpadded(
    e: Emitter, x: Index, low: int, gap: int, extent: int
) -> tuple[Index, Value]:
    """The place in the unpadded array, and whether there is one."""
    f = e.f
    shifted = e.math.plus(x, Affine(-low))
    whole = _integer(e, shifted, "i64")
    step = const(whole.type, gap + 1)
    fits = f.icmp("sge", whole, const(whole.type, 0))
    last = const(whole.type, (extent - 1) * (gap + 1))
    fits = f.bit_and(fits, f.icmp("sle", whole, last))
    if gap:
        rest = f.binary("urem", whole, step)
        fits = f.bit_and(fits, f.icmp("eq", rest, const(whole.type, 0)))
        place = f.binary("udiv", whole, step)
        return _safe(e, place, fits), fits
    if lanes_of(whole.type) > 1:
        return shifted, fits
    return _safe(e, whole, fits), fits


def _safe(e: Emitter, place: Value, fits: Value) -> Index:
    safe = e.f.select(fits, place, const(place.type, 0))
    return Affine(safe) if lanes_of(safe.type) == 1 else Lanes(safe)


def _both(e: Emitter, x: Value, y: Value) -> Value:
    return e.f.bit_and(*e.alike([x, y]))


def _guarded(
    e: Emitter, node: Node, index: tuple[Index, ...], inside: Value, mask: Value | None
) -> Value:
    """A node's value where ``inside`` holds, else zero; loads only where it holds."""
    guard = mask
    if lanes_of(inside.type) > 1:
        guard = inside if mask is None else e.f.bit_and(inside, mask)
    value = e.value(node, index, guard)
    zero = const(value.type, 0)
    return e.f.select(*_selectable(e, inside, value, zero))


def _selectable(e: Emitter, c: Value, x: Value, y: Value) -> list[Value]:
    return e.alike([c, x, y])


@at_index("concatenate")
def _concatenate(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    axis = node.params["axis"]
    result: Value | None = None
    start = 0
    for part in node.inputs:
        extent = part.shape[axis]
        if extent:
            place, fits = _unpadded(e, index[axis], start, 0, extent)
            inner = (*index[:axis], place, *index[axis + 1 :])
            piece = _guarded(e, part, inner, fits, mask)
            if result is None:
                result = piece
            else:
                merged = _selectable(e, fits, piece, result)
                result = e.f.select(*merged)
        start += extent
    if result is None:
        raise AssertionError("an empty concatenation has no elements to emit")
    return result
