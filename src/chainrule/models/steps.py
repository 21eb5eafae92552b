"""The pure functions that training compiles: a step, and loops over steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule._scope import scope
from chainrule._typing import Array
from chainrule.calculus import fori_loop, jit, value_and_grad
from chainrule.layers.layer import Layer
from chainrule.layers.variable import Variable, substituted
from chainrule.losses.loss import Loss
from chainrule.metrics.metric import Metric
from chainrule.optimizers.optimizer import Optimizer

__all__ = ["State", "Steps", "Totals"]

# "trainable" and "other" weights, the optimizer's "slots", "totals", "step".
State: TypeAlias = dict[str, Any]

# "loss": sum over samples, "samples": their number, "metrics": a state for each.
Totals: TypeAlias = dict[str, Any]

Function: TypeAlias = Callable[..., Any]


class Steps:
    """A model, loss, metrics and optimizer as pure functions of their state.

    Args:
        model: The model, built.
        loss: The loss.
        metrics: The metrics.
        optimizer: The optimizer.
        compiled: Whether the loops are compiled, or run by Python step by step.

    Attributes:
        train: ``train(state, x, y, order, rate, key, start, stop) -> state``. Row i of
            ``order`` lists the samples of step i; steps start to stop - 1 are done.
            The arrays of ``state`` may be overwritten.
        test: ``test(totals, weights, x, y, order, start, stop) -> totals``.
    """

    def __init__(
        self,
        model: Layer,
        loss: Loss,
        metrics: Sequence[Metric],
        optimizer: Optimizer,
        compiled: bool = True,
    ) -> None:
        self.model = model
        self.loss = loss
        self.metrics = list(metrics)
        self.optimizer = optimizer
        self.trainable: list[Variable] = model.trainable_weights
        self.other: list[Variable] = model.non_trainable_weights
        self._loop: Function = fori_loop if compiled else _python_loop
        self.train: Function = self._train_loop
        self.test: Function = self._test_loop
        if compiled:
            self.train = jit(self._train_loop, donate=(0,), flush_denormals=True)
            self.test = jit(self._test_loop, donate=(0,))

    def no_totals(self) -> Totals:
        """Return the sums before the first sample."""
        return {
            "loss": np.zeros(()),
            "samples": np.zeros(()),
            "metrics": [metric.start() for metric in self.metrics],
        }

    def results(self, totals: Totals) -> dict[str, float]:
        """Return loss and metrics by name, as means over the samples.

        Args:
            totals: The sums.
        """
        loss = float(totals["loss"]) / max(1.0, float(totals["samples"]))
        pairs = zip(self.metrics, totals["metrics"], strict=True)
        return {"loss": loss} | {m.name: m.finish(state) for m, state in pairs}

    def weights(self) -> list[Array]:
        """Return the current weights, trainable ones first."""
        return [variable.value for variable in (*self.trainable, *self.other)]

    def _train_loop(
        self,
        state: State,
        x: Array,
        y: Array,
        order: Array,
        rate: Array,
        key: Array,
        start: Array,
        stop: Array,
    ) -> State:
        def body(i: Array, state: State) -> State:
            rows = order[i]
            return self._train_step(state, x[rows], y[rows], rate, key)

        return self._loop(start, stop, body, state)

    def _train_step(
        self, state: State, x: Array, y: Array, rate: Array, key: Array
    ) -> State:
        """Go forward, back, and down the gradient, for one batch."""
        step = state["step"]

        def objective(trainable: list[Array]) -> tuple[Array, Any]:
            values = [*trainable, *state["other"]]
            with scope(True, key, step):
                return self._forward(values, x, y, state["totals"], training=True)

        (_, (totals, other)), grads = value_and_grad(objective, has_aux=True)(
            state["trainable"]
        )
        scheduled = callable(self.optimizer.learning_rate)
        trainable, slots = self.optimizer.update(
            grads, state["slots"], state["trainable"], step, None if scheduled else rate
        )
        return {
            "trainable": trainable,
            "other": other,
            "slots": slots,
            "totals": totals,
            "step": step + 1,
        }

    def _forward(
        self, values: list[Array], x: Array, y: Array, totals: Totals, training: bool
    ) -> tuple[Array, tuple[Totals, list[Array]]]:
        """Compute the loss of a batch, the sums with it, and updated weights."""
        with substituted((*self.trainable, *self.other), values):
            y_pred = self.model(x, training=training)
            loss = self.loss(y, y_pred)
            if loss.ndim:
                loss = np.mean(loss)
            states = zip(self.metrics, totals["metrics"], strict=True)
            metrics = [metric.advance(s, y, y_pred) for metric, s in states]
            other = [variable.value for variable in self.other]
        samples = x.shape[0]
        added = {
            "loss": totals["loss"] + loss.astype(np.float64) * samples,
            "samples": totals["samples"] + samples,
            "metrics": metrics,
        }
        return loss, (added, other)

    def _test_loop(
        self,
        totals: Totals,
        weights: list[Array],
        x: Array,
        y: Array,
        order: Array,
        start: Array,
        stop: Array,
    ) -> Totals:
        def body(i: Array, totals: Totals) -> Totals:
            rows = order[i]
            with scope(training=False):
                _, (totals, _) = self._forward(
                    weights, x[rows], y[rows], totals, training=False
                )
            return totals

        return self._loop(start, stop, body, totals)


def _python_loop(
    start: Array, stop: Array, body: Callable[[Any, Any], Any], state: Any
) -> Any:
    """Do what `fori_loop` does, step by step, so that a debugger can follow."""
    for i in range(int(start), int(stop)):
        state = body(i, state)
    return state
