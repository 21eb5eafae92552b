"""Dropout."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from chainrule import random
from chainrule._parameters import Interval, NonNegativeInt, Optional, Rule
from chainrule._scope import current_scope
from chainrule._typing import Array, BatchShape
from chainrule.layers.layer import Layer
from chainrule.utils.seeding import next_key

__all__ = ["Dropout"]


class Dropout(Layer):
    r"""Set a random part of the inputs to zero while training, and scale the rest up.

    .. math:: y_i = \frac{m_i}{1 - p}\, x_i, \qquad m_i \sim \mathrm{Bernoulli}(1 - p)

    Outside training the output is the input. The mask follows from the model's seed,
    the place in the network and the training step alone: it has the same bits on any
    number of threads and in any backend.

    Shapes:
        x: any, y: the same.

    Args:
        rate: The probability p of a zero, 0 ≤ p ≤ 1.
        seed: A seed of this layer's own, in place of the global one.
        **kwargs: As in `Layer`.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> Dropout(0.5)(np.ones(3, np.float32))
        array([1., 1., 1.], dtype=float32)

    References:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from
        overfitting", JMLR 15 (2014).
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "rate": Interval(0, 1, closed="both"),
        "seed": Optional(NonNegativeInt()),
    }

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check(rate=rate, seed=seed)
        self.rate = float(rate)
        self.seed = seed
        self.built = True
        self._own_key = None if seed is None else random.key(seed)
        self._eager_calls = 0

    def compute_output_shape(self, input_shape: BatchShape) -> BatchShape:
        """Return the same shape."""
        return input_shape

    def call(self, x: Array, training: bool = False) -> Array:
        """Drop while training, else return the input."""
        if not training or self.rate == 0:
            return x
        if self.rate == 1:
            return x * 0
        kept = random.bernoulli(self._key(), 1 - self.rate, x.shape)
        return np.where(kept, x * (1 / (1 - self.rate)), 0)

    def _key(self) -> Array:
        """Return the key of this pass: by training step, or a fresh one if eager."""
        entered = current_scope()
        if entered is None or entered.key is None:
            return self._eager_key()
        if self._own_key is not None:
            return random.fold_in(self._own_key, entered.step)
        return entered.next_key()

    def _eager_key(self) -> Array:
        if self._own_key is None:
            return next_key()
        self._eager_calls += 1
        return random.fold_in(self._own_key, self._eager_calls - 1)
