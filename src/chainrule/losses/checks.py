"""Errors for targets that don't fit a loss, each naming what would."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule._typing import Array, Shape

__all__ = [
    "aligned",
    "as_array",
    "check_labels",
    "check_one_hot_shape",
    "check_same_shape",
    "label_shape_problem",
]


def check_same_shape(owner: str, true_shape: Shape, pred_shape: Shape) -> None:
    """Refuse shapes that NumPy would broadcast against one another, or worse.

    Args:
        owner: The name of the loss or metric.
        true_shape: Shape of the targets.
        pred_shape: Shape of the predictions.

    Raises:
        ValueError: The shapes differ.
    """
    if true_shape == pred_shape:
        return
    advice = "give both the same shape"
    if math.prod(true_shape) == math.prod(pred_shape):
        after = ", ".join(str(length) for length in pred_shape[1:])
        advice = (
            f"write y_true.reshape(-1, {after})" if after else "write y_true.ravel()"
        )
    raise ValueError(
        f"{owner} expects y_true and y_pred of one shape, got {true_shape} and "
        f"{pred_shape}, and broadcasts neither: {advice}."
    )


def label_shape_problem(owner: str, true_shape: Shape, pred_shape: Shape) -> str | None:
    """Say what is wrong with the shape of whole-number labels, if anything.

    Args:
        owner: The name of the loss or metric.
        true_shape: Shape of the labels.
        pred_shape: Shape of the predictions.

    Returns:
        A message, or ``None`` where the shapes fit.
    """
    if true_shape in (pred_shape[:-1], (*pred_shape[:-1], 1)):
        return None
    message = (
        f"{owner} expects whole-number labels of shape {pred_shape[:-1]} for "
        f"predictions of shape {pred_shape}, got shape {true_shape}"
    )
    if true_shape == pred_shape:
        return (
            f"{message}, as of one-hot rows: use categorical_crossentropy, or pass "
            "np.argmax(y, axis=-1)."
        )
    return f"{message}: give one label to each sample."


def check_labels(owner: str, labels: np.ndarray[Any, Any], classes: int) -> None:
    """Refuse labels that aren't whole numbers from 0 to ``classes - 1``.

    Args:
        owner: The name of the loss or metric.
        labels: The labels.
        classes: The number of classes.

    Raises:
        ValueError: A label is not such a number.
    """
    wrong = (labels < 0) | (labels >= classes)
    problem = f"in [0, {classes}), one for each of the {classes} outputs"
    if not wrong.any() and labels.dtype.kind == "f":
        wrong = labels != np.floor(labels)
        problem = "that are whole numbers"
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{owner} expects labels {problem}, got {labels.ravel()[first]!s} at "
            f"position {first} ({int(wrong.sum())} such labels): correct the labels, "
            "or give the last layer as many units as there are classes."
        )


def check_one_hot_shape(owner: str, true_shape: Shape, pred_shape: Shape) -> None:
    """Refuse whole-number labels where one-hot rows are expected.

    Args:
        owner: The name of the loss or metric.
        true_shape: Shape of the targets.
        pred_shape: Shape of the predictions.

    Raises:
        ValueError: The targets look like whole-number labels.
    """
    if true_shape in (pred_shape[:-1], (*pred_shape[:-1], 1)) and pred_shape[-1] > 1:
        raise ValueError(
            f"{owner} expects one-hot rows of shape {pred_shape}, got shape "
            f"{true_shape}, as of whole-number labels: use sparse_{owner}, or pass "
            f"to_categorical(y, {pred_shape[-1]})."
        )


def aligned(owner: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Bring targets and predictions of one shape to one dtype.

    Args:
        owner: The name of the loss or metric.
        y_true: Targets.
        y_pred: Predictions.

    Returns:
        Both as arrays of the predictions' dtype.

    Raises:
        ValueError: The shapes differ.
    """
    pred = as_array(y_pred)
    true = as_array(y_true)
    if pred.dtype.kind != "f":
        pred = pred.astype(np.float64)
    check_same_shape(owner, tuple(true.shape), tuple(pred.shape))
    return (true if true.dtype == pred.dtype else true.astype(pred.dtype)), pred


def as_array(value: Any) -> Array:
    """Return an array or a traced value as it is, anything else as an array."""
    return value if hasattr(value, "__array_ufunc__") else np.asarray(value)
