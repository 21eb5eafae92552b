"""An activation as a layer of its own."""

from __future__ import annotations

from typing import Any

from chainrule import activations
from chainrule._typing import Array, BatchShape
from chainrule.layers.layer import Layer

__all__ = ["Activation"]


class Activation(Layer):
    r"""Apply an activation.

    .. math:: y = \phi(x)

    Shapes:
        x: any, y: the same.

    Args:
        activation: A name such as ``"relu"``, or a function.
        **kwargs: As in `Layer`.

    Raises:
        ValueError: No activation has this name.

    Examples:
        >>> import numpy as np
        >>> Activation("relu")(np.array([-1.0, 2.0], np.float32))
        array([0., 2.], dtype=float32)
    """

    def __init__(
        self, activation: str | activations.Activation | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.built = True

    def compute_output_shape(self, input_shape: BatchShape) -> BatchShape:
        """Return the same shape."""
        return input_shape

    def call(self, x: Array) -> Array:
        """Compute φ(x)."""
        return self.activation(x)
