"""The record of a training."""

from __future__ import annotations

from chainrule.callbacks.callback import Callback, Logs

__all__ = ["History"]


class History(Callback):
    """Results of each epoch; `fit` returns it.

    Attributes:
        epoch: The epochs' numbers, from 0.
        history: For each result (``"loss"``, ``"accuracy"``, ``"val_loss"``, …) its
            value in each epoch.

    Examples:
        >>> history = History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.history
        {'loss': [0.5]}
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        self.epoch = []
        self.history = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Append an epoch's results."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
