"""exp and its relatives.

The argument is reduced to ``x = n ln 2 + r`` with ``|r| <= ln(2)/2``. ``n`` comes from
adding a number so large that its last bit counts ones: the sum's low bits are ``n``
plus a bias, ready to be shifted into an exponent. ``ln 2`` is split so that ``n`` times
its head is exact (W. J. Cody and W. Waite, Software Manual for the Elementary
Functions, 1980). ``(exp(r) - 1 - r) / r²`` is a minimax polynomial.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.table import elementary

LN2_HEAD = (0.693359375, 6.93147180369123816490e-01)
LN2_TAIL = (-2.12194440054690583e-4, 1.90821492927058770002e-10)
MAGIC = (1.5 * 2.0**23, 1.5 * 2.0**52)

EXP_TAIL = (
    (0.49999994, 0.16666518, 0.04166834, 0.008369067, 0.0013813847),
    (
        0.5000000000000011,
        0.166666666666664,
        0.041666666666524806,
        0.008333333333500914,
        0.00138888889452382,
        0.00019841269496533975,
        2.480149125847021e-05,
        2.7557591738689033e-06,
        2.763095874220176e-07,
        2.4999518494167688e-08,
    ),
)
EXPM1_TAIL = (
    (0.5, 0.1666654, 0.041666355, 0.008366967, 0.0013947047),
    (
        0.5,
        0.16666666666666677,
        0.0416666666666667,
        0.008333333333321171,
        0.0013888888888866243,
        0.00019841269887496113,
        2.4801587362294163e-05,
        2.7557242698266533e-06,
        2.7557241263987493e-07,
        2.5109605147019837e-08,
        2.092490832504095e-09,
    ),
)

TANH = (
    (-0.333333, 0.13331926, -0.053783834, 0.020796001, -0.005895154),
    (
        -0.33333333333333126,
        0.13333333333299666,
        -0.053968253949295435,
        0.021869488002560472,
        -0.008863226777468274,
        0.00359203737971444,
        -0.001455215366378955,
        0.0005871884192594662,
        -0.00023039684162705126,
        7.931398706294213e-05,
        -1.7178743288608984e-05,
    ),
)


class Format(NamedTuple):
    """What a float format fixes."""

    mantissa: int
    bias: int


def form(x: Lanes) -> Format:
    """Mantissa bits and exponent bias."""
    return x.pick(Format(23, 127), Format(52, 1023))


def nearest(x: Lanes, scale: float, bias: int) -> tuple[Lanes, Lanes]:
    """``n = round(x * scale)``, and an integer whose low bits are ``n + bias``."""
    magic = x.pick(*MAGIC) + bias
    shifted = x.fma(scale, magic)
    return shifted - magic, shifted.bits()


def reduce(x: Lanes, bias: int) -> tuple[Lanes, Lanes]:
    """``r`` of ``x = n ln 2 + r``, and an integer whose low bits are ``n + bias``."""
    n, biased = nearest(x, 1 / math.log(2), bias)
    r = n.fma(-x.pick(*LN2_HEAD), x)
    return n.fma(-x.pick(*LN2_TAIL), r), biased


def exp_reduced(r: Lanes) -> Lanes:
    """``exp(r)`` on the reduced interval."""
    tail = polynomial(r, *r.pick(*EXP_TAIL))
    return tail.fma(r * r, r) + 1.0


def power_of_two(biased: Lanes) -> Lanes:
    """``2^n``, of an integer whose low bits are ``n`` plus the exponent's bias."""
    return (biased << biased.pick(23, 52)).real()


def scale(p: Lanes, biased: Lanes) -> Lanes:
    """``p 2^n`` by two factors, of ``n`` plus twice the bias.

    One factor alone could not carry a denormal result or the last binade.
    """
    half = biased >> 1
    return p * power_of_two(half) * power_of_two(biased - half)


@elementary("exp")
def exp(x: Lanes) -> Lanes:
    """``e^x``."""
    x = x.clamp(*x.pick((-104.0, 89.0), (-746.0, 710.0)))
    r, biased = reduce(x, 2 * form(x).bias)
    return scale(exp_reduced(r), biased)


@elementary("exp2")
def exp2(x: Lanes) -> Lanes:
    """``2^x``; exact at integers."""
    x = x.clamp(*x.pick((-151.0, 129.0), (-1076.0, 1025.0)))
    n, biased = nearest(x, 1.0, 2 * form(x).bias)
    return scale(exp_reduced((x - n) * math.log(2)), biased)


def exp_quarter(x: Lanes) -> Lanes:
    """``exp(x) / 4`` of a double ``x >= 0``: a quarter, so that it is finite.

    Beyond the bound ``cosh`` is infinite, and so is what is made of this.
    """
    x = x.clamp(0.0, 710.5)
    r, biased = reduce(x, form(x).bias - 2)
    return exp_reduced(r) * power_of_two(biased)


def expm1_over(x: Lanes, down: int) -> Lanes:
    """``(exp(x) - 1) / 2^down`` for an ``x`` that is neither huge nor far below 0.

    ``2^n (1 + r + r² q) - 1``, its two large terms first.
    """
    r, biased = reduce(x, form(x).bias - down)
    power = power_of_two(biased)
    head = r.fma(power, power - 2.0**-down)
    square = r * r * polynomial(r, *r.pick(*EXPM1_TAIL))
    return square.fma(power, head)


@elementary("expm1")
def expm1(x: Lanes) -> Lanes:
    """``e^x - 1``, accurate near 0."""
    y = x.clamp(*x.pick((-18.0, 89.0), (-40.0, 710.0)))
    result = expm1_over(y, 1) * 2.0
    return (x.abs() < x.pick(2.0**-26, 2.0**-55)).where(x, result)


@elementary("logistic")
def logistic(x: Lanes) -> Lanes:
    """``e^x / (1 + e^x)``, numerator and denominator scaled by a power of two.

    So scaled, ``e^x`` is normal for every ``x`` with a result other than 0, and the
    division alone rounds a denormal one. From the upper bound on the result is 1.
    Where ``y < 1/2``, what the sum lost to rounding goes back in: ``dy = -y lost``.
    """
    x = x.clamp(*x.pick((-104.0, 20.0), (-746.0, 40.0)))
    lift = x.pick(30, 60)
    r, biased = reduce(x, form(x).bias + lift)
    scaled = exp_reduced(r) * power_of_two(biased)
    total = scaled + 2.0**lift
    lost = (scaled - (total - 2.0**lift)) * 2.0**-lift
    y = scaled / total
    return y - y * (x < 0.0).where(lost, 0.0)


@elementary("tanh")
def tanh(x: Lanes) -> Lanes:
    """``1 - 2 / (e^2x + 1)``, near 0 a polynomial; from the bound on it is 1."""
    y = x.abs()
    bound = x.pick(9.5, 19.5)
    y = (y > bound).where(y.like(bound), y)
    r, biased = reduce(y + y, form(x).bias)
    large = 1.0 - 2.0 / exp_reduced(r).fma(power_of_two(biased), 1.0)
    z = y * y
    small = (z * polynomial(z, *x.pick(*TANH))).fma(y, y)
    return (y < 0.6).where(small, large).flip(x.sign())
