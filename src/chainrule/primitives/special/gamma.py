"""The gamma and beta functions, their logarithms and what these differentiate to."""

from __future__ import annotations

import math
from typing import Any

from chainrule.core.primitive import (
    Formula,
    Primitive,
    register,
)
from chainrule.primitives.comparison import less, select
from chainrule.primitives.elementwise import add, div, mul, neg, remainder, sub
from chainrule.primitives.rules import float_type
from chainrule.primitives.special.record import ONCE, of_scipy, record, samples
from chainrule.primitives.trigonometric import cos, sin

POSITIVE = ((0.5, 3.0), (5.0, 9.0))
BOTH_SIDES = (*POSITIVE, (-1.8, -1.2))
TWO = (((0.5, 2.0), (0.5, 2.0)), ((3.0, 6.0), (0.2, 1.0)))
POLES = "At the poles 0, -1, -2 … the derivative is infinite or NaN, as the formula is."

zeta = register(
    Primitive(
        name="zeta",
        formula=Formula(
            r"y = \zeta(s, q) = \sum_{k=0}^\infty \frac{1}{(q + k)^s}",
            r"\dot y = -s\,\zeta(s + 1, q)\,\dot q",
        ),
        type=lambda q, s: float_type(q),
        numpy=lambda q, s: of_scipy("zeta")(q.dtype.type(s), q),
        jvp=(lambda dq, y, q, s: mul(dq, mul(zeta(q, s=s + 1), float(-s))),),
        transpose=None,
        samples=(*samples(1, *BOTH_SIDES, s=2), *samples(1, (1.5, 4.0), s=2.5)),
        elementwise=True,
        accuracy=ONCE,
        convention=f"{POLES} The order s is a known number.",
        source="https://dlmf.nist.gov/25.11.E17",
    )
)

digamma = register(
    record(
        "digamma",
        Formula(
            r"y = \psi(x) = \frac{\Gamma'(x)}{\Gamma(x)}",
            r"\dot y = \zeta(2, x)\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, zeta(x, s=2)),),
        BOTH_SIDES,
        "https://dlmf.nist.gov/5.15.E1",
        POLES,
    )
)

gammaln = register(
    record(
        "gammaln",
        Formula(r"y = \ln |\Gamma(x)|", r"\dot y = \psi(x)\,\dot x"),
        (lambda dx, y, x: mul(dx, digamma(x)),),
        BOTH_SIDES,
        "https://dlmf.nist.gov/5.2.E2",
        POLES,
    )
)


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of the digamma function: (-1)^(n+1) n! ζ(n+1, x)."""
    if n == 0:
        return digamma(x)
    return mul(zeta(x, s=n + 1), (-1.0) ** (n + 1) * math.factorial(n))


loggamma = register(
    record(
        "loggamma",
        Formula(r"y = \ln \Gamma(x)", r"\dot y = \psi(x)\,\dot x"),
        (lambda dx, y, x: mul(dx, digamma(x)),),
        POSITIVE,
        "https://dlmf.nist.gov/5.2.E2",
        "NaN for negative arguments, where the logarithm is complex.",
    )
)

gamma = register(
    record(
        "gamma",
        Formula(
            r"y = \Gamma(x) = \int_0^\infty t^{x-1} e^{-t}\,dt",
            r"\dot y = y\,\psi(x)\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, mul(y, digamma(x))),),
        BOTH_SIDES,
        "https://dlmf.nist.gov/5.2.E2",
        POLES,
    )
)


def _rgamma_slope(dx: Any, y: Any, x: Any) -> Any:
    """Left of 1/2 by reflection, which has no poles: 1/Γ(x) = Γ(1-x) sin(πx)/π."""
    left = less(x, 0.5)
    mirrored = sub(1.0, select(left, x, 0.0))
    angle = mul(remainder(x, 2.0), math.pi)
    turned = sub(cos(angle), mul(digamma(mirrored), div(sin(angle), math.pi)))
    reflected = mul(gamma(mirrored), turned)
    direct = neg(mul(y, digamma(select(left, 1.0, x))))
    return mul(dx, select(left, reflected, direct))


rgamma = register(
    record(
        "rgamma",
        Formula(
            r"y = \frac{1}{\Gamma(x)}",
            r"\dot y = -y\,\psi(x)\,\dot x",
        ),
        (_rgamma_slope,),
        (*BOTH_SIDES, (-0.4, 0.45)),
        "https://dlmf.nist.gov/5.5.E3",
        "Smooth everywhere: at 0, -1, -2 … it is 0 and has a finite slope.",
    )
)


def _pull_to_sum(x: Any, y: Any) -> Any:
    """ψ(x) - ψ(x + y), the logarithmic slope of the beta function."""
    return sub(digamma(x), digamma(add(x, y)))


betaln = register(
    record(
        "betaln",
        Formula(
            r"z = \ln |B(a, b)|",
            r"\dot z = (\psi(a) - \psi(a + b))\,\dot a"
            r" + (\psi(b) - \psi(a + b))\,\dot b",
        ),
        (
            lambda da, z, a, b: mul(da, _pull_to_sum(a, b)),
            lambda db, z, a, b: mul(db, _pull_to_sum(b, a)),
        ),
        TWO,
        "https://dlmf.nist.gov/5.12.E1",
        POLES,
    )
)

beta = register(
    record(
        "beta",
        Formula(
            r"z = B(a, b) = \frac{\Gamma(a)\,\Gamma(b)}{\Gamma(a + b)}",
            r"\dot z = z\,(\psi(a) - \psi(a + b))\,\dot a"
            r" + z\,(\psi(b) - \psi(a + b))\,\dot b",
        ),
        (
            lambda da, z, a, b: mul(da, mul(z, _pull_to_sum(a, b))),
            lambda db, z, a, b: mul(db, mul(z, _pull_to_sum(b, a))),
        ),
        TWO,
        "https://dlmf.nist.gov/5.12.E1",
        POLES,
    )
)
