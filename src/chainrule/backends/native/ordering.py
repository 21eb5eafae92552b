"""Putting the elements of one line in rising order: stable, NaN last.

Short lines are sorted by insertion. Long ones go by radix, byte by byte from the
lowest, on keys that are the elements' bits made to rise with them. Both keep the order
of those that tie, -0 and 0 among them, as any stable sort does.

Source: Knuth, The Art of Computer Programming, volume 3, 5.2.1 and 5.2.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.backends.native.ir import BITS, Function, Value, const, like
from chainrule.backends.native.lowerings import llvm_element
from chainrule.core.types import Shape

SHORT = 48
"""Elements of a line up to which insertion is faster."""

FEW, BESIDE = 128, 4
"""Lines of up to so many elements go side by side, if there are so many of them."""

DIGITS = 256


def goes_abreast(shape: Shape) -> bool:
    """Whether lines along the last axis are sorted a vector of them at a time."""
    return shape[-1] <= FEW and math.prod(shape[:-1]) >= BESIDE


class Column(NamedTuple):
    """Memory that moves as a line is sorted, and what it moves through.

    Attributes:
        element: LLVM's type of an element in memory.
        start: Where the elements are, before and after.
        spare: Memory for as many, which insertion does not need.
    """

    element: str
    start: Value
    spare: Value


def insert(
    f: Function, dtype: np.dtype[Any], columns: Sequence[Column], length: int
) -> None:
    """Each element moves down past those that it comes before.

    Args:
        f: The function to emit into.
        dtype: That of the first column, by which all are sorted.
        columns: What moves.
        length: Elements of a column.
    """
    place = f.alloca("i64")
    first = columns[0]
    with f.loop(1, length) as i:
        held = [_load(f, column, i) for column in columns]
        f.store(i, place)

        def goes_on(held: Value = held[0]) -> Value:
            at = f.load("i64", place)
            inside = f.icmp("sgt", at, const("i64", 0))
            below = f.select(inside, f.sub(at, const("i64", 1)), const("i64", 0))
            return f.bit_and(inside, precedes(f, dtype, held, _load(f, first, below)))

        with f.repeat(goes_on):
            at = f.load("i64", place)
            below = f.sub(at, const("i64", 1))
            for column in columns:
                _store(f, column, at, _load(f, column, below))
            f.store(below, place)
        at = f.load("i64", place)
        for column, value in zip(columns, held, strict=True):
            _store(f, column, at, value)


def _load(f: Function, column: Column, at: Value) -> Value:
    return f.load(column.element, f.gep(column.element, column.start, at))


def _store(f: Function, column: Column, at: Value, value: Value) -> None:
    f.store(value, f.gep(column.element, column.start, at))


def precedes(f: Function, dtype: np.dtype[Any], x: Value, y: Value) -> Value:
    """Whether x comes before y: less, or a number where y is none."""
    if dtype.kind != "f":
        return f.icmp("slt" if dtype.kind == "i" else "ult", x, y)
    return f.bit_and(f.fcmp("ult", x, y), f.fcmp("ord", x, x))


def by_radix(f: Function, columns: Sequence[Column], length: int) -> None:
    """By the lowest byte of unsigned keys, then by the next; see :func:`insert`.

    A byte in which all keys agree is left out.
    """
    key = columns[0].element
    rounds = BITS[key] // 8
    counts = f.alloca("i64", rounds * DIGITS)
    _clear(f, counts, rounds * DIGITS * 8)
    _count(f, columns[0], counts, length)
    cells = [[f.alloca("ptr"), f.alloca("ptr")] for _ in columns]
    for (here, there), column in zip(cells, columns, strict=True):
        f.store(column.start, here, align=8)
        f.store(column.spare, there, align=8)
    with f.loop(0, rounds) as number:
        table = f.gep("i64", counts, f.mul(number, const("i64", DIGITS)))
        now = [[f.load("ptr", cell, align=8) for cell in pair] for pair in cells]
        some = _digit(f, f.load(key, now[0][0]), number)
        alike = f.load("i64", f.gep("i64", table, some))
        with f.when(f.icmp("ne", alike, const("i64", length))):
            _start_places(f, table)
            _distribute(f, (columns, now), (table, number), length)
            for (here, there), (source, target) in zip(cells, now, strict=True):
                f.store(target, here, align=8)
                f.store(source, there, align=8)
    for (here, _), column in zip(cells, columns, strict=True):
        _bring_back(f, column, f.load("ptr", here, align=8), length)


def _digit(f: Function, key: Value, number: Value) -> Value:
    """A byte of a key, by its number, as an index."""
    shift = f.shl(number, const("i64", 3))
    if BITS[key.type] < 64:
        shift = f.cast("trunc", shift, key.type)
    digit = f.cast("trunc", f.lshr(key, shift), "i8")
    return f.cast("zext", digit, "i64")


def _clear(f: Function, place: Value, size: int) -> None:
    f.module.declare("llvm.memset.p0.i64", "void", ["ptr", "i8", "i64", "i1"])
    what = f"{place.typed}, i8 0, i64 {size}, i1 false"
    f.line(f"call void @llvm.memset.p0.i64({what})")


def _count(f: Function, keys: Column, counts: Value, length: int) -> None:
    """How often each digit occurs, of every byte."""
    with f.loop(0, length) as i:
        key = _load(f, keys, i)
        for number in range(BITS[keys.element] // 8):
            digit = _digit(f, key, const("i64", number))
            cell = f.gep("i64", counts, f.add(digit, const("i64", number * DIGITS)))
            f.store(f.add(f.load("i64", cell), const("i64", 1)), cell)


def _start_places(f: Function, table: Value) -> None:
    """Counts become the places where the elements of each digit start."""
    total = f.alloca("i64")
    f.store(const("i64", 0), total)
    with f.loop(0, DIGITS) as digit:
        cell = f.gep("i64", table, digit)
        start = f.load("i64", total)
        f.store(f.add(start, f.load("i64", cell)), total)
        f.store(start, cell)


def _distribute(
    f: Function,
    moving: tuple[Sequence[Column], list[list[Value]]],
    by: tuple[Value, Value],
    length: int,
) -> None:
    """Each element goes to the next place of its digit."""
    (columns, places), (table, number) = moving, by
    with f.loop(0, length) as i:
        elements = [
            f.load(column.element, f.gep(column.element, source, i))
            for column, (source, _) in zip(columns, places, strict=True)
        ]
        cell = f.gep("i64", table, _digit(f, elements[0], number))
        to = f.load("i64", cell)
        f.store(f.add(to, const("i64", 1)), cell)
        for column, (_, target), value in zip(columns, places, elements, strict=True):
            f.store(value, f.gep(column.element, target, to))


def _bring_back(f: Function, column: Column, place: Value, length: int) -> None:
    """Copy a column to where it was, if it is not there."""
    start, there = [f.cast("ptrtoint", x, "i64") for x in (column.start, place)]
    size = length * BITS[column.element] // 8
    f.module.declare("llvm.memcpy.p0.p0.i64", "void", ["ptr", "ptr", "i64", "i1"])
    with f.when(f.icmp("ne", start, there)):
        what = f"{column.start.typed}, {place.typed}, i64 {size}, i1 false"
        f.line(f"call void @llvm.memcpy.p0.p0.i64({what})")


# -- keys ------------------------------------------------------------------------


def key_of(f: Function, dtype: np.dtype[Any], x: Value) -> Value:
    """Unsigned bits that rise with a number; the same for 0 and -0, and for all NaN."""
    type, top = _bits_of(dtype, x)
    if dtype.kind == "b":
        return f.cast("zext", x, type)
    if dtype.kind != "f":
        return f.bit_xor(x, top) if dtype.kind == "i" else x
    raw = f.cast("bitcast", x, type)
    nothing = f.icmp("eq", f.shl(raw, const(type, 1)), const(type, 0))
    raw = f.select(nothing, const(type, 0), raw)
    negative = f.ashr(raw, const(type, 8 * dtype.itemsize - 1))
    rising = f.bit_xor(raw, f.bit_or(negative, top))
    return f.select(f.fcmp("uno", x, x), const(type, -1), rising)


def number_of(f: Function, dtype: np.dtype[Any], key: Value) -> Value:
    """The number that a key was made of; a zero and a NaN of their own."""
    top = const(key.type, -(1 << (8 * dtype.itemsize - 1)))
    if dtype.kind == "b":
        return f.cast("trunc", key, like(key.type, "i1"))
    if dtype.kind != "f":
        return f.bit_xor(key, top) if dtype.kind == "i" else key
    negative = f.icmp("sge", key, const(key.type, 0))
    ones = f.select(negative, const(key.type, -1), top)
    raw = f.bit_xor(key, ones)
    return f.cast("bitcast", raw, like(key.type, llvm_element(dtype)))


def _bits_of(dtype: np.dtype[Any], x: Value) -> tuple[str, Value]:
    """The type of a number's bits, and the highest bit alone."""
    bits = 8 * dtype.itemsize
    type = like(x.type, f"i{bits}")
    return type, const(type, -(1 << (bits - 1)))
