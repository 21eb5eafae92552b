"""The complementary error function and the normal distribution, exact in the tails.

``(1 + 2y) exp(y²) erfc(y)`` is smooth from 0 to infinity: a polynomial in
``t = (y - 4) / (y + 4)``, by interpolation at Chebyshev's points in 50 digits (M. M.
Shepherd and J. G. Laframboise, Mathematics of Computation 36, 1981). ``exp(-y²)`` takes
the square with its rounding error. Single precision is computed in double.
"""

from __future__ import annotations

import math

from chainrule.backends.native.elementary.error import P
from chainrule.backends.native.elementary.exact import two_product
from chainrule.backends.native.elementary.exponential import exp
from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.logarithm import log1p
from chainrule.backends.native.elementary.table import elementary

SCALED = (
    1.2329951186255526,
    -0.13962111684056228,
    0.015379652102619974,
    0.06809705425466839,
    -0.10103906603631811,
    0.09373283499911264,
    -0.06633036581186058,
    0.037167515526338006,
    -0.01619773406293477,
    0.005031970069102256,
    -0.0007577732435942576,
    -0.0001992571524726518,
    0.00015062142608651945,
    -2.4397731143023292e-05,
    -1.1221135665965907e-05,
    5.70657829924074e-06,
    2.917342557308973e-07,
    -8.210647933297336e-07,
    7.77194324108692e-08,
    1.0631817593818143e-07,
    -2.0725802488182012e-08,
    -1.2338731403798421e-08,
    3.232397344508226e-09,
    9.297625263709617e-10,
    -2.7641202337346214e-10,
)
NEAR = 0.5
"""Below, erf's polynomial is used: 1 - erf loses nothing there."""
FAR = 30.0
"""Beyond, ``exp(-y²)`` is 0, and so is what its square's rounding adds to it."""


def scaled_tail(y: Lanes) -> Lanes:
    """``exp(y²) erfc(y)`` for ``y >= 0``; halves, so that nothing overflows."""
    t = 1.0 - 8.0 / (y + 4.0)
    return polynomial(t, *SCALED) * 0.5 / (y + 0.5)


def exp_square(y: Lanes, factor: float) -> Lanes:
    """``exp(factor y²)`` for a factor that is a power of two, or its negative."""
    square = two_product(y, y)
    head = exp(square.head * factor)
    return head.fma(square.tail * factor, head)


def near(y: Lanes) -> Lanes:
    """``erf(y)`` around 0."""
    square = y * y
    return polynomial(square, *P[1]).fma(y, y)


def bounded(y: Lanes, bound: float) -> Lanes:
    """No more than the bound; NaN stays NaN."""
    return (y > bound).where(y.like(bound), y)


@elementary("erfc", widen=True)
def erfc(x: Lanes) -> Lanes:
    """``1 - erf(x)``, to the last place where that is tiny."""
    y = bounded(x.abs(), 28.0)
    tail = scaled_tail(y) * exp_square(y, -1.0)
    far = (x < 0.0).where(2.0 - tail, tail)
    return (y < NEAR).where(1.0 - near(x), far)


@elementary("erfcx", widen=True)
def erfcx(x: Lanes) -> Lanes:
    """``exp(x²) erfc(x)``."""
    y = x.abs()
    tail = scaled_tail(y)
    raised = exp_square(bounded(y, 26.64), 1.0)  # finite, and its double infinite
    far = (x < 0.0).where(2.0 * raised - tail, tail)
    return (y < NEAR).where(raised * (1.0 - near(x)), far)


@elementary("ndtr", widen=True)
def ndtr(x: Lanes) -> Lanes:
    """The normal distribution function: half of erfc at ``-x / √2``.

    Its exponential is that of the density, instruction for instruction: where a
    derivative asks for both, LLVM keeps one.
    """
    square = two_product(x, x)
    y = x.abs() * math.sqrt(0.5)
    head = exp(square.head * -0.5)
    rest = (y < FAR).where(square.tail * -0.5, 0.0)
    tail = scaled_tail(y) * 0.5 * head.fma(rest, head)
    far = (x < 0.0).where(tail, 1.0 - tail)
    middle = near(x * math.sqrt(0.5)).fma(0.5, 0.5)
    return (y < NEAR).where(middle, far)


@elementary("log_expit")
def log_expit(x: Lanes) -> Lanes:
    """``-log(1 + exp(-x))``, by the exponential that is below 1."""
    below = (x < 0.0).where(x, 0.0)
    return -(log1p(exp(-x.abs())) - below)
