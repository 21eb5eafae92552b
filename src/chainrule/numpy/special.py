"""SciPy's special functions of single elements for traced values.

SciPy's are ufuncs, so they ask a traced value; they are known by name, for SciPy is
imported only to compute them. What has a stable composition has no record.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.primitive import Primitive
from chainrule.core.tracer import HANDLERS, NAMED
from chainrule.numpy.promotion import cast, fitted, is_traced, refuse, result_type
from chainrule.primitives.special import (
    bessel,
    counts,
    error,
    gamma,
    incomplete,
    integrals,
    student,
)

SINGLE = np.dtype(np.float32)

RECORDS: tuple[Primitive, ...] = (
    gamma.gamma,
    gamma.gammaln,
    gamma.loggamma,
    gamma.rgamma,
    gamma.beta,
    gamma.betaln,
    incomplete.gammainc,
    incomplete.gammaincc,
    incomplete.gammaincinv,
    incomplete.gammainccinv,
    incomplete.betainc,
    incomplete.betaincc,
    incomplete.betaincinv,
    incomplete.betainccinv,
    student.stdtr,
    student.stdtrit,
    counts.pdtrik,
    counts.bdtrik,
    counts.nbdtrik,
    error.erfc,
    error.erfcx,
    error.erfinv,
    error.erfcinv,
    error.dawsn,
    error.ndtr,
    error.ndtri_exp,
    error.log_expit,
    integrals.expi,
    integrals.exp1,
    bessel.j0,
    bessel.j1,
    bessel.jv,
    bessel.y0,
    bessel.y1,
    bessel.yv,
    bessel.i0,
    bessel.i1,
    bessel.iv,
    bessel.i0e,
    bessel.i1e,
    bessel.ive,
    bessel.k0,
    bessel.k1,
    bessel.kv,
    bessel.k0e,
    bessel.k1e,
    bessel.kve,
    integrals.hyp0f1,
)
"""Records under the names that SciPy's ufuncs have."""

ALIASES: dict[str, Primitive] = {
    "psi": gamma.digamma,
    "yn": bessel.yv,
    "kn": bessel.kv,
}

PAIRS: dict[str, tuple[Primitive, Primitive]] = {
    "sici": (integrals.sine_integral, integrals.cosine_integral),
    "fresnel": (integrals.fresnel_sine, integrals.fresnel_cosine),
}

Handler = Callable[..., Any]


def loop(*xs: Any) -> np.dtype[Any]:
    """The dtype that SciPy computes in: single precision for that alone, else double.

    Bare Python numbers count for nothing, as in NumPy (some of SciPy's take them as
    doubles).
    """
    dtype = result_type(*xs)
    return dtype if dtype == SINGLE else np.result_type(dtype, np.float64)


def floats(*xs: Any) -> list[Any]:
    """Arguments in that dtype, numbers as arrays; not broadcast."""
    dtype = loop(*xs)
    return [cast(x, dtype) if is_traced(x) else np.asarray(x, dtype) for x in xs]


def applied(record: Primitive, *xs: Any, **params: Any) -> Any:
    """A record of arguments that are promoted and broadcast as SciPy would."""
    return record(*fitted(xs, loop(*xs)), **params)


def _answered(name: str, *records: Primitive) -> None:
    def handler(*xs: Any, **options: Any) -> Any:
        refuse(name, options)
        results = [applied(record, *xs) for record in records]
        return results[0] if len(records) == 1 else tuple(results)

    NAMED[name] = handler


def composition(function: Handler) -> Handler:
    """Enter a function of arrays under its name."""
    name = function.__name__

    def handler(*xs: Any, **options: Any) -> Any:
        refuse(name, options)
        return function(*floats(*xs))

    NAMED[name] = handler
    return function


for _record in RECORDS:
    _answered(_record.name, _record)
for _name, _record in ALIASES.items():
    _answered(_name, _record)
for _name, _pair in PAIRS.items():
    _answered(_name, *_pair)
for _ufunc in (np.cbrt, np.exp2, np.expm1, np.log1p):
    NAMED[_ufunc.__name__] = HANDLERS[_ufunc]


@composition
def logit(x: Any) -> Any:
    """The inverse of the logistic function; exact to rounding near 1/2 too."""
    near = np.abs(x - 0.5) < 0.2
    middle = 2 * np.arctanh(2 * np.where(near, x, 0.5) - 1)
    outer = np.where(near, 0.25, x)
    return np.where(near, middle, np.log(outer) - np.log1p(-outer))


def _times_log(x: Any, y: Any, log: Any, low: float) -> Any:
    """``x log(y)``, and 0 where x is 0 and y outside the logarithm's open domain."""
    inside = np.logical_and(y > low, y < np.inf)
    dead = np.logical_and(x == 0, np.logical_not(np.logical_or(inside, np.isnan(y))))
    return x * log(np.where(dead, low + 1, y))


