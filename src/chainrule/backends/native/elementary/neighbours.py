"""What a floating-point number is made of: the one beside it, its power of 2."""

from __future__ import annotations

import math

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


def emit_exponent(f: Function, x: Value) -> Value:
    """The power of 2 above a number, as C's frexp; 0 of 0, infinities and NaN."""
    number = Lanes(f, x)
    size = number.abs()
    digits, bias = number.pick((23, 127), (52, 1023))
    tiny = size < 2.0 ** (1 - bias)
    field = tiny.where(size * 2.0**64, size).bits() >> digits
    power = field - (bias - 1) - tiny.where(field.like(64), 0)
    found = (size < math.inf).where(power, 0)
    found = size.eq(0.0).where(field.like(0), found)
    return number.pick(found, found.cast("trunc", "i32")).v


def emit_ldexp(f: Function, x: Value, n: Value) -> Value:
    """A number times a power of 2, in up to three steps, of which the last rounds.

    A step down leaves room for all digits; so musl's scalbn goes.
    """
    number, power = Lanes(f, x), Lanes(f, n)
    power = _within(power, 5000)
    power = number.pick(power.cast("trunc", "i32"), power)
    digits, bias = number.pick((23, 127), (52, 1023))
    up, down = bias, bias - 2 - digits
    for _ in range(2):
        over, under = power > bias, power < 1 - bias
        number = over.where(number * 2.0**up, number)
        number = under.where(number * 2.0**-down, number)
        power = over.where(power - up, under.where(power + down, power))
    power = (power > bias).where(power.like(bias), power)
    power = (power < 1 - bias).where(power.like(1 - bias), power)
    return (number * ((power + bias) << digits).real()).v


def _within(n: Lanes, limit: int) -> Lanes:
    low = (n < -limit).where(n.like(-limit), n)
    return (low > limit).where(n.like(limit), low)
