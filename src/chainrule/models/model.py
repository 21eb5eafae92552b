"""The model: a layer that can be trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule._parameters import check_parameters
from chainrule._typing import BatchShape, Floats
from chainrule.callbacks.callback import Callback, CallbackList
from chainrule.layers.layer import Layer
from chainrule.models.data import as_data
from chainrule.models.summary import summary_lines
from chainrule.models.trainable import BATCH_SIZE, Trainable
from chainrule.models.trainer import Predictor

__all__ = ["Model"]


class Model(Trainable):
    """A layer that can be trained.

    A subclass makes its layers in ``__init__`` and computes with them in ``call``.
    `compile` chooses how to train, `fit` trains. Training runs as native code, several
    steps at a time; ``call`` runs only while that code is made.

    Args:
        **kwargs: As in `Layer`.

    Attributes:
        history: The `History` of the last `fit`.
        stop_training: Set it to end training soon.

    Examples:
        >>> from chainrule import layers
        >>> class Twice(Model):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.dense = layers.Dense(1, kernel_initializer="ones")
        ...
        ...     def call(self, x):
        ...         return 2 * self.dense(x)
        >>> Twice()(np.ones((1, 3), np.float32))
        array([[6.]], dtype=float32)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args or "inputs" in kwargs:
            raise TypeError(
                "Model takes no inputs and outputs: use Sequential for a chain of "
                "layers, or derive a class from Model and define call(self, x)."
            )
        super().__init__(**kwargs)

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside."""
        return self.sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Find a layer by name or index.

        Args:
            name: Its name.
            index: Its place in `layers`.

        Returns:
            The layer.

        Raises:
            ValueError: There is no such layer.
        """
        layers = self.layers
        if index is not None and -len(layers) <= index < len(layers):
            return layers[index]
        for layer in layers:
            if name is not None and layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in layers)
        wanted = name if index is None else index
        raise ValueError(
            f"model {self.name!r} has no layer {wanted!r}: its layers are {known}."
        )

    def summary(self, print_fn: Callable[[str], Any] = print) -> None:
        """Print a table of the layers.

        Args:
            print_fn: Called with the whole table.
        """
        print_fn("\n".join(summary_lines(self, self.layers, self._shape_after)))

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
    ) -> Floats:
        """Compute the outputs for many inputs, batch by batch.

        Args:
            x: Inputs.
            batch_size: Samples in a batch, 32 by default.
            verbose: Accepted for Keras's sake; nothing is printed.
            callbacks: Callbacks, or a single one.

        Returns:
            Predictions, one row for each sample.

        Raises:
            ValueError: Data or an argument is not as described.
        """
        batch_size = 32 if batch_size is None else batch_size
        check_parameters(
            "predict", {"batch_size": BATCH_SIZE}, {"batch_size": batch_size}
        )
        data = as_data(x, "x")
        if self._predictor is None:
            self.output_shape_for(data)
            eager = self._trainer is not None and self._trainer.run_eagerly
            self._predictor = Predictor(self, compiled=not eager)
        self._check_input(data.shape)
        if len(data) <= batch_size and not callbacks:
            return np.asarray(self._predictor(data))
        return self._predicted(self._predictor, data, batch_size, callbacks or ())

    def _predicted(
        self,
        predictor: Predictor,
        x: Floats,
        batch_size: int,
        callbacks: Sequence[Callback] | Callback,
    ) -> Floats:
        every = CallbackList(callbacks, self)
        every.call("on_predict_begin", None)
        outputs: Floats | None = None
        for batch, start in enumerate(range(0, len(x), batch_size)):
            every.call("on_predict_batch_begin", batch, None)
            part = np.asarray(predictor(x[start : start + batch_size]))
            if outputs is None:
                outputs = np.empty((len(x), *part.shape[1:]), part.dtype)
            outputs[start : start + len(part)] = part
            every.call("on_predict_batch_end", batch, {"outputs": part})
        every.call("on_predict_end", None)
        return outputs  # type: ignore[return-value]

    def predict_on_batch(self, x: Any) -> Floats:
        """Compute the outputs for one batch.

        Args:
            x: Inputs.

        Returns:
            Predictions.
        """
        return self.predict(x, batch_size=max(1, len(x)))

    def _shape_after(self, layer: Layer) -> BatchShape | None:
        """Return a layer's output shape, where it is known."""
        return None
