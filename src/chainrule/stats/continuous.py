"""The table of continuous distributions: standardised densities, SciPy's names."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np

from chainrule import special
from chainrule.stats.distribution import Continuous

LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)


def _positive(*shapes: Any) -> Any:
    return reduce(np.logical_and, [shape > 0 for shape in shapes])


def _half_line(*shapes: Any) -> tuple[Any, Any]:
    return 0.0, np.inf


def _unit(*shapes: Any) -> tuple[Any, Any]:
    return 0.0, 1.0


def _log_gap(low: Any, high: Any) -> Any:
    """ln(Φ(high) - Φ(low)), by the tail in which both lie."""
    right = low > 0
    upper = special.log_ndtr(np.where(right, -low, high))
    lower = special.log_ndtr(np.where(right, -high, low))
    return upper + np.log1p(-np.exp(lower - upper))


norm = Continuous(
    "norm",
    (),
    lambda z: -np.square(z) / 2 - LOG_ROOT_TWO_PI,
    lambda z: special.ndtr(z),
    lambda z: special.log_ndtr(z),
)

halfnorm = Continuous(
    "halfnorm",
    (),
    lambda z: -np.square(z) / 2 - LOG_ROOT_TWO_PI + math.log(2),
    lambda z: special.erf(z * math.sqrt(0.5)),
    support=_half_line,
)

truncnorm = Continuous(
    "truncnorm",
    ("a", "b"),
    lambda z, a, b: -np.square(z) / 2 - LOG_ROOT_TWO_PI - _log_gap(a, b),
    lambda z, a, b: np.exp(_log_gap(a, z) - _log_gap(a, b)),
    lambda z, a, b: _log_gap(a, z) - _log_gap(a, b),
    support=lambda a, b: (a, b),
    valid=lambda a, b: a < b,
)

lognorm = Continuous(
    "lognorm",
    ("s",),
    lambda z, s: (
        -np.square(np.log(z) / s) / 2 - np.log(s) - np.log(z) - LOG_ROOT_TWO_PI
    ),
    lambda z, s: special.ndtr(np.log(z) / s),
    lambda z, s: special.log_ndtr(np.log(z) / s),
    support=lambda s: (np.nextafter(0.0, 1.0), np.inf),
    valid=_positive,
)

uniform = Continuous(
    "uniform", (), lambda z: np.zeros_like(z), lambda z: z, support=_unit
)

expon = Continuous(
    "expon", (), lambda z: -z, lambda z: -np.expm1(-z), support=_half_line
)

gamma = Continuous(
    "gamma",
    ("a",),
    lambda z, a: special.xlogy(a - 1, z) - z - special.gammaln(a),
    lambda z, a: special.gammainc(a, z),
    support=_half_line,
    valid=_positive,
)

chi2 = Continuous(
    "chi2",
    ("df",),
    lambda z, df: (
        special.xlogy(df / 2 - 1, z / 2) - z / 2 - special.gammaln(df / 2) - math.log(2)
    ),
    lambda z, df: special.gammainc(df / 2, z / 2),
    support=_half_line,
    valid=_positive,
)

beta = Continuous(
    "beta",
    ("a", "b"),
    lambda z, a, b: (
        special.xlogy(a - 1, z) + special.xlog1py(b - 1, -z) - special.betaln(a, b)
    ),
    lambda z, a, b: special.betainc(a, b, z),
    support=_unit,
    valid=_positive,
)

f = Continuous(
    "f",
    ("dfn", "dfd"),
    lambda z, m, n: (
        m / 2 * np.log(m / n)
        + special.xlogy(m / 2 - 1, z)
        - (m + n) / 2 * np.log1p(m * z / n)
        - special.betaln(m / 2, n / 2)
    ),
    lambda z, m, n: special.betainc(m / 2, n / 2, m * z / (n + m * z)),
    support=_half_line,
    valid=_positive,
)

t = Continuous(
    "t",
    ("df",),
    lambda z, df: (
        -(df + 1) / 2 * np.log1p(np.square(z) / df)
        - special.betaln(df / 2, np.full_like(df, 0.5))
        - np.log(df) / 2
    ),
    lambda z, df: special.stdtr(df, z),
    valid=_positive,
)

cauchy = Continuous(
    "cauchy",
    (),
    lambda z: -math.log(math.pi) - np.log1p(np.square(z)),
    lambda z: np.arctan2(1.0, -z) / math.pi,
)

laplace = Continuous(
    "laplace",
    (),
    lambda z: -np.abs(z) - math.log(2),
    lambda z: np.where(z > 0, 1 - np.exp(-np.abs(z)) / 2, np.exp(-np.abs(z)) / 2),
    lambda z: np.where(
        z > 0, np.log1p(-np.exp(-np.abs(z)) / 2), -np.abs(z) - math.log(2)
    ),
)

logistic = Continuous(
    "logistic",
    (),
    lambda z: special.log_expit(z) + special.log_expit(-z),
    lambda z: special.expit(z),
    lambda z: special.log_expit(z),
)

gumbel_r = Continuous(
    "gumbel_r",
    (),
    lambda z: -z - np.exp(-z),
    lambda z: np.exp(-np.exp(-z)),
    lambda z: -np.exp(-z),
)

weibull_min = Continuous(
    "weibull_min",
    ("c",),
    lambda z, c: np.log(c) + special.xlogy(c - 1, z) - np.power(z, c),
    lambda z, c: -np.expm1(-np.power(z, c)),
    support=_half_line,
    valid=_positive,
)

pareto = Continuous(
    "pareto",
    ("b",),
    lambda z, b: np.log(b) - (b + 1) * np.log(z),
    lambda z, b: -np.expm1(-b * np.log(z)),
    support=lambda b: (1.0, np.inf),
    valid=_positive,
)
