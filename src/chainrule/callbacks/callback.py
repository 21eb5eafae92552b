"""The base of callbacks, and a list of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

__all__ = ["Callback", "CallbackList", "Logs"]

Logs: TypeAlias = dict[str, float]


class Callback:
    """Functions that training calls at its turning points; override what you need.

    ``on_train_batch_begin`` and ``on_train_batch_end`` make training return to Python
    after every step; `on_train_progress` is called about five times a second instead,
    and costs nothing.

    Attributes:
        model: The model that is trained.
        params: ``epochs``, ``steps`` (of an epoch) and ``verbose``.

    Examples:
        >>> class Print(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch + 1}: loss {logs['loss']:.3f}")
        >>> Print().on_epoch_end(0, {"loss": 0.25})
        epoch 1: loss 0.250
    """

    model: Any = None
    params: dict[str, Any]

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the facts of this training."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called after the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called before an epoch; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called after an epoch and its validation, with their results."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a training step; steps count from 0."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a training step, with the epoch's results so far."""

    def on_train_progress(self, step: int, logs: Logs | None = None) -> None:
        """Called some five times a second, with the steps done in this epoch."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called before an evaluation or validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called after an evaluation or validation, with its results."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a step of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a step of an evaluation, with the results so far."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called after a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a step of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called after a step of a prediction, with ``outputs``."""


class CallbackList:
    """Some callbacks, called in order.

    Args:
        callbacks: The callbacks, or a single one.
        model: The model that is trained.
        params: The facts of this training.

    Raises:
        TypeError: One of them is not a `Callback`.

    Examples:
        >>> CallbackList([Callback()]).overrides("on_train_batch_end")
        False
    """

    def __init__(
        self,
        callbacks: Iterable[Callback] | Callback,
        model: Any = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        single = isinstance(callbacks, Callback)
        self.callbacks = [callbacks] if single else list(callbacks)
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(
                    f"callbacks must be instances of Callback, got {callback!r}: "
                    "derive its class from chainrule.callbacks.Callback, and pass an "
                    "instance."
                )
            callback.set_model(model)
            callback.set_params(params or {})

    def overrides(self, *hooks: str) -> bool:
        """Tell whether any callback defines one of these functions itself."""
        return any(
            getattr(type(callback), hook) is not getattr(Callback, hook)
            or hook in callback.__dict__
            for callback in self.callbacks
            for hook in hooks
        )

    def call(self, hook: str, *args: Any) -> None:
        """Call a function of every callback.

        Args:
            hook: Its name, such as ``"on_epoch_end"``.
            *args: Its arguments.
        """
        for callback in self.callbacks:
            getattr(callback, hook)(*args)
