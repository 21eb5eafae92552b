"""What distributions share: parameters by name, place and scale, and the support.

A table gives each one's standardised density. Here is the one place that shifts and
scales, and that keeps what lies outside of the support out of the formulas: there the
formula sees a point inside, so that no NaN comes back through ``np.where``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from chainrule.core.errors import user_line
from chainrule.numpy.special import floats

Formula = Callable[..., Any]


def _always(*shapes: Any) -> Any:
    return True


def _real_line(*shapes: Any) -> tuple[Any, Any]:
    return -np.inf, np.inf


def interior(low: Any, high: Any, dtype: Any) -> Any:
    """A point between two bounds, either of which may be infinite."""
    left = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high - 1, 0.0))
    right = np.where(np.isfinite(high), high, left + 1)
    return ((left + right) / 2).astype(dtype)


def _log(share: Any) -> Any:
    """The logarithm of a probability, -inf with derivative 0 where that is 0."""
    return np.where(share == 0, -np.inf, np.log(np.where(share == 0, 1.0, share)))


@dataclass(frozen=True)
class Named:
    """A distribution of one number, whose parameters are given as SciPy does.

    Attributes:
        name: SciPy's name for it.
        shapes: Names of the parameters that have no default.
        log_density: Its logarithm at standardised points inside the support.
        distribution: The distribution function F there.
        survival: 1 - F there, exact where that is small.
        quantile: Where F has a value between 0 and 1.
        upper_quantile: Where 1 - F has it.
        log_distribution: The logarithm of F, where another formula is more exact.
        log_survival: That of 1 - F.
        support: The bounds, of the shapes.
        valid: Whether the shapes are such that there is a distribution.
    """

    name: str
    shapes: tuple[str, ...]
    log_density: Formula
    distribution: Formula
    survival: Formula
    quantile: Formula
    upper_quantile: Formula
    log_distribution: Formula | None = None
    log_survival: Formula | None = None
    support: Formula = _real_line
    valid: Formula = _always

    defaults: ClassVar[dict[str, float]] = {"loc": 0.0}
    below: ClassVar[float] = 0.0
    """How far below the support lies the place that nothing is left of."""

    def __repr__(self) -> str:
        return f"<chainrule.stats.{self.name}({', '.join(self._names())})>"

    def cdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the probability of a value up to ``x``."""
        return self._up_to(x, args, named, self.distribution, (0.0, 1.0))

    def logcdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the logarithm of the probability of a value up to ``x``."""
        return self._up_to(x, args, named, self._log_of_distribution, (-np.inf, 0.0))

    def sf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the probability of a value above ``x``, exact where it is small."""
        return self._up_to(x, args, named, self.survival, (1.0, 0.0))

    def logsf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the logarithm of the probability of a value above ``x``."""
        return self._up_to(x, args, named, self._log_of_survival, (0.0, -np.inf))

    def ppf(self, q: Any, *args: Any, **named: Any) -> Any:
        """Return the value up to which there is the probability ``q``."""
        return self._where(q, args, named, self.quantile, 0.0)

    def isf(self, q: Any, *args: Any, **named: Any) -> Any:
        """Return the value above which there is the probability ``q``."""
        return self._where(q, args, named, self.upper_quantile, 1.0)

    def _names(self) -> tuple[str, ...]:
        return (*self.shapes, *self.defaults)

    def _given(self, x: Any, args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        """The point, the shapes, the place and the scale, all floating-point."""
        names = self._names()
        given = dict(zip(names, args, strict=False))
        wrong = [name for name in named if name not in names or name in given]
        found = {**self.defaults, **given, **named}
        missing = [name for name in names if name not in found]
        if wrong or missing or len(args) > len(names):
            raise TypeError(
                f"Expected the parameters {', '.join(names)} of {self.name}, got "
                f"{len(args)} by place and {sorted(named)} by name at {user_line()}: "
                "give each once; loc and scale may be left out."
            )
        return floats(x, *[found[name] for name in names], *self._unit_scale())

    def _unit_scale(self) -> tuple[float, ...]:
        return () if "scale" in self.defaults else (1.0,)

    def _log_of_distribution(self, z: Any, *shapes: Any) -> Any:
        if self.log_distribution is not None:
            return self.log_distribution(z, *shapes)
        return _log(self.distribution(z, *shapes))

    def _log_of_survival(self, z: Any, *shapes: Any) -> Any:
        if self.log_survival is not None:
            return self.log_survival(z, *shapes)
        return _log(self.survival(z, *shapes))

    def _up_to(
        self, x: Any, args: Any, named: Any, formula: Formula, ends: tuple[Any, Any]
    ) -> Any:
        raise NotImplementedError

    def _where(
        self, q: Any, args: Any, named: Any, formula: Formula, lowest: float
    ) -> Any:
        """The formula at probabilities inside (0, 1), the support's ends at 0 and 1.

        ``lowest`` is the probability that belongs to the lower end.
        """
        q, *shapes, loc, scale = self._given(q, args, named)
        with np.errstate(all="ignore"):
            low, high = self.support(*shapes)
            inside = (q > 0) & (q < 1)
            value = formula(np.where(inside, q, 0.5), *shapes)
            end = np.where(q == lowest, low - self.below, high)
            z = np.where(inside, value, end)
            known = np.where((q >= 0) & (q <= 1), 0.0, np.nan)
            return self._checked(z * scale + loc, known, shapes, scale)

    def _checked(self, y: Any, z: Any, shapes: list[Any], scale: Any) -> Any:
        """NaN where the point is, or where the parameters make no distribution."""
        right = np.logical_and(self.valid(*shapes), scale > 0)
        return np.where(np.logical_and(right, np.logical_not(np.isnan(z))), y, np.nan)


@dataclass(frozen=True, repr=False)
class Continuous(Named):
    """A distribution with a density, shifted by ``loc`` and stretched by ``scale``."""

    defaults: ClassVar[dict[str, float]] = {"loc": 0.0, "scale": 1.0}

    def logpdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the logarithm of the density at ``x``; -inf outside the support."""
        x, *shapes, loc, scale = self._given(x, args, named)
        with np.errstate(all="ignore"):
            z = (x - loc) / scale
            low, high = self.support(*shapes)
            inside = (z >= low) & (z <= high) & np.isfinite(z)
            safe = np.where(inside, z, interior(low, high, z.dtype))
            y = np.where(inside, self.log_density(safe, *shapes), -np.inf)
            return self._checked(y - np.log(scale), z, shapes, scale)

    def pdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the density at ``x``; 0 outside the support."""
        return np.exp(self.logpdf(x, *args, **named))

    def _up_to(
        self, x: Any, args: Any, named: Any, formula: Formula, ends: tuple[Any, Any]
    ) -> Any:
        x, *shapes, loc, scale = self._given(x, args, named)
        with np.errstate(all="ignore"):
            z = (x - loc) / scale
            low, high = self.support(*shapes)
            inside = (z > low) & (z < high)
            value = formula(np.where(inside, z, interior(low, high, z.dtype)), *shapes)
            y = np.where(inside, value, np.where(z >= high, ends[1], ends[0]))
            return self._checked(y, z, shapes, scale)


@dataclass(frozen=True, repr=False)
class Discrete(Named):
    """A distribution of whole numbers, shifted by ``loc``.

    Quantiles are whole numbers too, and so their derivatives by all but ``loc`` are 0.
    """

    below: ClassVar[float] = 1.0

    def logpmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """Return the logarithm of the probability of ``k``; -inf of what cannot be."""
        x, *shapes, loc, scale = self._given(k, args, named)
        with np.errstate(all="ignore"):
            z = x - loc
            low, high = self.support(*shapes)
            inside = (z >= low) & (z <= high) & np.isfinite(z) & (np.floor(z) == z)
            value = self.log_density(np.where(inside, z, low), *shapes)
            y = np.where(inside, value, -np.inf)
            return self._checked(y, z, shapes, scale)

    def pmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """Return the probability of ``k``; 0 of what cannot be."""
        return np.exp(self.logpmf(k, *args, **named))

    def _up_to(
        self, x: Any, args: Any, named: Any, formula: Formula, ends: tuple[Any, Any]
    ) -> Any:
        x, *shapes, loc, scale = self._given(x, args, named)
        with np.errstate(all="ignore"):
            z = x - loc
            low, high = self.support(*shapes)
            inside = (z >= low) & (z < high)
            value = formula(np.where(inside, np.floor(z), low), *shapes)
            y = np.where(inside, value, np.where(z >= high, ends[1], ends[0]))
            return self._checked(y, z, shapes, scale)
