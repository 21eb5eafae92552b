"""Losses as metrics: their mean over samples."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from chainrule._parameters import Boolean, Interval, Rule
from chainrule._typing import Array
from chainrule.losses import functions
from chainrule.metrics.metric import Metric, State

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "RootMeanSquaredError",
    "SparseCategoricalCrossentropy",
]


class MeanSquaredError(Metric):
    r"""The mean of squared differences.

    .. math:: \mathrm{mse} = \frac{1}{n} \sum_i (y_i - \hat y_i)^2

    Args:
        name: A name.

    Examples:
        >>> MeanSquaredError()([[0.0], [2.0]], [[0.0], [0.0]])
        2.0
    """

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the value of each sample."""
        return functions.mean_squared_error(y_true, y_pred)


class RootMeanSquaredError(MeanSquaredError):
    r"""The root of the mean of squared differences.

    .. math:: \mathrm{rmse} = \sqrt{\frac{1}{n} \sum_i (y_i - \hat y_i)^2}

    Args:
        name: A name.

    Examples:
        >>> RootMeanSquaredError()([[0.0], [2.0]], [[2.0], [0.0]])
        2.0
    """

    def finish(self, state: State) -> float:
        """Return the root of the mean."""
        return math.sqrt(super().finish(state))


class MeanAbsoluteError(Metric):
    r"""The mean of absolute differences.

    .. math:: \mathrm{mae} = \frac{1}{n} \sum_i |y_i - \hat y_i|

    Args:
        name: A name.

    Examples:
        >>> MeanAbsoluteError()([[0.0], [2.0]], [[0.0], [0.0]])
        1.0
    """

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the value of each sample."""
        return functions.mean_absolute_error(y_true, y_pred)


class _Crossentropy(Metric):
    """What the cross-entropies share: logits or probabilities."""

    parameters: ClassVar[dict[str, Rule]] = {"from_logits": Boolean()}

    def __init__(self, name: str | None = None, from_logits: bool = False) -> None:
        super().__init__(name)
        self._check(from_logits=from_logits)
        self.from_logits = from_logits


class _Smoothed(_Crossentropy):
    """Those whose targets may be smoothed."""

    parameters: ClassVar[dict[str, Rule]] = {
        **_Crossentropy.parameters,
        "label_smoothing": Interval(0, 1, closed="both"),
    }

    def __init__(
        self,
        name: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(name, from_logits)
        self._check(label_smoothing=label_smoothing)
        self.label_smoothing = label_smoothing


class BinaryCrossentropy(_Smoothed):
    r"""The mean cross-entropy of yes-or-no probabilities.

    .. math:: L = -\frac{1}{n} \sum_i y_i \log \hat y_i + (1 - y_i) \log (1 - \hat y_i)

    Args:
        name: A name.
        from_logits: Whether predictions are logits.
        label_smoothing: Part s of each target that becomes 1/2.

    Examples:
        >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]]), 4)
        0.6931
    """

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the value of each sample."""
        return functions.binary_crossentropy(
            y_true, y_pred, self.from_logits, self.label_smoothing
        )


class CategoricalCrossentropy(_Smoothed):
    r"""The mean cross-entropy of class probabilities with one-hot targets.

    .. math:: L = -\frac{1}{n} \sum_i \sum_j y_{ij} \log \hat y_{ij}

    Args:
        name: A name.
        from_logits: Whether predictions are logits.
        label_smoothing: Part s of each target that is spread over the classes.

    Examples:
        >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the value of each sample."""
        return functions.categorical_crossentropy(
            y_true, y_pred, self.from_logits, self.label_smoothing
        )


class SparseCategoricalCrossentropy(_Crossentropy):
    r"""The mean cross-entropy of class probabilities with whole-number labels.

    .. math:: L = -\frac{1}{n} \sum_i \log \hat y_{i c_i}

    Args:
        name: A name.
        from_logits: Whether predictions are logits.

    Examples:
        >>> round(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the value of each sample."""
        return functions.sparse_categorical_crossentropy(
            y_true, y_pred, self.from_logits
        )
