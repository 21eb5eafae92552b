"""Bessel functions of real order: each derivative is of the orders beside."""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Formula, Primitive, register
from chainrule.primitives.elementwise import abs, add, div, mul, neg, sign, sub
from chainrule.primitives.exponential import exp
from chainrule.primitives.rules import float_type
from chainrule.primitives.special import orders
from chainrule.primitives.special.record import ONCE, record, samples

AROUND = ((-4.0, 4.0), (5.0, 12.0))
POSITIVE = ((0.5, 3.0), (5.0, 12.0))
ORDERS = (((0.5, 2.5), (0.5, 4.0)), ((2.0, 4.0), (6.0, 12.0)))
INFINITE = "At 0 value and derivative are infinite."
FIRST, MODIFIED = "https://dlmf.nist.gov/10.6.E", "https://dlmf.nist.gov/10.29.E"


def beside(function: Any, v: Any, x: Any) -> tuple[Any, Any]:
    """The function in the order below and in the order above."""
    return function(sub(v, 1.0), x), function(add(v, 1.0), x)


def half_difference(function: Any, v: Any, x: Any) -> Any:
    """The slope of J and Y: half of what the order below exceeds the order above."""
    below, above = beside(function, v, x)
    return mul(sub(below, above), 0.5)


def half_sum(function: Any, v: Any, x: Any) -> Any:
    """The slope of I and, but for the sign, of K."""
    below, above = beside(function, v, x)
    return mul(add(below, above), 0.5)


def scaled_slope(e: Any, y: Any, x: Any) -> Any:
    """The slope of ``e^-|x| f(x)``, of the scaled slope of f."""
    return sub(e, mul(sign(x), y))


BY_ORDER = (
    "The derivative by the order is of positive x (and orders and x of less than 1e5 "
    "together), elsewhere NaN."
)


def _by_order(name: str, symbol: str, rule: Any, source: str) -> Primitive:
    """∂ⁿ/∂vⁿ of a Bessel function, as a record whose parameter is n.

    ``rule(share, y, above)`` is its slope by x: of ∂ⁿ/∂vⁿ of the function times v / x,
    of the derivative itself, and of that in the order above (DLMF 10.6.2, 10.29.2).
    """

    def again(dv: Any, y: Any, v: Any, x: Any, order: int) -> Any:
        return mul(dv, record_(v, x, order=order + 1))

    def along(dx: Any, y: Any, v: Any, x: Any, order: int) -> Any:
        fewer = FUNCTIONS[name](v, x)
        if order > 1:
            fewer = record_(v, x, order=order - 1)
        above = record_(add(v, 1.0), x, order=order)
        share = div(add(mul(v, y), mul(fewer, float(order))), x)
        return mul(dx, rule(share, y, above))

    record_ = register(
        Primitive(
            name=f"{name}_by_order",
            formula=Formula(
                rf"y = \frac{{\partial^n {symbol}}}{{\partial v^n}}",
                rf"\dot y = \frac{{\partial^{{n+1}} {symbol}}}{{\partial v^{{n+1}}}}"
                rf"\,\dot v + \frac{{\partial y}}{{\partial x}}\,\dot x",
            ),
            type=lambda v, x, order: float_type(v, x),
            numpy=getattr(orders, name),
            jvp=(again, along),
            transpose=None,
            samples=(*samples(2, *ORDERS, order=1), *samples(2, ORDERS[0], order=2)),
            elementwise=True,
            accuracy=ONCE,
            convention=BY_ORDER,
            source=source,
        )
    )
    return record_


def _moved(record_: Primitive) -> Any:
    """The rule of a function for its order."""
    return lambda dv, y, v, x: mul(dv, record_(v, x, order=1))


FUNCTIONS: dict[str, Any] = {
    "jv": lambda v, x: jv(v, x),
    "yv": lambda v, x: yv(v, x),
    "ive": lambda v, x: ive(v, x),
    "kve": lambda v, x: kve(v, x),
}

