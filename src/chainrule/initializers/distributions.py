"""Initializers that draw from a distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule import random
from chainrule._parameters import (
    Interval,
    NonNegativeInt,
    OneOf,
    Optional,
    Rule,
    check_parameters,
)
from chainrule._typing import Floats, Shape
from chainrule.initializers.constants import FLOAT32, Initializer
from chainrule.utils.seeding import next_key

__all__ = [
    "SEED",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "fans",
]

# The standard deviation of a standard normal number cut off at ±2.
_TRUNCATED_STDDEV = 0.87962566103423978


SEED: dict[str, Rule] = {"seed": Optional(NonNegativeInt())}


class _Random(Initializer):
    """Base of the random ones: an instance gives the same numbers at each call."""

    def __init__(self, seed: int | None) -> None:
        check_parameters(type(self).__name__, SEED, {"seed": seed})
        self.seed = seed
        self._key = next_key() if seed is None else random.key(seed)


class _Normal(_Random):
    """Base of those with a mean and a standard deviation."""

    parameters: ClassVar[dict[str, Rule]] = {
        **SEED,
        "mean": Interval(-math.inf),
        "stddev": Interval(0),
    }

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self._check(mean=mean, stddev=stddev)
        self.mean, self.stddev = mean, stddev


class RandomNormal(_Normal):
    r"""Normal numbers.

    .. math:: w \sim \mathcal{N}(\mu, \sigma^2)

    Args:
        mean: The mean μ.
        stddev: The standard deviation σ.
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> RandomNormal(stddev=0.1, seed=1)((3, 4)).shape
        (3, 4)
    """

    def __call__(self, shape: Sequence[int], dtype: Any = FLOAT32) -> Floats:
        """Draw an array."""
        drawn = random.normal(self._key, tuple(shape), FLOAT32)
        return (self.mean + self.stddev * drawn).astype(dtype)


class TruncatedNormal(_Normal):
    r"""Normal numbers, those further than 2σ from the mean drawn anew.

    .. math:: w \sim \mathcal{N}(\mu, \sigma^2), \qquad |w - \mu| \le 2\sigma

    Args:
        mean: The mean μ.
        stddev: The standard deviation σ before the cut.
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> bool(abs(TruncatedNormal(stddev=1.0, seed=1)((100,))).max() <= 2)
        True
    """

    def __call__(self, shape: Sequence[int], dtype: Any = FLOAT32) -> Floats:
        """Draw an array."""
        drawn = _truncated_normal(self._key, tuple(shape))
        return (self.mean + self.stddev * drawn).astype(dtype)


class RandomUniform(_Random):
    r"""Uniform numbers.

    .. math:: w \sim \mathcal{U}(a, b)

    Args:
        minval: The lower bound a.
        maxval: The upper bound b.
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> RandomUniform(seed=1)((3, 4)).shape
        (3, 4)
    """

    parameters: ClassVar[dict[str, Rule]] = {
        **SEED,
        "minval": Interval(-math.inf),
        "maxval": Interval(-math.inf),
    }

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self._check(minval=minval, maxval=maxval)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Sequence[int], dtype: Any = FLOAT32) -> Floats:
        """Draw an array."""
        drawn = random.uniform(self._key, tuple(shape), self.minval, self.maxval)
        return drawn.astype(dtype)


class VarianceScaling(_Random):
    r"""Numbers whose variance is a scale divided by the layer's width.

    .. math:: \mathrm{Var}(w) = \frac{scale}{fan}

    Args:
        scale: The scale, positive.
        mode: Which fan: ``"fan_in"``, ``"fan_out"``, or ``"fan_avg"``, their mean.
        distribution: ``"truncated_normal"``, ``"untruncated_normal"``, ``"uniform"``.
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> VarianceScaling(scale=2.0, seed=1)((3, 4)).shape
        (3, 4)
    """

    parameters: ClassVar[dict[str, Rule]] = {
        **SEED,
        "scale": Interval(0, closed="neither"),
        "mode": OneOf("fan_in", "fan_out", "fan_avg"),
        "distribution": OneOf("truncated_normal", "untruncated_normal", "uniform"),
    }

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        self._check(scale=scale, mode=mode, distribution=distribution)
        self.scale, self.mode, self.distribution = scale, mode, distribution

    def __call__(self, shape: Sequence[int], dtype: Any = FLOAT32) -> Floats:
        """Draw an array."""
        lengths = tuple(shape)
        fan_in, fan_out = fans(lengths)
        fan = {"fan_in": fan_in, "fan_out": fan_out}.get(
            self.mode, (fan_in + fan_out) / 2
        )
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return random.uniform(self._key, lengths, -limit, limit).astype(dtype)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            drawn = random.normal(self._key, lengths, FLOAT32)
            return (stddev * drawn).astype(dtype)
        drawn = _truncated_normal(self._key, lengths)
        return (stddev / _TRUNCATED_STDDEV * drawn).astype(dtype)


def fans(shape: Shape) -> tuple[float, float]:
    """Count the inputs and outputs that a weight of this shape connects.

    Args:
        shape: ``(fan_in, fan_out)``, or a convolution's ``(*window, in, out)``.

    Returns:
        fan_in and fan_out.

    Examples:
        >>> fans((784, 128)), fans((3, 3, 16, 32)), fans((5,))
        ((784, 128), (144, 288), (5, 5))
    """
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _truncated_normal(key: Floats, shape: Shape) -> Floats:
    """Standard normal numbers; each one beyond ±2 is drawn anew until it is within."""
    drawn = random.normal(key, shape, FLOAT32)
    outside = np.abs(drawn) > 2
    attempt = 1
    while outside.any():
        again = random.normal(random.fold_in(key, attempt), shape, FLOAT32)
        drawn = np.where(outside, again, drawn)
        outside = np.abs(drawn) > 2
        attempt += 1
    return drawn
