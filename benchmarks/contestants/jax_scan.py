"""JAX by hand: an epoch is one compiled call with one ``lax.scan`` over the steps.

Threefry masks drawn in the step and rows gathered in the step measured faster here
than RBG bits, masks drawn for the whole epoch, and rows gathered once an epoch.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from workloads import ADAM, Array, Data, Work

from contestants.clock import timed

Weights = list[tuple[jax.Array, jax.Array]]
State = tuple[Weights, Weights, Weights, jax.Array]


def initial(work: Work) -> State:
    """Glorot-uniform kernels, zero biases, zero moments, step 0."""
    rng = np.random.default_rng(0)
    weights: Weights = []
    for inputs, outputs in work.layers:
        limit = (6 / (inputs + outputs)) ** 0.5
        kernel = rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)
        weights.append((jnp.asarray(kernel), jnp.zeros(outputs)))
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.int32(0)


def forward(
    weights: Weights, x: jax.Array, key: jax.Array | None = None, rate: float = 0.0
) -> jax.Array:
    """Logits, or values; dropout after each hidden layer when there is a key."""
    for index, (kernel, bias) in enumerate(weights[:-1]):
        x = jax.nn.relu(x @ kernel + bias)
        if key is not None and rate > 0:
            each = jax.random.fold_in(key, index)
            keep = jax.random.bernoulli(each, 1 - rate, x.shape)
            x = jnp.where(keep, x * (1 / (1 - rate)), 0)
    kernel, bias = weights[-1]
    return x @ kernel + bias


def loss(
    work: Work, weights: Weights, x: jax.Array, y: jax.Array, key: jax.Array
) -> jax.Array:
    """Mean cross-entropy of the logits, or mean squared error."""
    out = forward(weights, x, key, work.dropout)
    if work.kind == "regress":
        return jnp.mean((out - y) ** 2)
    picked = jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], axis=1)
    return -jnp.mean(picked)


def adam(state: State, slopes: Weights) -> State:
    """One step of Adam, written as Keras writes it."""
    weights, first, second, step = state
    b1, b2 = ADAM["beta_1"], ADAM["beta_2"]
    step = step + 1
    time = step.astype(jnp.float32)
    rate = ADAM["learning_rate"] * jnp.sqrt(1 - b2**time) / (1 - b1**time)
    first = jax.tree.map(lambda m, g: m + (1 - b1) * (g - m), first, slopes)
    second = jax.tree.map(lambda v, g: v + (1 - b2) * (g * g - v), second, slopes)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + ADAM["epsilon"]),
        weights,
        first,
        second,
    )
    return weights, first, second, step


def epoch_of(work: Work, unroll: int) -> Callable[..., tuple[State, jax.Array]]:
    """The compiled epoch ``(state, x, y, order, key) -> state``."""
    whole = work.rows - work.rows % work.batch

    def step(
        x: jax.Array, y: jax.Array, state: State, each: tuple[jax.Array, jax.Array]
    ) -> tuple[State, jax.Array]:
        rows, key = each
        value, slopes = jax.value_and_grad(partial(loss, work))(
            state[0], x[rows], y[rows], key
        )
        return adam(state, slopes), value

    @partial(jax.jit, donate_argnums=0)
    def epoch(
        state: State, x: jax.Array, y: jax.Array, order: jax.Array, key: jax.Array
    ) -> tuple[State, jax.Array]:
        keys = jax.random.split(key, work.steps)
        batches = order[:whole].reshape(-1, work.batch)
        each = (batches, keys[: len(batches)])
        state, values = lax.scan(partial(step, x, y), state, each, unroll=unroll)
        if whole < work.rows:
            state, _ = step(x, y, state, (order[whole:], keys[-1]))
        return state, values.mean()

    return epoch


class Trainer:
    """The state on the device, and the epoch that moves it."""

    def __init__(self, work: Work, data: Data, unroll: int) -> None:
        self.rows = work.rows
        self.x, self.y = jnp.asarray(data.x), jnp.asarray(data.y)
        self.state = initial(work)
        self.epoch = epoch_of(work, unroll)
        self.rng = np.random.default_rng(0)
        self.key = jax.random.key(0)

    def once(self) -> None:
        """Shuffle on the host (faster here than JAX's sort), then one call."""
        self.key, key = jax.random.split(self.key)
        order = self.rng.permutation(self.rows).astype(np.int32)
        self.state, value = self.epoch(self.state, self.x, self.y, order, key)
        value.block_until_ready()

    def train(self, epochs: int) -> list[float]:
        """Seconds of each epoch."""
        return timed(self.once, epochs)

    def predict(self, x: Array) -> Array:
        """Logits, or values."""
        return np.asarray(forward(self.state[0], jnp.asarray(x)))


def prepare(work: Work, data: Data, threads: int) -> Trainer:
    """The plain form: ``lax.scan`` as documented, nothing unrolled."""
    del threads
    return Trainer(work, data, unroll=1)
