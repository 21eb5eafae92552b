"""Checks of training data before any work, without copying it."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule._typing import Floats, Shape
from chainrule.losses.checks import (
    check_labels,
    check_one_hot_shape,
    check_same_shape,
    label_shape_problem,
)

__all__ = [
    "as_data",
    "check_finite",
    "check_lengths",
    "check_targets",
    "split_validation",
]

# Numbers looked at together: half a megabyte or so, which stays in the cache.
_BLOCK = 1 << 16


def as_data(value: Any, name: str) -> Floats:
    """Return numbers as an array, not copied where they are one already.

    Args:
        value: An array, a list, or anything that NumPy can read.
        name: What the message calls it.

    Returns:
        The array.

    Raises:
        TypeError: These are no numbers.
        ValueError: There is not one sample, a number is NaN or infinite.
    """
    if value is None:
        raise ValueError(f"{name} is missing: expected an array, got None.")
    array = _read(value, name)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must hold real numbers, got dtype {array.dtype}: convert it, "
            "for instance with np.asarray(data, np.float32)."
        )
    if array.ndim == 0:
        raise ValueError(
            f"{name} must have an axis of samples, got the single number {array}: "
            "put it in an array."
        )
    if array.size == 0:
        raise ValueError(
            f"{name} must hold at least one sample, got shape {array.shape}: it is "
            "empty."
        )
    check_finite(array, name)
    return array


def _read(value: Any, name: str) -> Floats:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{name} must be an array, or lists of equal lengths that make one, got "
            f"{type(value).__name__}: {error}"
        ) from error


def check_finite(array: Floats, name: str) -> None:
    """Refuse NaN and infinity.

    Args:
        array: The array.
        name: What the message calls it.

    Raises:
        ValueError: There are some; the message says how many, and where the first is.
    """
    if array.dtype.kind != "f":
        return
    rows = max(1, _BLOCK // max(1, array[0].size))
    for start in range(0, len(array), rows):
        block = array[start : start + rows]
        with np.errstate(all="ignore"):
            total = block.sum()
        # A sum is NaN or infinite where a number is (or where it overflows).
        if not np.isfinite(total) and not np.isfinite(block).all():
            raise ValueError(_not_finite(array, name, start, rows))


def _not_finite(array: Floats, name: str, start: int, rows: int) -> str:
    """Count what isn't finite, from the first block that holds some."""
    count = 0
    for begin in range(start, len(array), rows):
        block = array[begin : begin + rows]
        count += int(block.size - np.isfinite(block).sum())
    block = array[start : start + rows]
    first = np.argwhere(~np.isfinite(block))[0]
    place = tuple(int(index) for index in (first[0] + start, *first[1:]))
    where = ", ".join(str(index) for index in place)
    return (
        f"{name} must hold finite numbers, got {count} NaN or infinite, the first at "
        f"[{where}] ({array[place]}): remove or replace them, for instance with "
        "np.nan_to_num."
    )


def check_lengths(x: Floats, y: Floats, names: tuple[str, str] = ("x", "y")) -> None:
    """Refuse inputs and targets of different lengths.

    Args:
        x: Inputs.
        y: Targets.
        names: What the message calls them.

    Raises:
        ValueError: The lengths differ.
    """
    if len(x) != len(y):
        raise ValueError(
            f"{names[0]} and {names[1]} must have as many samples as each other, got "
            f"{len(x)} (shape {x.shape}) and {len(y)} (shape {y.shape}): give one "
            "target to each input."
        )


def check_targets(kind: str, owner: str, y: Floats, pred_shape: Shape) -> None:
    """Compare targets with what a loss expects.

    Args:
        kind: `Loss.targets`.
        owner: The loss's name.
        y: The targets.
        pred_shape: Shape of the predictions for them.

    Raises:
        ValueError: Shape or values don't fit; the message names the loss that does.
    """
    if kind == "labels":
        problem = label_shape_problem(owner, y.shape, pred_shape)
        if problem:
            raise ValueError(problem)
        check_labels(owner, y, pred_shape[-1])
        return
    if kind == "one_hot":
        check_one_hot_shape(owner, y.shape, pred_shape)
    if kind == "binary" and _are_labels_of_many(y, pred_shape):
        raise ValueError(
            f"{owner} expects y_true of the predictions' shape {pred_shape}, got shape "
            f"{y.shape}, as of whole-number labels: use "
            "sparse_categorical_crossentropy with a softmax, or give the last "
            "layer one unit."
        )
    if kind in ("like_predictions", "one_hot", "binary"):
        check_same_shape(owner, y.shape, pred_shape)
    if kind == "binary" and (y.min() < 0 or y.max() > 1):
        raise ValueError(
            f"{owner} expects targets in [0, 1], got values from {y.min()} to "
            f"{y.max()}: rescale them, or use another loss."
        )


def _are_labels_of_many(y: Floats, pred_shape: Shape) -> bool:
    return y.shape in (pred_shape[:-1], (*pred_shape[:-1], 1)) and pred_shape[-1] > 1


def split_validation(
    x: Floats, y: Floats, part: float
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Take the last samples for validation, as views.

    Args:
        x: Inputs.
        y: Targets.
        part: The part to take, 0 < part < 1.

    Returns:
        Training data and validation data.

    Raises:
        ValueError: One of the two would be empty.
    """
    at = int(np.floor(len(x) * (1 - part)))
    if at in (0, len(x)):
        raise ValueError(
            f"validation_split={part} of {len(x)} samples leaves {at} to train on and "
            f"{len(x) - at} to validate on: give more samples, or another part."
        )
    return (x[:at], y[:at]), (x[at:], y[at:])
