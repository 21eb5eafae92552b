"""Losses as functions: one number for each sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule._scope import current_scope
from chainrule._typing import Array
from chainrule.activations import highest
from chainrule.losses.checks import (
    aligned,
    as_array,
    check_labels,
    check_one_hot_shape,
    label_shape_problem,
)

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_crossentropy",
]

# Keras's fuzz factor: probabilities are held to [1e-7, 1 - 1e-7] before a logarithm.
EPSILON = 1e-7


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    r"""Mean of squared differences over the last axis.

    .. math:: L = \frac{1}{d} \sum_{i=1}^{d} (y_i - \hat y_i)^2

    Shapes:
        y_true, y_pred: ``(..., d)``, L: ``(...)``.

    Args:
        y_true: Targets.
        y_pred: Predictions.

    Returns:
        One number for each sample.

    Raises:
        ValueError: The shapes differ; nothing is broadcast.

    Examples:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 1.0]])
        array([0.5])
    """
    true, pred = aligned("mean_squared_error", y_true, y_pred)
    return np.mean(np.square(pred - true), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    r"""Mean of absolute differences over the last axis.

    .. math:: L = \frac{1}{d} \sum_{i=1}^{d} |y_i - \hat y_i|

    Shapes:
        y_true, y_pred: ``(..., d)``, L: ``(...)``.

    Args:
        y_true: Targets.
        y_pred: Predictions.

    Returns:
        One number for each sample.

    Raises:
        ValueError: The shapes differ; nothing is broadcast.

    Examples:
        >>> mean_absolute_error([[0.0, 1.0]], [[1.0, 1.0]])
        array([0.5])
    """
    true, pred = aligned("mean_absolute_error", y_true, y_pred)
    return np.mean(np.abs(pred - true), axis=-1)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    r"""Cross-entropy of yes-or-no probabilities, averaged over the last axis.

    .. math:: L = -\frac{1}{d} \sum_i y_i \log \hat y_i + (1 - y_i) \log (1 - \hat y_i)

    Where the model ends in a sigmoid, training computes the loss from its logits, exact
    for any logit; from bare probabilities they are first held to [1e-7, 1 - 1e-7], as
    in Keras.

    Shapes:
        y_true, y_pred: ``(..., d)``, L: ``(...)``.

    Args:
        y_true: Targets in [0, 1].
        y_pred: Probabilities, or logits.
        from_logits: Whether ``y_pred`` are logits.
        label_smoothing: Part s of each target that becomes 1/2: y(1 - s) + s/2.

    Returns:
        One number for each sample.

    Raises:
        ValueError: The shapes differ; nothing is broadcast.

    Examples:
        >>> binary_crossentropy([[1.0], [0.0]], [[0.5], [0.5]]).round(4)
        array([0.6931, 0.6931])
    """
    true, pred = aligned("binary_crossentropy", y_true, y_pred)
    if label_smoothing:
        true = true * (1 - label_smoothing) + 0.5 * label_smoothing
    logits = pred if from_logits else _logits_behind("sigmoid", y_pred)
    if logits is None:
        kept = np.clip(pred, EPSILON, 1 - EPSILON)
        losses = -(true * np.log(kept) + (1 - true) * np.log(1 - kept))
        return np.mean(losses, axis=-1)
    # log(1 + e^z) without overflow; one condition, so that its slope at 0 is 1/2.
    positive = logits >= 0
    softplus = np.where(positive, logits, 0) + np.log1p(
        np.exp(np.where(positive, -logits, logits))
    )
    return np.mean(softplus - true * logits, axis=-1)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    r"""Cross-entropy of class probabilities with one-hot (or soft) targets.

    .. math:: L = -\sum_{i=1}^{k} y_i \log \hat y_i

    Where the model ends in a softmax, training computes the loss from its logits, exact
    for any logit; bare probabilities are first divided by their sum and held to
    [1e-7, 1 - 1e-7], as in Keras.

    Shapes:
        y_true, y_pred: ``(..., k)``, L: ``(...)``.

    Args:
        y_true: One-hot rows, or a probability for each class.
        y_pred: Probabilities, or logits.
        from_logits: Whether ``y_pred`` are logits.
        label_smoothing: Part s of each target that is spread: y(1 - s) + s/k.

    Returns:
        One number for each sample.

    Raises:
        ValueError: The shapes differ, as they do with whole-number labels.

    Examples:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        array([0.6931])
    """
    shapes = tuple(as_array(y_true).shape), tuple(as_array(y_pred).shape)
    check_one_hot_shape("categorical_crossentropy", *shapes)
    true, pred = aligned("categorical_crossentropy", y_true, y_pred)
    if label_smoothing:
        true = true * (1 - label_smoothing) + label_smoothing / pred.shape[-1]
    scores, normalizer = _log_scores(y_pred, pred, from_logits)
    return np.sum(true, axis=-1) * normalizer - np.sum(true * scores, axis=-1)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False
) -> Array:
    r"""Cross-entropy of class probabilities with whole-number labels.

    .. math:: L = -\log \hat y_{c}, \qquad c \text{ the label}

    Where the model ends in a softmax, training computes the loss from its logits, exact
    for any logit; bare probabilities are first divided by their sum and held to
    [1e-7, 1 - 1e-7], as in Keras.

    Shapes:
        y_true: ``(...)`` or ``(..., 1)``, y_pred: ``(..., k)``, L: ``(...)``.

    Args:
        y_true: Labels, whole numbers from 0 to k - 1.
        y_pred: Probabilities, or logits.
        from_logits: Whether ``y_pred`` are logits.

    Returns:
        One number for each sample.

    Raises:
        ValueError: The shapes don't fit, as with one-hot rows, or a label is not such a
            number.

    Examples:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4)
        array([0.6931])
    """
    owner = "sparse_categorical_crossentropy"
    pred = as_array(y_pred)
    labels = class_labels(owner, y_true, pred)
    scores, normalizer = _log_scores(y_pred, pred, from_logits)
    chosen = labels[..., None] == np.arange(pred.shape[-1], dtype=labels.dtype)
    return normalizer - np.sum(np.where(chosen, scores, 0), axis=-1)


def class_labels(owner: str, y_true: Any, pred: Array) -> Array:
    """Return labels of the shape of the predictions without its last axis.

    Args:
        owner: The name of the loss or metric.
        y_true: Labels; a last axis of length 1 is dropped.
        pred: Predictions.

    Raises:
        ValueError: The shapes don't fit, or a label (of a known array) is out of range.
    """
    labels = as_array(y_true)
    problem = label_shape_problem(owner, tuple(labels.shape), tuple(pred.shape))
    if problem:
        raise ValueError(problem)
    if isinstance(labels, np.ndarray):
        check_labels(owner, labels, pred.shape[-1])
    if labels.ndim == pred.ndim:
        labels = labels[..., 0]
    return labels if labels.dtype == np.int32 else labels.astype(np.int32)


def _log_scores(y_pred: Any, pred: Array, from_logits: bool) -> tuple[Array, Array]:
    """Return s and n such that s - n is the logarithm of each class's probability."""
    logits = pred if from_logits else _logits_behind("softmax", y_pred)
    if logits is None:
        shares = pred / np.sum(pred, axis=-1, keepdims=True)
        scores = np.log(np.clip(shares, EPSILON, 1 - EPSILON))
        return scores, np.zeros(pred.shape[:-1], pred.dtype)
    shifted = logits - highest(logits, -1)
    return shifted, np.log(np.sum(np.exp(shifted), axis=-1))


def _logits_behind(activation: str, y_pred: Any) -> Array | None:
    """Return the logits of a prediction made in the current scope, if known."""
    entered = current_scope()
    return None if entered is None else entered.logits_of(activation, y_pred)
