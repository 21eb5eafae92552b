"""Distributions of vectors: the normal with a covariance, and Dirichlet's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule import special
from chainrule.core.errors import ShapeError, user_line
from chainrule.numpy.special import floats


class MultivariateNormal:
    """The normal distribution of vectors; points lie along the last axis."""

    def __repr__(self) -> str:
        return "<chainrule.stats.multivariate_normal(mean, cov)>"

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1.0) -> Any:
        """Return the logarithm of the density at each point."""
        x, mean, cov = floats(x, 0.0 if mean is None else mean, cov)
        size = max(np.shape(mean)[-1:] + np.shape(cov)[-1:], default=1)
        factor = np.linalg.cholesky(cov if cov.ndim == 2 else cov * np.eye(size))
        points = np.expand_dims(x, -1) if size == 1 and x.ndim < 2 else x
        if points.shape[-1:] != (size,):
            raise ShapeError(
                f"Expected points of {size} numbers along the last axis, got shape "
                f"{x.shape} at {user_line()}: give mean and cov of the points' size."
            )
        rows = np.reshape(points - mean, (-1, size))
        whitened = np.linalg.solve(factor, np.transpose(rows))
        stretch = np.sum(np.log(np.diagonal(factor))) + size * math.log(2 * math.pi) / 2
        y = -np.sum(np.square(whitened), axis=0) / 2 - stretch
        return np.reshape(y, points.shape[:-1])

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1.0) -> Any:
        """Return the density at each point."""
        return np.exp(self.logpdf(x, mean, cov))


class Dirichlet:
    """Dirichlet's distribution of shares, which lie along the first axis.

    That the shares add up to one is not checked.
    """

    def __repr__(self) -> str:
        return "<chainrule.stats.dirichlet(alpha)>"

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """Return the logarithm of the density at each point."""
        x, alpha = floats(x, alpha)
        powers = np.reshape(alpha - 1, (-1, *[1] * (x.ndim - 1)))
        constant = special.gammaln(np.sum(alpha)) - np.sum(special.gammaln(alpha))
        return np.sum(special.xlogy(powers, x), axis=0) + constant

    def pdf(self, x: Any, alpha: Any) -> Any:
        """Return the density at each point."""
        return np.exp(self.logpdf(x, alpha))


multivariate_normal = MultivariateNormal()
dirichlet = Dirichlet()
