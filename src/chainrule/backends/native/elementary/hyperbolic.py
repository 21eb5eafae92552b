"""sinh, cosh and the inverse hyperbolic functions, by expm1, exp and log1p.

Of large arguments, ``log(2 x)`` is ``log1p(x)`` and one more power of two, so that it
cannot overflow. The forms are those of FreeBSD's e_sinh.c, s_asinh.c and e_atanh.c.
"""

from __future__ import annotations

import math

from chainrule.backends.native.elementary.exponential import exp_quarter, expm1_over
from chainrule.backends.native.elementary.lanes import Lanes
from chainrule.backends.native.elementary.logarithm import log1p, log1p_shifted
from chainrule.backends.native.elementary.table import elementary

LARGE = 2.0**60
SMALL = 2.0**-28


@elementary("sinh", widen=True)
def sinh(x: Lanes) -> Lanes:
    """``(e + e / (e + 1)) / 2`` with ``e = exp|x| - 1``."""
    y = x.abs()
    quarter = expm1_over(y.clamp(0.0, 710.5), 2)
    result = 2.0 * (quarter + quarter / quarter.fma(4.0, 1.0))
    return (y < SMALL).where(y, result).flip(x.sign())


@elementary("cosh", widen=True)
def cosh(x: Lanes) -> Lanes:
    """``(e + 1 / e) / 2`` with ``e = exp|x|``."""
    quarter = exp_quarter(x.abs())
    return 2.0 * (quarter + 0.0625 / quarter)


@elementary("arcsinh", widen=True)
def arcsinh(x: Lanes) -> Lanes:
    """``log1p(|x| + x² / (1 + sqrt(x² + 1)))``."""
    y = x.abs()
    square = y * y
    near = y + square / ((square + 1.0).sqrt() + 1.0)
    large = y > LARGE
    return log1p_shifted(large.where(y, near), large).flip(x.sign())


@elementary("arccosh", widen=True)
def arccosh(x: Lanes) -> Lanes:
    """``log1p(t + sqrt(2 t + t²))`` with ``t = x - 1``."""
    t = x - 1.0
    near = t + (t * (t + 2.0)).sqrt()
    large = x > LARGE
    result = log1p_shifted(large.where(x, near), large)
    return (x < 1.0).where(x.like(math.nan), result)


@elementary("arctanh", widen=True)
def arctanh(x: Lanes) -> Lanes:
    """``log1p(2 |x| / (1 - |x|)) / 2``."""
    y = x.abs()
    result = 0.5 * log1p((y + y) / (1.0 - y))
    return (y < SMALL).where(y, result).flip(x.sign())
