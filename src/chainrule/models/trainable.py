"""What makes a layer trainable: compile, fit, evaluate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from chainrule._parameters import (
    Boolean,
    Interval,
    NonNegativeInt,
    OneOf,
    PositiveInt,
    Rule,
    check_parameters,
)
from chainrule._typing import Floats, Shape
from chainrule.callbacks.callback import Callback, CallbackList, Logs
from chainrule.callbacks.history import History
from chainrule.callbacks.progress import (
    ProgressBar,
    announce,
    format_logs,
    format_seconds,
)
from chainrule.layers.layer import Layer
from chainrule.losses.loss import Loss
from chainrule.losses.registry import LossLike
from chainrule.metrics.registry import MetricLike
from chainrule.models.data import as_data, check_lengths, split_validation
from chainrule.models.fitting import Evaluation, Fitting
from chainrule.models.slices import Interrupts
from chainrule.models.steps import Steps
from chainrule.models.trainer import Predictor, Trainer
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.registry import OptimizerLike

__all__ = ["BATCH_SIZE", "Trainable"]

BATCH_SIZE = PositiveInt()
_VERBOSE = OneOf("auto", 0, 1, 2)


class Trainable(Layer):
    """The half of `Model` that trains.

    Args:
        **kwargs: As in `Layer`.
    """

    fit_parameters: ClassVar[dict[str, Rule]] = {
        "batch_size": BATCH_SIZE,
        "validation_batch_size": BATCH_SIZE,
        "epochs": NonNegativeInt(),
        "initial_epoch": NonNegativeInt(),
        "validation_split": Interval(0, 1),
        "validation_freq": BATCH_SIZE,
        "shuffle": Boolean(),
        "verbose": _VERBOSE,
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.history: History | None = None
        self.stop_training = False
        self._trainer: Trainer | None = None
        self._predictor: Predictor | None = None

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer given to `compile`."""
        return self._compiled("optimizer").optimizer

    @property
    def loss(self) -> Loss | None:
        """The loss given to `compile`."""
        return self._compiled("loss").loss

    def compile(
        self,
        optimizer: OptimizerLike = "rmsprop",
        loss: LossLike | None = None,
        metrics: Sequence[MetricLike] | MetricLike | None = None,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int | str = 1,
        jit_compile: bool | str = "auto",
    ) -> None:
        """Choose how to train.

        Args:
            optimizer: An optimizer, or its name.
            loss: A loss, its name, or a function of ``y_true`` and ``y_pred``.
            metrics: Metrics, their names, or such functions.
            run_eagerly: Whether Python runs every step, to debug ``call``.
            steps_per_execution: Accepted for Keras's sake; steps are always joined.
            jit_compile: Accepted for Keras's sake; steps are always compiled.

        Raises:
            ValueError: A name is unknown.
        """
        single = metrics is not None and not isinstance(metrics, (list, tuple))
        chosen: Any = [metrics] if single else list(metrics or [])  # type: ignore[arg-type]
        self._trainer = Trainer(self, optimizer, loss, chosen, run_eagerly)
        self._predictor = None

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: tuple[Any, Any] | None = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Train for some epochs.

        Ctrl-C ends training cleanly: weights and history are kept.

        Args:
            x: Inputs; used as they are, batch by batch, never copied whole.
            y: Targets.
            batch_size: Samples in a batch, 32 by default; the last may be smaller.
            epochs: Number of the last epoch (counted from `initial_epoch`).
            verbose: 0 nothing, 1 a live bar on a terminal, 2 one line an epoch;
                ``"auto"`` is 1.
            callbacks: Callbacks, or a single one.
            validation_split: Part of the samples, the last ones, to validate on.
            validation_data: Inputs and targets to validate on after each epoch.
            shuffle: Whether each epoch takes the samples in another random order.
            initial_epoch: Number of the first epoch, from 0.
            validation_batch_size: Samples in a validation batch; as in training by
                default.
            validation_freq: Number of epochs from one validation to the next.

        Returns:
            The results of each epoch.

        Raises:
            ValueError: Data or an argument is not as described.
            RuntimeError: The model was not compiled.
            DivergenceError: The loss or a weight became NaN or infinite.
        """
        trainer = self._compiled("fit")
        batch_size = 32 if batch_size is None else batch_size
        test_size = (
            batch_size if validation_batch_size is None else validation_batch_size
        )
        given = {
            "batch_size": batch_size,
            "validation_batch_size": test_size,
            "epochs": epochs,
            "initial_epoch": initial_epoch,
            "validation_split": validation_split,
            "validation_freq": validation_freq,
            "shuffle": shuffle,
            "verbose": verbose,
        }
        check_parameters("fit", self.fit_parameters, given)
        data, validation = _parted(x, y, validation_data, validation_split)
        if validation is not None:
            self._steps(trainer, *validation)
        steps = self._steps(trainer, *data)
        history = self.history = History()
        self.stop_training = False
        shown = [ProgressBar(live=False if verbose == 2 else None)] if verbose else []
        count = -(-len(data[0]) // batch_size)
        params = {"epochs": epochs, "steps": count, "verbose": verbose}
        given_ones = CallbackList(callbacks or ()).callbacks
        every = CallbackList([*given_ones, *shown, history], self, params)
        with Interrupts() as interrupts:
            fitting = Fitting(
                trainer,
                steps,
                *data,
                batch_size=batch_size,
                shuffle=shuffle,
                callbacks=every,
                interrupts=interrupts,
            )

            def validate(epoch: int) -> Logs:
                if validation is None or (epoch + 1) % validation_freq:
                    return {}
                return self._validated(fitting, *validation, test_size)

            try:
                fitting.run(range(initial_epoch, epochs), validate)
            finally:
                for bar in shown:
                    bar.clear()
        if interrupts.noted and verbose:
            done = len(history.epoch)
            announce(f"Interrupted after {done} whole epochs; the weights are kept.")
        return history

    def _validated(
        self, fitting: Fitting, x: Floats, y: Floats, batch_size: int
    ) -> Logs:
        steps = self._steps(fitting.trainer, x, y)
        logs = Evaluation(steps, x, y, batch_size, fitting.callbacks).run()
        return {f"val_{name}": value for name, value in logs.items()}

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Compute loss and metrics without training.

        Args:
            x: Inputs.
            y: Targets.
            batch_size: Samples in a batch, 32 by default.
            verbose: 0 for nothing, else the results are printed.
            callbacks: Callbacks, or a single one.
            return_dict: Whether the results come by name.

        Returns:
            The loss, or a list of loss and metrics, or a dict of them.

        Raises:
            ValueError: Data or an argument is not as described.
            RuntimeError: The model was not compiled.
        """
        trainer = self._compiled("evaluate")
        batch_size = 32 if batch_size is None else batch_size
        rules = {"batch_size": BATCH_SIZE, "verbose": _VERBOSE}
        values = {"batch_size": batch_size, "verbose": verbose}
        check_parameters("evaluate", rules, values)
        data = _pair(x, y)
        steps = self._steps(trainer, *data)
        every = CallbackList(callbacks or (), self, values)
        began = time.perf_counter()
        logs = Evaluation(steps, *data, batch_size, every).run()
        if verbose:
            seconds = format_seconds(time.perf_counter() - began)
            announce(f"Evaluation  {seconds}  {format_logs(logs)}")
        return _results(logs, return_dict)

    def train_on_batch(self, x: Any, y: Any = None, return_dict: bool = False) -> Any:
        """Do one step of training.

        Args:
            x: Inputs.
            y: Targets.
            return_dict: Whether the results come by name.

        Returns:
            The batch's loss, or a list of loss and metrics, or a dict of them.

        Raises:
            ValueError: The data is not as described.
            DivergenceError: The loss or a weight became NaN or infinite.
        """
        trainer = self._compiled("train_on_batch")
        data = _pair(x, y)
        fitting = Fitting(
            trainer,
            self._steps(trainer, *data),
            *data,
            batch_size=len(data[0]),
            shuffle=False,
            callbacks=CallbackList((), self),
            interrupts=Interrupts(),
        )
        return _results(fitting.epoch(0), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, return_dict: bool = False) -> Any:
        """Compute loss and metrics of one batch without training.

        Args:
            x: Inputs.
            y: Targets.
            return_dict: Whether the results come by name.

        Returns:
            As `evaluate` does.
        """
        size = max(1, len(x))
        return self.evaluate(x, y, size, verbose=0, return_dict=return_dict)

    def _steps(self, trainer: Trainer, x: Floats, y: Floats) -> Steps:
        """Build the model for some data, check the data, and return its steps."""
        return trainer.steps(y, self.output_shape_for(x))

    def output_shape_for(self, x: Floats) -> Shape:
        """Build the model for some inputs, and tell the shape of its output.

        Args:
            x: Inputs.

        Raises:
            ValueError: A layer can't take the shape; the message names the layer.
        """
        self._check_input(x.shape)
        shape = self.compute_output_shape((None, *x.shape[1:]))
        return (len(x), *shape[1:])  # type: ignore[return-value]

    def _check_input(self, shape: Shape) -> None:
        if self.input_spec is not None and shape != self._accepted_shape:
            self.input_spec.check(self._title(), shape)

    def _title(self) -> str:
        return f"model {self.name!r}"

    def _compiled(self, action: str) -> Trainer:
        if self._trainer is None:
            raise RuntimeError(
                f"{action} needs to know how to train {self.name!r}, which was not "
                'compiled: call model.compile(optimizer="adam", loss=...) first.'
            )
        return self._trainer


def _pair(x: Any, y: Any, names: tuple[str, str] = ("x", "y")) -> tuple[Floats, Floats]:
    pair = as_data(x, names[0]), as_data(y, names[1])
    check_lengths(*pair, names)
    return pair


def _validation(data: Any) -> tuple[Floats, Floats] | None:
    if data is None:
        return None
    if not isinstance(data, (tuple, list)) or len(data) != 2:  # type: ignore[arg-type]
        raise ValueError(
            "validation_data must be a pair (x, y) of arrays, got "
            f"{type(data).__name__}: pass validation_data=(x_test, y_test)."
        )
    return _pair(data[0], data[1], ("validation x", "validation y"))


def _parted(
    x: Any, y: Any, validation_data: Any, validation_split: float
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats] | None]:
    """Check the data, and part it into that to train and that to validate on."""
    data = _pair(x, y)
    if validation_data is None and validation_split:
        return split_validation(*data, validation_split)
    return data, _validation(validation_data)


def _results(logs: Logs, return_dict: bool) -> Any:
    if return_dict:
        return logs
    values = list(logs.values())
    return values if len(values) > 1 else values[0]
