"""Integrals of exponentials and circular functions, and series for what they need."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.core.primitive import (
    Formula,
    Primitive,
    Unknown,
    register,
)
from chainrule.primitives.elementwise import add, div, mul, neg, square
from chainrule.primitives.exponential import exp
from chainrule.primitives.rules import float_type
from chainrule.primitives.special.record import ONCE, of_scipy, record, samples
from chainrule.primitives.trigonometric import cos, sin

POSITIVE = ((0.5, 2.0), (3.0, 9.0))
BOTH_SIDES = (*POSITIVE, (-2.0, -0.5))

expi = register(
    record(
        "expi",
        Formula(
            r"y = \mathrm{Ei}(x) = \int_{-\infty}^x \frac{e^t}{t}\,dt",
            r"\dot y = \frac{e^x}{x}\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, div(exp(x), x)),),
        BOTH_SIDES,
        "https://dlmf.nist.gov/6.2.E5",
        "At 0 value and derivative are infinite.",
    )
)

exp1 = register(
    record(
        "exp1",
        Formula(
            r"y = E_1(x) = \int_x^\infty \frac{e^{-t}}{t}\,dt",
            r"\dot y = -\frac{e^{-x}}{x}\,\dot x",
        ),
        (lambda dx, y, x: neg(mul(dx, div(exp(neg(x)), x))),),
        POSITIVE,
        "https://dlmf.nist.gov/6.2.E1",
        "At 0 value and derivative are infinite.",
    )
)


def _expn_slope(dx: Any, y: Any, x: Any, n: int) -> Any:
    return neg(mul(dx, exp1(x) if n == 2 else expn(x, n=n - 1)))


expn = register(
    Primitive(
        name="expn",
        formula=Formula(
            r"y = E_n(x) = \int_1^\infty \frac{e^{-xt}}{t^n}\,dt",
            r"\dot y = -E_{n-1}(x)\,\dot x",
        ),
        type=lambda x, n: float_type(x),
        numpy=lambda x, n: of_scipy("expn")(x.dtype.type(n), x),
        jvp=(_expn_slope,),
        transpose=None,
        samples=(*samples(1, *POSITIVE, n=2), *samples(1, (0.5, 2.0), n=4)),
        elementwise=True,
        accuracy=ONCE,
        convention="The order n is a known integer from 2 on.",
        source="https://dlmf.nist.gov/8.19.E13",
    )
)


hyp0f1 = register(
    record(
        "hyp0f1",
        Formula(
            r"y = {}_0F_1(; b; x) = \sum_k \frac{x^k}{(b)_k\,k!}",
            r"\dot y = \frac{1}{b}\,{}_0F_1(; b + 1; x)\,\dot x",
        ),
        (
            Unknown("the parameter b of hyp0f1"),
            lambda dx, y, b, x: mul(dx, div(hyp0f1(add(b, 1.0), x), b)),
        ),
        (((1.0, 2.0), (-2.0, 2.0)), ((1.0, 2.0), (-9.0, -4.0))),
        "https://dlmf.nist.gov/16.3.E1",
    )
)


def sin_over(x: Any) -> Any:
    """``sin(x) / x``, smooth at 0: ₀F₁(; 3/2; -x²/4), DLMF 10.16.9."""
    quarter = mul(square(x), -0.25)
    return hyp0f1(1.5, quarter)


sine_integral = register(
    record(
        "sine_integral",
        Formula(
            r"y = \mathrm{Si}(x) = \int_0^x \frac{\sin t}{t}\,dt",
            r"\dot y = \frac{\sin x}{x}\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, sin_over(x)),),
        ((-2.0, 2.0), (3.0, 9.0)),
        "https://dlmf.nist.gov/6.2.E9",
        "The derivative at 0 is 1.",
        of_scipy("sici", 0),
    )
)

cosine_integral = register(
    record(
        "cosine_integral",
        Formula(
            r"y = \mathrm{Ci}(x) = -\int_x^\infty \frac{\cos t}{t}\,dt",
            r"\dot y = \frac{\cos x}{x}\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, div(cos(x), x)),),
        POSITIVE,
        "https://dlmf.nist.gov/6.2.E11",
        "At 0 value and derivative are infinite.",
        of_scipy("sici", 1),
    )
)


def _half_turns(x: Any) -> Any:
    return mul(square(x), math.pi / 2)


fresnel_sine = register(
    record(
        "fresnel_sine",
        Formula(
            r"y = S(x) = \int_0^x \sin\left(\tfrac12 \pi t^2\right) dt",
            r"\dot y = \sin\left(\tfrac12 \pi x^2\right) \dot x",
        ),
        (lambda dx, y, x: mul(dx, sin(_half_turns(x))),),
        ((-2.0, 2.0),),
        "https://dlmf.nist.gov/7.2.E8",
        numpy=of_scipy("fresnel", 0),
    )
)

fresnel_cosine = register(
    record(
        "fresnel_cosine",
        Formula(
            r"y = C(x) = \int_0^x \cos\left(\tfrac12 \pi t^2\right) dt",
            r"\dot y = \cos\left(\tfrac12 \pi x^2\right) \dot x",
        ),
        (lambda dx, y, x: mul(dx, cos(_half_turns(x))),),
        ((-2.0, 2.0),),
        "https://dlmf.nist.gov/7.2.E7",
        numpy=of_scipy("fresnel", 1),
    )
)


def _moment(x: Any, n: int) -> Any:
    """By SciPy's ₁F₁, which does not return for huge arguments."""
    if n == 0:
        return of_scipy("exprel")(x)
    highest = 720.0  # e^x overflows below it
    with np.errstate(all="ignore"):
        inside = np.clip(x, -np.finfo(x.dtype).max, highest)
        a, b = x.dtype.type(n + 1), x.dtype.type(n + 2)
        y = of_scipy("hyp1f1")(a, b, inside) / (n + 1)
    return np.where(x > highest, x, y)


exprel = register(
    Primitive(
        name="exprel",
        formula=Formula(
            r"y = \int_0^1 t^n e^{xt}\,dt",
            r"\dot y = \int_0^1 t^{n+1} e^{xt}\,dt\;\dot x",
        ),
        type=lambda x, n: float_type(x),
        numpy=_moment,
        jvp=(lambda dx, y, x, n: mul(dx, exprel(x, n=n + 1)),),
        transpose=None,
        samples=(*samples(1, (-2.0, 2.0), n=0), *samples(1, (-9.0, -4.0), n=1)),
        elementwise=True,
        accuracy=ONCE,
        convention="n is a known integer; of 0, (e^x - 1) / x, which is 1 at 0.",
        source="https://dlmf.nist.gov/13.4.E1",
    )
)
