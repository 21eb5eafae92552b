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


@dataclass(frozen=True)
class Named:
    """A distribution of one number, whose parameters are given as SciPy does.

    Attributes:
        name: SciPy's name for it.
        shapes: Names of the parameters that have no default.
        log_density: Its logarithm at standardised points inside the support.
        distribution: The distribution function there.
        log_distribution: Its logarithm, where another formula is more exact.
        support: The bounds, of the shapes.
        valid: Whether the shapes are such that there is a distribution.
    """

    name: str
    shapes: tuple[str, ...]
    log_density: Formula
    distribution: Formula
    log_distribution: Formula | None = None
    support: Formula = _real_line
    valid: Formula = _always

    defaults: ClassVar[dict[str, float]] = {"loc": 0.0}

    def __repr__(self) -> str:
        return f"<chainrule.stats.{self.name}({', '.join(self._names())})>"

    def _names(self) -> tuple[str, ...]:
        return (*self.shapes, *self.defaults)

    def _given(self, x: Any, args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        """The point and the parameters in order, all floating-point."""
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
        return floats(x, *[found[name] for name in names])

    def _log_of_distribution(self, z: Any, *shapes: Any) -> Any:
        if self.log_distribution is not None:
            return self.log_distribution(z, *shapes)
        share = self.distribution(z, *shapes)
        return np.where(share == 0, -np.inf, np.log(np.where(share == 0, 1.0, share)))


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

    def cdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the probability of a value up to ``x``."""
        return self._up_to(x, args, named, self.distribution, (0.0, 1.0))

    def logcdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """Return the logarithm of the probability of a value up to ``x``."""
        return self._up_to(x, args, named, self._log_of_distribution, (-np.inf, 0.0))

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

    def _checked(self, y: Any, z: Any, shapes: list[Any], scale: Any) -> Any:
        """NaN where the point is, or where the parameters make no distribution."""
        right = np.logical_and(self.valid(*shapes), scale > 0)
        return np.where(np.logical_and(right, np.logical_not(np.isnan(z))), y, np.nan)


@dataclass(frozen=True, repr=False)
class Discrete(Named):
    """A distribution of whole numbers, shifted by ``loc``."""

    def logpmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """Return the logarithm of the probability of ``k``; -inf of what cannot be."""
        x, *shapes, loc = self._given(k, args, named)
        with np.errstate(all="ignore"):
            z = x - loc
            low, high = self.support(*shapes)
            inside = (z >= low) & (z <= high) & np.isfinite(z) & (np.floor(z) == z)
            value = self.log_density(np.where(inside, z, low), *shapes)
            return self._checked(np.where(inside, value, -np.inf), z, shapes)

    def pmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """Return the probability of ``k``; 0 of what cannot be."""
        return np.exp(self.logpmf(k, *args, **named))

    def cdf(self, k: Any, *args: Any, **named: Any) -> Any:
        """Return the probability of a value up to ``k``."""
        return self._up_to(k, args, named, self.distribution, (0.0, 1.0))

    def logcdf(self, k: Any, *args: Any, **named: Any) -> Any:
        """Return the logarithm of the probability of a value up to ``k``."""
        return self._up_to(k, args, named, self._log_of_distribution, (-np.inf, 0.0))

    def _up_to(
        self, k: Any, args: Any, named: Any, formula: Formula, ends: tuple[Any, Any]
    ) -> Any:
        x, *shapes, loc = self._given(k, args, named)
        with np.errstate(all="ignore"):
            z = x - loc
            low, high = self.support(*shapes)
            inside = (z >= low) & (z < high)
            value = formula(np.where(inside, np.floor(z), low), *shapes)
            y = np.where(inside, value, np.where(z >= high, ends[1], ends[0]))
            return self._checked(y, z, shapes)

    def _checked(self, y: Any, z: Any, shapes: list[Any]) -> Any:
        """NaN where the point is, or where the parameters make no distribution."""
        right = np.logical_and(self.valid(*shapes), np.logical_not(np.isnan(z)))
        return np.where(right, y, np.nan)
