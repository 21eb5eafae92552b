"""The inverse trigonometric functions.

arctan takes ``(y - x) / (y + x)`` or ``-x / y`` for ``y / x``, so that one polynomial
on ``|w| <= tan(pi/8)`` serves (as Cephes' atan.c). arcsin and arccos go, beyond 1/2, by
``asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2))`` (as FreeBSD's e_asin.c and e_acos.c).
"""

from __future__ import annotations

import math

from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.table import elementary

PI = (math.pi, 1.2246467991473532e-16)
HALF_PI = (math.pi / 2, 6.123233995736766e-17)
QUARTER_PI = (math.pi / 4, 3.061616997868383e-17)
TAN_PI_8 = math.sqrt(2) - 1

ARCTAN = (
    -0.333333333333332,
    0.1999999999995367,
    -0.14285714280204165,
    0.11111110783819558,
    -0.0909089776719487,
    0.07692060363508597,
    -0.0666310547279663,
    0.05847897504756603,
    -0.05039331298426089,
    0.03806496613206695,
    -0.017907355457320036,
)
ARCSIN = (
    0.16666666666666763,
    0.07499999999970096,
    0.04464285717528857,
    0.030381942675179678,
    0.022372215908300172,
    0.017351595463061403,
    0.013981018919982076,
    0.011397290305252814,
    0.010789334695355916,
    0.003672139499109482,
    0.021790747077753365,
    -0.021116847972092033,
    0.03270223583880134,
)


def arctan_ratio(y: Lanes, x: Lanes) -> Lanes:
    """``arctan(y / x)`` for ``y >= 0`` and ``x >= 0``, not both 0."""
    low, high = y <= x * TAN_PI_8, y > x * (1 / TAN_PI_8)
    above = low.where(y, high.where(-x, y - x))
    below = low.where(x, high.where(y, y + x))
    w = above / below
    z = w * w
    zero = w.like(0.0)
    head = low.where(zero, high.where(w.like(HALF_PI[0]), QUARTER_PI[0]))
    tail = low.where(zero, high.where(w.like(HALF_PI[1]), QUARTER_PI[1]))
    return head + ((w * z).fma(polynomial(z, *ARCTAN), tail) + w)


@elementary("arctan", widen=True)
def arctan(x: Lanes) -> Lanes:
    """The angle whose tangent is ``x``."""
    return arctan_ratio(x.abs(), x.like(1.0)).flip(x.sign())


@elementary("arctan2", widen=True)
def arctan2(y: Lanes, x: Lanes) -> Lanes:
    """The angle of the point ``(x, y)``.

    Huge coordinates are scaled down, so that their sum is finite; equal ones, infinite
    perhaps, become 1; where both are 0 the signs alone decide.
    """
    height, width = y.abs(), x.abs()
    huge = (height > 2.0**1000).where(y.like(2.0**-100), 1.0)
    huge = (width > 2.0**1000).where(y.like(2.0**-100), huge)
    same = height.eq(width)
    up = same.where(height.eq(0.0).where(y.like(0.0), 1.0), height * huge)
    angle = arctan_ratio(up, same.where(x.like(1.0), width * huge))
    left = x.bits() < 0
    angle = left.where(PI[0] - (angle - PI[1]), angle)
    return angle.flip(y.sign())


def folded(y: Lanes) -> tuple[Lanes, Lanes, Lanes, Lanes]:
    """Where ``y > 1/2``; ``z``, that is ``y²`` or ``(1 - y) / 2``; its root ``r``;
    and ``asin(r) / r - 1``."""
    large = y > 0.5
    z = large.where((1.0 - y) * 0.5, y * y)
    return large, z, z.sqrt(), z * polynomial(z, *ARCSIN)


def root_tail(z: Lanes, root: Lanes) -> tuple[Lanes, Lanes]:
    """The root's upper half, and what it lacks."""
    head = (root.bits() & -(1 << 32)).real()
    total = root + head
    safe = total.eq(0.0).where(total.like(1.0), total)
    return head, (z - head * head) / safe


@elementary("arcsin", widen=True)
def arcsin(x: Lanes) -> Lanes:
    """The angle in ``[-pi/2, pi/2]`` whose sine is ``x``."""
    y = x.abs()
    large, z, root, ratio = folded(y)
    head, rest = root_tail(z, root)
    tail = (2.0 * root).fma(ratio, 2.0 * rest - HALF_PI[1])
    folded_back = QUARTER_PI[0] - (tail - (QUARTER_PI[0] - 2.0 * head))
    return large.where(folded_back, y.fma(ratio, y)).flip(x.sign())


@elementary("arccos", widen=True)
def arccos(x: Lanes) -> Lanes:
    """The angle in ``[0, pi]`` whose cosine is ``x``."""
    large, z, root, ratio = folded(x.abs())
    head, rest = root_tail(z, root)
    right = 2.0 * (head + root.fma(ratio, rest))
    left = PI[0] - 2.0 * (root + root.fma(ratio, -HALF_PI[1]))
    middle = HALF_PI[0] - (x - (HALF_PI[1] - x * ratio))
    return large.where((x < 0.0).where(left, right), middle)
