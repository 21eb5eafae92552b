"""Errors of training."""

from __future__ import annotations

__all__ = ["DivergenceError"]


class DivergenceError(FloatingPointError):
    """The loss or a weight became NaN or infinite while training.

    The weights are those before the step that did it, the last finite ones, and
    ``model.history`` holds the epochs before.

    Args:
        message: What happened, when, and what may help.
        epoch: The epoch, from 0.
        step: The step in the epoch, from 0.

    Examples:
        >>> DivergenceError("The loss became nan.", epoch=0, step=12).step
        12
    """

    def __init__(self, message: str, epoch: int, step: int) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.step = step
