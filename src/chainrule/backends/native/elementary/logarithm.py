"""log and its relatives.

``x = 2^k (1 + f)`` with ``1 + f`` in ``[sqrt(1/2), sqrt(2))``, taken from the bits.
In single precision ``log(1 + f) = f - f²/2 + f³ P(f)``; in double precision, with
``s = f / (2 + f)``, ``log(1 + f) = f - f²/2 + s (f²/2 + s² R(s²))`` as in FreeBSD's
e_log.c. P and R are minimax polynomials.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.backends.native.elementary.exponential import LN2_HEAD, LN2_TAIL
from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.table import elementary

SQRT_HALF = (0x3F3504F3, 0x3FE6A09E667F3BCD)
ONE = (0x3F800000, 0x3FF0000000000000)
EXPONENT = (-(1 << 23), -(1 << 52))
SMALLEST_NORMAL = (2.0**-126, 2.0**-1022)
LIFT = (23, 54)

P = (
    0.33333316,
    -0.25000817,
    0.20002304,
    -0.16624346,
    0.14180699,
    -0.1313044,
    0.12885843,
    -0.078599475,
)
R = (
    0.6666666666666735,
    0.39999999999411007,
    0.2857142874326069,
    0.2222219847618511,
    0.18183569729559204,
    0.15313903506001314,
    0.1479750515449183,
)


class Split(NamedTuple):
    """``x = 2^k (1 + f)``; ``offset`` has ``k`` in its exponent bits."""

    k: Lanes
    f: Lanes
    offset: Lanes


def split(x: Lanes) -> Split:
    """Exponent and fraction of a normal number."""
    bits = x.bits()
    offset = bits - x.pick(*SQRT_HALF)
    k = exponent(offset)
    offset = offset & x.pick(*EXPONENT)
    return Split(k, (bits - offset).real() - 1.0, offset)


def exponent(offset: Lanes) -> Lanes:
    """The exponent as a float; in double precision by bits, which every CPU has."""
    if offset.element == "i32":
        return offset.shift_signed(23).cast("sitofp", "float")
    biased = (offset + (1024 << 52)) >> 52
    return (biased | 0x4330000000000000).real() - (2.0**52 + 1024)


def normalize(x: Lanes) -> tuple[Lanes, Lanes]:
    """``x`` lifted where it is denormal, and by how many powers of two."""
    low = x < x.pick(*SMALLEST_NORMAL)
    lift = x.pick(*LIFT)
    return low.where(x * 2.0**lift, x), low.where(x.like(lift), 0.0)


def split_any(x: Lanes) -> Split:
    """Exponent and fraction of a positive number, denormal or not."""
    lifted, lift = normalize(x)
    parts = split(lifted)
    return parts._replace(k=parts.k - lift)


def log_reduced(f: Lanes, k: Lanes) -> Lanes:
    """``k ln 2 + log(1 + f)``."""
    k_head, k_tail = k * f.pick(*LN2_HEAD), k * f.pick(*LN2_TAIL)
    if f.element == "float":
        tail = polynomial(f, *P).fma(f, -0.5).fma(f * f, k_tail)
        return (tail + f) + k_head
    half = 0.5 * f * f
    s = f / (f + 2.0)
    z = s * s
    tail = (half + z * polynomial(z, *R)).fma(s, k_tail)
    return k_head - ((half - tail) - f)


def at_the_edges(x: Lanes, result: Lanes) -> Lanes:
    """A logarithm's values at 0, below it, at infinity and NaN."""
    result = (x < math.inf).where(result, x)
    result = x.eq(0.0).where(x.like(-math.inf), result)
    return (x < 0.0).where(x.like(math.nan), result)


@elementary("log")
def log(x: Lanes) -> Lanes:
    """The natural logarithm."""
    parts = split_any(x)
    return at_the_edges(x, log_reduced(parts.f, parts.k))


@elementary("log1p")
def log1p(x: Lanes) -> Lanes:
    """``log(1 + x)``, accurate near 0."""
    return log1p_shifted(x, None)


def log1p_shifted(x: Lanes, doubled: Lanes | None) -> Lanes:
    """``log(1 + x)``, and ``ln 2`` more where the mask holds.

    ``1 + f = 2^-k (1 + x)`` gives ``f = 2^-k x + (2^-k - 1)``, rounded once. Where
    ``1 + x`` is ``x``, its own ``f`` serves and the factor may run out of range.
    """
    u = x + 1.0
    parts = split(u)
    k = parts.k if doubled is None else doubled.where(parts.k + 1.0, parts.k)
    factor = (parts.offset.like(x.pick(*ONE)) - parts.offset).real()
    f = (x > 2.0**60).where(parts.f, x.fma(factor, factor - 1.0))
    result = at_the_edges(u, log_reduced(f, k))
    return (x.abs() < x.pick(2.0**-26, 2.0**-55)).where(x, result)


# -- other bases: FreeBSD's e_log2.c and e_log10.c -----------------------------


class Base(NamedTuple):
    """The inverse of the base's logarithm, and the logarithm of 2, in two pieces."""

    inverse: tuple[float, float]
    two: tuple[float, float]


BASE_2 = Base((1.44269504072144627571, 1.67517131648865118353e-10), (1.0, 0.0))
BASE_10 = Base(
    (4.34294481878168880939e-01, 2.50829467116452752298e-11),
    (3.01029995663611771306e-01, 3.69423907715893078616e-13),
)


def log_in(x: Lanes, base: Base) -> Lanes:
    """The logarithm in a base, of a double."""
    parts = split_any(x)
    k, f = parts.k, parts.f
    half = 0.5 * f * f
    s = f / (f + 2.0)
    z = s * s
    head = ((f - half).bits() & -(1 << 32)).real()
    tail = ((f - head) - half) + s * (half + z * polynomial(z, *R))
    product = head * base.inverse[0]
    small = (tail + head).fma(base.inverse[1], tail * base.inverse[0])
    whole = k * base.two[0]
    total = whole + product
    rest = ((whole - total) + product) + k.fma(base.two[1], small)
    return at_the_edges(x, total + rest)


@elementary("log2", widen=True)
def log2(x: Lanes) -> Lanes:
    """The logarithm of base 2; exact at powers of two."""
    return log_in(x, BASE_2)


@elementary("log10", widen=True)
def log10(x: Lanes) -> Lanes:
    """The logarithm of base 10."""
    return log_in(x, BASE_10)
