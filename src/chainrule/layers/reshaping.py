"""Layers that change nothing but the shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from chainrule._parameters import Rule, Shape
from chainrule._typing import Array, BatchShape
from chainrule.layers.input_spec import InputSpec
from chainrule.layers.layer import Layer

__all__ = ["Flatten", "Reshape"]


class Flatten(Layer):
    """Make one axis of all axes but the first.

    Shapes:
        x: ``(batch, a, b, ...)``, y: ``(batch, a·b·...)``; ``(batch,)`` becomes
        ``(batch, 1)``.

    Args:
        **kwargs: As in `Layer`.

    Examples:
        >>> import numpy as np
        >>> Flatten()(np.ones((2, 28, 28), np.float32)).shape
        (2, 784)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_spec = InputSpec(min_ndim=1)
        self.built = True

    def compute_output_shape(self, input_shape: BatchShape) -> BatchShape:
        """Multiply the lengths after the batch's."""
        rest = input_shape[1:]
        if any(length is None for length in rest):
            return (input_shape[0], None)
        return (input_shape[0], math.prod(rest))  # type: ignore[arg-type]

    def call(self, x: Array) -> Array:
        """Reshape each sample to one axis."""
        return x.reshape((x.shape[0], math.prod(x.shape[1:])))


class Reshape(Layer):
    """Give each sample another shape.

    Shapes:
        x: ``(batch, ...)``, y: ``(batch, *target_shape)``.

    Args:
        target_shape: Shape of one sample; one length may be -1.
        **kwargs: As in `Layer`.

    Raises:
        ValueError: The shape is not as described, or holds another number of elements
            than the input.

    Examples:
        >>> import numpy as np
        >>> Reshape((2, -1))(np.ones((5, 6), np.float32)).shape
        (5, 2, 3)
    """

    parameters: ClassVar[dict[str, Rule]] = {"target_shape": Shape(unknown=True)}

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check(target_shape=target_shape)
        self.target_shape = tuple(int(length) for length in target_shape)
        self.built = True

    def compute_output_shape(self, input_shape: BatchShape) -> BatchShape:
        """Return the target shape, with -1 computed."""
        if any(length is None for length in input_shape[1:]):
            known = [None if n == -1 else n for n in self.target_shape]
            return (input_shape[0], *known)
        size = math.prod(input_shape[1:])  # type: ignore[arg-type]
        known = math.prod(n for n in self.target_shape if n != -1)
        free = -1 in self.target_shape
        if size % known if free else size != known:
            raise ValueError(
                f"layer {self.name!r} makes shape {self.target_shape} of each sample, "
                f"got samples of shape {tuple(input_shape[1:])} with {size} elements: "
                "both must hold the same number of elements."
            )
        lengths = [size // known if n == -1 else n for n in self.target_shape]
        return (input_shape[0], *lengths)

    def call(self, x: Array) -> Array:
        """Reshape each sample to the target shape."""
        return x.reshape(self.compute_output_shape(x.shape))
