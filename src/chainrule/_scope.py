"""What a layer may know about the call that it is part of.

A scope is entered around a forward pass: it says whether the pass trains, it hands
out random keys, and it remembers which logits a softmax or sigmoid was applied to,
so that a cross-entropy that follows can be computed from the logits.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from chainrule import random
from chainrule._typing import Array

__all__ = ["Scope", "current_scope", "scope"]


class Scope:
    """One forward pass.

    The key of the n-th random draw of training step s is
    ``fold_in(fold_in(key, n), s)``: it depends on nothing but the model's key, the
    place in the network and the step, so any backend draws the same bits.

    Args:
        training: Whether the pass trains.
        key: The model's random key, ``uint32[2]``; ``None`` where nothing is drawn.
        step: Number of the training step; possibly traced.
    """

    def __init__(
        self, training: bool, key: Array | None = None, step: Array = 0
    ) -> None:
        self.training = training
        self.key = key
        self.step = step
        self._draws = 0
        self._logits: list[tuple[str, Array, Array]] = []

    def next_key(self) -> Array | None:
        """Return the key for the next random draw of this pass, if it has one."""
        if self.key is None:
            return None
        draw = self._draws
        self._draws += 1
        return random.fold_in(random.fold_in(self.key, draw), self.step)

    def remember(self, activation: str, logits: Array, output: Array) -> None:
        """Note that ``output`` is ``activation(logits)``."""
        self._logits.append((activation, logits, output))

    def logits_of(self, activation: str, output: Array) -> Array | None:
        """Return the logits that ``output`` was made from, if they are known."""
        for name, logits, made in self._logits:
            if made is output and name == activation:
                return logits
        return None


_current: ContextVar[Scope | None] = ContextVar("chainrule_scope", default=None)

current_scope = _current.get


@contextmanager
def scope(
    training: bool, key: Array | None = None, step: Array = 0
) -> Generator[Scope]:
    """Enter a `Scope` for the length of a ``with`` block.

    Args:
        training: Whether the pass trains.
        key: The model's random key.
        step: Number of the training step.
    """
    entered = Scope(training, key, step)
    token = _current.set(entered)
    try:
        yield entered
    finally:
        _current.reset(token)
