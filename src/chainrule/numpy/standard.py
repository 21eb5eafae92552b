"""Functions of the array API standard that NumPy has without all of their arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.tracer import implements
from chainrule.numpy.promotion import is_traced, refuse
from chainrule.numpy.reduction import line_along
from chainrule.primitives import reduction as p


@implements(np.sort)
def sort(
    x: Any,
    axis: int | None = -1,
    kind: Any = None,
    order: Any = None,
    *,
    stable: bool | None = None,
    descending: bool = False,
) -> Any:
    """Elements in rising order, or in falling order where ``descending``.

    Shapes:
        As x; flattened for ``axis=None``.

    Args:
        x: An array or a traced value.
        axis: The axis to sort along.
        kind: NumPy's name of a method; all give the same for traced values.
        order: None, but for plain arrays with fields.
        stable: Whether those that tie keep their order.
        descending: The largest first. NaN, last otherwise, comes first then.

    Returns:
        The sorted array.

    Examples:
        >>> sort(np.array([2.0, 3.0, 1.0]), descending=True)
        array([3., 2., 1.])
    """
    if not is_traced(x):
        rising = np.sort(x, axis, kind, order, stable=stable)
    else:
        refuse("sort", {"order": order})
        line, place = line_along(x, axis)
        rising = p.sort(line, axis=place)
    return np.flip(rising, -1 if axis is None else axis) if descending else rising


@implements(np.argsort)
def argsort(
    x: Any,
    axis: int | None = -1,
    kind: Any = None,
    order: Any = None,
    *,
    stable: bool | None = None,
    descending: bool = False,
) -> Any:
    """The places of the elements in rising or falling order.

    Shapes:
        As x; flattened for ``axis=None``.

    Args:
        x: An array or a traced value.
        axis: The axis to sort along.
        kind: NumPy's name of a method; of traced values those that tie keep theirs.
        order: None, but for plain arrays with fields.
        stable: Whether those that tie keep their order.
        descending: The place of the largest first; those that tie keep their order.

    Returns:
        Integers.

    Examples:
        >>> argsort(np.array([2.0, 3.0, 2.0]), descending=True)
        array([1, 0, 2])
    """
    if descending:
        line, place = line_along(x, axis)
        mirrored = argsort(np.flip(line, place), place, "stable", order)
        return line.shape[place] - 1 - np.flip(mirrored, place)
    if not is_traced(x):
        return np.argsort(x, axis, kind, order, stable=stable)
    refuse("argsort", {"order": order})
    line, place = line_along(x, axis)
    return p.argsort(line, axis=place)


def finfo(dtype: Any) -> np.finfo[Any]:
    """The limits of a floating-point dtype.

    Shapes:
        Any.

    Args:
        dtype: A dtype, or an array or traced value that has one.

    Returns:
        NumPy's ``finfo``: ``eps``, ``max``, ``min``, ``smallest_normal`` and more.

    Examples:
        >>> float(finfo(np.float32).eps)
        1.1920928955078125e-07
    """
    return np.finfo(_dtype_of(dtype))


def iinfo(dtype: Any) -> np.iinfo[Any]:
    """The limits of an integer dtype.

    Shapes:
        Any.

    Args:
        dtype: A dtype, or an array or traced value that has one.

    Returns:
        NumPy's ``iinfo``: ``min``, ``max`` and ``bits``.

    Examples:
        >>> iinfo(np.int8).max
        127
    """
    return np.iinfo(_dtype_of(dtype))


def _dtype_of(value: Any) -> Any:
    has_one = is_traced(value) or isinstance(value, (np.ndarray, np.generic))
    return value.dtype if has_one else value
