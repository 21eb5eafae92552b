"""The base of optimizers: pure functions from gradients to new weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np

from chainrule._parameters import Interval, Optional, Rule, check_parameters
from chainrule._typing import Array
from chainrule.core.tree import flatten, unflatten
from chainrule.optimizers.clipping import clip_by_global_norm, clip_by_norm

__all__ = ["Coefficients", "Optimizer", "RateLike", "Slots", "State"]

RateLike: TypeAlias = float | Callable[[Any], Any]
Slots: TypeAlias = dict[str, Any]
State: TypeAlias = dict[str, Any]
Coefficients: TypeAlias = dict[str, Any]

_POSITIVE = Optional(Interval(0, closed="neither"))


class Optimizer:
    """Base of optimizers; a subclass defines ``step_one`` and, with memory, ``slots``.

    An optimizer has no state of its own: `init` makes it, `update` takes it and
    returns the next. So an update can be compiled with the step that it ends.

    Args:
        learning_rate: The rate, or a function of the step's number that returns it.
        weight_decay: Part of each weight taken away at each step, times the rate.
        clipnorm: Largest norm of each gradient.
        clipvalue: Largest magnitude of each number in a gradient.
        global_clipnorm: Largest norm of all gradients together.
        name: A name.

    Attributes:
        iterations: Number of updates done so far by the model that is trained.

    Examples:
        >>> class SignDescent(Optimizer):
        ...     def step_one(self, gradient, parameter, slots, coefficients):
        ...         step = np.sign(gradient) * coefficients["learning_rate"]
        ...         return parameter - step, slots
        >>> params = [np.array([1.0, -1.0])]
        >>> optimizer = SignDescent(learning_rate=0.5)
        >>> optimizer.update(params, optimizer.init(params), params, step=0)[0]
        [array([ 0.5, -0.5])]
    """

    parameters: ClassVar[dict[str, Rule]] = {}
    _common: ClassVar[dict[str, Rule]] = {
        "learning_rate": Interval(0),
        "weight_decay": Optional(Interval(0)),
        "clipnorm": _POSITIVE,
        "clipvalue": _POSITIVE,
        "global_clipnorm": _POSITIVE,
    }

    def __init__(
        self,
        learning_rate: RateLike = 0.001,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
    ) -> None:
        limits = {
            "clipnorm": clipnorm,
            "clipvalue": clipvalue,
            "global_clipnorm": global_clipnorm,
        }
        self._check_common(weight_decay=weight_decay, **limits)
        given = [key for key, value in limits.items() if value is not None]
        if len(given) > 1:
            raise ValueError(
                f"{type(self).__name__} takes one of clipnorm, clipvalue and "
                f"global_clipnorm, got {' and '.join(given)}: choose one."
            )
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.name = name or type(self).__name__.lower()
        self.iterations = 0

    @property
    def learning_rate(self) -> RateLike:
        """The rate, or the function that gives it; it may be changed while training."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: RateLike) -> None:
        if not callable(value):
            self._check_common(learning_rate=value)
            value = float(value)
        self._learning_rate = value

    def slots(self, parameter: Array) -> Slots:
        """Return the first memory for one parameter, by name.

        Args:
            parameter: The parameter.
        """
        return {}

    def coefficients(self, learning_rate: Array, step: Array) -> Coefficients:
        """Return the numbers that all parameters share in one step.

        Args:
            learning_rate: The rate of this step.
            step: Number of updates done before.
        """
        return {"learning_rate": learning_rate}

    def step_one(
        self,
        gradient: Array,
        parameter: Array,
        slots: Slots,
        coefficients: Coefficients,
    ) -> tuple[Array, Slots]:
        """Update one parameter; every optimizer overrides it.

        Args:
            gradient: Gradient of the loss.
            parameter: The parameter.
            slots: Its memory.
            coefficients: The step's numbers, in the parameter's dtype.

        Returns:
            The new parameter and its new memory.

        Raises:
            NotImplementedError: The optimizer doesn't override it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} defines no step_one(self, gradient, parameter, "
            "slots, coefficients)."
        )

    def init(self, params: Any) -> State:
        """Make the memory for some parameters.

        Args:
            params: The parameters: a list, a dict, any container of arrays.

        Returns:
            For each name in `slots` a container like that of the parameters.
        """
        leaves, structure = flatten(params)
        made = [self.slots(leaf) for leaf in leaves]
        names = made[0] if made else {}
        return {
            name: unflatten(structure, [slots[name] for slots in made])
            for name in names
        }

    def update(
        self,
        grads: Any,
        state: State,
        params: Any,
        step: Array,
        learning_rate: Array | None = None,
    ) -> tuple[Any, State]:
        """Do one step of descent.

        Args:
            grads: Gradient of the loss for each parameter, in a container like theirs.
            state: The memory.
            params: The parameters.
            step: Number of updates done before, from 0.
            learning_rate: The rate, in place of the optimizer's own.

        Returns:
            The new parameters and the new memory.
        """
        rate = self.rate(step) if learning_rate is None else learning_rate
        shared = self.coefficients(rate, step)
        leaves, structure = flatten(params)
        entries = {name: flatten(tree)[0] for name, tree in state.items()}
        updated: list[Array] = []
        memory: dict[str, list[Array]] = {name: [] for name in state}
        for index, gradient in enumerate(self._clipped(flatten(grads)[0])):
            parameter = leaves[index]
            numbers = {key: _cast(x, parameter.dtype) for key, x in shared.items()}
            decayed = self._decayed(parameter, _cast(rate, parameter.dtype))
            slots = {name: each[index] for name, each in entries.items()}
            parameter, slots = self.step_one(gradient, decayed, slots, numbers)
            updated.append(parameter)
            for name in memory:
                memory[name].append(slots[name])
        state = {name: unflatten(structure, each) for name, each in memory.items()}
        return unflatten(structure, updated), state

    def rate(self, step: Array) -> Array:
        """Return the learning rate of a step.

        Args:
            step: Number of updates done before.
        """
        rate = self._learning_rate
        return rate(step) if callable(rate) else rate

    def _decayed(self, parameter: Array, rate: Array) -> Array:
        if not self.weight_decay:
            return parameter
        return parameter - parameter * self.weight_decay * rate

    def _clipped(self, grads: list[Array]) -> list[Array]:
        if self.clipnorm is not None:
            return [clip_by_norm(gradient, self.clipnorm) for gradient in grads]
        if self.global_clipnorm is not None:
            return clip_by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue is not None:
            limit = self.clipvalue
            return [np.clip(gradient, -limit, limit) for gradient in grads]
        return grads

    def _check(self, **values: Any) -> None:
        check_parameters(type(self).__name__, self.parameters, values)

    def _check_common(self, **values: Any) -> None:
        check_parameters(type(self).__name__, self._common, values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} learning_rate={self._learning_rate}>"


def zeros_like(parameter: Array) -> Array:
    """Return zeros of a parameter's shape and dtype."""
    return np.zeros(parameter.shape, parameter.dtype)


def power(base: float, exponent: Array) -> Array:
    """Return base to a possibly traced exponent, in float64."""
    if base == 0.0:
        return exponent * 0.0
    return np.exp(exponent * math.log(base))


def _cast(number: Array, dtype: np.dtype[Any]) -> Array:
    """Bring a coefficient to a parameter's dtype; Python numbers adapt alone."""
    return number.astype(dtype) if hasattr(number, "astype") else number
