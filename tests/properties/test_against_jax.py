"""Random programs, and their gradients, as JAX computes them."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.core.primitive import REGISTRY
from tests.properties.programs import SMOOTH_TABLE, plans
from tests.properties.test_random_programs import BOUNDED, sized

NAMED = {
    **{"neg": jnp.negative, "sub": jnp.subtract, "mul": jnp.multiply, "add": jnp.add},
    **{"div": jnp.divide, "erf": jax.scipy.special.erf, "select": jnp.where},
    **{"logistic": jax.nn.sigmoid, "logaddexp": jnp.logaddexp},
    "reduce_sum": lambda x, axes: jnp.sum(x, axis=axes),
    "reduce_max": lambda x, axes: jnp.max(x, axis=axes),
    "reduce_min": lambda x, axes: jnp.min(x, axis=axes),
    "reduce_prod": lambda x, axes: jnp.prod(x, axis=axes),
    "reshape": lambda x, shape: jnp.reshape(x, shape),
    "transpose": lambda x, axes: jnp.transpose(x, axes),
    "broadcast_to": lambda x, shape: jnp.broadcast_to(x, shape),
    "concatenate": lambda *xs, axis: jnp.concatenate(xs, axis),
    "take": lambda x, indices, axis: jnp.take(x, indices, axis),
    "cumsum": lambda x, axis: jnp.cumsum(x, axis),
    "cumprod": lambda x, axis: jnp.cumprod(x, axis),
    "sort": lambda x, axis: jnp.sort(x, axis),
}
SHARED = (
    *("abs", "square", "maximum", "minimum", "remainder", "exp", "exp2", "expm1"),
    *("log", "log2", "log10", "log1p", "sqrt", "cbrt", "power", "sin", "cos", "tan"),
    *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh"),
    *("arctanh", "arctan2", "matmul"),
)
MEANINGS = {**NAMED, **{name: getattr(jnp, name) for name in SHARED}}
TABLE = [row for row in SMOOTH_TABLE if row[0].name in MEANINGS]


def in_jax(record, *operands, **params):
    return MEANINGS[record.name](*map(jnp.asarray, operands), **params)


def test_the_names_are_of_the_book():
    assert set(SHARED) <= set(REGISTRY)
    assert len({record.name for record, _ in TABLE}) >= 45


@settings(BOUNDED, max_examples=60)
@given(plans(TABLE))
def test_values_and_gradients_are_those_of_jax(plan):
    sized(plan)
    arguments = plan.arguments()
    places = tuple(range(len(arguments)))
    with jax.enable_x64(True):
        want = jax.value_and_grad(
            lambda *xs: jnp.asarray(plan.total(*xs, apply=in_jax)), argnums=places
        )(*map(jnp.asarray, arguments))
        want = jax.tree.map(np.asarray, want)
    value, slopes = cr.value_and_grad(plan.total, argnums=places)(*arguments)
    assert_allclose(value, want[0], rtol=1e-9, atol=1e-9)
    for mine, theirs in zip(slopes, want[1], strict=True):
        assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)
