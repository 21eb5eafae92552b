"""PyTorch: ``torch.func``, eager, as its documentation shows."""

from typing import Any

import torch
from torch.func import grad, hessian, jvp, vmap

from calculus import problems as p


def solvers(threads: int) -> dict[str, Any]:
    """A function for each problem."""
    torch.set_num_threads(threads)
    valley = grad(lambda x: p.rosenbrock(torch, x))

    def loss(w: Any, x: Any, y: Any) -> Any:
        return p.logistic(torch, w, x, y)

    def product(w: Any, x: Any, y: Any) -> Any:
        slope = grad(lambda w: loss(w, x, y))
        return jvp(slope, (w,), (torch.ones_like(w),))[1]

    def greeks(*market: Any) -> Any:
        def total(*market: Any) -> Any:
            prices = p.option_prices(torch, torch.special.ndtr, *market)
            return torch.sum(prices), prices

        slopes = grad(total, argnums=(0, 2, 3, 4), has_aux=True)
        first, second, prices = jvp(
            lambda spot: slopes(spot, *market[1:]),
            (market[0],),
            (torch.ones_like(market[0]),),
            has_aux=True,
        )
        return (prices, *first, second[0])

    def last(start: Any, parameters: Any) -> Any:
        state = start
        for _ in range(p.STEPS):
            state = p.runge_kutta(torch, state, parameters)
        return torch.sum(state[:2])

    def example(weights: Any, x: Any, y: Any) -> Any:
        return p.example_loss(torch, weights, x, y)

    return {
        "rosenbrock_2": valley,
        "rosenbrock_100": valley,
        "rosenbrock_100k": valley,
        "hessian": hessian(loss),
        "hvp": product,
        "bodies": grad(lambda x, m: p.potential(torch, x, m)),
        "greeks": greeks,
        "pendulum": grad(last, argnums=(0, 1)),
        "examples": vmap(grad(example), in_dims=(None, 0, 0)),
    }


def prepare(arguments: Any) -> Any:
    """Tensors."""
    return torch.utils._pytree.tree_map(torch.as_tensor, arguments)


def ready(result: Any) -> Any:
    """Tensors are computed when the call returns."""
    return result
