"""Student's distribution function and its inverse, through the incomplete beta."""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Formula, register
from chainrule.primitives.elementwise import add, div, mul, neg, sign, sub
from chainrule.primitives.exponential import exp, log, log1p, power, sqrt
from chainrule.primitives.special.gamma import betaln
from chainrule.primitives.special.incomplete import BY, betainc_by_parameter
from chainrule.primitives.special.record import record

MIDDLE = "By n, the formula is 0 · ∞ in the middle, where the derivative is 0."


def _by_freedom(n: Any, t: Any) -> Any:
    """Through I_x(n/2, 1/2) at x = n / (n + t²), of which the tail is a half."""
    whole = add(n, mul(t, t))
    x, half = div(n, whole), mul(n, 0.5)
    slope = mul(betainc_by_parameter(half, 0.5, x, orders=BY[0]), 0.25)
    density = exp(sub(mul(sub(half, 1.0), log(x)), betaln(half, 0.5)))
    along = div(mul(density, t), mul(power(whole, 1.5), 2.0))
    return neg(add(mul(slope, sign(t)), along))


def student_density(n: Any, t: Any) -> Any:
    """``(1 + t²/n)^(-(n+1)/2) / (√n B(n/2, 1/2))``."""
    half = mul(n, 0.5)
    fall = mul(add(half, 0.5), log1p(div(mul(t, t), n)))
    size = sub(neg(fall), betaln(half, 0.5))
    return div(exp(size), sqrt(n))


stdtr = register(
    record(
        "stdtr",
        Formula(
            r"y = \frac{1}{\sqrt{n}\,B(n/2, 1/2)}"
            r" \int_{-\infty}^t (1 + s^2 / n)^{-(n+1)/2}\,ds",
            r"\dot y = \frac{(1 + t^2/n)^{-(n+1)/2}}{\sqrt{n}\,B(n/2, 1/2)}\,\dot t"
            r" + \frac{\partial y}{\partial n}\,\dot n",
        ),
        (
            lambda dn, y, n, t: mul(dn, _by_freedom(n, t)),
            lambda dt, y, n, t: mul(dt, student_density(n, t)),
        ),
        (((1.0, 9.0), (0.2, 3.0)), ((1.0, 9.0), (-3.0, -0.2))),
        "https://dlmf.nist.gov/8.17.E1, at x = n / (n + t²)",
    )
)

stdtrit = register(
    record(
        "stdtrit",
        Formula(
            r"F_n(t) = p,\quad F_n \text{ of stdtr}",
            r"\dot t = \left(\dot p - \frac{\partial F_n}{\partial n}\,\dot n\right)"
            r" \sqrt{n}\,B(n/2, 1/2)\,(1 + t^2/n)^{(n+1)/2}",
        ),
        (
            lambda dn, t, n, p: neg(
                mul(dn, div(_by_freedom(n, t), student_density(n, t)))
            ),
            lambda dp, t, n, p: div(dp, student_density(n, t)),
        ),
        (((1.0, 9.0), (0.6, 0.9)), ((1.0, 9.0), (0.1, 0.4))),
        "https://dlmf.nist.gov/8.17.E1, by the implicit function theorem",
        MIDDLE,
    )
)
