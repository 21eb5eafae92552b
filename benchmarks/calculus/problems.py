"""What is differentiated: formulas in the names that NumPy and its kin share.

``xp`` is a contestant's namespace (NumPy itself for chainrule). All is float64, but for
the per-example gradients, which are float32 as networks are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

STEPS = 1000
DT = 0.01
BATCH, INPUTS, HIDDEN = 256, 32, 64
SOFTENING = 1e-3


@dataclass(frozen=True)
class Problem:
    """One derivative.

    Args:
        title: The line of the table.
        arguments: Makes the arrays, the same for everyone.
        inner: How many calls one timing makes.
        tolerance: Largest relative difference between two contestants' answers.
    """

    title: str
    arguments: Callable[[], tuple[Any, ...]]
    inner: int
    tolerance: float = 1e-7


def rosenbrock(xp: Any, x: Any) -> Any:
    """The banana-shaped valley in any number of dimensions."""
    return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def logistic(xp: Any, w: Any, x: Any, y: Any) -> Any:
    """Mean log-loss of a logistic regression with a small ridge."""
    margins = y * (x @ w)
    return xp.mean(xp.logaddexp(0.0 * margins, -margins)) + 0.005 * xp.sum(w * w)


def potential(xp: Any, x: Any, masses: Any) -> Any:
    """Gravitational energy of softened bodies; each pair counts once."""
    apart = x[:, None, :] - x[None, :, :]
    inverse = (xp.sum(apart * apart, axis=-1) + SOFTENING) ** -0.5
    return -0.5 * xp.sum(masses[:, None] * masses[None, :] * inverse)


def option_prices(
    xp: Any, ndtr: Any, spot: Any, strike: Any, time: Any, rate: Any, volatility: Any
) -> Any:
    """Black and Scholes's price of European calls."""
    root = volatility * xp.sqrt(time)
    d1 = (xp.log(spot / strike) + (rate + 0.5 * volatility**2) * time) / root
    return spot * ndtr(d1) - strike * xp.exp(-rate * time) * ndtr(d1 - root)


def pendulum(xp: Any, state: Any, parameters: Any) -> Any:
    """A damped, driven pendulum: angle, speed and phase."""
    damping, strength, drive = parameters[0], parameters[1], parameters[2]
    angle, speed, phase = state[0], state[1], state[2]
    force = -damping * speed - strength * xp.sin(angle) + drive * xp.cos(phase)
    return xp.stack([speed, force, 0.7 + 0.0 * phase])


def runge_kutta(xp: Any, state: Any, parameters: Any) -> Any:
    """One step of the classical method of fourth order."""
    k1 = pendulum(xp, state, parameters)
    k2 = pendulum(xp, state + 0.5 * DT * k1, parameters)
    k3 = pendulum(xp, state + 0.5 * DT * k2, parameters)
    k4 = pendulum(xp, state + DT * k3, parameters)
    return state + DT / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def example_loss(xp: Any, weights: Any, x: Any, y: Any) -> Any:
    """Squared error of one example under a small network."""
    w1, b1, w2, b2 = weights
    hidden = xp.tanh(x @ w1 + b1)
    return xp.sum((hidden @ w2 + b2 - y) ** 2)


def _bodies() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((1000, 3)), rng.uniform(0.5, 1.5, 1000)


def _regression() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((10_000, 100))
    w = rng.standard_normal(100) / 10
    y = np.sign(x @ rng.standard_normal(100) + rng.standard_normal(10_000))
    return w, x, y


def _options() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    n = 1_000_000
    return (
        rng.uniform(80, 120, n),
        rng.uniform(80, 120, n),
        rng.uniform(0.1, 2, n),
        rng.uniform(0.0, 0.05, n),
        rng.uniform(0.1, 0.5, n),
    )


def _network() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    shapes = ((INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, 1), (1,))
    weights = tuple(
        [(rng.standard_normal(shape) / 6).astype(np.float32) for shape in shapes]
    )
    x = rng.standard_normal((BATCH, INPUTS)).astype(np.float32)
    y = rng.standard_normal((BATCH, 1)).astype(np.float32)
    return weights, x, y


def _valley(n: int) -> Callable[[], tuple[Any, ...]]:
    return lambda: (np.random.default_rng(0).uniform(-1, 1, n),)


PROBLEMS = {
    "rosenbrock_2": Problem("gradient of Rosenbrock, 2", _valley(2), 2000),
    "rosenbrock_100": Problem("gradient of Rosenbrock, 100", _valley(100), 2000),
    "rosenbrock_100k": Problem("gradient of Rosenbrock, 100,000", _valley(100_000), 50),
    "hessian": Problem("Hessian, logistic regression 10,000 × 100", _regression, 3),
    "hvp": Problem("HVP, logistic regression 10,000 × 100", _regression, 50),
    "bodies": Problem("forces of 1,000 bodies", _bodies, 3),
    "greeks": Problem("1,000,000 options, price and 5 Greeks", _options, 1, 1e-6),
    "pendulum": Problem(
        "1,000 steps of Runge-Kutta, gradient",
        lambda: (np.array([0.5, 0.0, 0.0]), np.array([0.1, 1.0, 0.5])),
        20,
    ),
    "examples": Problem("gradients of 256 examples, 32-64-1", _network, 200, 1e-3),
}
