"""Numbers of half precision: their bits, and the single ones that are reckoned with."""

from __future__ import annotations

import numpy as np

from chainrule.backends.native.elementary.lanes import Lanes
from chainrule.backends.native.ir import Function, Value

HALF, SINGLE = np.dtype(np.float16), np.dtype(np.float32)

LEAST, ENDLESS = 113 << 23, 143 << 23
"""Bits of the least single number that is a normal half, and of the first too large."""

SHIFT, NAN = 112 << 23, 0x7F800000


def single_of(f: Function, x: Value) -> Value:
    """The same number in single precision; NaN keeps its bits."""
    bits = Lanes(f, x).cast("zext", "i32")
    size = bits & 0x7FFF
    normal = ((size << 13) + SHIFT).real()
    small = size.cast("sitofp", "float") * 2.0**-24
    odd = ((size << 13) | NAN).real()
    exponent = size & 0x7C00
    found = exponent.eq(0x7C00).where(odd, normal)
    return exponent.eq(0).where(small, found).flip((bits & 0x8000) << 16).v


def half_of(f: Function, x: Value) -> Value:
    """The nearest half, the even one of two.

    Small numbers are rounded by adding 1/2, whose last place is the least half's.
    """
    bits = Lanes(f, x).bits()
    size = bits & 0x7FFFFFFF
    normal = (size - SHIFT + 0xFFF + ((size >> 13) & 1)) >> 13
    small = (size.real() + 0.5).bits() - 0x3F000000
    found = (size < LEAST).where(small, normal)
    found = (size >= ENDLESS).where(size.like(0x7C00), found)
    found = (size > NAN).where((size >> 13) | 0x7E00, found)
    return (found | ((bits >> 16) & 0x8000)).cast("trunc", "i16").v


def odd_single_of(f: Function, x: Value) -> Value:
    """A double cut to single, the last bit set where something was cut off.

    What is rounded again then has the bits of one rounding.

    Boldo and Melquiond, Emulation of a FMA and correctly rounded sums, IEEE
    Transactions on Computers 57(4), 2008.
    """
    double = Lanes(f, x)
    near = double.cast("fptrunc", "float")
    back = near.cast("fpext", "double")
    bits = near.bits()
    bits = (back.abs() > double.abs()).where(bits - 1, bits)
    return back.ne(double).where(bits | 1, bits).real().v
