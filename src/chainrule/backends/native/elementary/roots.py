"""sqrt and cbrt."""

from __future__ import annotations

import math

from chainrule.backends.native.elementary.exponential import nearest, power_of_two
from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.logarithm import split_any
from chainrule.backends.native.elementary.table import elementary

CBRT_2 = 1.2599210498948732
INVERSE_CBRT = (
    1.874518868898667,
    -1.861830078046311,
    1.561304037880797,
    -0.7023853760354639,
    0.1283691323793711,
)


@elementary("sqrt")
def sqrt(x: Lanes) -> Lanes:
    """The square root, correctly rounded by the CPU's own instruction."""
    return x.sqrt()


@elementary("cbrt", widen=True)
def cbrt(x: Lanes) -> Lanes:
    """The cube root.

    ``x = 8^q 2^r m``; a polynomial and a step of Newton's for ``(2^r m)^(-1/3)``, then
    Halley's step from 26 bits, whose square is exact (as FreeBSD's s_cbrt.c).
    """
    y = x.abs()
    parts = split_any(y)
    q, biased = nearest(parts.k, 1 / 3, 1023)
    r = q.fma(-3.0, parts.k)
    m = parts.f + 1.0
    down, up = r < 0.0, r > 0.0
    factor = down.where(m.like(0.5), up.where(m.like(2.0), 1.0))
    root = down.where(m.like(CBRT_2), up.where(m.like(1 / CBRT_2), 1.0))
    a = m * factor
    inverse = polynomial(m, *INVERSE_CBRT) * root
    cube = a * inverse * inverse * inverse
    inverse = inverse * cube.fma(-1 / 3, 4 / 3)
    rough = ((a * inverse * inverse).bits() & -(1 << 27)).real()
    ratio = a / (rough * rough)
    fine = rough.fma((ratio - rough) / (rough + rough + ratio), rough)
    result = fine * power_of_two(biased)
    plain = (y > 0.0) & (y < math.inf)
    return plain.where(result.flip(x.sign()), x)
