"""What a trace meets from outside: arrays as they are then, whatever becomes of them.

A buffer may be filled anew between two uses, and an array changed after the function
has returned, while its derivative or its compiled form still needs the numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.interpreter import Traced
from chainrule.core.program import Var
from chainrule.core.types import ArrayType

SMALL_BYTES = 4096
"""What is compared byte by byte: quicker than by numbers, for so few."""


class Captured:
    """The constants of one trace, a variable for each.

    Args:
        by_value: Whether arrays are kept as they were, at the price of a copy; else as
            they are, where nobody else can change them.
    """

    __slots__ = ("_places", "by_value", "values", "variables")

    def __init__(self, by_value: bool) -> None:
        self.by_value = by_value
        # With the object itself, so that nothing else gets its id.
        self._places: dict[int, tuple[Any, int]] = {}
        self.variables: list[Var] = []
        self.values: list[Any] = []

    def variable(self, value: Any) -> Var:
        """The variable for a value: one for as long as its numbers stay the same."""
        _, place = self._places.get(id(value), (None, -1))
        if place >= 0 and _is_still(value, self.values[place]):
            return self.variables[place]
        self._places[id(value)] = value, len(self.values)
        kept = value
        if not isinstance(value, Traced):
            array = native(np.asarray(value))
            kept = snapshot(array) if self.by_value else array
        self.variables.append(Var(ArrayType(tuple(kept.shape), kept.dtype)))
        self.values.append(kept)
        return self.variables[-1]


def _is_still(value: Any, kept: Any) -> bool:
    """Whether a value has the numbers that were kept of it."""
    if value is kept:
        return True
    array = np.asarray(value)
    if array.shape != kept.shape or array.dtype != kept.dtype:
        return False
    if array.nbytes <= SMALL_BYTES:
        return array.tobytes() == kept.tobytes()
    return np.array_equal(array, kept) or np.array_equal(array, kept, equal_nan=True)


def native(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An array in this machine's order of bytes."""
    if array.dtype.isnative:
        return array
    return array.astype(array.dtype.newbyteorder("="))


def snapshot(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An array as it is now: itself where nobody can change it, else a copy."""
    if not _may_change(array):
        return array
    if 0 not in array.strides:
        copy = array.copy("K")
        copy.flags.writeable = False
        return copy
    # What is repeated along an axis, without a step in memory, is stored once.
    once = tuple([slice(None if step else 1) for step in array.strides])
    copy = np.array(array[once], order="K")
    copy.flags.writeable = False
    return np.broadcast_to(copy, array.shape)


def _may_change(array: Any) -> bool:
    """Whether an array, or one that it is a view of, can be written to."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return True
        array = array.base
    return False
