"""JAX: ``jit`` of ``grad``, in float64."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from calculus import problems as p

jax.config.update("jax_enable_x64", True)


def solvers(threads: int) -> dict[str, Any]:
    """A function for each problem."""
    valley = jax.jit(jax.grad(lambda x: p.rosenbrock(jnp, x)))

    def loss(w: Any, x: Any, y: Any) -> Any:
        return p.logistic(jnp, w, x, y)

    def product(w: Any, x: Any, y: Any) -> Any:
        slope = jax.grad(lambda w: loss(w, x, y))
        return jax.jvp(slope, (w,), (jnp.ones_like(w),))[1]

    def greeks(*market: Any) -> Any:
        def total(*market: Any) -> Any:
            prices = p.option_prices(jnp, norm.cdf, *market)
            return jnp.sum(prices), prices

        slopes = jax.grad(total, argnums=(0, 2, 3, 4), has_aux=True)
        first, second, prices = jax.jvp(
            lambda spot: slopes(spot, *market[1:]),
            (market[0],),
            (jnp.ones_like(market[0]),),
            has_aux=True,
        )
        return (prices, *first, second[0])

    def last(start: Any, parameters: Any) -> Any:
        def step(state: Any, _: Any) -> Any:
            return p.runge_kutta(jnp, state, parameters), None

        return jnp.sum(jax.lax.scan(step, start, None, length=p.STEPS)[0][:2])

    def example(weights: Any, x: Any, y: Any) -> Any:
        return p.example_loss(jnp, weights, x, y)

    return {
        "rosenbrock_2": valley,
        "rosenbrock_100": valley,
        "rosenbrock_100k": valley,
        "hessian": jax.jit(jax.hessian(loss)),
        "hvp": jax.jit(product),
        "bodies": jax.jit(jax.grad(lambda x, m: p.potential(jnp, x, m))),
        "greeks": jax.jit(greeks),
        "pendulum": jax.jit(jax.grad(last, argnums=(0, 1))),
        "examples": jax.jit(jax.vmap(jax.grad(example), in_axes=(None, 0, 0))),
    }


def prepare(arguments: Any) -> Any:
    """Arrays on the device, so that no call pays for bringing them there."""
    return jax.tree.map(jnp.asarray, arguments)


def ready(result: Any) -> Any:
    """Wait until the result is there."""
    return jax.block_until_ready(result)
