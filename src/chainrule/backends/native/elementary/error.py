"""The error function.

Near 0, ``erf(x) = x + x P(x²)``. Beyond, ``1 - erfc(x)``: in single precision
``erfc(x) = exp(Q(x))``, in double precision ``exp(-x²) G((x - 3) / (x + 3))``. P, Q
and G are minimax polynomials, Q and G for the absolute error of ``erfc``.
"""

from __future__ import annotations

from chainrule.backends.native.elementary.exponential import (
    exp_reduced,
    form,
    power_of_two,
    reduce,
)
from chainrule.backends.native.elementary.lanes import Lanes, polynomial
from chainrule.backends.native.elementary.table import elementary

P = (
    (
        0.12837917,
        -0.37612626,
        0.11283585,
        -0.026853772,
        0.005188234,
        -0.0008009275,
        7.85054e-05,
    ),
    (
        0.12837916709551256,
        -0.37612638903183515,
        0.11283791670944077,
        -0.02686617064309396,
        0.005223977605970323,
        -0.0008548325922031817,
        0.00012055293354333094,
        -1.4924707943621756e-05,
        1.644707685955236e-06,
        -1.6205888111517951e-07,
        1.3709112368434614e-08,
        -7.775934093509209e-10,
    ),
)
Q = (
    -0.00016645456,
    -1.1277971,
    -0.63697624,
    -0.10411363,
    0.022315212,
    -0.0030654867,
    0.00019821948,
)
G = (
    0.17900115118138968,
    -0.3262335600432035,
    0.24560380170690246,
    -0.1501159365478989,
    0.07166583759472474,
    -0.024392487494546124,
    0.004269251783998166,
    0.000708394653526838,
    -0.0005947303989206912,
    5.0751569812291687e-05,
    7.228992470474551e-05,
    -5.962808216025247e-06,
    -6.428848184280895e-06,
)


def exp_below_zero(x: Lanes) -> Lanes:
    """``exp(x)`` where it is a normal number below 1."""
    r, biased = reduce(x, form(x).bias)
    return exp_reduced(r) * power_of_two(biased)


def complement(y: Lanes) -> Lanes:
    """``1 - erf(y)`` from 0.9 to where it is less than half an ulp of 1."""
    if y.element == "float":
        return exp_below_zero(polynomial(y, *Q))
    factor = polynomial((y - 3.0) / (y + 3.0), *G)
    return exp_below_zero(-(y * y)) * factor


@elementary("erf")
def erf(x: Lanes) -> Lanes:
    """``2 / sqrt(pi)`` times the integral of ``exp(-t²)`` from 0 to ``x``."""
    y = x.abs()
    bound = y.like(x.pick(3.95, 6.0))
    y = (y > bound).where(bound, y)
    z = y * y
    near = polynomial(z, *x.pick(*P)).fma(y, y)
    far = 1.0 - complement(y)
    return (y < x.pick(0.92, 0.99)).where(near, far).flip(x.sign())