@composition
def xlogy(x: Any, y: Any) -> Any:
    """x ln y; where x is 0 and ln y not finite, the value and derivatives are 0."""
    return _times_log(x, y, np.log, 0.0)


@composition
def xlog1py(x: Any, y: Any) -> Any:
    """x ln(1 + y); where x is 0 and the logarithm not finite, all is 0."""
    return _times_log(x, y, np.log1p, -1.0)


@composition
def entr(x: Any) -> Any:
    """-x ln x, and -inf for negative numbers; the derivative at 0 is 0."""
    inside = np.where(x < 0, 0.0, x)
    return np.where(x < 0, -np.inf, -xlogy(inside, inside))


def _relative(x: Any, y: Any, at_zero: Any, rest: Any) -> Any:
    """``x ln(x/y) + rest`` inside the domain, ``at_zero`` where x is 0, else inf."""
    inside = np.logical_and(x > 0, y > 0)
    edge = np.logical_and(x == 0, y >= 0)
    unknown = np.logical_or(np.isnan(x), np.isnan(y))
    u, v = np.where(inside, x, 1.0), np.where(inside, y, 1.0)
    outside = np.where(unknown, np.nan, np.where(edge, at_zero, np.inf))
    return np.where(inside, u * np.log(u / v) + rest(u, v), outside)


@composition
def rel_entr(x: Any, y: Any) -> Any:
    """x ln(x / y), 0 where x is 0, inf where either is negative."""
    return _relative(x, y, 0.0, lambda u, v: 0.0)


@composition
def kl_div(x: Any, y: Any) -> Any:
    """x ln(x / y) - x + y, y where x is 0, inf where either is negative."""
    return _relative(x, y, y, lambda u, v: v - u)


@composition
def log_ndtr(x: Any) -> Any:
    """ln Φ(x): through erfcx on the left, where Φ is small, else through Φ(-x)."""
    left = x < -1
    low, high = np.where(left, x, -1.0), np.where(left, -1.0, x)
    tail = applied(error.erfcx, low * -math.sqrt(0.5))
    body = np.log1p(-applied(error.ndtr, -high))
    return np.where(left, np.log(tail / 2) - np.square(low) / 2, body)


@composition
def ndtri(p: Any) -> Any:
    """The inverse of Φ: -√2 erfc⁻¹(2p)."""
    return applied(error.erfcinv, 2 * p) * -math.sqrt(2)


@composition
def cosm1(x: Any) -> Any:
    """cos x - 1 = -2 sin²(x/2), which does not cancel near 0."""
    return -2 * np.square(np.sin(x / 2))


@composition
def exp10(x: Any) -> Any:
    """10^x."""
    return np.power(10.0, x)


@composition
def exprel(x: Any) -> Any:
    """(e^x - 1) / x."""
    return integrals.exprel(x, n=0)


def known_order(name: str, order: Any, kind: type = int) -> Any:
    """An order as a number of Python's; an error where it is an array or traced."""
    if not is_traced(order) and np.ndim(order) == 0 and kind(order) == order:
        return kind(order)
    raise TypeError(
        f"Expected the order of {name} as one known {kind.__name__}, got {order!r} at "
        f"{user_line()}: pass a Python number; of a traced one no derivative is known."
    )


def expn(n: Any, x: Any, **options: Any) -> Any:
    """The exponential integral of a known order."""
    refuse("expn", options)
    order = known_order("expn", n)
    (x,) = floats(x)
    if order == 0:
        return np.exp(-x) / x
    return integrals.exp1(x) if order == 1 else integrals.expn(x, n=order)


def zeta(s: Any, q: Any, **options: Any) -> Any:
    """Hurwitz's zeta function of a known order."""
    refuse("zeta", options)
    return applied(gamma.zeta, q, s=known_order("zeta", s, float))


def riemann_zeta(s: Any, **options: Any) -> Any:
    """Refused: its argument is the order."""
    return zeta(s, 1.0, **options)


NAMED["expn"] = expn
NAMED["_zeta"] = zeta
NAMED["_riemann_zeta"] = riemann_zeta

HIDDEN = {"_zeta": "zeta", "_riemann_zeta": "zeta"}
"""Ufuncs inside functions of SciPy's that are public under another name."""
ELSEWHERE = ("erf", "expit", "digamma", "jn", "sinc")
"""Other names of what is answered, here or in ``elementwise``."""
UFUNCS: tuple[str, ...] = tuple(
    sorted({*ELSEWHERE, *[HIDDEN.get(name, str(name)) for name in NAMED]})
)
"""What SciPy answers traced values with, by its public names."""
