"""The base of metrics: a mean over samples, pure inside, stateful outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np

from chainrule._names import snake_case
from chainrule._parameters import Rule, check_parameters
from chainrule._typing import Array

__all__ = ["FunctionMetric", "Mean", "Metric", "State"]

State: TypeAlias = tuple[Any, Any]


class Metric:
    """Base of metrics; a subclass defines ``values(y_true, y_pred)``.

    The pure functions `start`, `advance` and `finish` are what training compiles:
    the state is a sum and a count, both in float64. For use by hand there are
    Keras's `update_state`, `result` and `reset_state`, made of the same functions.

    Args:
        name: A name; the class's in snake case by default.

    Examples:
        >>> class Bias(Metric):
        ...     def values(self, y_true, y_pred):
        ...         return np.mean(y_pred - y_true, axis=-1)
        >>> metric = Bias()
        >>> metric.update_state(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
        >>> metric.result()
        1.5
    """

    parameters: ClassVar[dict[str, Rule]] = {}

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self._state = self.start()

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Compute the value of each sample; every metric overrides it.

        Args:
            y_true: Targets.
            y_pred: Predictions.

        Raises:
            NotImplementedError: The metric doesn't override it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} defines no values(self, y_true, y_pred): a metric "
            "computes one number for each sample there; their mean is its result."
        )

    def start(self) -> State:
        """Return the state before the first sample."""
        return np.zeros(()), np.zeros(())

    def advance(self, state: State, y_true: Any, y_pred: Any) -> State:
        """Return the state after some more samples.

        Args:
            state: The state before.
            y_true: Targets.
            y_pred: Predictions.
        """
        return add_values(state, self.values(y_true, y_pred))

    def finish(self, state: State) -> float:
        """Return the result for a state; NaN where there were no samples."""
        total, count = state
        return float(total) / float(count) if count else float("nan")

    def update_state(self, y_true: Any, y_pred: Any) -> None:
        """Take some more samples into account.

        Args:
            y_true: Targets.
            y_pred: Predictions.
        """
        self._state = self.advance(self._state, y_true, y_pred)

    def result(self) -> float:
        """Return the result for the samples so far."""
        return self.finish(self._state)

    def reset_state(self) -> None:
        """Forget all samples."""
        self._state = self.start()

    def __call__(self, y_true: Any, y_pred: Any) -> float:
        """Take some more samples into account and return the result."""
        self.update_state(y_true, y_pred)
        return self.result()

    def _check(self, **values: Any) -> None:
        check_parameters(type(self).__name__, self.parameters, values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class FunctionMetric(Metric):
    """A metric made of a function.

    Args:
        function: ``function(y_true, y_pred)``, one number for each sample or one.
        name: A name; the function's by default.

    Examples:
        >>> metric = FunctionMetric(lambda y_true, y_pred: abs(y_true - y_pred), "gap")
        >>> metric(np.array([1.0]), np.array([3.0]))
        2.0
    """

    def __init__(
        self, function: Callable[[Any, Any], Any], name: str | None = None
    ) -> None:
        super().__init__(name or getattr(function, "__name__", "metric"))
        self.function = function

    def values(self, y_true: Any, y_pred: Any) -> Array:
        """Call the function."""
        return self.function(y_true, y_pred)


class Mean(Metric):
    """The mean of the values given.

    Args:
        name: A name.

    Examples:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 2.0, 6.0])
        >>> mean.result()
        3.0
    """

    def update_state(self, values: Any, y_pred: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take some more values into account."""
        self._state = add_values(self._state, np.asarray(values))

    def __call__(self, values: Any, y_pred: Any = None) -> float:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take some more values into account and return the result."""
        self.update_state(values)
        return self.result()


def add_values(state: State, values: Array) -> State:
    """Return a sum and a count with some more values in them."""
    total, count = state
    return total + np.sum(values.astype(np.float64)), count + values.size
