"""Distributions of vectors against scipy.stats, and their derivatives."""

import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import stats
from chainrule.core.errors import ShapeError

MEAN = np.array([0.5, -1.0, 2.0])
ROOT = np.array([[1.2, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.2, 1.5]])
COV = ROOT @ ROOT.T
X = np.arange(12.0).reshape(2, 2, 3) / 4
SHARES = np.array([[0.2, 0.5], [0.3, 0.4], [0.5, 0.1]])
ALPHA = np.array([1.5, 0.7, 3.0])


@pytest.mark.parametrize(
    "args",
    [
        (X, MEAN, COV),
        (X[0, 0], MEAN, COV),
        (X, MEAN),
        (X, None, COV),
        (X, MEAN, 2.5),
        (np.array([0.3, 1.2]),),
        (0.3, 1.0, 2.0),
    ],
)
def test_normal_densities_are_scipys(args):
    for name in ("logpdf", "pdf"):
        got = getattr(stats.multivariate_normal, name)(*args)
        want = getattr(scipy.stats.multivariate_normal, name)(*args)
        assert_allclose(got, want, rtol=1e-12)


def test_normal_densities_differentiate():
    """By points and mean, and by a factor of the covariance, twice."""

    def density(x, mean, root):
        return np.sum(stats.multivariate_normal.logpdf(x, mean, root @ root.T))

    cr.check_grads(density, (X, MEAN, ROOT), order=2)


def test_points_of_another_size_are_refused():
    with pytest.raises(ShapeError, match=r"Expected points of 3 .*, got .*: give"):
        stats.multivariate_normal.logpdf(X[..., :2], MEAN, COV)


def test_dirichlet_is_scipys():
    for x in (SHARES, SHARES[:, 0]):
        for name in ("logpdf", "pdf"):
            got = getattr(stats.dirichlet, name)(x, ALPHA)
            assert_allclose(got, getattr(scipy.stats.dirichlet, name)(x, ALPHA))
    cr.check_grads(lambda *a: np.sum(stats.dirichlet.pdf(*a)), (SHARES, ALPHA), order=2)
