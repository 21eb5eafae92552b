"""autograd: derivatives of NumPy calls, traced anew at each call."""

from typing import Any

import autograd.numpy as anp
from autograd import elementwise_grad, grad, hessian, hessian_vector_product
from autograd.scipy.stats import norm

from calculus import problems as p


def solvers(threads: int) -> dict[str, Any]:
    """A function for each problem."""
    valley = grad(lambda x: p.rosenbrock(anp, x))

    def loss(w: Any, x: Any, y: Any) -> Any:
        return p.logistic(anp, w, x, y)

    def product(w: Any, x: Any, y: Any) -> Any:
        return hessian_vector_product(loss)(w, x, y, anp.ones_like(w))

    def price(*market: Any) -> Any:
        return p.option_prices(anp, norm.cdf, *market)

    def greeks(*market: Any) -> Any:
        first = [elementwise_grad(price, k)(*market) for k in (0, 2, 3, 4)]
        gamma = elementwise_grad(elementwise_grad(price, 0), 0)(*market)
        return (price(*market), *first, gamma)

    def last(start: Any, parameters: Any) -> Any:
        state = start
        for _ in range(p.STEPS):
            state = p.runge_kutta(anp, state, parameters)
        return anp.sum(state[:2])

    def examples(weights: Any, x: Any, y: Any) -> Any:
        one = grad(lambda w, a, b: p.example_loss(anp, w, a, b))
        each = [one(weights, a, b) for a, b in zip(x, y, strict=True)]
        return tuple([anp.stack(parts) for parts in zip(*each, strict=True)])

    return {
        "rosenbrock_2": valley,
        "rosenbrock_100": valley,
        "rosenbrock_100k": valley,
        "hessian": hessian(loss),
        "hvp": product,
        "bodies": grad(lambda x, m: p.potential(anp, x, m)),
        "greeks": greeks,
        "pendulum": lambda a, b: (grad(last, 0)(a, b), grad(last, 1)(a, b)),
        "examples": examples,
    }


def ready(result: Any) -> Any:
    """Arrays are computed when the call returns."""
    return result
