"""Accuracies: the part of samples predicted right."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from chainrule._parameters import Interval, Rule
from chainrule._scope import current_scope
from chainrule._typing import Array
from chainrule.losses.checks import aligned, as_array, check_one_hot_shape
from chainrule.losses.functions import class_labels
from chainrule.metrics.metric import Metric

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
]


class Accuracy(Metric):
    r"""How often predictions equal the targets.

    .. math:: \mathrm{acc} = \frac{1}{n} \sum_i [y_i = \hat y_i]

    Args:
        name: A name.

    Examples:
        >>> Accuracy()([[1], [2], [3]], [[1], [2], [4]]).__round__(4)
        0.6667
    """

    def __init__(self, name: str | None = "accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compare each number; the mean over the last axis is a sample's value."""
        true, pred = aligned("accuracy", y_true, y_pred)
        return np.mean(_numbers(true == pred), axis=-1)


class BinaryAccuracy(Metric):
    r"""How often yes-or-no predictions, cut at a threshold, equal the targets.

    .. math:: \mathrm{acc} = \frac{1}{n} \sum_i [y_i = [\hat y_i > t]]

    Args:
        name: A name.
        threshold: The threshold t.

    Examples:
        >>> BinaryAccuracy()([[1], [0]], [[0.8], [0.6]])
        0.5
    """

    parameters: ClassVar[dict[str, Rule]] = {"threshold": Interval(0, 1, closed="both")}

    def __init__(
        self, name: str | None = "binary_accuracy", threshold: float = 0.5
    ) -> None:
        super().__init__(name)
        self._check(threshold=threshold)
        self.threshold = threshold

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compare each number; the mean over the last axis is a sample's value."""
        true, pred = aligned("binary_accuracy", y_true, y_pred)
        said = (pred > self.threshold).astype(pred.dtype)
        return np.mean(_numbers(true == said), axis=-1)


class CategoricalAccuracy(Metric):
    r"""How often the likeliest class is that of the one-hot target.

    .. math:: \mathrm{acc} = \frac{1}{n} \sum_i [\arg\max y_i = \arg\max \hat y_i]

    Args:
        name: A name.

    Examples:
        >>> CategoricalAccuracy()([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]])
        0.5
    """

    def __init__(self, name: str | None = "categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Tell for each sample whether the classes agree."""
        shapes = tuple(as_array(y_true).shape), tuple(as_array(y_pred).shape)
        check_one_hot_shape("categorical_accuracy", *shapes)
        true, _ = aligned("categorical_accuracy", y_true, y_pred)
        return np.argmax(true, axis=-1) == np.argmax(_scores(y_pred), axis=-1)


class SparseCategoricalAccuracy(Metric):
    r"""How often the likeliest class is the label.

    .. math:: \mathrm{acc} = \frac{1}{n} \sum_i [c_i = \arg\max \hat y_i]

    Args:
        name: A name.

    Examples:
        >>> SparseCategoricalAccuracy()([1, 0], [[0.2, 0.8], [0.4, 0.6]])
        0.5
    """

    def __init__(self, name: str | None = "sparse_categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Tell for each sample whether the class is the label."""
        pred = as_array(y_pred)
        labels = class_labels("sparse_categorical_accuracy", y_true, pred)
        return labels == np.argmax(_scores(pred), axis=-1)


def _scores(y_pred: Any) -> Array:
    """Return the logits of a softmax where they are known: their order is the same."""
    entered = current_scope()
    logits = None if entered is None else entered.logits_of("softmax", y_pred)
    return as_array(y_pred) if logits is None else logits


def _numbers(truth: Array) -> Array:
    return truth.astype(np.float64)
