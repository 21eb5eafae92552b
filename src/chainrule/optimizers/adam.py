"""Adam and AdamW."""

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
    power,
    zeros_like,
)

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    r"""Momentum divided by the root of a running mean of squared gradients.

    .. math::
        m &\leftarrow m + (1 - \beta_1)(g - m) \\
        v &\leftarrow v + (1 - \beta_2)(g^2 - v) \\
        \alpha &= \eta \sqrt{1 - \beta_2^t} \,/\, (1 - \beta_1^t) \\
        w &\leftarrow w - \frac{\alpha\, m}{\sqrt{v} + \varepsilon}

    As in Keras ε is added to the root of v before its bias is corrected (Kingma and
    Ba's ε-hat). α is computed in float64.

    Args:
        learning_rate: The rate η.
        beta_1: The memory β₁ of the mean, 0 ≤ β₁ < 1.
        beta_2: The memory β₂ of the mean square, 0 ≤ β₂ < 1.
        epsilon: The number ε.
        amsgrad: Whether v is replaced by its largest value so far.
        **kwargs: As in `Optimizer`.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> params, grads = [np.array([1.0])], [np.array([2.0])]
        >>> optimizer = Adam(learning_rate=0.1)
        >>> params, _ = optimizer.update(grads, optimizer.init(params), params, step=0)
        >>> params[0].round(6)
        array([0.9])

    References:
        Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015; Reddi
        et al., "On the convergence of Adam and beyond", ICLR 2018 (amsgrad).
    """

    parameters: ClassVar[dict[str, Rule]] = {
        "beta_1": Interval(0, 1, closed="left"),
        "beta_2": Interval(0, 1, closed="left"),
        "epsilon": Interval(0),
        "amsgrad": Boolean(),
    }

    def __init__(
        self,
        learning_rate: RateLike = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self._check(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, amsgrad=amsgrad)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.amsgrad = amsgrad

    def slots(self, parameter: Array) -> Slots:
        """Return zero means."""
        names = ["momentum", "velocity"]
        names += ["largest_velocity"] if self.amsgrad else []
        return {name: zeros_like(parameter) for name in names}

    def coefficients(self, learning_rate: Array, step: Array) -> Coefficients:
        """Return α, the rate with the means' bias towards zero corrected."""
        t = step + 1.0
        corrected = np.sqrt(1.0 - power(self.beta_2, t)) / (1.0 - power(self.beta_1, t))
        return {"alpha": learning_rate * corrected}

    def step_one(
        self,
        gradient: Array,
        parameter: Array,
        slots: Slots,
        coefficients: Coefficients,
    ) -> tuple[Array, Slots]:
        """Move one parameter."""
        momentum, velocity = slots["momentum"], slots["velocity"]
        momentum = momentum + (gradient - momentum) * (1 - self.beta_1)
        velocity = velocity + (np.square(gradient) - velocity) * (1 - self.beta_2)
        memory: Slots = {"momentum": momentum, "velocity": velocity}
        if self.amsgrad:
            velocity = np.maximum(slots["largest_velocity"], velocity)
            memory["largest_velocity"] = velocity
        descent = momentum * coefficients["alpha"] / (np.sqrt(velocity) + self.epsilon)
        return parameter - descent, memory


class AdamW(Adam):
    r"""Adam with weights that decay on their own, not through the gradient.

    .. math:: w \leftarrow w - \eta \lambda w, \quad\text{then as Adam.}

    Args:
        learning_rate: The rate η.
        weight_decay: The decay λ.
        beta_1: As in `Adam`.
        beta_2: As in `Adam`.
        epsilon: As in `Adam`.
        amsgrad: As in `Adam`.
        **kwargs: As in `Optimizer`.

    Raises:
        ValueError: An argument is not as described.

    Examples:
        >>> params, grads = [np.array([1.0])], [np.array([2.0])]
        >>> optimizer = AdamW(learning_rate=0.1, weight_decay=0.5)
        >>> params, _ = optimizer.update(grads, optimizer.init(params), params, step=0)
        >>> params[0].round(6)
        array([0.85])

    References:
        Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    def __init__(
        self,
        learning_rate: RateLike = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=weight_decay,
            **kwargs,
        )
