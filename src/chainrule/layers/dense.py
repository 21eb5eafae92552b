"""The dense layer."""

from __future__ import annotations

from typing import Any, ClassVar

from chainrule import activations, initializers
from chainrule._parameters import Boolean, PositiveInt, Rule
from chainrule._typing import Array, BatchShape
from chainrule.layers.input_spec import InputSpec
from chainrule.layers.layer import Layer
from chainrule.layers.variable import Variable

__all__ = ["Dense"]


class Dense(Layer):
    r"""Affine map of the last axis, followed by an activation.

    .. math:: y = \phi(x W + b)

    Shapes:
        x: ``(..., d)``, kernel W: ``(d, units)``, bias b: ``(units,)``,
        y: ``(..., units)``.

    Args:
        units: Length of the output axis; a positive integer.
        activation: A name such as ``"relu"``, a function, or ``None`` (identity).
        use_bias: Whether b is added.
        kernel_initializer: First value of W.
        bias_initializer: First value of b.
        **kwargs: As in `Layer`: ``name``, ``dtype``, ``trainable``, ``input_shape``;
            ``input_dim=d`` is short for ``input_shape=(d,)``.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> import numpy as np
        >>> layer = Dense(4, activation="relu")
        >>> layer(np.ones((2, 3), np.float32)).shape
        (2, 4)
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "units": PositiveInt(),
        "use_bias": Boolean(),
    }

    def __init__(
        self,
        units: int,
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ) -> None:
        if "input_dim" in kwargs:
            kwargs["input_shape"] = (kwargs.pop("input_dim"),)
        super().__init__(**kwargs)
        self._check(units=units, use_bias=use_bias)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel: Variable
        self.bias: Variable | None = None

    def build(self, input_shape: BatchShape) -> None:
        """Declare the weights for inputs of shape ``input_shape``."""
        InputSpec(min_ndim=2).check(f"layer {self.name!r}", tuple(input_shape))  # type: ignore[arg-type]
        length = input_shape[-1]
        shape = (length, self.units)
        self.kernel = self.add_weight("kernel", shape, self.kernel_initializer)  # type: ignore[arg-type]
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.units,), self.bias_initializer)
        self.input_spec = InputSpec(min_ndim=2, axes={-1: length})  # type: ignore[dict-item]

    def compute_output_shape(self, input_shape: BatchShape) -> BatchShape:
        """Replace the last length by ``units``."""
        return (*input_shape[:-1], self.units)

    def call(self, x: Array) -> Array:
        """Compute φ(x W + b); whole-number inputs are cast to the layer's dtype."""
        if x.dtype != self.dtype:
            x = x.astype(self.dtype)
        logits = x @ self.kernel.value
        if self.bias is not None:
            logits = logits + self.bias.value
        return self.activation(logits)
