"""Losses as classes: a function for each sample, and how the samples are joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from chainrule._names import snake_case
from chainrule._parameters import Boolean, Interval, OneOf, Rule, check_parameters
from chainrule._typing import Array
from chainrule.losses import functions

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "FunctionLoss",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
]


class Loss:
    """Base of losses; a subclass defines ``call(y_true, y_pred)``.

    Args:
        name: A name; the class's in snake case by default.
        reduction: How samples are joined: ``"sum_over_batch_size"`` (their mean; also
            ``"mean"``), ``"sum"``, or ``"none"`` (or ``None``).

    Attributes:
        targets: What the targets must look like, for checks before training:
            ``"like_predictions"``, ``"labels"``, ``"one_hot"``, ``"binary"``, or
            ``"any"``.

    Examples:
        >>> class Quartic(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return np.mean((y_pred - y_true) ** 4, axis=-1)
        >>> float(Quartic()(np.zeros((2, 1)), np.ones((2, 1))))
        1.0
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "reduction": OneOf("sum_over_batch_size", "mean", "sum", "none", None),
    }
    targets: str = "any"

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size"
    ) -> None:
        self._check(reduction=reduction)
        self.name = name or snake_case(type(self).__name__)
        self.reduction = reduction

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the loss of each sample; every loss overrides it.

        Args:
            y_true: Targets.
            y_pred: Predictions.

        Raises:
            NotImplementedError: The loss doesn't override it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} defines no call(self, y_true, y_pred)."
        )

    def __call__(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the loss of each sample and join them.

        Args:
            y_true: Targets.
            y_pred: Predictions.

        Returns:
            A number, or one for each sample where nothing is joined.
        """
        losses = self.call(y_true, y_pred)
        if self.reduction in ("none", None):
            return losses
        return np.sum(losses) if self.reduction == "sum" else np.mean(losses)

    def _check(self, **values: Any) -> None:
        check_parameters(type(self).__name__, self.parameters, values)


class FunctionLoss(Loss):
    """A loss made of a function.

    Args:
        function: ``function(y_true, y_pred)``, one number for each sample or one.
        name: A name; the function's by default.
        reduction: As in `Loss`.

    Examples:
        >>> loss = FunctionLoss(functions.mean_squared_error)
        >>> float(loss([[0.0], [2.0]], [[0.0], [0.0]]))
        2.0
    """

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
    ) -> None:
        super().__init__(name or getattr(function, "__name__", "loss"), reduction)
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """Call the function."""
        return self.function(y_true, y_pred)


class _Difference(Loss):
    """Of targets like the predictions; the reduction comes first, as in Keras."""

    targets = "like_predictions"

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(name, reduction)


class MeanSquaredError(_Difference):
    r"""Mean of squared differences.

    .. math:: L = \frac{1}{d} \sum_{i=1}^{d} (y_i - \hat y_i)^2

    Args:
        reduction: As in `Loss`.
        name: A name.

    Examples:
        >>> float(MeanSquaredError()([[0.0], [2.0]], [[0.0], [0.0]]))
        2.0
    """

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the loss of each sample."""
        return functions.mean_squared_error(y_true, y_pred)


class MeanAbsoluteError(_Difference):
    r"""Mean of absolute differences.

    .. math:: L = \frac{1}{d} \sum_{i=1}^{d} |y_i - \hat y_i|

    Args:
        reduction: As in `Loss`.
        name: A name.

    Examples:
        >>> float(MeanAbsoluteError()([[0.0], [2.0]], [[0.0], [0.0]]))
        1.0
    """

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the loss of each sample."""
        return functions.mean_absolute_error(y_true, y_pred)


class _Smoothed(Loss):
    """A cross-entropy of probabilities or logits, whose targets may be smoothed."""

    parameters: ClassVar[dict[str, Rule]] = {
        **Loss.parameters,
        "from_logits": Boolean(),
        "label_smoothing": Interval(0, 1, closed="both"),
    }

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(name, reduction)
        self._check(from_logits=from_logits, label_smoothing=label_smoothing)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class BinaryCrossentropy(_Smoothed):
    r"""Cross-entropy of yes-or-no probabilities.

    .. math:: L = -\frac{1}{d} \sum_i y_i \log \hat y_i + (1 - y_i) \log (1 - \hat y_i)

    Args:
        from_logits: Whether predictions are logits.
        label_smoothing: Part s of each target that becomes 1/2.
        reduction: As in `Loss`.
        name: A name.

    Examples:
        >>> float(BinaryCrossentropy(from_logits=True)([[1.0]], [[0.0]]).round(4))
        0.6931
    """

    targets = "binary"

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the loss of each sample."""
        return functions.binary_crossentropy(
            y_true, y_pred, self.from_logits, self.label_smoothing
        )


class CategoricalCrossentropy(_Smoothed):
    r"""Cross-entropy of class probabilities with one-hot targets.

    .. math:: L = -\sum_{i=1}^{k} y_i \log \hat y_i

    Args:
        from_logits: Whether predictions are logits.
        label_smoothing: Part s of each target that is spread over the classes.
        reduction: As in `Loss`.
        name: A name.

    Examples:
        >>> loss = CategoricalCrossentropy(from_logits=True)
        >>> float(loss([[1.0, 0.0]], [[0.0, 0.0]]).round(4))
        0.6931
    """

    targets = "one_hot"

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the loss of each sample."""
        return functions.categorical_crossentropy(
            y_true, y_pred, self.from_logits, self.label_smoothing
        )


class SparseCategoricalCrossentropy(Loss):
    r"""Cross-entropy of class probabilities with whole-number labels.

    .. math:: L = -\log \hat y_{c}, \qquad c \text{ the label}

    Args:
        from_logits: Whether predictions are logits.
        reduction: As in `Loss`.
        name: A name.

    Examples:
        >>> loss = SparseCategoricalCrossentropy(from_logits=True)
        >>> float(loss([0], [[0.0, 0.0]]).round(4))
        0.6931
    """

    parameters: ClassVar[dict[str, Rule]] = {
        **Loss.parameters,
        "from_logits": Boolean(),
    }
    targets = "labels"

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(name, reduction)
        self._check(from_logits=from_logits)
        self.from_logits = from_logits

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the loss of each sample."""
        return functions.sparse_categorical_crossentropy(
            y_true, y_pred, self.from_logits
        )