SOURCES = "https://dlmf.nist.gov/10.{}"
jv_by_order = _by_order(
    "jv", "J_v(x)", lambda share, y, above: sub(share, above), SOURCES.format("9.E6")
)
yv_by_order = _by_order(
    "yv", "Y_v(x)", lambda share, y, above: sub(share, above), SOURCES.format("9.E7")
)
ive_by_order = _by_order(
    "ive",
    "e^{-x} I_v(x)",
    lambda share, y, above: sub(add(share, above), y),
    SOURCES.format("32.E4"),
)
kve_by_order = _by_order(
    "kve",
    "e^x K_v(x)",
    lambda share, y, above: add(sub(share, above), y),
    SOURCES.format("32.E9"),
)

SLOPE = r"\dot y = \tfrac12 \left({0}_{{v-1}}(x) {1} {0}_{{v+1}}(x)\right) \dot x"

jv = register(
    record(
        "jv",
        Formula(r"y = J_v(x)", SLOPE.format("J", "-")),
        (
            _moved(jv_by_order),
            lambda dx, y, v, x: mul(dx, half_difference(jv, v, x)),
        ),
        ORDERS,
        f"{FIRST}1",
    )
)

j1 = register(
    record(
        "j1",
        Formula(r"y = J_1(x)", r"\dot y = \tfrac12 (J_0(x) - J_2(x))\,\dot x"),
        (lambda dx, y, x: mul(dx, mul(sub(j0(x), jv(2.0, x)), 0.5)),),
        AROUND,
        f"{FIRST}1",
    )
)

j0 = register(
    record(
        "j0",
        Formula(r"y = J_0(x)", r"\dot y = -J_1(x)\,\dot x"),
        (lambda dx, y, x: neg(mul(dx, j1(x))),),
        AROUND,
        f"{FIRST}3",
    )
)

yv = register(
    record(
        "yv",
        Formula(r"y = Y_v(x)", SLOPE.format("Y", "-")),
        (
            _moved(yv_by_order),
            lambda dx, y, v, x: mul(dx, half_difference(yv, v, x)),
        ),
        ORDERS,
        f"{FIRST}1",
        INFINITE,
    )
)

y1 = register(
    record(
        "y1",
        Formula(r"y = Y_1(x)", r"\dot y = \tfrac12 (Y_0(x) - Y_2(x))\,\dot x"),
        (lambda dx, y, x: mul(dx, mul(sub(y0(x), yv(2.0, x)), 0.5)),),
        POSITIVE,
        f"{FIRST}1",
        INFINITE,
    )
)

y0 = register(
    record(
        "y0",
        Formula(r"y = Y_0(x)", r"\dot y = -Y_1(x)\,\dot x"),
        (lambda dx, y, x: neg(mul(dx, y1(x))),),
        POSITIVE,
        f"{FIRST}3",
        INFINITE,
    )
)

iv = register(
    record(
        "iv",
        Formula(r"y = I_v(x)", SLOPE.format("I", "+")),
        (
            lambda dv, y, v, x: mul(dv, mul(exp(abs(x)), ive_by_order(v, x, order=1))),
            lambda dx, y, v, x: mul(dx, half_sum(iv, v, x)),
        ),
        ORDERS,
        f"{MODIFIED}1",
    )
)

i1 = register(
    record(
        "i1",
        Formula(r"y = I_1(x)", r"\dot y = \tfrac12 (I_0(x) + I_2(x))\,\dot x"),
        (lambda dx, y, x: mul(dx, mul(add(i0(x), iv(2.0, x)), 0.5)),),
        ((-4.0, 4.0),),
        f"{MODIFIED}1",
    )
)

i0 = register(
    record(
        "i0",
        Formula(r"y = I_0(x)", r"\dot y = I_1(x)\,\dot x"),
        (lambda dx, y, x: mul(dx, i1(x)),),
        ((-4.0, 4.0),),
        f"{MODIFIED}3",
    )
)

KINK = "The derivative of the factor e^{-|x|} at 0 is 0, as that of |x|."

