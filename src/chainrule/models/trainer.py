"""What `compile` makes: the steps of a model, and the state that they carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import losses, metrics, optimizers, random
from chainrule._typing import Floats, Shape
from chainrule.calculus import jit
from chainrule.core.tree import map_leaves
from chainrule.layers.layer import Layer
from chainrule.layers.variable import Variable, substituted
from chainrule.losses.loss import Loss
from chainrule.losses.registry import LossLike
from chainrule.metrics.registry import MetricLike, resolve
from chainrule.models.data import check_targets
from chainrule.models.steps import State, Steps, Totals
from chainrule.optimizers.optimizer import Slots
from chainrule.optimizers.registry import OptimizerLike
from chainrule.random.draw import places_in_order
from chainrule.utils.seeding import next_key, times_set

__all__ = ["Predictor", "Trainer"]

# Separates the keys of shuffling from those of the layers.
_SHUFFLE = 0x5AFF1E


class Predictor:
    """A model's forward pass as a compiled function, for as long as its weights last.

    Args:
        model: The model, built.
        compiled: Whether it is compiled.
    """

    def __init__(self, model: Layer, compiled: bool = True) -> None:
        self.model = model
        self.variables = model.weights
        self._forward = jit(self._call) if compiled else self._call

    def __call__(self, x: Floats) -> Any:
        """Predict one batch.

        Args:
            x: Inputs.

        Returns:
            Predictions.
        """
        return self._forward([variable.value for variable in self.variables], x)

    def _call(self, weights: list[Any], x: Any) -> Any:
        with substituted(self.variables, weights):
            return self.model(x, training=False)


class Trainer:
    """Loss, metrics and optimizer of a model, and what training remembers.

    Args:
        model: The model.
        optimizer: An optimizer, or its name.
        loss: A loss, or its name.
        metric_list: Metrics, or their names.
        run_eagerly: Whether Python runs step by step, for debugging.
    """

    def __init__(
        self,
        model: Layer,
        optimizer: OptimizerLike,
        loss: LossLike | None,
        metric_list: Sequence[MetricLike],
        run_eagerly: bool,
    ) -> None:
        self.model = model
        self.optimizer = optimizers.get(optimizer)
        self.loss = None if loss is None else losses.get(loss)
        self.metric_list = list(metric_list)
        for identifier in self.metric_list:
            metrics.get(identifier)
        self.run_eagerly = run_eagerly
        self._steps: Steps | None = None
        self._steps_for: Any = None
        self._memory: dict[Variable, Slots] = {}
        self._iterations = 0
        self._key: Floats | None = None
        self._seeded = -1
        self._draw = random.bits if run_eagerly else jit(random.bits, static_argnums=1)

    def steps(self, y: Floats, pred_shape: Shape) -> Steps:
        """Check the targets, and return the steps for them.

        Args:
            y: Targets.
            pred_shape: Shape of the model's predictions for them.

        Returns:
            The steps; the same ones as long as nothing that they depend on changes.

        Raises:
            ValueError: There is no loss, or the targets don't fit it.
        """
        if self.loss is None:
            raise ValueError(
                f"model {self.model.name!r} was compiled without a loss, which "
                "training and evaluation need: pass loss= to compile."
            )
        check_targets(self.loss.targets, self.loss.name, y, pred_shape)
        return self._made(self.loss, y, pred_shape)

    def _made(self, loss: Loss, y: Floats, pred_shape: Shape) -> Steps:
        """Make the steps, or find those made before for the same facts."""
        chosen = [resolve(m, y.shape, pred_shape) for m in self.metric_list]
        kinds = [
            type(metric) if isinstance(identifier, str) else id(identifier)
            for metric, identifier in zip(chosen, self.metric_list, strict=True)
        ]
        changing = [id(weight) for weight in self.model.trainable_weights]
        facts = (kinds, changing, [id(weight) for weight in self.model.weights])
        if self._steps is None or facts != self._steps_for:
            self._steps = Steps(
                self.model,
                loss,
                chosen,
                self.optimizer,
                not self.run_eagerly,
            )
            self._steps_for = facts
        return self._steps

    def key(self) -> Floats:
        """Return the model's random key; a new one after `set_random_seed`."""
        if self._key is None or self._seeded != times_set():
            self._key = next_key()
            self._seeded = times_set()
        return self._key

    def order(self, samples: int, shuffle: bool) -> Floats:
        """Return the order of samples in the epoch that begins now.

        Args:
            samples: Number of samples.
            shuffle: Whether it is random; it depends on the key and the updates done.
        """
        if not shuffle:
            return np.arange(samples, dtype=np.int32)
        stream = random.fold_in(self.key(), _SHUFFLE)
        key = random.fold_in(stream, self._iterations)
        # `random.permutation`, its words drawn by compiled code.
        return places_in_order(self._draw(key, samples)).astype(np.int32)

    def rate(self) -> Floats:
        """Return the learning rate as an array, so that it can change unnoticed."""
        rate = self.optimizer.learning_rate
        return np.asarray(0.0 if callable(rate) else rate, np.float64)

    def state(self, steps: Steps, totals: Totals) -> State:
        """Gather the state of training from the model and the optimizer.

        Args:
            steps: The steps that it is for.
            totals: The sums so far.
        """
        memory = [self._slots(variable) for variable in steps.trainable]
        names = memory[0] if memory else {}
        return {
            "trainable": [variable.value for variable in steps.trainable],
            "other": [variable.value for variable in steps.other],
            "slots": {name: [slots[name] for slots in memory] for name in names},
            "totals": totals,
            "step": np.asarray(self._iterations, np.uint32),
        }

    def _slots(self, variable: Variable) -> Slots:
        """Return the optimizer's memory for a weight; a new one for a new weight."""
        if variable not in self._memory:
            self._memory[variable] = self.optimizer.slots(variable.value)
        return self._memory[variable]

    def adopt(self, steps: Steps, state: State) -> Totals:
        """Put a state back into the model and the optimizer.

        Args:
            steps: The steps that it came from.
            state: The state.

        Returns:
            Its sums.
        """
        for name, variables in (("trainable", steps.trainable), ("other", steps.other)):
            for variable, array in zip(variables, state[name], strict=True):
                variable.adopt(np.asarray(array))
        for place, variable in enumerate(steps.trainable):
            slots = {name: each[place] for name, each in state["slots"].items()}
            self._memory[variable] = map_leaves(np.asarray, slots)
        self._iterations = self.optimizer.iterations = int(state["step"])
        return map_leaves(np.asarray, state["totals"])
