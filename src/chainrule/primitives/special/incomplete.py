"""The incomplete gamma and beta functions, their complements and their inverses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.core.primitive import Formula, Primitive, register
from chainrule.primitives.elementwise import add, div, mul, neg, sub
from chainrule.primitives.exponential import exp, log
from chainrule.primitives.rules import float_type
from chainrule.primitives.special import slopes
from chainrule.primitives.special.gamma import (
    betaln,
    digamma,
    gammaln,
    polygamma,
)
from chainrule.primitives.special.record import ONCE, record, samples, times_log, total

GAMMA = (((0.5, 3.0), (0.5, 3.0)), ((4.0, 6.0), (1.0, 9.0)), ((9.0, 30.0), (9.0, 30.0)))
BETA = (
    ((0.5, 3.0), (0.5, 3.0), (0.1, 0.9)),
    ((4.0, 9.0), (1.0, 3.0), (0.2, 0.8)),
)
CHANCE = (0.1, 0.9)
OUTSIDE = "Where the function is not defined, NaN; at its ends, x = 0 and beyond, 0."


def gamma_density(a: Any, x: Any) -> Any:
    """``x^(a-1) e^(-x) / Γ(a)``."""
    return exp(sub(sub(times_log(sub(a, 1.0), x), x), gammaln(a)))


def _gamma_density_by_shape(a: Any, x: Any, order: int) -> Any:
    """∂ⁿ/∂aⁿ of the density, by Leibniz' rule from its logarithm's derivatives."""
    scores = [sub(log(x), digamma(a)), *[neg(polygamma(k, a)) for k in range(1, order)]]
    rises = [gamma_density(a, x)]
    for n in range(order):
        pairs = [(math.comb(n, k), rises[n - k], scores[k]) for k in range(n + 1)]
        rises.append(total([mul(mul(y, s), float(count)) for count, y, s in pairs]))
    return rises[order]


gammainc_by_shape = register(
    Primitive(
        name="gammainc_by_shape",
        formula=Formula(
            r"y = \frac{\partial^n P(a, x)}{\partial a^n}",
            r"\dot y = \frac{\partial^{n+1} P}{\partial a^{n+1}}\,\dot a + "
            r"\frac{\partial^n}{\partial a^n} \frac{x^{a-1} e^{-x}}{\Gamma(a)}\,\dot x",
        ),
        type=lambda a, x, order: float_type(a, x),
        numpy=slopes.by_shape,
        jvp=(
            lambda da, y, a, x, order: mul(
                da, gammainc_by_shape(a, x, order=order + 1)
            ),
            lambda dx, y, a, x, order: mul(dx, _gamma_density_by_shape(a, x, order)),
        ),
        transpose=None,
        samples=(*samples(2, *GAMMA, order=1), *samples(2, GAMMA[0], order=2)),
        elementwise=True,
        accuracy=ONCE,
        convention=OUTSIDE,
        source="R. J. Moore, Algorithm AS 187, Applied Statistics 31 (1982)",
    )
)

gammainc = register(
    record(
        "gammainc",
        Formula(
            r"y = P(a, x) = \frac{1}{\Gamma(a)} \int_0^x t^{a-1} e^{-t}\,dt",
            r"\dot y = \frac{x^{a-1} e^{-x}}{\Gamma(a)}\,\dot x"
            r" + \frac{\partial P}{\partial a}\,\dot a",
        ),
        (
            lambda da, y, a, x: mul(da, gammainc_by_shape(a, x, order=1)),
            lambda dx, y, a, x: mul(dx, gamma_density(a, x)),
        ),
        GAMMA,
        "https://dlmf.nist.gov/8.8.E13",
    )
)

gammaincc = register(
    record(
        "gammaincc",
        Formula(
            r"y = Q(a, x) = 1 - P(a, x)",
            r"\dot y = -\frac{x^{a-1} e^{-x}}{\Gamma(a)}\,\dot x"
            r" - \frac{\partial P}{\partial a}\,\dot a",
        ),
        (
            lambda da, y, a, x: neg(mul(da, gammainc_by_shape(a, x, order=1))),
            lambda dx, y, a, x: neg(mul(dx, gamma_density(a, x))),
        ),
        GAMMA,
        "https://dlmf.nist.gov/8.8.E13",
    )
)


def _gamma_quantile_by_shape(da: Any, x: Any, a: Any, y: Any) -> Any:
    return neg(mul(da, div(gammainc_by_shape(a, x, order=1), gamma_density(a, x))))


gammaincinv = register(
    record(
        "gammaincinv",
        Formula(
            r"P(a, x) = y",
            r"\dot x = \frac{\Gamma(a)\,e^x}{x^{a-1}}"
            r"\left(\dot y - \frac{\partial P}{\partial a}\,\dot a\right)",
        ),
        (
            _gamma_quantile_by_shape,
            lambda dy, x, a, y: div(dy, gamma_density(a, x)),
        ),
        (((0.5, 3.0), CHANCE), ((4.0, 9.0), CHANCE)),
        "https://dlmf.nist.gov/8.12.iv, by the implicit function theorem",
    )
)

gammainccinv = register(
    record(
        "gammainccinv",
        Formula(
            r"Q(a, x) = y",
            r"\dot x = -\frac{\Gamma(a)\,e^x}{x^{a-1}}"
            r"\left(\dot y + \frac{\partial P}{\partial a}\,\dot a\right)",
        ),
        (
            _gamma_quantile_by_shape,
            lambda dy, x, a, y: neg(div(dy, gamma_density(a, x))),
        ),
        (((0.5, 3.0), CHANCE), ((4.0, 9.0), CHANCE)),
        "https://dlmf.nist.gov/8.12.iv, by the implicit function theorem",
    )
)


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """``x^(a-1) (1-x)^(b-1) / B(a, b)``."""
    ends = add(times_log(sub(a, 1.0), x), times_log(sub(b, 1.0), sub(1.0, x)))
    return exp(sub(ends, betaln(a, b)))


def _beta_score(
    a: Any, b: Any, x: Any, orders: tuple[int, int], place: int
) -> list[tuple[int, tuple[int, int], Any]]:
    """The terms of Leibniz' rule for one derivative more, by a (place 0) or b."""
    base, parameter = ((x, a), (sub(1.0, x), b))[place]
    terms: list[tuple[int, tuple[int, int], Any]] = []
    for i, j in np.ndindex(orders[0] + 1, orders[1] + 1):
        slope = polygamma(i + j, add(a, b))
        if (i, j)[1 - place] == 0:
            slope = sub(slope, polygamma(i + j, parameter))
        if i + j == 0:
            slope = add(slope, log(base))
        count = math.comb(orders[0], i) * math.comb(orders[1], j)
        terms.append((count, (orders[0] - i, orders[1] - j), slope))
    return terms


