"""Initializers: variance and range against their formulas, and the same bits twice."""

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from chainrule import initializers, utils
from chainrule.initializers.distributions import fans

SHAPE = (400, 250)
MEAN_FAN = sum(SHAPE) / 2

# Name, variance, largest magnitude (for those that have one).
VARIANCES = [
    ("random_normal", 0.05**2, None),
    ("random_uniform", 0.1**2 / 12, 0.05),
    ("truncated_normal", (0.05 * 0.879625661) ** 2, 0.1),
    ("glorot_uniform", 1 / MEAN_FAN, math.sqrt(3 / MEAN_FAN)),
    ("glorot_normal", 1 / MEAN_FAN, 2 / 0.8796 / math.sqrt(MEAN_FAN)),
    ("he_uniform", 2 / SHAPE[0], math.sqrt(6 / SHAPE[0])),
    ("he_normal", 2 / SHAPE[0], 2 / 0.8796 * math.sqrt(2 / SHAPE[0])),
    ("lecun_uniform", 1 / SHAPE[0], math.sqrt(3 / SHAPE[0])),
    ("lecun_normal", 1 / SHAPE[0], 2 / 0.8796 / math.sqrt(SHAPE[0])),
]


@pytest.mark.parametrize(("name", "variance", "largest"), VARIANCES)
def test_variance_mean_and_range(name, variance, largest):
    w = type(initializers.get(name))(seed=3)(SHAPE).astype(np.float64)
    # Five standard errors; the fourth moment of a normal is the largest here.
    assert abs(w.mean()) < 5 * math.sqrt(variance / w.size)
    assert abs(w.var() / variance - 1) < 5 * math.sqrt(2 / w.size)
    if largest is not None:
        assert 0.98 * largest < np.abs(w).max() <= largest * (1 + 1e-4)


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        ("truncated_normal", stats.truncnorm(-2, 2, scale=0.05)),
        ("random_normal", stats.norm(scale=0.05)),
        ("random_uniform", stats.uniform(-0.05, 0.1)),
    ],
)
def test_distribution(name, distribution):
    w = type(initializers.get(name))(seed=5)((20_000,))
    assert stats.kstest(w.astype(np.float64), distribution.cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", [name for name, _, _ in VARIANCES])
def test_dtype_and_shape(name):
    for dtype in (np.float32, np.float64):
        w = initializers.get(name)((3, 4), dtype)
        assert (w.dtype, w.shape) == (dtype, (3, 4))
    assert initializers.get(name)(()).shape == ()


def test_constants():
    assert_array_equal(initializers.get("zeros")((2, 3)), np.zeros((2, 3)))
    assert_array_equal(initializers.get("Ones")((2,)), np.ones(2))
    assert_array_equal(initializers.Constant(2.5)((2,)), [2.5, 2.5])


def test_mean_and_untruncated():
    shifted = initializers.RandomNormal(mean=3.0, stddev=0.1, seed=1)((10_000,))
    assert abs(shifted.mean() - 3) < 0.005
    wide = initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal", seed=1)(
        SHAPE
    )
    assert abs(wide.var() * SHAPE[1] / 2 - 1) < 0.03
    assert np.abs(wide).max() > 3 * math.sqrt(2 / SHAPE[1])


def test_the_same_seed_gives_the_same_bits_twice():
    def draw():
        utils.set_random_seed(11)
        return [initializers.get("glorot_uniform")((4, 4)) for _ in range(2)]

    first, second = draw(), draw()
    assert_array_equal(first, second)
    assert not np.array_equal(first[0], first[1])


def test_an_instance_gives_the_same_numbers_at_each_call():
    for seed in (7, None):
        drawn = initializers.HeNormal(seed=seed)
        assert_array_equal(drawn((3, 3)), drawn((3, 3)))


@pytest.mark.parametrize(
    ("shape", "want"),
    [((), (1, 1)), ((5,), (5, 5)), ((2, 3), (2, 3)), ((3, 3, 4, 8), (36, 72))],
)
def test_fans(shape, want):
    assert fans(shape) == want


def test_an_initializer_must_say_how():
    with pytest.raises(NotImplementedError, match="must define __call__"):
        initializers.Initializer()((2,))


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "seven"])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(ValueError, match="seed must be"):
        utils.set_random_seed(seed)
