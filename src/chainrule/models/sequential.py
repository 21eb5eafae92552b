"""A chain of layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule._typing import Array, BatchShape
from chainrule.layers.input import InputLayer
from chainrule.layers.input_spec import InputSpec
from chainrule.layers.layer import Layer
from chainrule.models.model import Model

__all__ = ["Sequential"]


class Sequential(Model):
    """A chain of layers, each taking the output of the one before.

    The weights are made at once where the input's shape is known: from an `Input` in
    the first place, or the first layer's ``input_shape``; else on the first data.

    Args:
        layers: The layers.
        name: A name.

    Raises:
        TypeError: An entry is no layer.
        ValueError: Two layers don't fit together.

    Examples:
        >>> from chainrule import layers
        >>> model = Sequential([layers.Input((3,)), layers.Dense(2)])
        >>> model.count_params()
        8
    """

    def __init__(
        self,
        layers: Sequence[Layer | InputLayer] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._chain: list[Layer] = []
        self._shapes: dict[int, BatchShape] = {}
        self._input_dtype = np.dtype(np.float32)
        self._declared: BatchShape | None = None
        if layers is not None and not isinstance(layers, Iterable):
            raise TypeError(
                f"model {self.name!r} takes a list of layers, got {layers!r}: put them "
                "in [ ]."
            )
        for layer in layers or ():
            self._append(layer)
        self._build_if_declared()

    @property
    def layers(self) -> list[Layer]:
        """The layers, in order."""
        return list(self._chain)

    def add(self, layer: Layer | InputLayer) -> None:
        """Append a layer.

        Args:
            layer: The layer.

        Raises:
            TypeError: It is no layer.
            ValueError: It doesn't fit the layer before.
        """
        self._append(layer)
        self._build_if_declared()

    def pop(self) -> Layer:
        """Remove the last layer.

        Returns:
            The layer.

        Raises:
            ValueError: There is none.
        """
        if not self._chain:
            raise ValueError(
                f"model {self.name!r} has no layer to remove: it is empty."
            )
        removed = self._chain.pop()
        self._forget()
        self._build_if_declared()
        return removed

    def build(self, input_shape: BatchShape) -> None:
        """Make the weights of all layers for inputs of shape ``input_shape``."""
        shape = (None, *input_shape[1:])
        for layer in self._chain:
            shape = self._through(layer, shape)
            self._shapes[id(layer)] = shape
        self.built = True

    def compute_output_shape(self, input_shape: BatchShape) -> BatchShape:
        """Ask each layer in turn; layers that have no weights yet get them."""
        if not self._chain:
            raise ValueError(
                f"model {self.name!r} needs at least one layer to compute anything, "
                "got none: add layers, for instance model.add(layers.Dense(10))."
            )
        if not self.built:
            self.build(input_shape)
        shape = input_shape
        for layer in self._chain:
            shape = self._through(layer, shape)
        return shape

    def call(self, x: Array) -> Array:
        """Apply the layers one after the other."""
        if x.dtype != self._input_dtype:
            x = x.astype(self._input_dtype)
        for layer in self._chain:
            x = layer(x)
        return x

    @property
    def output_shape(self) -> BatchShape | None:
        """Shape of the output, where it is known."""
        return self._shape_after(self._chain[-1]) if self._chain else None

    def _append(self, layer: Any) -> None:
        self._forget()
        if isinstance(layer, InputLayer):
            if self._chain or self._declared is not None:
                raise ValueError(
                    f"model {self.name!r}: Input must come first, and once; got it "
                    f"after {len(self._chain)} layers."
                )
            self._declare(layer.shape)
            self._input_dtype = layer.dtype
            return
        if not isinstance(layer, Layer):
            raise TypeError(
                f"model {self.name!r} takes layers, got {layer!r}: pass instances such "
                "as layers.Dense(10), not classes or functions."
            )
        if layer in self._chain:
            raise ValueError(
                f"model {self.name!r} has layer {layer.name!r} already: make another "
                "instance for each place, or derive a class from Model to share one."
            )
        if not self._chain and self._declared is None and layer.input_shape is not None:
            self._declare(layer.input_shape)
        self._chain.append(layer)

    def _declare(self, shape: BatchShape) -> None:
        self._declared = shape
        self.input_spec = InputSpec(shape=shape)

    def _forget(self) -> None:
        self._predictor = None
        self._accepted_shape = None
        self.built = False

    def _build_if_declared(self) -> None:
        if self._declared is not None:
            self.build(self._declared)

    def _through(self, layer: Layer, shape: BatchShape) -> BatchShape:
        """Build a layer if need be, check its input, and return its output's shape."""
        layer.ensure_built(shape)
        return layer.compute_output_shape(shape)

    def _title(self) -> str:
        first = f" (first layer {self._chain[0].name!r})" if self._chain else ""
        return f"model {self.name!r}{first}"

    def _shape_after(self, layer: Layer) -> BatchShape | None:
        return self._shapes.get(id(layer))
