"""The base of initializers, and those that fill with one number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule._parameters import Interval, Rule, check_parameters
from chainrule._typing import Floats

__all__ = ["FLOAT32", "Constant", "Initializer", "Ones", "Zeros"]

FLOAT32 = np.dtype(np.float32)


class Initializer:
    """A function from a shape to an array of first values.

    Examples:
        >>> Ones()((2,))
        array([1., 1.], dtype=float32)
    """

    parameters: ClassVar[dict[str, Rule]] = {}

    def __call__(self, shape: Sequence[int], dtype: Any = FLOAT32) -> Floats:
        """Make the array.

        Args:
            shape: Its shape.
            dtype: Type of its elements.

        Returns:
            The array.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define __call__(self, shape, dtype)."
        )

    def _check(self, **values: Any) -> None:
        check_parameters(type(self).__name__, self.parameters, values)


class Constant(Initializer):
    """One number everywhere.

    .. math:: w = c

    Args:
        value: The number c.

    Examples:
        >>> Constant(0.5)((2,))
        array([0.5, 0.5], dtype=float32)
    """

    parameters: ClassVar[dict[str, Rule]] = {"value": Interval(-math.inf)}

    def __init__(self, value: float = 0.0) -> None:
        self._check(value=value)
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = FLOAT32) -> Floats:
        """Fill an array with the number."""
        return np.full(tuple(shape), self.value, dtype)


class Zeros(Constant):
    """Zero everywhere.

    .. math:: w = 0

    Examples:
        >>> Zeros()((2,))
        array([0., 0.], dtype=float32)
    """

    parameters: ClassVar[dict[str, Rule]] = {}

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """One everywhere.

    .. math:: w = 1

    Examples:
        >>> Ones()((2,))
        array([1., 1.], dtype=float32)
    """

    parameters: ClassVar[dict[str, Rule]] = {}

    def __init__(self) -> None:
        super().__init__(1.0)
