"""The incomplete gamma and beta functions, their complements and their inverses."""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Formula, Primitive, Unknown, register
from chainrule.primitives.elementwise import add, div, mul, neg, sub
from chainrule.primitives.exponential import exp, log
from chainrule.primitives.rules import float_type
from chainrule.primitives.special import slopes
from chainrule.primitives.special.gamma import betaln, digamma, gammaln
from chainrule.primitives.special.record import record, samples, times_log

GAMMA = (((0.5, 3.0), (0.5, 3.0)), ((4.0, 6.0), (1.0, 9.0)), ((9.0, 30.0), (9.0, 30.0)))
BETA = (
    ((0.5, 3.0), (0.5, 3.0), (0.1, 0.9)),
    ((4.0, 9.0), (1.0, 3.0), (0.2, 0.8)),
)
CHANCE = (0.1, 0.9)
SECOND = (
    "The derivative by a parameter is computed from the derivative of a continued "
    "fraction; it can be differentiated again by the last argument only."
)


def gamma_density(a: Any, x: Any) -> Any:
    """``x^(a-1) e^(-x) / Γ(a)``."""
    return exp(sub(sub(times_log(sub(a, 1.0), x), x), gammaln(a)))


def _gamma_slope_of_slope(dx: Any, y: Any, a: Any, x: Any) -> Any:
    return mul(dx, mul(gamma_density(a, x), sub(log(x), digamma(a))))


gammainc_by_shape = register(
    record(
        "gammainc_by_shape",
        Formula(
            r"y = \frac{\partial P(a, x)}{\partial a}",
            r"\dot y = \frac{x^{a-1} e^{-x}}{\Gamma(a)}\,(\ln x - \psi(a))\,\dot x",
        ),
        (
            Unknown("the shape a of gammainc a second time"),
            _gamma_slope_of_slope,
        ),
        GAMMA,
        "R. J. Moore, Algorithm AS 187, Applied Statistics 31 (1982)",
        SECOND,
        slopes.by_shape,
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
            lambda da, y, a, x: mul(da, gammainc_by_shape(a, x)),
            lambda dx, y, a, x: mul(dx, gamma_density(a, x)),
        ),
        GAMMA,
        "https://dlmf.nist.gov/8.8.E13",
        SECOND,
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
            lambda da, y, a, x: neg(mul(da, gammainc_by_shape(a, x))),
            lambda dx, y, a, x: neg(mul(dx, gamma_density(a, x))),
        ),
        GAMMA,
        "https://dlmf.nist.gov/8.8.E14",
        SECOND,
    )
)


def _gamma_quantile_by_shape(da: Any, x: Any, a: Any, y: Any) -> Any:
    return neg(mul(da, div(gammainc_by_shape(a, x), gamma_density(a, x))))


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
        SECOND,
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
        SECOND,
    )
)


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """``x^(a-1) (1-x)^(b-1) / B(a, b)``."""
    ends = add(times_log(sub(a, 1.0), x), times_log(sub(b, 1.0), sub(1.0, x)))
    return exp(sub(ends, betaln(a, b)))


def _beta_slope_of_slope(dx: Any, y: Any, a: Any, b: Any, x: Any, place: int) -> Any:
    base, parameter = ((x, a), (sub(1.0, x), b))[place]
    score = add(sub(log(base), digamma(parameter)), digamma(add(a, b)))
    return mul(dx, mul(beta_density(a, b, x), score))


betainc_by_parameter = register(
    Primitive(
        name="betainc_by_parameter",
        formula=Formula(
            r"y = \frac{\partial I_x(a, b)}{\partial a}"
            r" \text{ or } \frac{\partial I_x(a, b)}{\partial b}",
            r"\dot y = \frac{x^{a-1} (1-x)^{b-1}}{B(a, b)}"
            r"\,(\ln x - \psi(a) + \psi(a + b))\,\dot x",
        ),
        type=lambda a, b, x, place: float_type(a, b, x),
        numpy=slopes.by_parameter,
        jvp=(
            Unknown("the parameter a of betainc a second time"),
            Unknown("the parameter b of betainc a second time"),
            _beta_slope_of_slope,
        ),
        transpose=None,
        samples=(*samples(3, *BETA, place=0), *samples(3, *BETA, place=1)),
        elementwise=True,
        convention=f"{SECOND} By b, the last factor is that of 1 - x and b.",
        source="R. J. Boik and J. F. Robison-Cox, J. Statistical Software 3 (1998)",
    )
)


def _beta_by(place: int, sign: int) -> Any:
    """The rule of betainc (or its complement) for a parameter."""

    def rule(dp: Any, y: Any, a: Any, b: Any, x: Any) -> Any:
        moved = mul(dp, betainc_by_parameter(a, b, x, place=place))
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
        SECOND,
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
        SECOND,
    )
)


def _beta_quantile_by(place: int) -> Any:
    def rule(dp: Any, x: Any, a: Any, b: Any, y: Any) -> Any:
        slope = betainc_by_parameter(a, b, x, place=place)
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
        SECOND,
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
        SECOND,
    )
)
