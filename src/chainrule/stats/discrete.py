"""The table of discrete distributions: logarithms of probabilities, SciPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import special
from chainrule.primitives.conversion import stop_gradient
from chainrule.stats.distribution import Discrete, Formula


def _chance(p: Any) -> Any:
    return (p >= 0) & (p <= 1)


def _counts(*shapes: Any) -> tuple[Any, Any]:
    return 0.0, np.inf


def _tosses(k: Any, n: Any, p: Any) -> Any:
    """ln p^k (1 - p)^(n - k)."""
    return special.xlogy(k, p) + special.xlog1py(n - k, -p)


def _quantile(reached: Formula, guess: Formula, lowest: float = 0.0) -> Formula:
    """The least whole number k for which ``reached(q, k, *shapes)``.

    ``guess`` solves for a real k; rounding may have put it one too high or too low.
    """

    def quantile(q: Any, *shapes: Any) -> Any:
        still = [stop_gradient(value) for value in (q, *shapes)]
        k = np.maximum(np.ceil(guess(*still)), lowest)
        below = np.maximum(k - 1, lowest)
        k = np.where(reached(still[0], below, *still[1:]), below, k)
        return np.where(reached(still[0], k, *still[1:]), k, k + 1)

    return quantile


def _up_to_all(formula: Formula, at_all: float) -> Formula:
    """A formula of the incomplete beta function, where k may be all n as well."""

    def value(k: Any, n: Any, p: Any) -> Any:
        inside = k < n
        first, second = np.where(inside, k + 1, 1.0), np.where(inside, n - k, 1.0)
        return np.where(inside, formula(first, second, p), at_all)

    return value


_binomial = _up_to_all(lambda a, b, p: special.betaincc(a, b, p), 1.0)
_binomial_tail = _up_to_all(lambda a, b, p: special.betainc(a, b, p), 0.0)


def _binomial_guess(q: Any, n: Any, p: Any) -> Any:
    """Where even no success is likelier than q, 0; where p is 1 or n is 0, n."""
    k = special.bdtrik(q, n, p)
    return np.where(np.isnan(k), np.where(p < 1, 0.0, n), np.clip(k, 0.0, n))


def _or_zero(k: Any) -> Any:
    return np.where(np.isnan(k), 0.0, k)


def _failures_guess(q: Any, n: Any, p: Any) -> Any:
    """Where no trial fails, 0."""
    return np.where(p < 1, _or_zero(special.nbdtrik(q, n, p)), 0.0)


binom = Discrete(
    "binom",
    ("n", "p"),
    lambda k, n, p: (
        special.gammaln(n + 1)
        - special.gammaln(k + 1)
        - special.gammaln(n - k + 1)
        + _tosses(k, n, p)
    ),
    distribution=_binomial,
    survival=_binomial_tail,
    quantile=_quantile(
        lambda q, k, n, p: _binomial(k, n, p) >= q,
        _binomial_guess,
    ),
    upper_quantile=_quantile(
        lambda q, k, n, p: _binomial_tail(k, n, p) <= q,
        lambda q, n, p: _binomial_guess(1 - q, n, p),
    ),
    support=lambda n, p: (0.0, n),
    valid=lambda n, p: (n >= 0) & (np.floor(n) == n) & _chance(p),
)

bernoulli = Discrete(
    "bernoulli",
    ("p",),
    lambda k, p: _tosses(k, 1.0, p),
    distribution=lambda k, p: 1 - p,
    survival=lambda k, p: p,
    quantile=lambda q, p: np.where(q <= 1 - p, 0.0, 1.0),
    upper_quantile=lambda q, p: np.where(q >= p, 0.0, 1.0),
    support=lambda p: (0.0, 1.0),
    valid=_chance,
)

poisson = Discrete(
    "poisson",
    ("mu",),
    lambda k, mu: special.xlogy(k, mu) - special.gammaln(k + 1) - mu,
    distribution=lambda k, mu: special.gammaincc(k + 1, mu),
    survival=lambda k, mu: special.gammainc(k + 1, mu),
    quantile=_quantile(
        lambda q, k, mu: special.gammaincc(k + 1, mu) >= q,
        lambda q, mu: _or_zero(special.pdtrik(q, mu)),
    ),
    upper_quantile=_quantile(
        lambda q, k, mu: special.gammainc(k + 1, mu) <= q,
        lambda q, mu: _or_zero(special.pdtrik(1 - q, mu)),
    ),
    support=_counts,
    valid=lambda mu: mu >= 0,
)

geom = Discrete(
    "geom",
    ("p",),
    lambda k, p: special.xlog1py(k - 1, -p) + np.log(p),
    distribution=lambda k, p: -np.expm1(special.xlog1py(k, -p)),
    survival=lambda k, p: np.exp(special.xlog1py(k, -p)),
    quantile=_quantile(
        lambda q, k, p: -np.expm1(special.xlog1py(k, -p)) >= q,
        lambda q, p: np.log1p(-q) / np.log1p(-p),
        1.0,
    ),
    upper_quantile=_quantile(
        lambda q, k, p: np.exp(special.xlog1py(k, -p)) <= q,
        lambda q, p: np.log(q) / np.log1p(-p),
        1.0,
    ),
    log_survival=lambda k, p: special.xlog1py(k, -p),
    support=lambda p: (1.0, np.inf),
    valid=lambda p: (p > 0) & (p <= 1),
)

nbinom = Discrete(
    "nbinom",
    ("n", "p"),
    lambda k, n, p: (
        special.gammaln(n + k)
        - special.gammaln(k + 1)
        - special.gammaln(n)
        + n * np.log(p)
        + special.xlog1py(k, -p)
    ),
    distribution=lambda k, n, p: special.betainc(n, k + 1, p),
    survival=lambda k, n, p: special.betaincc(n, k + 1, p),
    quantile=_quantile(
        lambda q, k, n, p: special.betainc(n, k + 1, p) >= q,
        _failures_guess,
    ),
    upper_quantile=_quantile(
        lambda q, k, n, p: special.betaincc(n, k + 1, p) <= q,
        lambda q, n, p: _failures_guess(1 - q, n, p),
    ),
    support=_counts,
    valid=lambda n, p: (n > 0) & (p > 0) & (p <= 1),
)
