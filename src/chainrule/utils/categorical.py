"""Labels from whole numbers to one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule._typing import Floats

__all__ = ["to_categorical"]


def to_categorical(x: Any, num_classes: int | None = None) -> Floats:
    r"""Turn whole-number labels into one-hot rows.

    .. math:: y_{ij} = [x_i = j]

    Shapes:
        x: ``(...)`` or ``(..., 1)``, y: ``(..., num_classes)``.

    Args:
        x: Labels, 0 ≤ x < num_classes.
        num_classes: Length of a row; the largest label plus one by default.

    Returns:
        One-hot rows in float64, as Keras's are.

    Raises:
        ValueError: A label is not a whole number or out of range.

    Examples:
        >>> to_categorical([0, 2, 1])
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]])
    """
    given = np.asarray(x)
    labels = given.astype(np.int64)
    if not np.array_equal(labels, given):
        raise ValueError(
            f"to_categorical expects whole numbers, got dtype {given.dtype} with "
            "values that aren't: round them first if that is what you mean."
        )
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = int(num_classes) if num_classes else int(labels.max(initial=-1)) + 1
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"to_categorical expects labels in [0, {classes}), got labels from "
            f"{labels.min()} to {labels.max()}: make num_classes larger or shift them."
        )
    rows = np.zeros((*labels.shape, classes))
    np.put_along_axis(rows, labels[..., None], 1.0, axis=-1)
    return rows
