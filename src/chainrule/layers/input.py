"""The declaration of a model's input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule._names import unique_name
from chainrule._parameters import Optional, PositiveInt, Shape, check_parameters
from chainrule._typing import BatchShape

__all__ = ["Input", "InputLayer"]


class InputLayer:
    """The shape and dtype of a model's input; made by `Input`.

    Args:
        shape: Shape of one sample.
        batch_size: Length of a batch; any by default.
        dtype: Type that inputs are cast to.
        name: A name.

    Examples:
        >>> InputLayer((28, 28), None, None, "pictures")
        <InputLayer name=pictures, shape=(None, 28, 28), dtype=float32>
    """

    def __init__(
        self,
        shape: Sequence[int],
        batch_size: int | None,
        dtype: Any,
        name: str | None,
    ) -> None:
        self.shape: BatchShape = (batch_size, *shape)
        self.dtype = np.dtype(dtype or np.float32)
        self.name = name or unique_name("InputLayer")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError(
            f"Expected an array, got {self!r}: layers compute at once, and a model is "
            "Sequential([Input(...), ...]) or a class with call(self, x)."
        )

    def __repr__(self) -> str:
        return f"<InputLayer name={self.name}, shape={self.shape}, dtype={self.dtype}>"


def Input(
    shape: Sequence[int],
    batch_size: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> InputLayer:
    """Declare a model's input, as the first entry of a `Sequential`.

    Args:
        shape: Shape of one sample, without the batch's axis.
        batch_size: Length of a batch; any by default.
        dtype: Type that inputs are cast to; float32 by default.
        name: A name.

    Returns:
        The declaration.

    Raises:
        ValueError: The shape is no tuple of positive integers.

    Examples:
        >>> Input((28, 28)).shape
        (None, 28, 28)
    """
    rules = {"shape": Shape(), "batch_size": Optional(PositiveInt())}
    check_parameters("Input", rules, {"shape": shape, "batch_size": batch_size})
    return InputLayer(shape, batch_size, dtype, name)
