"""chainrule: NumPy code, differentiated and compiled."""

from typing import Any

import numpy as np
from scipy import special

import chainrule as cr
from calculus import problems as p


def solvers(threads: int) -> dict[str, Any]:
    """A function for each problem."""
    cr.config.set_num_threads(threads)
    valley = cr.jit(cr.grad(lambda x: p.rosenbrock(np, x)))

    def loss(w: Any, x: Any, y: Any) -> Any:
        return p.logistic(np, w, x, y)

    def product(w: Any, x: Any, y: Any) -> Any:
        return cr.hvp(lambda w: loss(w, x, y), (w,), (np.ones_like(w),))

    def greeks(*market: Any) -> Any:
        def price(*market: Any) -> Any:
            return p.option_prices(np, special.ndtr, *market)

        slopes = cr.elementwise_grad(price, argnums=(0, 2, 3, 4))
        first, second = cr.jvp(
            lambda spot: slopes(spot, *market[1:]),
            (market[0],),
            (np.ones_like(market[0]),),
        )
        return (price(*market), *first, second[0])

    def last(start: Any, parameters: Any) -> Any:
        def step(state: Any, _: Any) -> Any:
            return p.runge_kutta(np, state, parameters), None

        return np.sum(cr.scan(step, start, None, length=p.STEPS)[0][:2])

    def example(weights: Any, x: Any, y: Any) -> Any:
        return p.example_loss(np, weights, x, y)

    return {
        "rosenbrock_2": valley,
        "rosenbrock_100": valley,
        "rosenbrock_100k": valley,
        "hessian": cr.jit(cr.hessian(loss)),
        "hvp": cr.jit(product),
        "bodies": cr.jit(cr.grad(lambda x, m: p.potential(np, x, m))),
        "greeks": cr.jit(greeks),
        "pendulum": cr.jit(cr.grad(last, argnums=(0, 1))),
        "examples": cr.jit(cr.vmap(cr.grad(example), in_axes=(None, 0, 0))),
    }


def ready(result: Any) -> Any:
    """Arrays are computed when the call returns."""
    return result