def _beta_density_by(a: Any, b: Any, x: Any, orders: tuple[int, int]) -> Any:
    """∂^(n+m)/∂aⁿ∂bᵐ of the density."""
    if orders == (0, 0):
        return beta_density(a, b, x)
    place = 0 if orders[0] else 1
    before = (orders[0] - (place == 0), orders[1] - (place == 1))
    return total(
        [
            mul(mul(_beta_density_by(a, b, x, rest), slope), float(count))
            for count, rest, slope in _beta_score(a, b, x, before, place)
        ]
    )


betainc_by_parameter = register(
    Primitive(
        name="betainc_by_parameter",
        formula=Formula(
            r"y = \frac{\partial^{n+m} I_x(a, b)}{\partial a^n \partial b^m}",
            r"\dot y = \frac{\partial y}{\partial a}\,\dot a"
            r" + \frac{\partial y}{\partial b}\,\dot b + \frac{\partial^{n+m}}"
            r"{\partial a^n \partial b^m} \frac{x^{a-1} (1-x)^{b-1}}{B(a, b)}\,\dot x",
        ),
        type=lambda a, b, x, orders: float_type(a, b, x),
        numpy=slopes.by_parameter,
        jvp=(
            lambda da, y, a, b, x, orders: mul(
                da, betainc_by_parameter(a, b, x, orders=(orders[0] + 1, orders[1]))
            ),
            lambda db, y, a, b, x, orders: mul(
                db, betainc_by_parameter(a, b, x, orders=(orders[0], orders[1] + 1))
            ),
            lambda dx, y, a, b, x, orders: mul(dx, _beta_density_by(a, b, x, orders)),
        ),
        transpose=None,
        samples=(
            *samples(3, *BETA, orders=(1, 0)),
            *samples(3, *BETA, orders=(0, 1)),
            *samples(3, BETA[0], orders=(1, 1)),
        ),
        elementwise=True,
        accuracy=ONCE,
        convention=OUTSIDE,
        source="R. J. Boik and J. F. Robison-Cox, J. Statistical Software 3 (1998)",
    )
)

