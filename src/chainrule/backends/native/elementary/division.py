"""Whole quotients and remainders, as NumPy has them: the sign is the divisor's."""

from __future__ import annotations

from chainrule.backends.native.ir import Function, Value, const, element_of, lanes_of

DIGITS = {"float": 22, "double": 51}
"""Below two to this power a quotient is off by one at most once it is cut."""


def _truncated(f: Function, x: Value, y: Value) -> Value:
    """What C's fmod gives: exact, of the sign of x.

    A quotient that is not large gives it by one fused multiplication, whose result
    needs no rounding; for others the library is asked, lane by lane.
    """
    q = f.intrinsic("trunc", x.type, f.fdiv(x, y))
    size = f.intrinsic("fabs", x.type, q)
    simple = f.fcmp("olt", size, const(x.type, 2.0 ** DIGITS[element_of(x.type)]))
    rest = f.intrinsic("fma", x.type, f.fneg(q), y, x)
    # A quotient rounded up to a whole number leaves a rest of the other sign.
    divisor = f.intrinsic("copysign", x.type, y, x)
    zero = const(x.type, 0)
    sign = f.intrinsic("copysign", x.type, const(x.type, 1), x)
    over = f.fcmp("olt", f.fmul(rest, sign), zero)
    rest = f.select(over, f.fadd(rest, divisor), rest)
    quick = f.select(f.fcmp("oeq", q, zero), x, rest)
    cell = f.alloca(x.type)
    f.store(quick, cell)
    hard = f.bit_xor(simple, const(simple.type, True))
    if lanes_of(x.type) > 1:
        hard = f.call(f"llvm.vector.reduce.or.v{lanes_of(x.type)}i1", "i1", hard)
    with f.when(hard):
        f.store(f.select(simple, quick, f.binary("frem", x, y)), cell)
    return f.load(x.type, cell)


def emit_remainder(f: Function, x: Value, y: Value) -> Value:
    """The rest of the sign of y; NaN where y is 0."""
    rest = _truncated(f, x, y)
    zero = const(x.type, 0)
    moved = f.select(_apart(f, rest, y), f.fadd(rest, y), rest)
    signed = f.intrinsic("copysign", x.type, zero, y)
    return f.select(f.fcmp("oeq", rest, zero), signed, moved)


def _apart(f: Function, rest: Value, y: Value) -> Value:
    """Whether a rest other than zero has not the sign of y."""
    zero = const(rest.type, 0)
    signs = f.bit_xor(f.fcmp("olt", y, zero), f.fcmp("olt", rest, zero))
    return f.bit_and(signs, f.fcmp("une", rest, zero))


def emit_floor_divide(f: Function, x: Value, y: Value) -> Value:
    """The whole part of the quotient, rounded down; where y is 0, the quotient."""
    zero, one = const(x.type, 0), const(x.type, 1)
    rest = _truncated(f, x, y)
    whole = f.fdiv(f.binary("fsub", x, rest), y)
    whole = f.select(_apart(f, rest, y), f.binary("fsub", whole, one), whole)
    floor = f.intrinsic("floor", x.type, whole)
    half = f.fcmp("ogt", f.binary("fsub", whole, floor), const(x.type, 0.5))
    floor = f.select(half, f.fadd(floor, one), floor)
    quotient = f.fdiv(x, y)
    signed = f.intrinsic("copysign", x.type, zero, quotient)
    floor = f.select(f.fcmp("oeq", whole, zero), signed, floor)
    return f.select(f.fcmp("oeq", y, zero), quotient, floor)


def emit_whole_division(
    f: Function, x: Value, y: Value, signed: bool, quotient: bool
) -> Value:
    """Of integers: rounded down; 0 where y is 0. No division here can trap."""
    zero, one = const(x.type, 0), const(x.type, 1)
    nothing = f.icmp("eq", y, zero)
    if not signed:
        safe = f.select(nothing, one, y)
        found = f.binary("udiv" if quotient else "urem", x, safe)
        return f.select(nothing, zero, found)
    minus = f.icmp("eq", y, const(x.type, -1))
    safe = f.select(f.bit_or(nothing, minus), one, y)
    whole, rest = f.binary("sdiv", x, safe), f.binary("srem", x, safe)
    signs = f.icmp("slt", f.bit_xor(rest, safe), zero)
    apart = f.bit_and(signs, f.icmp("ne", rest, zero))
    if quotient:
        down = f.select(apart, f.sub(whole, one), whole)
        down = f.select(minus, f.sub(zero, x), down)
    else:
        down = f.select(apart, f.add(rest, safe), rest)
    return f.select(nothing, zero, down)