ive = register(
    record(
        "ive",
        Formula(
            r"y = e^{-|x|} I_v(x)",
            r"\dot y = \left(\tfrac12 e^{-|x|} (I_{v-1}(x) + I_{v+1}(x))"
            r" - \operatorname{sgn}(x)\,y\right) \dot x",
        ),
        (
            _moved(ive_by_order),
            lambda dx, y, v, x: mul(dx, scaled_slope(half_sum(ive, v, x), y, x)),
        ),
        ORDERS,
        f"{MODIFIED}1",
        KINK,
    )
)


def _i1e_slope(dx: Any, y: Any, x: Any) -> Any:
    return mul(dx, scaled_slope(mul(add(i0e(x), ive(2.0, x)), 0.5), y, x))


i1e = register(
    record(
        "i1e",
        Formula(
            r"y = e^{-|x|} I_1(x)",
            r"\dot y = \left(\tfrac12 e^{-|x|} (I_0(x) + I_2(x))"
            r" - \operatorname{sgn}(x)\,y\right) \dot x",
        ),
        (_i1e_slope,),
        AROUND,
        f"{MODIFIED}1",
        KINK,
    )
)

i0e = register(
    record(
        "i0e",
        Formula(
            r"y = e^{-|x|} I_0(x)",
            r"\dot y = \left(e^{-|x|} I_1(x) - \operatorname{sgn}(x)\,y\right) \dot x",
        ),
        (lambda dx, y, x: mul(dx, scaled_slope(i1e(x), y, x)),),
        AROUND,
        f"{MODIFIED}3",
        KINK,
    )
)

kv = register(
    record(
        "kv",
        Formula(r"y = K_v(x)", SLOPE.format("K", "+").replace("= ", "= -")),
        (
            lambda dv, y, v, x: mul(dv, mul(exp(neg(x)), kve_by_order(v, x, order=1))),
            lambda dx, y, v, x: neg(mul(dx, half_sum(kv, v, x))),
        ),
        ORDERS,
        f"{MODIFIED}1",
        INFINITE,
    )
)

k1 = register(
    record(
        "k1",
        Formula(r"y = K_1(x)", r"\dot y = -\tfrac12 (K_0(x) + K_2(x))\,\dot x"),
        (lambda dx, y, x: neg(mul(dx, mul(add(k0(x), kv(2.0, x)), 0.5))),),
        POSITIVE,
        f"{MODIFIED}1",
        INFINITE,
    )
)

k0 = register(
    record(
        "k0",
        Formula(r"y = K_0(x)", r"\dot y = -K_1(x)\,\dot x"),
        (lambda dx, y, x: neg(mul(dx, k1(x))),),
        POSITIVE,
        f"{MODIFIED}3",
        INFINITE,
    )
)

kve = register(
    record(
        "kve",
        Formula(
            r"y = e^x K_v(x)",
            r"\dot y = \left(y - \tfrac12 e^x (K_{v-1}(x) + K_{v+1}(x))\right) \dot x",
        ),
        (
            _moved(kve_by_order),
            lambda dx, y, v, x: mul(dx, sub(y, half_sum(kve, v, x))),
        ),
        ORDERS,
        f"{MODIFIED}1",
        INFINITE,
    )
)

k1e = register(
    record(
        "k1e",
        Formula(
            r"y = e^x K_1(x)",
            r"\dot y = \left(y - \tfrac12 e^x (K_0(x) + K_2(x))\right) \dot x",
        ),
        (lambda dx, y, x: mul(dx, sub(y, mul(add(k0e(x), kve(2.0, x)), 0.5))),),
        POSITIVE,
        f"{MODIFIED}1",
        INFINITE,
    )
)

k0e = register(
    record(
        "k0e",
        Formula(r"y = e^x K_0(x)", r"\dot y = \left(y - e^x K_1(x)\right) \dot x"),
        (lambda dx, y, x: mul(dx, sub(y, k1e(x))),),
        POSITIVE,
        f"{MODIFIED}3",
        INFINITE,
    )
)
