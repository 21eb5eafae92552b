"""Limits on gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule._typing import Array

__all__ = ["clip_by_global_norm", "clip_by_norm"]


def clip_by_norm(gradient: Array, limit: float) -> Array:
    r"""Shorten a gradient to a norm.

    .. math:: g \leftarrow g \, \min(1, c / \lVert g \rVert_2)

    Args:
        gradient: The gradient g.
        limit: The largest norm c.

    Returns:
        The gradient, shortened where it was longer.

    Examples:
        >>> clip_by_norm(np.array([3.0, 4.0]), 1.0)
        array([0.6, 0.8])
    """
    return gradient * _factor(np.sum(np.square(gradient)), limit)


def clip_by_global_norm(gradients: Sequence[Array], limit: float) -> list[Array]:
    r"""Shorten all gradients together to a norm.

    .. math:: g_i \leftarrow g_i \, \min(1, c / \sqrt{\textstyle\sum_j \lVert g_j
        \rVert_2^2})

    Args:
        gradients: The gradients.
        limit: The largest norm c.

    Returns:
        The gradients, shortened where they were longer.

    Examples:
        >>> clip_by_global_norm([np.array([3.0]), np.array([4.0])], 1.0)
        [array([0.6]), array([0.8])]
    """
    if not gradients:
        return []
    squares = [np.sum(np.square(gradient)) for gradient in gradients]
    total = squares[0]
    for square in squares[1:]:
        total = total + square
    factor = _factor(total, limit)
    return [gradient * factor for gradient in gradients]


def _factor(square: Array, limit: float) -> Array:
    """min(1, c / √square), without a division by zero."""
    return limit / np.maximum(np.sqrt(square), limit)
