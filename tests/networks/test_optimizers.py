"""Optimizers against the textbook's formulas over several steps, in float64."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import optimizers

START = [np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0.1, -0.1])]
GRADS = [
    [np.random.default_rng(step).normal(size=p.shape) for p in START]
    for step in range(6)
]


def run(optimizer, steps=6):
    params = [p.copy() for p in START]
    state = optimizer.init(params)
    for step in range(steps):
        params, state = optimizer.update(GRADS[step], state, params, step)
    return params


def expected(one):
    """Apply ``one(w, gradients)`` to each weight and all its gradients."""
    return [one(w.copy(), [g[i] for g in GRADS]) for i, w in enumerate(START)]


def sgd(lr=0.01, mu=0.0, nesterov=False):
    def one(w, gradients):
        v = 0
        for g in gradients:
            v = mu * v - lr * g
            w = w + (mu * v - lr * g if nesterov else v)
        return w

    return one


def adagrad(w, gradients, lr=0.001):
    for n in range(len(gradients)):
        total = 0.1 + sum(g**2 for g in gradients[: n + 1])
        w = w - lr * gradients[n] / np.sqrt(total + 1e-7)
    return w


def rmsprop(lr=0.001, rho=0.9, mu=0.0, centered=False):
    def one(w, gradients):
        square = mean = m = 0
        for g in gradients:
            square = rho * square + (1 - rho) * g**2
            mean = rho * mean + (1 - rho) * g
            spread = square - mean**2 if centered else square
            m = mu * m + lr * g / np.sqrt(spread + 1e-7)
            w = w - m
        return w

    return one


def adam(lr=0.001, b1=0.9, b2=0.999, decay=0.0, amsgrad=False):
    def one(w, gradients):
        largest = 0
        for t in range(1, len(gradients) + 1):
            past = gradients[:t]
            m = (1 - b1) * sum(b1 ** (t - 1 - i) * g for i, g in enumerate(past))
            v = (1 - b2) * sum(b2 ** (t - 1 - i) * g**2 for i, g in enumerate(past))
            largest = np.maximum(largest, v)
            v = largest if amsgrad else v
            alpha = lr * math.sqrt(1 - b2**t) / (1 - b1**t)
            w = w * (1 - lr * decay)
            w = w - alpha * m / (np.sqrt(v) + 1e-7)
        return w

    return one


CASES = [
    (optimizers.SGD(), sgd()),
    (optimizers.SGD(0.1, momentum=0.9), sgd(0.1, 0.9)),
    (optimizers.SGD(0.1, momentum=0.9, nesterov=True), sgd(0.1, 0.9, True)),
    (optimizers.Adagrad(), adagrad),
    (optimizers.RMSprop(), rmsprop()),
    (optimizers.RMSprop(0.01, 0.8, 0.5), rmsprop(0.01, 0.8, 0.5)),
    (optimizers.RMSprop(centered=True), rmsprop(centered=True)),
    (optimizers.Adam(), adam()),
    (optimizers.Adam(0.1, 0.8, 0.99), adam(0.1, 0.8, 0.99)),
    (optimizers.Adam(amsgrad=True), adam(amsgrad=True)),
    (optimizers.AdamW(), adam(decay=0.004)),
    (optimizers.AdamW(0.01, weight_decay=0.1), adam(0.01, decay=0.1)),
]


@pytest.mark.parametrize(("optimizer", "formula"), CASES)
def test_six_steps(optimizer, formula):
    for got, want in zip(run(optimizer), expected(formula), strict=True):
        assert_allclose(got, want, rtol=1e-12)


def test_one_step_of_adam_by_hand():
    # m = 0.1 g, v = 0.001 g², α = η √0.001 / 0.1, so w moves by η against the sign.
    params, _ = optimizers.Adam(0.5).update(
        [np.array([4.0])], optimizers.Adam().init([np.array([1.0])]), [np.ones(1)], 0
    )
    want = 1 - 0.5 * 4 * math.sqrt(0.001) / (math.sqrt(0.001 * 16) + 1e-7)
    assert_allclose(params[0], want, rtol=1e-14)


@pytest.mark.parametrize("name", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_dtype_names_and_purity(name):
    optimizer = optimizers.get(name)
    assert optimizers.get(name.upper()).name == name
    params = [np.ones(3, np.float32)]
    grads = [np.full(3, 0.5, np.float32)]
    state = optimizer.init(params)
    rate = np.asarray(0.01)
    step = np.asarray(3, np.uint32)
    new, after = optimizer.update(grads, state, params, step, rate)
    assert new[0].dtype == np.float32
    assert all(entries[0].dtype == np.float32 for entries in after.values())
    assert_array_equal(params[0], np.ones(3))
    again, _ = optimizer.update(grads, state, params, step, rate)
    assert_array_equal(new[0], again[0])


def test_parameters_in_a_dict():
    params = {"w": START[0], "deep": [START[1]]}
    optimizer = optimizers.SGD(0.1, momentum=0.5)
    new, state = optimizer.update(params, optimizer.init(params), params, 0)
    assert_allclose(new["deep"][0], 0.9 * START[1])
    assert_allclose(state["velocity"]["w"], -0.1 * START[0])


@pytest.mark.parametrize(
    ("limit", "want"),
    [
        ({"clipvalue": 0.5}, [[0.5, -0.5], [0.1]]),
        ({"clipnorm": 1.0}, [[0.6, -0.8], [0.1]]),
        (
            {"global_clipnorm": 1.0},
            [[3 / math.sqrt(25.01), -4 / math.sqrt(25.01)], [0.1 / math.sqrt(25.01)]],
        ),
        ({"global_clipnorm": 9.0}, [[3.0, -4.0], [0.1]]),
    ],
)
def test_limits_on_gradients(limit, want):
    grads = [np.array([3.0, -4.0]), np.array([0.1])]
    zeros = [np.zeros(2), np.zeros(1)]
    new, _ = optimizers.SGD(1.0, **limit).update(grads, {}, zeros, 0)
    for got, value in zip(new, want, strict=True):
        assert_allclose(-got, value)


def test_two_limits_are_refused():
    with pytest.raises(ValueError, match=r"takes one of .* got clipnorm and clipvalue"):
        optimizers.Adam(clipnorm=1.0, clipvalue=1.0)


@pytest.mark.parametrize("rate", [-1.0, math.nan, "fast", None])
def test_a_bad_rate_is_refused(rate):
    message = "Adam: learning_rate must be a number"
    with pytest.raises(ValueError, match=message):
        optimizers.Adam(rate)
    with pytest.raises(ValueError, match=message):
        optimizers.Adam().learning_rate = rate


def test_a_rate_may_be_a_function_of_the_step():
    optimizer = optimizers.SGD(lambda step: 0.1 / (step + 1))
    params = [np.zeros(1)]
    for step in range(3):
        params, _ = optimizer.update([np.ones(1)], {}, params, step)
    assert_allclose(params[0], -0.1 * (1 + 1 / 2 + 1 / 3))


def test_an_optimizer_must_say_how():
    with pytest.raises(NotImplementedError, match="defines no step_one"):
        optimizers.Optimizer().update(START, {}, START, 0)
