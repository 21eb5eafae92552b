"""sin, cos and tan.

Of the reduced argument ``r`` (and ``t``, what it lost to rounding):
``sin(r + t) = r + t + r³ S(r²)``, ``cos(r + t) = 1 - r²/2 - r t + r⁴ C(r²)``, S and C
minimax polynomials; the quadrant swaps the two and sets the sign.
"""

from __future__ import annotations

from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.reduction import Reduced, reduce
from chainrule.backends.native.elementary.table import elementary

S = (
    (-0.16666655, 0.008332182, -0.00019516626),
    (
        -0.16666666666666632,
        0.00833333333332233,
        -0.0001984126982972516,
        2.7557313662043994e-06,
        -2.505075326116946e-08,
        1.5896504705053359e-10,
    ),
)
C = (
    (0.041666646, -0.0013887342, 2.443789e-05),
    (
        0.0416666666666666,
        -0.0013888888888874047,
        2.480158728939491e-05,
        -2.7557314326075675e-07,
        2.0875719563685577e-09,
        -1.1359448888897693e-11,
    ),
)


def sin_reduced(r: Lanes, tail: Lanes) -> Lanes:
    """The sine on the reduced interval."""
    z = r * r
    s = polynomial(z, *r.pick(*S))
    if r.element == "float":
        return (z * s).fma(r, r)
    return r + (z * r).fma(s, tail * z.fma(-0.5, 1.0))


def cos_reduced(r: Lanes, tail: Lanes) -> Lanes:
    """The cosine on the reduced interval."""
    z = r * r
    c = polynomial(z, *r.pick(*C))
    if r.element == "float":
        return (z * z).fma(c, z.fma(-0.5, 1.0))
    half = 0.5 * z
    head = 1.0 - half
    return head + (((1.0 - head) - half) + (z * z).fma(c, -(r * tail)))


def sign_of_quadrant(quadrant: Lanes) -> Lanes:
    """The second bit as a sign bit."""
    bit = quadrant.pick(30, 62)
    return (quadrant << bit) & quadrant.pick(-(1 << 31), -(1 << 63))


def by_quadrant(parts: Reduced, even: Lanes, odd: Lanes) -> Lanes:
    """One value in quadrants 0 and 2, the other in 1 and 3."""
    return (parts.quadrant & 1).eq(0).where(even, odd)


@elementary("sin")
def sin(x: Lanes) -> Lanes:
    """The sine."""
    parts = reduce(x.abs())
    s, c = (
        sin_reduced(parts.head, parts.tail),
        cos_reduced(parts.head, parts.tail),
    )
    result = by_quadrant(parts, s, c)
    return result.flip(sign_of_quadrant(parts.quadrant) ^ x.sign())


@elementary("cos")
def cos(x: Lanes) -> Lanes:
    """The cosine."""
    parts = reduce(x.abs())
    s, c = (
        sin_reduced(parts.head, parts.tail),
        cos_reduced(parts.head, parts.tail),
    )
    result = by_quadrant(parts, c, s)
    return result.flip(sign_of_quadrant(parts.quadrant + 1))


@elementary("tan", widen=True)
def tan(x: Lanes) -> Lanes:
    """The tangent: sine over cosine, or its negative inverse in odd quadrants."""
    parts = reduce(x.abs())
    s, c = (
        sin_reduced(parts.head, parts.tail),
        cos_reduced(parts.head, parts.tail),
    )
    ratio = by_quadrant(parts, s, c) / by_quadrant(parts, c, s)
    odd = parts.quadrant << parts.quadrant.pick(31, 63)
    return ratio.flip(odd ^ x.sign())
