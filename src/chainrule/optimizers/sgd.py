"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from chainrule._parameters import Boolean, Interval, Rule
from chainrule._typing import Array
from chainrule.optimizers.optimizer import (
    Coefficients,
    Optimizer,
    RateLike,
    Slots,
    zeros_like,
)

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Gradient descent, with momentum if wanted.

    .. math::
        v &\leftarrow \mu v - \eta g \\
        w &\leftarrow w + v \quad\text{or, with Nesterov's momentum,}\quad
        w \leftarrow w + \mu v - \eta g

    Args:
        learning_rate: The rate η.
        momentum: The momentum μ, 0 ≤ μ ≤ 1.
        nesterov: Whether Nesterov's momentum is used.
        **kwargs: As in `Optimizer`.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> import numpy as np
        >>> params, grads = [np.array([1.0])], [np.array([2.0])]
        >>> optimizer = SGD(learning_rate=0.1)
        >>> optimizer.update(grads, optimizer.init(params), params, step=0)[0]
        [array([0.8])]

    References:
        Sutskever et al., "On the importance of initialization and momentum in deep
        learning", ICML 2013.
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "momentum": Interval(0, 1, closed="both"),
        "nesterov": Boolean(),
    }

    def __init__(
        self,
        learning_rate: RateLike = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self._check(momentum=momentum, nesterov=nesterov)
        self.momentum, self.nesterov = momentum, nesterov

    def slots(self, parameter: Array) -> Slots:
        """Return zero velocity, where there is momentum."""
        return {"velocity": zeros_like(parameter)} if self.momentum else {}

    def step_one(
        self,
        gradient: Array,
        parameter: Array,
        slots: Slots,
        coefficients: Coefficients,
    ) -> tuple[Array, Slots]:
        """Move one parameter down its gradient."""
        descent = gradient * coefficients["learning_rate"]
        if not self.momentum:
            return parameter - descent, slots
        velocity = slots["velocity"] * self.momentum - descent
        if self.nesterov:
            parameter = parameter + (velocity * self.momentum - descent)
        else:
            parameter = parameter + velocity
        return parameter, {"velocity": velocity}
