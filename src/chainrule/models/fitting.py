"""The training loop: epochs in time slices, with callbacks between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule._typing import Floats
from chainrule.callbacks.callback import CallbackList, Logs
from chainrule.core.tree import map_leaves
from chainrule.models.errors import DivergenceError
from chainrule.models.slices import Interrupts, Pace, batches, count
from chainrule.models.steps import State, Steps, Totals
from chainrule.models.trainer import Trainer

__all__ = ["Evaluation", "Fitting"]


class Evaluation:
    """Loss and metrics over some data, without training.

    Args:
        steps: The steps.
        x: Inputs.
        y: Targets.
        batch_size: Length of a batch.
        callbacks: Callbacks for the test functions.
    """

    def __init__(
        self,
        steps: Steps,
        x: Floats,
        y: Floats,
        batch_size: int,
        callbacks: CallbackList,
    ) -> None:
        self.steps = steps
        self.x, self.y = x, y
        self.matrices = batches(np.arange(len(x), dtype=np.int32), batch_size)
        self.callbacks = callbacks
        self.single = callbacks.overrides("on_test_batch_begin", "on_test_batch_end")
        self.pace = Pace(self.single)

    def run(self) -> Logs:
        """Go through the data once.

        Returns:
            Loss and metrics.
        """
        self.callbacks.call("on_test_begin", None)
        totals = self.steps.no_totals()
        weights = self.steps.weights()
        done = 0
        for matrix in self.matrices:
            for start, stop in self.pace.ranges(len(matrix)):
                if self.single:
                    self.callbacks.call("on_test_batch_begin", done, None)
                totals = self._slice(totals, weights, matrix, start, stop)
                done += stop - start
                if self.single:
                    logs = self.steps.results(totals)
                    self.callbacks.call("on_test_batch_end", done - 1, logs)
        logs = self.steps.results(totals)
        self.callbacks.call("on_test_end", logs)
        return logs

    def _slice(
        self, totals: Totals, weights: list[Any], matrix: Floats, start: int, stop: int
    ) -> Totals:
        began = time.perf_counter()
        bounds = count(start), count(stop)
        with np.errstate(all="ignore"):
            totals = self.steps.test(totals, weights, self.x, self.y, matrix, *bounds)
        if len(matrix) > 1:
            self.pace.record(stop - start, time.perf_counter() - began)
        return map_leaves(np.asarray, totals)


class Fitting:
    """One call of `fit`, from its first epoch to its last.

    Args:
        trainer: What `compile` made.
        steps: Its steps.
        x: Inputs.
        y: Targets.
        batch_size: Length of a batch.
        shuffle: Whether each epoch's order is random.
        callbacks: The callbacks.
        interrupts: Tells of Ctrl-C.
    """

    def __init__(
        self,
        trainer: Trainer,
        steps: Steps,
        x: Floats,
        y: Floats,
        *,
        batch_size: int,
        shuffle: bool,
        callbacks: CallbackList,
        interrupts: Interrupts,
    ) -> None:
        self.trainer = trainer
        self.steps = steps
        self.x, self.y = x, y
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.callbacks = callbacks
        self.interrupts = interrupts
        self.single = callbacks.overrides("on_train_batch_begin", "on_train_batch_end")
        self.pace = Pace(self.single)
        self.steps_an_epoch = -(-len(x) // batch_size)

    def run(self, epochs: range, validate: Callable[[int], Logs]) -> None:
        """Train for some epochs, or until Ctrl-C or ``stop_training``.

        Args:
            epochs: Their numbers, from 0.
            validate: Gives the results of an epoch's validation.

        Raises:
            DivergenceError: The loss or a weight became NaN or infinite.
        """
        self.callbacks.call("on_train_begin", None)
        try:
            self._epochs(epochs, validate)
        except KeyboardInterrupt:
            self.interrupts.noted = True
        self.callbacks.call("on_train_end", None)

    def _epochs(self, epochs: range, validate: Callable[[int], Logs]) -> None:
        for epoch in epochs:
            self.callbacks.call("on_epoch_begin", epoch, None)
            logs = self.epoch(epoch)
            if self.interrupts.noted:
                return
            logs |= validate(epoch)
            self.callbacks.call("on_epoch_end", epoch, logs)
            if self._halted():
                return

    def _halted(self) -> bool:
        return self.interrupts.noted or self.callbacks.model.stop_training

    def epoch(self, epoch: int) -> Logs:
        """Train for one epoch, or until Ctrl-C or ``stop_training``.

        Args:
            epoch: Its number, from 0.

        Returns:
            Loss and metrics over its samples.

        Raises:
            DivergenceError: The loss or a weight became NaN or infinite.
        """
        order = self.trainer.order(len(self.x), self.shuffle)
        totals = self.steps.no_totals()
        done = 0
        for matrix in batches(order, self.batch_size):
            for start, stop in self.pace.ranges(len(matrix)):
                if self.single:
                    self.callbacks.call("on_train_batch_begin", done, None)
                totals = self._slice(totals, matrix, start, stop, (epoch, done))
                done += stop - start
                self._tell(done, totals)
                if self._halted():
                    return self.steps.results(totals)
        return self.steps.results(totals)

    def _tell(self, done: int, totals: Totals) -> None:
        logs = self.steps.results(totals)
        if self.single:
            self.callbacks.call("on_train_batch_end", done - 1, logs)
        self.callbacks.call("on_train_progress", done, logs)

    def _slice(
        self,
        totals: Totals,
        matrix: Floats,
        start: int,
        stop: int,
        place: tuple[int, int],
    ) -> Totals:
        """Do some steps; where the numbers stop being finite, find out where."""
        state = self.trainer.state(self.steps, totals)
        kept = _copied(state)
        began = time.perf_counter()
        try:
            state = self._run(state, matrix, start, stop)
        except BaseException:
            # Its arrays may be overwritten in part.
            self.trainer.adopt(self.steps, kept)
            raise
        if len(matrix) > 1:
            self.pace.record(stop - start, time.perf_counter() - began)
        last = place[1] + stop - start == self.steps_an_epoch
        if _trouble(state, look_at_weights=last):
            state = self._replay(kept, matrix, start, stop, place)
        return self.trainer.adopt(self.steps, state)

    def _run(self, state: State, matrix: Floats, start: int, stop: int) -> State:
        rate, key = self.trainer.rate(), self.trainer.key()
        bounds = count(start), count(stop)
        # Overflow is found by looking at the loss; NumPy need not warn of it too.
        with np.errstate(all="ignore"):
            return self.steps.train(state, self.x, self.y, matrix, rate, key, *bounds)

    def _replay(
        self,
        state: State,
        matrix: Floats,
        start: int,
        stop: int,
        place: tuple[int, int],
    ) -> State:
        """Do a slice again step by step, and stop before the step that went wrong."""
        epoch, done = place
        for i in range(start, stop):
            kept = _copied(state)
            state = self._run(state, matrix, i, i + 1)
            trouble = _trouble(state, look_at_weights=True)
            if trouble:
                self.trainer.adopt(self.steps, kept)
                raise self._divergence(trouble, epoch, done + i - start)
        return state

    def _divergence(self, trouble: str, epoch: int, step: int) -> DivergenceError:
        return DivergenceError(
            f"Training expects finite numbers, but {trouble} at epoch {epoch + 1}, "
            f"step {step + 1} of {self.steps_an_epoch}. The weights are those before "
            "that step. Lower the learning rate (now "
            f"{self.trainer.optimizer.learning_rate}), limit the gradients "
            "(clipnorm=1), or scale inputs and targets down.",
            epoch,
            step,
        )


def _copied(state: State) -> State:
    """Copy a state, arrays included, so that training may overwrite the original."""
    return map_leaves(np.array, state)


def _trouble(state: State, look_at_weights: bool) -> str | None:
    """Say what isn't finite."""
    if not np.isfinite(state["totals"]["loss"]):
        return "the loss became NaN or infinite"
    weights = state["trainable"] if look_at_weights else []
    if not all(np.isfinite(array).all() for array in weights):
        return "a weight became NaN or infinite"
    return None
