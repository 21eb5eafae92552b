"""The table of continuous distributions: standardised densities, SciPy's names."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np

from chainrule import special
from chainrule.stats.distribution import Continuous, Formula

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


def _symmetric(
    name: str,
    shapes: tuple[str, ...],
    log_density: Formula,
    distribution: Formula,
    quantile: Formula,
    log_distribution: Formula | None = None,
    **more: Any,
) -> Continuous:
    """A distribution whose upper tail is its lower one: 1 - F(z) = F(-z)."""
    logarithm = log_distribution
    return Continuous(
        name,
        shapes,
        log_density,
        distribution,
        lambda z, *shapes: distribution(-z, *shapes),
        quantile,
        lambda q, *shapes: -quantile(q, *shapes),
        logarithm,
        None if logarithm is None else lambda z, *shapes: logarithm(-z, *shapes),
        **more,
    )


norm = _symmetric(
    "norm",
    (),
    lambda z: -np.square(z) / 2 - LOG_ROOT_TWO_PI,
    lambda z: special.ndtr(z),
    lambda q: special.ndtri(q),
    lambda z: special.log_ndtr(z),
)

halfnorm = Continuous(
    "halfnorm",
    (),
    lambda z: -np.square(z) / 2 - LOG_ROOT_TWO_PI + math.log(2),
    distribution=lambda z: special.erf(z * math.sqrt(0.5)),
    survival=lambda z: special.erfc(z * math.sqrt(0.5)),
    quantile=lambda q: special.erfinv(q) * math.sqrt(2),
    upper_quantile=lambda q: special.erfcinv(q) * math.sqrt(2),
    log_survival=lambda z: special.log_ndtr(-z) + math.log(2),
    support=_half_line,
)


def _truncated(log_below: Any, log_above: Any, a: Any, b: Any) -> Any:
    """Where Φ has come a part of the way from Φ(a) to Φ(b), by the nearer tail."""
    gap, right = _log_gap(a, b), a >= 0
    far = special.log_ndtr(np.where(right, -b, a))
    share = np.where(right, log_above, log_below)
    z = special.ndtri_exp(np.logaddexp(far, share + gap))
    return np.where(right, -z, z)


truncnorm = Continuous(
    "truncnorm",
    ("a", "b"),
    lambda z, a, b: -np.square(z) / 2 - LOG_ROOT_TWO_PI - _log_gap(a, b),
    distribution=lambda z, a, b: np.exp(_log_gap(a, z) - _log_gap(a, b)),
    survival=lambda z, a, b: np.exp(_log_gap(z, b) - _log_gap(a, b)),
    quantile=lambda q, a, b: _truncated(np.log(q), np.log1p(-q), a, b),
    upper_quantile=lambda q, a, b: _truncated(np.log1p(-q), np.log(q), a, b),
    log_distribution=lambda z, a, b: _log_gap(a, z) - _log_gap(a, b),
    log_survival=lambda z, a, b: _log_gap(z, b) - _log_gap(a, b),
    support=lambda a, b: (a, b),
    valid=lambda a, b: a < b,
)

lognorm = Continuous(
    "lognorm",
    ("s",),
    lambda z, s: (
        -np.square(np.log(z) / s) / 2 - np.log(s) - np.log(z) - LOG_ROOT_TWO_PI
    ),
    distribution=lambda z, s: special.ndtr(np.log(z) / s),
    survival=lambda z, s: special.ndtr(-np.log(z) / s),
    quantile=lambda q, s: np.exp(s * special.ndtri(q)),
    upper_quantile=lambda q, s: np.exp(-s * special.ndtri(q)),
    log_distribution=lambda z, s: special.log_ndtr(np.log(z) / s),
    log_survival=lambda z, s: special.log_ndtr(-np.log(z) / s),
    support=lambda s: (np.nextafter(0.0, 1.0), np.inf),
    valid=_positive,
)

uniform = Continuous(
    "uniform",
    (),
    lambda z: np.zeros_like(z),
    distribution=lambda z: z,
    survival=lambda z: 1 - z,
    quantile=lambda q: q,
    upper_quantile=lambda q: 1 - q,
    support=_unit,
)

expon = Continuous(
    "expon",
    (),
    lambda z: -z,
    distribution=lambda z: -np.expm1(-z),
    survival=lambda z: np.exp(-z),
    quantile=lambda q: -np.log1p(-q),
    upper_quantile=lambda q: -np.log(q),
    log_survival=lambda z: -z,
    support=_half_line,
)

gamma = Continuous(
    "gamma",
    ("a",),
    lambda z, a: special.xlogy(a - 1, z) - z - special.gammaln(a),
    distribution=lambda z, a: special.gammainc(a, z),
    survival=lambda z, a: special.gammaincc(a, z),
    quantile=lambda q, a: special.gammaincinv(a, q),
    upper_quantile=lambda q, a: special.gammainccinv(a, q),
    support=_half_line,
    valid=_positive,
)

chi2 = Continuous(
    "chi2",
    ("df",),
    lambda z, df: (
        special.xlogy(df / 2 - 1, z / 2) - z / 2 - special.gammaln(df / 2) - math.log(2)
    ),
    distribution=lambda z, df: special.gammainc(df / 2, z / 2),
    survival=lambda z, df: special.gammaincc(df / 2, z / 2),
    quantile=lambda q, df: 2 * special.gammaincinv(df / 2, q),
    upper_quantile=lambda q, df: 2 * special.gammainccinv(df / 2, q),
    support=_half_line,
    valid=_positive,
)

beta = Continuous(
    "beta",
    ("a", "b"),
    lambda z, a, b: (
        special.xlogy(a - 1, z) + special.xlog1py(b - 1, -z) - special.betaln(a, b)
    ),
    distribution=lambda z, a, b: special.betainc(a, b, z),
    survival=lambda z, a, b: special.betaincc(a, b, z),
    quantile=lambda q, a, b: special.betaincinv(a, b, q),
    upper_quantile=lambda q, a, b: special.betainccinv(a, b, q),
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
    distribution=lambda z, m, n: special.betainc(m / 2, n / 2, m * z / (n + m * z)),
    survival=lambda z, m, n: special.betainc(n / 2, m / 2, n / (n + m * z)),
    # x = mz / (n + mz) and 1 - x, each from its own inverse, so that nothing cancels.
    quantile=lambda q, m, n: (
        n
        * special.betaincinv(m / 2, n / 2, q)
        / (m * special.betainccinv(n / 2, m / 2, q))
    ),
    upper_quantile=lambda q, m, n: (
        n
        * special.betainccinv(m / 2, n / 2, q)
        / (m * special.betaincinv(n / 2, m / 2, q))
    ),
    support=_half_line,
    valid=_positive,
)

t = _symmetric(
    "t",
    ("df",),
    lambda z, df: (
        -(df + 1) / 2 * np.log1p(np.square(z) / df)
        - special.betaln(df / 2, np.full_like(df, 0.5))
        - np.log(df) / 2
    ),
    lambda z, df: special.stdtr(df, z),
    lambda q, df: special.stdtrit(df, q),
    valid=_positive,
)


def _cauchy_quantile(q: Any) -> Any:
    """tan(π(q - 1/2)), in the tails by the distance from the end."""
    tail = np.abs(q - 0.5) > 0.25
    near = np.where(q > 0.5, 1 - q, q)
    outer = 1 / np.tan(math.pi * np.where(tail, near, 0.25))
    middle = np.tan(math.pi * (np.where(tail, 0.5, q) - 0.5))
    return np.where(tail, np.where(q > 0.5, outer, -outer), middle)


cauchy = _symmetric(
    "cauchy",
    (),
    lambda z: -math.log(math.pi) - np.log1p(np.square(z)),
    lambda z: np.arctan2(1.0, -z) / math.pi,
    _cauchy_quantile,
)

laplace = _symmetric(
    "laplace",
    (),
    lambda z: -np.abs(z) - math.log(2),
    lambda z: np.where(z > 0, 1 - np.exp(-np.abs(z)) / 2, np.exp(-np.abs(z)) / 2),
    lambda q: np.where(q > 0.5, -np.log(2 * (1 - q)), np.log(2 * q)),
    lambda z: np.where(
        z > 0, np.log1p(-np.exp(-np.abs(z)) / 2), -np.abs(z) - math.log(2)
    ),
)

logistic = _symmetric(
    "logistic",
    (),
    lambda z: special.log_expit(z) + special.log_expit(-z),
    lambda z: special.expit(z),
    lambda q: special.logit(q),
    lambda z: special.log_expit(z),
)

gumbel_r = Continuous(
    "gumbel_r",
    (),
    lambda z: -z - np.exp(-z),
    distribution=lambda z: np.exp(-np.exp(-z)),
    survival=lambda z: -np.expm1(-np.exp(-z)),
    quantile=lambda q: -np.log(-np.log(q)),
    upper_quantile=lambda q: -np.log(-np.log1p(-q)),
    log_distribution=lambda z: -np.exp(-z),
)

weibull_min = Continuous(
    "weibull_min",
    ("c",),
    lambda z, c: np.log(c) + special.xlogy(c - 1, z) - np.power(z, c),
    distribution=lambda z, c: -np.expm1(-np.power(z, c)),
    survival=lambda z, c: np.exp(-np.power(z, c)),
    quantile=lambda q, c: np.power(-np.log1p(-q), 1 / c),
    upper_quantile=lambda q, c: np.power(-np.log(q), 1 / c),
    log_survival=lambda z, c: -np.power(z, c),
    support=_half_line,
    valid=_positive,
)

pareto = Continuous(
    "pareto",
    ("b",),
    lambda z, b: np.log(b) - (b + 1) * np.log(z),
    distribution=lambda z, b: -np.expm1(-b * np.log(z)),
    survival=lambda z, b: np.exp(-b * np.log(z)),
    quantile=lambda q, b: np.exp(-np.log1p(-q) / b),
    upper_quantile=lambda q, b: np.exp(-np.log(q) / b),
    log_survival=lambda z, b: -b * np.log(z),
    support=lambda b: (1.0, np.inf),
    valid=_positive,
)