BY = ((1, 0), (0, 1))
"""The orders of the first derivatives, by a and by b."""


def _beta_by(place: int, sign: int) -> Any:
    """The rule of betainc (or its complement) for a parameter."""

    def rule(dp: Any, y: Any, a: Any, b: Any, x: Any) -> Any:
        moved = mul(dp, betainc_by_parameter(a, b, x, orders=BY[place]))
        return moved if sign > 0 else neg(moved)

    return rule


betainc = register(
    record(
        "betainc",
        Formula(
            r"y = I_x(a, b) = \frac{1}{B(a, b)} \int_0^x t^{a-1} (1-t)^{b-1}\,dt",
            r"\dot y = \frac{x^{a-1} (1-x)^{b-1}}{B(a, b)}\,\dot x"
            r" + \frac{\partial I_x}{\partial a}\,\dot a"
            r" + \frac{\partial I_x}{\partial b}\,\dot b",
        ),
        (
            _beta_by(0, 1),
            _beta_by(1, 1),
            lambda dx, y, a, b, x: mul(dx, beta_density(a, b, x)),
        ),
        BETA,
        "https://dlmf.nist.gov/8.17.E1",
    )
)

betaincc = register(
    record(
        "betaincc",
        Formula(
            r"y = 1 - I_x(a, b)",
            r"\dot y = -\frac{x^{a-1} (1-x)^{b-1}}{B(a, b)}\,\dot x"
            r" - \frac{\partial I_x}{\partial a}\,\dot a"
            r" - \frac{\partial I_x}{\partial b}\,\dot b",
        ),
        (
            _beta_by(0, -1),
            _beta_by(1, -1),
            lambda dx, y, a, b, x: neg(mul(dx, beta_density(a, b, x))),
        ),
        BETA,
        "https://dlmf.nist.gov/8.17.E4",
    )
)


def _beta_quantile_by(place: int) -> Any:
    def rule(dp: Any, x: Any, a: Any, b: Any, y: Any) -> Any:
        slope = betainc_by_parameter(a, b, x, orders=BY[place])
        return neg(mul(dp, div(slope, beta_density(a, b, x))))

    return rule


betaincinv = register(
    record(
        "betaincinv",
        Formula(
            r"I_x(a, b) = y",
            r"\dot x = \frac{B(a, b)}{x^{a-1} (1-x)^{b-1}}\left(\dot y"
            r" - \frac{\partial I_x}{\partial a}\,\dot a"
            r" - \frac{\partial I_x}{\partial b}\,\dot b\right)",
        ),
        (
            _beta_quantile_by(0),
            _beta_quantile_by(1),
            lambda dy, x, a, b, y: div(dy, beta_density(a, b, x)),
        ),
        (((0.5, 3.0), (0.5, 3.0), CHANCE),),
        "https://dlmf.nist.gov/8.17.E1, by the implicit function theorem",
    )
)

betainccinv = register(
    record(
        "betainccinv",
        Formula(
            r"1 - I_x(a, b) = y",
            r"\dot x = -\frac{B(a, b)}{x^{a-1} (1-x)^{b-1}}\left(\dot y"
            r" + \frac{\partial I_x}{\partial a}\,\dot a"
            r" + \frac{\partial I_x}{\partial b}\,\dot b\right)",
        ),
        (
            _beta_quantile_by(0),
            _beta_quantile_by(1),
            lambda dy, x, a, b, y: neg(div(dy, beta_density(a, b, x))),
        ),
        (((0.5, 3.0), (0.5, 3.0), CHANCE),),
        "https://dlmf.nist.gov/8.17.E4, by the implicit function theorem",
    )
)
