"""Adagrad and RMSprop: rates that follow the size of past gradients."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from chainrule._parameters import Boolean, Interval, Rule
from chainrule._typing import Array
from chainrule.optimizers.optimizer import (
    Coefficients,
    Optimizer,
    RateLike,
    Slots,
    zeros_like,
)

__all__ = ["Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    r"""Rates divided by the root of the sum of past squared gradients.

    .. math::
        a &\leftarrow a + g^2 \\
        w &\leftarrow w - \frac{\eta\, g}{\sqrt{a + \varepsilon}}

    Args:
        learning_rate: The rate η.
        initial_accumulator_value: First value of a.
        epsilon: The number ε.
        **kwargs: As in `Optimizer`.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> params, grads = [np.array([1.0])], [np.array([2.0])]
        >>> optimizer = Adagrad(learning_rate=0.1, initial_accumulator_value=0.0)
        >>> optimizer.update(grads, optimizer.init(params), params, step=0)[0]
        [array([0.9])]

    References:
        Duchi et al., "Adaptive subgradient methods for online learning and stochastic
        optimization", JMLR 12 (2011).
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "initial_accumulator_value": Interval(0),
        "epsilon": Interval(0),
    }

    def __init__(
        self,
        learning_rate: RateLike = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self._check(
            initial_accumulator_value=initial_accumulator_value, epsilon=epsilon
        )
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def slots(self, parameter: Array) -> Slots:
        """Return the first sum of squares."""
        start = self.initial_accumulator_value
        return {"accumulator": np.full(parameter.shape, start, parameter.dtype)}

    def step_one(
        self,
        gradient: Array,
        parameter: Array,
        slots: Slots,
        coefficients: Coefficients,
    ) -> tuple[Array, Slots]:
        """Move one parameter down its scaled gradient."""
        accumulator = slots["accumulator"] + np.square(gradient)
        descent = gradient * coefficients["learning_rate"]
        moved = parameter - descent / np.sqrt(accumulator + self.epsilon)
        return moved, {"accumulator": accumulator}


class RMSprop(Optimizer):
    r"""Rates divided by the root of a running mean of squared gradients.

    .. math::
        v &\leftarrow \rho v + (1 - \rho) g^2 \\
        w &\leftarrow w - \frac{\eta\, g}{\sqrt{v + \varepsilon}}

    With ``centered`` the square of the gradients' running mean is taken off v; with
    momentum the last term is accumulated: m ← μ m + (…), w ← w - m.

    Args:
        learning_rate: The rate η.
        rho: The memory ρ of the running means, 0 ≤ ρ < 1.
        momentum: The momentum μ, 0 ≤ μ ≤ 1.
        epsilon: The number ε.
        centered: Whether v is centred to a variance.
        **kwargs: As in `Optimizer`.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> params, grads = [np.array([1.0])], [np.array([2.0])]
        >>> optimizer = RMSprop(learning_rate=0.1, rho=0.0)
        >>> optimizer.update(grads, optimizer.init(params), params, step=0)[0]
        [array([0.9])]

    References:
        Hinton, "Neural networks for machine learning", lecture 6, 2012.
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "rho": Interval(0, 1, closed="left"),
        "momentum": Interval(0, 1, closed="both"),
        "epsilon": Interval(0),
        "centered": Boolean(),
    }

    def __init__(
        self,
        learning_rate: RateLike = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self._check(rho=rho, momentum=momentum, epsilon=epsilon, centered=centered)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon
        self.centered = centered

    def slots(self, parameter: Array) -> Slots:
        """Return zero running means."""
        names = ["velocity"]
        names += ["mean"] if self.centered else []
        names += ["momentum"] if self.momentum else []
        return {name: zeros_like(parameter) for name in names}

    def step_one(
        self,
        gradient: Array,
        parameter: Array,
        slots: Slots,
        coefficients: Coefficients,
    ) -> tuple[Array, Slots]:
        """Move one parameter down its scaled gradient."""
        rho = self.rho
        velocity = rho * slots["velocity"] + (1 - rho) * np.square(gradient)
        memory: Slots = {"velocity": velocity}
        spread = velocity
        if self.centered:
            memory["mean"] = rho * slots["mean"] + (1 - rho) * gradient
            spread = velocity - np.square(memory["mean"])
        descent = gradient * coefficients["learning_rate"]
        descent = descent / np.sqrt(spread + self.epsilon)
        if self.momentum:
            descent = self.momentum * slots["momentum"] + descent
            memory["momentum"] = descent
        return parameter - descent, memory
