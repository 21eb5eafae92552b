"""Powers, roots, exponentials and logarithms, and what is made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.core.primitive import (
    ROUNDED,
    Formula,
    Primitive,
    Sample,
    Scale,
    Ulp,
    register,
)
from chainrule.primitives.bitwise import bitwise_and
from chainrule.primitives.comparison import equal, select
from chainrule.primitives.elementwise import add, div, mul, neg, square, sub
from chainrule.primitives.rounding import isinf
from chainrule.primitives.rules import (
    SMOOTH,
    UNARY,
    binary_samples,
    float_type,
    inexact_type,
    numpy_page,
    same_type,
    unary_samples,
)

POSITIVE = unary_samples((0.5, 2.0), (10.0, 20.0))

exp = register(
    Primitive(
        name="exp",
        formula=Formula(r"y = e^x", r"\dot y = y\,\dot x"),
        type=inexact_type,
        numpy=np.exp,
        jvp=(lambda dx, y, x: mul(dx, y),),
        transpose=None,
        samples=UNARY,
        elementwise=True,
        accuracy=Ulp(3),
        convention=SMOOTH,
        source="https://dlmf.nist.gov/4.7",
    )
)

exp2 = register(
    Primitive(
        name="exp2",
        formula=Formula(r"y = 2^x", r"\dot y = \ln 2 \cdot y\,\dot x"),
        type=inexact_type,
        numpy=np.exp2,
        jvp=(lambda dx, y, x: mul(dx, mul(y, math.log(2))),),
        transpose=None,
        samples=UNARY,
        elementwise=True,
        accuracy=Ulp(2),
        convention=SMOOTH,
        source="https://dlmf.nist.gov/4.7",
    )
)

expm1 = register(
    Primitive(
        name="expm1",
        formula=Formula(r"y = e^x - 1", r"\dot y = (y + 1)\,\dot x"),
        type=inexact_type,
        numpy=np.expm1,
        jvp=(lambda dx, y, x: mul(dx, add(y, 1.0)),),
        transpose=None,
        samples=UNARY,
        elementwise=True,
        accuracy=Ulp(3),
        convention=SMOOTH,
        source="https://dlmf.nist.gov/4.7",
    )
)

log = register(
    Primitive(
        name="log",
        formula=Formula(r"y = \ln x", r"\dot y = \dot x / x"),
        type=inexact_type,
        numpy=np.log,
        jvp=(lambda dx, y, x: div(dx, x),),
        transpose=None,
        samples=POSITIVE,
        elementwise=True,
        accuracy=Ulp(4),
        convention="At 0 the value is -inf, and its derivative inf.",
        source="https://dlmf.nist.gov/4.7",
    )
)

log2 = register(
    Primitive(
        name="log2",
        formula=Formula(r"y = \log_2 x", r"\dot y = \dot x / (x \ln 2)"),
        type=inexact_type,
        numpy=np.log2,
        jvp=(lambda dx, y, x: div(dx, mul(x, math.log(2))),),
        transpose=None,
        samples=POSITIVE,
        elementwise=True,
        accuracy=Ulp(2.5),
        convention="At 0 the value is -inf, and its derivative inf.",
        source="https://dlmf.nist.gov/4.7",
    )
)

log10 = register(
    Primitive(
        name="log10",
        formula=Formula(r"y = \log_{10} x", r"\dot y = \dot x / (x \ln 10)"),
        type=inexact_type,
        numpy=np.log10,
        jvp=(lambda dx, y, x: div(dx, mul(x, math.log(10))),),
        transpose=None,
        samples=POSITIVE,
        elementwise=True,
        accuracy=Ulp(2.5),
        convention="At 0 the value is -inf, and its derivative inf.",
        source="https://dlmf.nist.gov/4.7",
    )
)

log1p = register(
    Primitive(
        name="log1p",
        formula=Formula(r"y = \ln(1 + x)", r"\dot y = \dot x / (1 + x)"),
        type=inexact_type,
        numpy=np.log1p,
        jvp=(lambda dx, y, x: div(dx, add(x, 1.0)),),
        transpose=None,
        samples=unary_samples((-0.5, 2.0)),
        elementwise=True,
        accuracy=Ulp(2),
        convention=(
            "At -1 the value is -inf, and its derivative inf. Complex numbers near 0 "
            "lose digits, as NumPy's do: the error is that of log(1 + x)."
        ),
        source="https://dlmf.nist.gov/4.7",
    )
)

sqrt = register(
    Primitive(
        name="sqrt",
        formula=Formula(r"y = \sqrt x", r"\dot y = \dot x / (2y)"),
        type=inexact_type,
        numpy=np.sqrt,
        jvp=(lambda dx, y, x: div(dx, mul(y, 2.0)),),
        transpose=None,
        samples=POSITIVE,
        elementwise=True,
        accuracy=ROUNDED,
        convention="The derivative at 0 is infinite.",
        source="https://dlmf.nist.gov/4.7",
    )
)

cbrt = register(
    Primitive(
        name="cbrt",
        formula=Formula(r"y = \sqrt[3]{x}", r"\dot y = \dot x / (3y^2)"),
        type=float_type,
        numpy=np.cbrt,
        jvp=(lambda dx, y, x: div(dx, mul(square(y), 3.0)),),
        transpose=None,
        samples=unary_samples((0.5, 2.0), (-2.0, -0.5)),
        elementwise=True,
        accuracy=Ulp(2.5),
        convention="The derivative at 0 is infinite.",
        source="https://dlmf.nist.gov/4.7",
    )
)


def _power_by_base(dx: Any, z: Any, x: Any, y: Any) -> Any:
    """y·x^(y-1), and 0 where y = 0, so that x = 0 gives no 0·∞ there."""
    lowered = select(equal(y, 0.0), 1.0, sub(y, 1.0))
    return mul(dx, mul(y, power(x, lowered)))


def _power_by_exponent(dy: Any, z: Any, x: Any, y: Any) -> Any:
    """z·ln x, and 0 where x = 0."""
    return mul(dy, mul(z, log(select(equal(x, 0.0), 1.0, x))))


power = register(
    Primitive(
        name="power",
        formula=Formula(r"z = x^y", r"\dot z = y\,x^{y-1}\,\dot x + z \ln x\,\dot y"),
        type=same_type,
        numpy=np.power,
        jvp=(_power_by_base, _power_by_exponent),
        transpose=None,
        samples=(
            *binary_samples(((0.5, 2.0), (-2.0, 2.0)), ((2.0, 3.0), (2.5, 3.5))),
            Sample(((4,), (4,)), domain=((-4, 4), (0, 4)), dtypes="ii"),
        ),
        elementwise=True,
        accuracy=Ulp(1.5),
        convention="At x = 0 the derivative by y is 0; at y = 0 that by x is 0.",
        source="https://dlmf.nist.gov/4.7",
    )
)


def _logistic(x: Any) -> Any:
    small = np.exp(-np.absolute(x))
    return np.where(np.greater_equal(x, 0), 1, small) / (1 + small)


logistic = register(
    Primitive(
        name="logistic",
        formula=Formula(r"y = \frac{1}{1 + e^{-x}}", r"\dot y = y\,(1 - y)\,\dot x"),
        type=float_type,
        numpy=_logistic,
        jvp=(lambda dx, y, x: mul(dx, mul(y, sub(1.0, y))),),
        transpose=None,
        samples=(*UNARY, Sample(((3,),), domain=(-40.0, 40.0))),
        elementwise=True,
        accuracy=Ulp(4),
        convention="Computed from exp(-|x|), so that nothing overflows.",
        source="Bishop, Pattern Recognition and Machine Learning (2006), (4.88)",
    )
)


def _erf(x: Any) -> Any:
    from scipy.special import erf as meaning

    return meaning(x)


SLOPE = 2 / math.sqrt(math.pi)

erf = register(
    Primitive(
        name="erf",
        formula=Formula(
            r"y = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2}\,dt",
            r"\dot y = \frac{2}{\sqrt\pi}\,e^{-x^2}\,\dot x",
        ),
        type=inexact_type,
        numpy=_erf,
        jvp=(lambda dx, y, x: mul(dx, mul(exp(neg(square(x))), SLOPE)),),
        transpose=None,
        samples=UNARY,
        elementwise=True,
        accuracy=Ulp(1.5),
        convention=SMOOTH,
        source="https://dlmf.nist.gov/7.2.E1",
    )
)


def _balance(x: Any, y: Any) -> Any:
    """``x - y``, and 0 where they are the same infinity."""
    alike = bitwise_and(equal(x, y), isinf(x))
    return select(alike, 0.0, sub(x, y))


logaddexp = register(
    Primitive(
        name="logaddexp",
        formula=Formula(
            r"z = \log(e^x + e^y)",
            r"\dot z = \frac{\dot x}{1 + e^{y-x}} + \frac{\dot y}{1 + e^{x-y}}",
        ),
        type=float_type,
        numpy=np.logaddexp,
        jvp=(
            lambda dx, z, x, y: mul(dx, logistic(_balance(x, y))),
            lambda dy, z, x, y: mul(dy, logistic(_balance(y, x))),
        ),
        transpose=None,
        samples=binary_samples((-2.0, 2.0), (-40.0, 40.0)),
        elementwise=True,
        accuracy=Ulp(3, Scale.TERMS),
        convention="Two equal infinities share their derivative evenly.",
        source=numpy_page("logaddexp"),
    )
)
