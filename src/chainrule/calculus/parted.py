"""Arguments of a call that becomes one equation: arrays are traced, the rest stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.calculus.arguments import as_value, result_value
from chainrule.core.errors import ShapeError
from chainrule.core.tracer import Tracer
from chainrule.core.tree import Structure, flatten, paths, unflatten
from chainrule.core.types import ArrayType, is_number, type_of
from chainrule.primitives.conversion import convert
from chainrule.transforms.trace import is_array


class Parted:
    """A container parted into its arrays and the rest: numbers, functions, texts.

    Args:
        tree: Any container.
    """

    def __init__(self, tree: Any) -> None:
        self._leaves, self.structure = flatten(tree)
        self._places = [
            place
            for place, leaf in enumerate(self._leaves)
            if isinstance(leaf, (np.ndarray, np.generic, Tracer))
        ]
        self.arrays = [as_value(self._leaves[place]) for place in self._places]

    @property
    def is_traced(self) -> bool:
        """Whether a traced value is among the arrays."""
        return any(isinstance(array, Tracer) for array in self.arrays)

    @property
    def types(self) -> list[ArrayType]:
        """Types of the arrays."""
        return [type_of(array) for array in self.arrays]

    def tree(self, arrays: Sequence[Any]) -> Any:
        """The container with these arrays."""
        return self._filled(self._leaves, arrays)

    def tangents(self, arrays: Sequence[Any]) -> Any:
        """The container with these tangents; numbers have 0, all else None."""
        still = [type(x)(0) if is_number(x) else None for x in self._leaves]
        return self._filled(still, arrays)

    def _filled(self, leaves: Sequence[Any], arrays: Sequence[Any]) -> Any:
        filled = list(leaves)
        for place, array in zip(self._places, arrays, strict=True):
            filled[place] = result_value(array)
        return unflatten(self.structure, filled)

    def arrays_of(self, tree: Any) -> list[Any]:
        """The leaves of a container of the same structure, where this has arrays."""
        leaves = flatten(tree)[0]
        return [leaves[place] for place in self._places]


def expect_like(
    tree: Any, structure: Structure, types: Sequence[ArrayType], what: str
) -> list[Any]:
    """Leaves that a user's rule returned, in the types that they must have."""
    leaves, found = flatten(tree)
    if found != structure:
        raise ValueError(
            f"Expected {what} in the containers {structure}, got {found}: return one "
            "array for each array, in the same places."
        )
    rows = zip(leaves, types, paths(structure), strict=True)
    return [_like(leaf, type, what, path) for leaf, type, path in rows]


def _like(leaf: Any, type: ArrayType, what: str, path: str) -> Any:
    where = f", leaf {path}" if path else ""
    if not is_array(leaf):
        raise TypeError(
            f"Expected {what}{where}, as an array of type {type}, got "
            f"{leaf.__class__.__name__}: return numbers."
        )
    value = as_value(leaf)
    found = type_of(value)
    fits = np.can_cast(found.dtype, type.dtype, "same_kind")
    if found.shape != type.shape or not fits:
        raise ShapeError(
            f"Expected {what}{where}, as {type}, got {found}: return it in the shape "
            "and dtype of what it goes with."
        )
    return value if found == type else convert(value, dtype=type.dtype)


def place_of(function: Callable[..., Any]) -> str:
    """The name of a user's function, and the line where it stands."""
    name = getattr(function, "__name__", type(function).__name__)
    code = getattr(function, "__code__", None)
    if code is None:
        return name
    return f"{name} ({code.co_filename}:{code.co_firstlineno})"
