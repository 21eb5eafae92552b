"""Arguments of any size, reduced to ``x = q pi/2 + r`` with ``|r| <= pi/4``.

Up to a bound, two or three pieces of pi/2 short enough that ``n`` times each is exact
(Cody and Waite). Beyond it, a cold call: the argument's 53 bits times a window of
192 bits of 2/pi, which leaves the quadrant and more than 120 bits of the fraction
(M. Payne and R. Hanek, Radian reduction for trigonometric functions, 1983). No double
comes closer to a multiple of pi/2 than 2^-62 (J.-M. Muller, Elementary Functions).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.backends.native.elementary.exact import quick_sum, two_product
from chainrule.backends.native.elementary.exponential import nearest
from chainrule.backends.native.elementary.lanes import Lanes
from chainrule.backends.native.ir import Function, Module, Value, const, lanes_of

HALF_PI = (1.5707963267948966, 6.123233995736766e-17)
SHORT_PIECES = (1.5707963109016418, 1.5893254773528196e-08)
LONG_PIECES = (
    1.5707963267341256,
    6.077100506303966e-11,
    2.0222662487959506e-21,
)
BOUND = (2.0**28, 2.0**20)

# 64 zero bits, then the bits of 2/pi after the point.
TWO_OVER_PI = (
    0x0000000000000000,
    0xA2F9836E4E441529,
    0xFC2757D1F534DDC0,
    0xDB6295993C439041,
    0xFE5163ABDEBBC561,
    0xB7246E3A424DD2E0,
    0x06492EEA09D1921C,
    0xFE1DEB1CB129A73E,
    0xE88235F52EBB4484,
    0xE99C7026B45F7E41,
    0x3991D639835339F4,
    0x9C845F8BBDF9283B,
    0x1FF897FFDE05980F,
    0xEF2F118B5A0A6D1F,
    0x6D367ECF27CB09B7,
    0x4F463F669E5FEA2D,
    0x7527BAC7EBE5F17B,
    0x3D0739F78A5292EA,
    0x6BFB5FB11F8D5D08,
    0x56033046FC7B6BAB,
    0xF0CFBC209AF4361D,
)

NAME = "chainrule.reduce.huge"


class Reduced(NamedTuple):
    """The rest in two words, and an integer whose two low bits are the quadrant."""

    head: Lanes
    tail: Lanes
    quadrant: Lanes


def reduce(x: Lanes) -> Reduced:
    """Reduce ``x >= 0``; single precision has a tail of 0."""
    if x.element == "float":
        return reduce_single(x)
    n, quadrant = nearest(x, 2 / math.pi, 0)
    first, second, third = LONG_PIECES
    near = n.fma(-first, x)
    step = n * second
    head = near - step
    tail = n.fma(-third, (near - head) - step)
    total = head + tail
    return beyond(x, Reduced(total, (head - total) + tail, quadrant), BOUND[1])


def reduce_single(x: Lanes) -> Reduced:
    """Single precision is reduced in double precision."""
    wide = x.cast("fpext", "double")
    n, quadrant = nearest(wide, 2 / math.pi, 0)
    first, second = SHORT_PIECES
    head = n.fma(-second, n.fma(-first, wide))
    rest = beyond(wide, Reduced(head, head.like(0.0), quadrant), BOUND[0])
    narrow = rest.head.cast("fptrunc", "float")
    return Reduced(narrow, narrow.like(0.0), rest.quadrant.cast("trunc", "i32"))


def beyond(x: Lanes, near: Reduced, bound: float) -> Reduced:
    """``near``, but beyond the bound what the cold function says."""
    f = x.f
    far = (x < bound) ^ True
    cells = [f.alloca(part.v.type) for part in near]
    for cell, part in zip(cells, near, strict=True):
        f.store(part.v, cell)
    with f.when(far.any()):
        huge = call_huge(x)
        for cell, part, other in zip(cells, near, huge, strict=True):
            f.store(far.where(other, part).v, cell)
    parts = zip(cells, near, strict=True)
    return Reduced(*(Lanes(f, f.load(part.v.type, cell)) for cell, part in parts))


def call_huge(x: Lanes) -> Reduced:
    """Every lane through the cold function, by way of memory."""
    f = x.f
    if all(function.name != NAME for function in f.module.functions):
        define_huge(f.module)
    types = (x.v.type, x.v.type, x.v.type, x.bits().v.type)
    cells = [f.alloca(type_) for type_ in types]
    f.store(x.v, cells[0])
    lanes = const("i64", lanes_of(x.v.type))
    f.call(NAME, "void", *cells, lanes)
    results = zip(types[1:], cells[1:], strict=True)
    return Reduced(*(Lanes(f, f.load(type_, cell)) for type_, cell in results))


# -- the cold function: scalars, one at a time ---------------------------------


def define_huge(module: Module) -> None:
    """``void huge(x, head, tail, quadrant, count)`` over arrays."""
    words = ", ".join(f"i64 {word}" for word in TWO_OVER_PI)
    size = len(TWO_OVER_PI)
    module.globals.append(f"@{NAME}.bits = internal constant [{size} x i64] [{words}]")
    names = ("x", "head", "tail", "quadrant")
    parameters = [*(("ptr", name) for name in names), ("i64", "count")]
    f = Function(
        module,
        NAME,
        parameters,
        attributes="noinline cold nounwind",
        linkage="internal",
    )
    *arrays, count = f.parameters
    with f.loop(0, count) as i:
        x = Lanes(f, f.load("double", f.gep("double", arrays[0], i)))
        for part, array in zip(reduce_huge(x), arrays[1:], strict=True):
            f.store(part.v, f.gep(part.v.type, array, i))
    f.ret()


def reduce_huge(x: Lanes) -> Reduced:
    """Payne and Hanek's reduction of one double, at least 1."""
    words = multiply(x)
    quadrant = (words[2] + (1 << 61)) >> 62
    high = words[2] << 2 | words[1] >> 62
    low = words[1] << 2 | words[0] >> 62
    head, tail = fraction(high, low)
    product, error = two_product(head, head.like(HALF_PI[0]))
    error = error + (head * HALF_PI[1] + tail * HALF_PI[0])
    total, rest = quick_sum(product, error)
    return Reduced(total + (x - x), rest, quadrant)


