"""What the records of special functions share: their form, and pieces of rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from chainrule.core.primitive import Formula, Primitive, Sample, Ulp
from chainrule.primitives.comparison import equal, select
from chainrule.primitives.elementwise import add, div, mul, square
from chainrule.primitives.exponential import log
from chainrule.primitives.rules import SMOOTH, float_type

ONCE = Ulp(1)
"""What is computed in double precision and rounded to float32."""

Interval = tuple[float, float]


def of_scipy(name: str, place: int | None = None) -> Callable[..., Any]:
    """SciPy's function of this name; of several results, the one at a place.

    In double precision at least, and rounded once: SciPy's own functions of float32
    are hundreds of ulp off in the family of ``betainc``.
    """

    def meaning(*xs: Any) -> Any:
        from scipy import special

        dtype = np.result_type(*xs)
        wide = np.promote_types(dtype, np.float64)
        results = getattr(special, name)(*[np.asarray(x, wide) for x in xs])
        with np.errstate(all="ignore"):
            return np.asarray(results if place is None else results[place], dtype)

    return meaning


def record(
    name: str,
    formula: Formula,
    jvp: tuple[Any, ...],
    domains: tuple[Any, ...],
    source: str,
    convention: str = SMOOTH,
    numpy: Callable[..., Any] | None = None,
) -> Primitive:
    """The record of an elementwise function of real numbers, SciPy's of that name.

    A domain is one interval for each argument (a bare one, of one argument).
    """
    return Primitive(
        name=name,
        formula=formula,
        type=float_type,
        numpy=numpy or of_scipy(name),
        jvp=jvp,
        transpose=None,
        samples=samples(len(jvp), *domains),
        elementwise=True,
        accuracy=ONCE,
        convention=convention,
        source=source,
    )


def samples(arity: int, *domains: Any, **params: Any) -> tuple[Sample, ...]:
    """Vectors in each domain, and a scalar in the first."""
    rows = [*[((3,), domain) for domain in domains], ((), domains[0])]
    return tuple(
        [
            Sample((shape,) * arity, params=params, domain=domain)
            for shape, domain in rows
        ]
    )


def total(terms: Sequence[Any]) -> Any:
    """The sum of at least one term."""
    return reduce(add, terms)


def times_log(x: Any, y: Any) -> Any:
    """``x log y``, and 0 where both are 0, with derivative 0 there."""
    return mul(x, log(select(equal(x, 0.0), select(equal(y, 0.0), 1.0, y), y)))


def tail_series(u: Any) -> Any:
    """``u - 3u² + 15u³ - 105u⁴ + 945u⁵``: what an asymptotic series leaves of 1."""
    total = mul(u, 945.0)
    for coefficient in (-105.0, 15.0, -3.0, 1.0):
        total = mul(u, add(total, coefficient))
    return total


def inverse_square(x: Any) -> Any:
    """``1 / (2x²)``, the variable of asymptotic series."""
    return div(0.5, square(x))


ROOT_PI = math.sqrt(math.pi)
LARGE = 50.0
"""From here on asymptotic series of five terms are exact to rounding."""
