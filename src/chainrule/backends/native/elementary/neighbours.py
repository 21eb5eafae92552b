"""The floating-point number beside another."""

from __future__ import annotations

from chainrule.backends.native.elementary.lanes import Lanes
from chainrule.backends.native.ir import Function, Value


def emit_nextafter(f: Function, x: Value, y: Value) -> Value:
    """The neighbour of x towards y; y where they are equal, as C's nextafter.

    Bits, read as integers, count the numbers of one sign away from zero.
    """
    start, end = Lanes(f, x), Lanes(f, y)
    outwards = (start < end) ^ (start < 0.0)
    bits = start.bits()
    beside = bits + outwards.where(bits.like(1), -1)
    least = end.sign() | 1  # zero's neighbours take the sign of y
    moved = start.eq(0.0).where(least, beside).real()
    either = start.compare("uno", "", end).where(start + end, moved)
    return start.eq(end).where(end, either).v
