"""The table of discrete distributions: logarithms of probabilities, SciPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import special
from chainrule.stats.distribution import Discrete


def _chance(p: Any) -> Any:
    return (p >= 0) & (p <= 1)


def _counts(*shapes: Any) -> tuple[Any, Any]:
    return 0.0, np.inf


def _tosses(k: Any, n: Any, p: Any) -> Any:
    """ln p^k (1 - p)^(n - k)."""
    return special.xlogy(k, p) + special.xlog1py(n - k, -p)


bernoulli = Discrete(
    "bernoulli",
    ("p",),
    lambda k, p: _tosses(k, 1.0, p),
    lambda k, p: 1 - p,
    support=lambda p: (0.0, 1.0),
    valid=_chance,
)

binom = Discrete(
    "binom",
    ("n", "p"),
    lambda k, n, p: (
        special.gammaln(n + 1)
        - special.gammaln(k + 1)
        - special.gammaln(n - k + 1)
        + _tosses(k, n, p)
    ),
    lambda k, n, p: special.betaincc(k + 1, n - k, p),
    support=lambda n, p: (0.0, n),
    valid=lambda n, p: (n >= 0) & (np.floor(n) == n) & _chance(p),
)

poisson = Discrete(
    "poisson",
    ("mu",),
    lambda k, mu: special.xlogy(k, mu) - special.gammaln(k + 1) - mu,
    lambda k, mu: special.gammaincc(k + 1, mu),
    support=_counts,
    valid=lambda mu: mu >= 0,
)

geom = Discrete(
    "geom",
    ("p",),
    lambda k, p: special.xlog1py(k - 1, -p) + np.log(p),
    lambda k, p: -np.expm1(special.xlog1py(k, -p)),
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
    lambda k, n, p: special.betainc(n, k + 1, p),
    support=_counts,
    valid=lambda n, p: (n > 0) & (p > 0) & (p <= 1),
)
