"""x to the power y, with the special cases of C's pow (C17, F.10.4.4).

``|x|^y = exp(y log|x|)``. In double precision an error in the logarithm grows by up to
745, so it is carried as a pair of doubles to about 2^-66, with ``s = f / (2 + f)`` and
``z = s²``: ``log(1 + f) = s (2 + z (2/3 + z T(z)))``, where T alone may be one double.
In single precision the double precision logarithm is enough.
"""

from __future__ import annotations

import math

from chainrule.backends.native.elementary.exact import (
    Pair,
    multiply,
    quick_sum,
    two_product,
)
from chainrule.backends.native.elementary.exponential import (
    EXP_TAIL,
    LN2_HEAD,
    LN2_TAIL,
    exp_reduced,
    power_of_two,
    reduce,
    scale,
)
from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.logarithm import (
    log_reduced,
    split,
    split_any,
)
from chainrule.backends.native.elementary.table import elementary

TWO_THIRDS = (0.6666666666666666, 3.700743415417188e-17)
T = (
    0.3999999999999998,
    0.28571428571445123,
    0.22222222217510273,
    0.1818181887350165,
    0.15384556653390033,
    0.13336325799944856,
    0.11674648173933756,
    0.1199043359959263,
)


@elementary("power")
def power(x: Lanes, y: Lanes) -> Lanes:
    """``x ** y``."""
    size = x.abs()
    magnitude = power_single if x.element == "float" else power_double
    result = magnitude(size, y)
    whole, odd = integrality(y)
    result = (odd & (x.bits() < 0)).where(-result, result)
    undefined = (x < 0.0) & (x > -math.inf) & (whole ^ True)
    result = undefined.where(x.like(math.nan), result)
    result = x.compare("uno", "ne", y).where(x + y, result)
    return (y.eq(0.0) | x.eq(1.0)).where(x.like(1.0), result)


def integrality(y: Lanes) -> tuple[Lanes, Lanes]:
    """Where ``y`` is an integer, and where an odd one.

    Adding the first number whose last bit counts ones rounds to integers; above it
    every number is one, and above twice it an even one.
    """
    size = y.abs()
    ones = y.pick(2.0**23, 2.0**52)
    shifted = size + ones
    large = size >= ones
    whole = large | (shifted - ones).eq(size)
    last = large.where(size.bits(), shifted.bits()) & 1
    return whole, whole & last.eq(1) & (size < 2 * ones)


def exponent_at_edges(size: Lanes, y: Lanes, exponent: Lanes) -> Lanes:
    """``y log(size)`` where the size is 0, 1 or infinite."""
    exponent = size.eq(0.0).where(y * -math.inf, exponent)
    exponent = size.eq(math.inf).where(y * math.inf, exponent)
    return size.eq(1.0).where(exponent.like(0.0), exponent)


def power_single(size: Lanes, y: Lanes) -> Lanes:
    """In double precision throughout; the last conversion rounds and overflows."""
    size, y = size.cast("fpext", "double"), y.cast("fpext", "double")
    parts = split(size)
    exponent = exponent_at_edges(size, y, y * log_reduced(parts.f, parts.k))
    r, biased = reduce(exponent.clamp(-200.0, 200.0), 1023)
    tail = polynomial(r, *EXP_TAIL[0])
    result = (tail.fma(r * r, r) + 1.0) * power_of_two(biased)
    return result.cast("fptrunc", "float")


def power_double(size: Lanes, y: Lanes) -> Lanes:
    """With the logarithm as a pair."""
    head, tail = log_pair(size)
    product, error = two_product(y, head)
    tail = y.fma(tail, error)
    exponent = exponent_at_edges(size, y, product)
    tail = (product.abs() < 1000.0).where(tail, 0.0)
    r, biased = reduce(exponent.clamp(-800.0, 800.0), 2046)
    return scale(exp_reduced(r + tail), biased)


def log_pair(x: Lanes) -> Pair:
    """The natural logarithm of a positive double, to about 66 bits."""
    parts = split_any(x)
    s = ratio_pair(parts.f)
    z = multiply(s, s)
    q = quick_sum(z.head.like(TWO_THIRDS[0]), z.head * polynomial(z.head, *T))
    w = multiply(z, Pair(q.head, q.tail + TWO_THIRDS[1]))
    u = quick_sum(w.head.like(2.0), w.head)
    fraction = multiply(s, Pair(u.head, u.tail + w.tail))
    total = quick_sum(parts.k * LN2_HEAD[1], fraction.head)
    rest = parts.k.fma(LN2_TAIL[1], fraction.tail)
    return quick_sum(total.head, total.tail + rest)


def ratio_pair(f: Lanes) -> Pair:
    """``f / (2 + f)``."""
    below = quick_sum(f.like(2.0), f)
    inverse = 1.0 / below.head
    head = f * inverse
    product, error = two_product(head, below.head)
    rest = ((f - product) - error) - head * below.tail
    return Pair(head, rest * inverse)
