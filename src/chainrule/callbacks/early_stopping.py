"""Stopping when nothing improves any more."""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

from chainrule._parameters import (
    Boolean,
    Interval,
    NonNegativeInt,
    OneOf,
    Optional,
    Rule,
    check_parameters,
)
from chainrule.callbacks.callback import Callback, Logs

__all__ = ["EarlyStopping"]


class EarlyStopping(Callback):
    """Stop training when a result has stopped improving.

    Args:
        monitor: The result's name, such as ``"val_loss"``.
        min_delta: Least change that counts as an improvement; its sign is ignored.
        patience: Number of epochs without improvement to wait for.
        verbose: 1 to say so when it stops.
        mode: ``"min"`` or ``"max"`` is better; ``"auto"`` takes max for accuracies.
        baseline: A value that must be beaten for the wait to begin anew.
        restore_best_weights: Whether the best epoch's weights are put back at the end.
        start_from_epoch: Number of epochs before the result is looked at.

    Attributes:
        best: The best value.
        best_epoch: Its epoch, from 0.
        stopped_epoch: The epoch at which training stopped; 0 where it didn't.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> EarlyStopping(monitor="loss", patience=2).patience
        2
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "min_delta": Interval(-math.inf),
        "patience": NonNegativeInt(),
        "verbose": OneOf(0, 1),
        "mode": OneOf("auto", "min", "max"),
        "baseline": Optional(Interval(-math.inf)),
        "restore_best_weights": Boolean(),
        "start_from_epoch": NonNegativeInt(),
    }

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        check_parameters(
            "EarlyStopping",
            self.parameters,
            {
                "min_delta": min_delta,
                "patience": patience,
                "verbose": verbose,
                "mode": mode,
                "baseline": baseline,
                "restore_best_weights": restore_best_weights,
                "start_from_epoch": start_from_epoch,
            },
        )
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        rises = mode == "max" or (mode == "auto" and _larger_is_better(monitor))
        self.mode = "max" if rises else "min"
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare the result with the best."""
        value = self._value(logs or {})
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._keep_weights(epoch)
        self.wait += 1
        if self._improves(value, self.best):
            self.best = value
            self._keep_weights(epoch)
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Put the best weights back, where wanted."""
        if self.verbose and self.stopped_epoch:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)

    def _keep_weights(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def _improves(self, value: float, than: float | None) -> bool:
        if than is None:
            return True
        if self.mode == "max":
            return value - self.min_delta > than
        return value + self.min_delta < than

    def _value(self, logs: Logs) -> float | None:
        if self.monitor not in logs:
            warnings.warn(
                f"EarlyStopping watches {self.monitor!r}, which training doesn't "
                f"report: choose among {', '.join(logs)}.",
                stacklevel=2,
            )
        return logs.get(self.monitor)


def _larger_is_better(monitor: str) -> bool:
    return monitor.endswith(("acc", "accuracy", "auc"))
