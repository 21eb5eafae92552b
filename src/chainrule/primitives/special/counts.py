"""How many counts have a given probability: distribution functions solved for k.

The distribution functions of whole numbers are incomplete gamma and beta functions, in
which the count may be any real number. SciPy's names.
"""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Formula, register
from chainrule.primitives.elementwise import add, div, mul, neg, sub
from chainrule.primitives.special.incomplete import (
    beta_density,
    betainc_by_parameter,
    gamma_density,
    gammainc_by_shape,
)
from chainrule.primitives.special.record import record

IMPLICIT = ", by the implicit function theorem"
CONVENTION = "Where no count below has so little probability, SciPy's 0 or NaN."


def _poisson_by_count(k: Any, m: Any) -> Any:
    return neg(gammainc_by_shape(add(k, 1.0), m, order=1))


pdtrik = register(
    record(
        "pdtrik",
        Formula(
            r"Q(k + 1, m) = p",
            r"\dot k = \left(\dot p + \frac{m^k e^{-m}}{\Gamma(k + 1)}\,\dot m\right)"
            r" \Big/ \frac{\partial Q}{\partial k}",
        ),
        (
            lambda dp, k, p, m: div(dp, _poisson_by_count(k, m)),
            lambda dm, k, p, m: div(
                mul(dm, gamma_density(add(k, 1.0), m)), _poisson_by_count(k, m)
            ),
        ),
        (((0.4, 0.9), (2.0, 5.0)),),
        f"https://dlmf.nist.gov/8.4.E10{IMPLICIT}",
        CONVENTION,
    )
)


def _beta_by(orders: tuple[int, int], k: Any, n: Any, p: Any) -> Any:
    return betainc_by_parameter(add(k, 1.0), sub(n, k), p, orders=orders)


def _binomial_by_count(k: Any, n: Any, p: Any) -> Any:
    return sub(_beta_by((0, 1), k, n, p), _beta_by((1, 0), k, n, p))


def _binomial_chance(k: Any, n: Any, p: Any) -> Any:
    density = beta_density(add(k, 1.0), sub(n, k), p)
    return div(density, _binomial_by_count(k, n, p))


bdtrik = register(
    record(
        "bdtrik",
        Formula(
            r"F = 1 - I_p(k + 1, n - k) = y",
            r"\dot k = \left(\dot y - \frac{\partial F}{\partial n}\,\dot n"
            r" - \frac{\partial F}{\partial p}\,\dot p\right)"
            r" \Big/ \frac{\partial F}{\partial k}",
        ),
        (
            lambda dy, k, y, n, p: div(dy, _binomial_by_count(k, n, p)),
            lambda dn, k, y, n, p: mul(
                dn, div(_beta_by((0, 1), k, n, p), _binomial_by_count(k, n, p))
            ),
            lambda dp, k, y, n, p: mul(dp, _binomial_chance(k, n, p)),
        ),
        (((0.3, 0.9), (4.0, 9.0), (0.4, 0.8)),),
        f"https://dlmf.nist.gov/8.17.E5{IMPLICIT}",
        CONVENTION,
    )
)


def _failures_by(orders: tuple[int, int], k: Any, n: Any, p: Any) -> Any:
    return betainc_by_parameter(n, add(k, 1.0), p, orders=orders)


def _failures_chance(k: Any, n: Any, p: Any) -> Any:
    return div(beta_density(n, add(k, 1.0), p), _failures_by((0, 1), k, n, p))


nbdtrik = register(
    record(
        "nbdtrik",
        Formula(
            r"F = I_p(n, k + 1) = y",
            r"\dot k = \left(\dot y - \frac{\partial F}{\partial n}\,\dot n"
            r" - \frac{\partial F}{\partial p}\,\dot p\right)"
            r" \Big/ \frac{\partial F}{\partial k}",
        ),
        (
            lambda dy, k, y, n, p: div(dy, _failures_by((0, 1), k, n, p)),
            lambda dn, k, y, n, p: neg(
                mul(
                    dn,
                    div(_failures_by((1, 0), k, n, p), _failures_by((0, 1), k, n, p)),
                )
            ),
            lambda dp, k, y, n, p: neg(mul(dp, _failures_chance(k, n, p))),
        ),
        (((0.5, 0.9), (2.0, 4.0), (0.3, 0.6)),),
        f"https://dlmf.nist.gov/8.17.E24{IMPLICIT}",
        CONVENTION,
    )
)
