"""The error function's kin, the normal distribution, and the logistic's logarithm."""

from __future__ import annotations

import math
from typing import Any

from chainrule.core.primitive import Formula, Primitive, Ulp, register
from chainrule.primitives.comparison import greater, select
from chainrule.primitives.elementwise import abs, add, div, mul, neg, square, sub
from chainrule.primitives.exponential import SLOPE, exp, logistic
from chainrule.primitives.rules import SMOOTH, float_type
from chainrule.primitives.special.record import (
    LARGE,
    inverse_square,
    of_scipy,
    record,
    samples,
    tail_series,
)

LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)
EVERYWHERE = ((-2.0, 2.0), (2.0, 6.0), (-4.0, -2.0))

erfc = register(
    record(
        "erfc",
        Formula(
            r"y = \frac{2}{\sqrt\pi} \int_x^\infty e^{-t^2}\,dt",
            r"\dot y = -\frac{2}{\sqrt\pi}\,e^{-x^2}\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, mul(exp(neg(square(x))), -SLOPE)),),
        EVERYWHERE,
        "https://dlmf.nist.gov/7.2.E2",
    )
)


def _erfcx_slope(dx: Any, y: Any, x: Any) -> Any:
    """From LARGE on, where 2xy and 2/√π nearly cancel, by the asymptotic series."""
    far = greater(x, LARGE)
    series = tail_series(inverse_square(select(far, x, LARGE)))
    near = select(far, 1.0, x)
    direct = sub(mul(mul(near, y), 2.0), SLOPE)
    return mul(dx, select(far, mul(series, -SLOPE), direct))


erfcx = register(
    record(
        "erfcx",
        Formula(
            r"y = e^{x^2}\,\mathrm{erfc}(x)",
            r"\dot y = \left(2xy - \frac{2}{\sqrt\pi}\right)\dot x",
        ),
        (_erfcx_slope,),
        ((-2.0, 2.0), (2.0, 6.0), (60.0, 80.0)),
        "https://dlmf.nist.gov/7.10.E1, https://dlmf.nist.gov/7.12.E1",
    )
)


def _dawson_slope(dx: Any, y: Any, x: Any) -> Any:
    """As that of erfcx: 2xy nearly cancels 1 where x is large."""
    far = greater(abs(x), LARGE)
    series = tail_series(neg(inverse_square(select(far, x, LARGE))))
    near = select(far, 1.0, x)
    return mul(dx, select(far, series, sub(1.0, mul(mul(near, y), 2.0))))


dawsn = register(
    record(
        "dawsn",
        Formula(
            r"y = e^{-x^2} \int_0^x e^{t^2}\,dt",
            r"\dot y = (1 - 2xy)\,\dot x",
        ),
        (_dawson_slope,),
        ((-2.0, 2.0), (2.0, 6.0), (-80.0, -60.0)),
        "https://dlmf.nist.gov/7.2.E5",
    )
)

erfinv = register(
    record(
        "erfinv",
        Formula(
            r"y = \mathrm{erf}^{-1}(x)",
            r"\dot y = \frac{\sqrt\pi}{2}\,e^{y^2}\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, div(exp(square(y)), SLOPE)),),
        ((-0.9, 0.9),),
        "https://dlmf.nist.gov/7.17.E1",
        "At -1 and 1 value and derivative are infinite.",
    )
)

erfcinv = register(
    record(
        "erfcinv",
        Formula(
            r"y = \mathrm{erfc}^{-1}(x)",
            r"\dot y = -\frac{\sqrt\pi}{2}\,e^{y^2}\,\dot x",
        ),
        (lambda dx, y, x: mul(dx, div(exp(square(y)), -SLOPE)),),
        ((0.1, 1.9), (0.01, 0.05)),
        "https://dlmf.nist.gov/7.17.E1",
        "At 0 and 2 value and derivative are infinite.",
    )
)

ndtr = register(
    record(
        "ndtr",
        Formula(
            r"y = \Phi(x) = \frac{1}{\sqrt{2\pi}} \int_{-\infty}^x e^{-t^2/2}\,dt",
            r"\dot y = \frac{1}{\sqrt{2\pi}}\,e^{-x^2/2}\,\dot x",
        ),
        (
            lambda dx, y, x: mul(
                dx, mul(exp(mul(square(x), -0.5)), 1 / math.sqrt(2 * math.pi))
            ),
        ),
        EVERYWHERE,
        "https://dlmf.nist.gov/7.2.E2",
    )
)

log_expit = register(
    Primitive(
        name="log_expit",
        formula=Formula(
            r"y = -\ln(1 + e^{-x})",
            r"\dot y = \frac{1}{1 + e^x}\,\dot x",
        ),
        type=float_type,
        numpy=of_scipy("log_expit"),
        jvp=(lambda dx, y, x: mul(dx, logistic(neg(x))),),
        transpose=None,
        samples=samples(1, (-2.0, 2.0), (-40.0, 40.0)),
        elementwise=True,
        accuracy=Ulp(2),
        convention=SMOOTH,
        source="https://dlmf.nist.gov/4.7",
    )
)

ndtri_exp = register(
    record(
        "ndtri_exp",
        Formula(
            r"\ln \Phi(x) = y",
            r"\dot x = \sqrt{2\pi}\,e^{y + x^2/2}\,\dot y",
        ),
        (
            lambda dy, x, y: mul(
                dy, exp(add(add(y, mul(square(x), 0.5)), LOG_ROOT_TWO_PI))
            ),
        ),
        ((-3.0, -0.05), (-200.0, -100.0)),
        "https://dlmf.nist.gov/7.2.E2, by the implicit function theorem",
        "At 0, where Φ is 1, it is infinite, and so is the derivative.",
    )
)