def multiply(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """``x 2/pi`` modulo 4, with 190 bits after the point; lowest word first."""
    bits = x.bits()
    mantissa = (bits & ((1 << 52) - 1)) | (1 << 52)
    position = (bits >> 52) - (1075 - 62)
    position = (position < 0).where(position.like(0), position)
    start, shift = position >> 6, position & 63
    table = Value(f"@{NAME}.bits", "ptr")
    words = [load_word(start + i, table) for i in range(4)]
    window = [funnel(words[i], words[i + 1], shift) for i in (2, 1, 0)]
    result: list[Lanes] = []
    carry = mantissa.like(0).cast("zext", "i128")
    for word in window:
        carry = word.cast("zext", "i128") * mantissa.cast("zext", "i128") + carry
        result.append(carry.cast("trunc", "i64"))
        carry = carry >> 64
    return result[0], result[1], result[2]


def load_word(index: Lanes, table: Value) -> Lanes:
    """A word of the table."""
    return Lanes(index.f, index.f.load("i64", index.f.gep("i64", table, index.v)))


def funnel(high: Lanes, low: Lanes, shift: Lanes) -> Lanes:
    """The upper word of two, shifted left."""
    f = high.f
    return Lanes(f, f.intrinsic("fshl", "i64", high.v, low.v, shift.v))


def fraction(high: Lanes, low: Lanes) -> tuple[Lanes, Lanes]:
    """The signed 128-bit fraction as a sum of two doubles."""
    chunks = (
        high.shift_signed(32),
        high & 0xFFFFFFFF,
        low >> 32,
        low & 0xFFFFFFFF,
    )
    a, b, c, d = (
        chunk.cast("sitofp", "double") * 2.0 ** (-32 * i)
        for i, chunk in enumerate(chunks, 1)
    )
    head = a + b
    tail = ((a - head) + b) + (c + d)
    total = head + tail
    return total, (head - total) + tail
