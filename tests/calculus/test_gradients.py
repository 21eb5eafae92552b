"""Gradients against closed forms: orders, containers, control flow, dtypes, errors."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.core.errors import MissingRuleError, ShapeError
from chainrule.core.tree import flatten


def nth(f, order):
    for _ in range(order):
        f = cr.grad(f)
    return f


DERIVATIVES = {
    "exp": (np.exp, [np.exp] * 5),
    "sin": (
        np.sin,
        [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin],
    ),
    "log": (
        np.log,
        [
            np.log,
            lambda x: 1 / x,
            lambda x: -1 / x**2,
            lambda x: 2 / x**3,
            lambda x: -6 / x**4,
        ],
    ),
    "cube": (
        lambda x: x * x * x,
        [
            lambda x: x**3,
            lambda x: 3 * x**2,
            lambda x: 6 * x,
            lambda x: 6.0,
            lambda x: 0.0,
        ],
    ),
    "tanh": (
        np.tanh,
        [
            np.tanh,
            lambda x: 1 - np.tanh(x) ** 2,
            lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
            lambda x: (1 - np.tanh(x) ** 2) * (6 * np.tanh(x) ** 2 - 2),
            lambda x: (
                8 * np.tanh(x) * (1 - np.tanh(x) ** 2) * (2 - 3 * np.tanh(x) ** 2)
            ),
        ],
    ),
}


@pytest.mark.parametrize("order", range(5))
@pytest.mark.parametrize("name", DERIVATIVES)
def test_orders_match_closed_forms(name, order):
    f, wanted = DERIVATIVES[name]
    for x in (0.3, 1.7):
        assert_allclose(nth(f, order)(x), wanted[order](x), rtol=1e-12, atol=1e-14)


def test_value_and_grad_of_a_sum_of_squares():
    value, gradient = cr.value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    assert value == 5.0
    assert isinstance(value, np.float64)
    assert_allclose(gradient, [2.0, 4.0])


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Weights:
    kernel: Any
    bias: Any


CONTAINERS = [
    {"a": np.ones(2), "b": [np.ones(3), (np.float64(2.0), None)]},
    [np.ones(2), {"c": np.zeros(())}],
    (np.ones(1),),
    Point(np.ones(2), np.ones(3)),
    Weights(np.ones((2, 2)), {"b": np.ones(2)}),
]


@pytest.mark.parametrize("tree", CONTAINERS, ids=lambda tree: type(tree).__name__)
def test_a_gradient_has_the_container_of_its_argument(tree):
    def f(tree):
        leaves, _ = flatten(tree)
        return sum(np.sum(np.sin(leaf) * (n + 1)) for n, leaf in enumerate(leaves))

    gradient = cr.grad(f)(tree)
    leaves, structure = flatten(tree)
    got, got_structure = flatten(gradient)
    assert got_structure == structure
    for number, (leaf, bar) in enumerate(zip(leaves, got, strict=True)):
        assert_allclose(bar, np.cos(leaf) * (number + 1))


def test_argnums_choose_the_arguments():
    def f(x, y, z):
        return x * y * y * z

    assert cr.grad(f, argnums=1)(2.0, 3.0, 5.0) == 60.0
    assert cr.grad(f, argnums=(0, -1))(2.0, 3.0, 5.0) == (45.0, 18.0)


def test_keywords_are_not_differentiated():
    assert cr.grad(lambda x, power: x**power)(2.0, power=3) == 12.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_keeps_the_dtype(dtype):
    x = np.linspace(-1, 1, 5).astype(dtype)
    value, gradient = cr.value_and_grad(lambda x: np.mean(0.5 * np.tanh(x) ** 2 + 1))(x)
    assert value.dtype == dtype
    assert gradient.dtype == dtype
    h = np.tanh(x.astype(float))
    assert_allclose(gradient, h * (1 - h**2) / 5, rtol=10 * np.finfo(dtype).eps)


def test_python_decides_by_values():
    def f(x):
        total = x
        while total < 10:
            total = total * x
        return total if total > 12 else -total

    assert cr.grad(f)(2.0) == 32.0  # x**4
    assert cr.grad(f)(10.5) == -1.0


def test_python_loops_and_indices():
    def f(x):
        return sum(x[i] * x[i + 1] for i in range(len(x) - 1))

    assert_allclose(cr.grad(f)(np.array([1.0, 2.0, 3.0])), [2.0, 4.0, 2.0])


def test_an_argument_that_is_not_used_has_gradient_zero():
    gradient = cr.grad(lambda x, y: np.sum(y), argnums=(0, 1))(np.ones(2), np.ones(3))
    assert_allclose(gradient[0], [0.0, 0.0])
    assert_allclose(gradient[1], [1.0, 1.0, 1.0])
    gradient[1][0] = 5.0  # what comes back is the caller's own


def test_stop_gradient_makes_constants():
    def f(tree):
        held = cr.stop_gradient(tree)
        return tree["x"] * held["x"] + held["n"]

    assert cr.grad(lambda x: f({"x": x, "n": 3.0}))(2.0) == 2.0
    assert cr.stop_gradient([1.0, None]) == [1.0, None]


def test_aux_is_passed_through_and_follows_outer_transforms():
    def f(x):
        return x**2, {"double": 2 * x, "name": "f"}

    gradient, aux = cr.grad(f, has_aux=True)(3.0)
    assert gradient == 6.0
    assert aux == {"double": 6.0, "name": "f"}
    (value, aux), gradient = cr.value_and_grad(f, has_aux=True)(3.0)
    assert (value, aux["double"], gradient) == (9.0, 6.0, 6.0)
    outer = cr.grad(lambda x: cr.grad(f, has_aux=True)(x)[1]["double"])
    assert outer(3.0) == 2.0
    doubled = cr.jit(lambda x: cr.grad(lambda y: (y * y, y + 1), has_aux=True)(x)[1])
    assert doubled(3.0) == 4.0


def test_integers_have_no_gradient():
    with pytest.raises(TypeError, match=r"an argument of dtype int64 at .*test_gr"):
        cr.grad(lambda x: x * x)(3)
    with pytest.raises(TypeError, match=r"got leaf \['n'\] of dtype int64"):
        cr.grad(lambda p: p["x"])({"x": 1.0, "n": np.arange(3)})
    with pytest.raises(TypeError, match="got an argument of str"):
        cr.grad(lambda x: x)("three")


def test_a_gradient_needs_one_scalar():
    with pytest.raises(ShapeError, match=r"one scalar result .* got float64\[2\]"):
        cr.grad(lambda x: x * 2.0)(np.ones(2))
    with pytest.raises(ShapeError, match="got 2 results"):
        cr.grad(lambda x: (x, x))(1.0)
    with pytest.raises(TypeError, match=r"floating-point result .* got bool\[\]"):
        cr.grad(lambda x: x > 0)(1.0)
    with pytest.raises(TypeError, match=r"returns arrays or containers .* got str"):
        cr.grad(lambda x: "x")(1.0)
    with pytest.raises(TypeError, match=r"returns \(value, aux\)"):
        cr.grad(lambda x: x, has_aux=True)(1.0)


@pytest.mark.parametrize("order", [None, 2, 3])
def test_a_length_of_zero_has_no_curvature_made_up(order):
    """Its slope there is 0 by convention, and so are the higher derivatives."""

    def f(x):
        return np.linalg.norm(x * np.ones(2), order)

    assert [nth(f, n)(0.0) for n in (1, 2, 3)] == [0.0, 0.0, 0.0]


def test_argnums_that_repeat_would_share_one_argument():
    for argnums in ((0, 0), (0, -2)):
        with pytest.raises(ValueError, match=r"argnums that differ, got .*once"):
            cr.grad(lambda x, y: x * y, argnums=argnums)(1.0, 2.0)


def test_the_slope_of_a_remainder_goes_with_its_value():
    """1.0 / 0.1 rounds to 10, but 0.1 goes into 1.0 nine times, and leaves 0.0999…"""
    assert np.floor_divide(1.0, 0.1) == 9.0
    assert cr.grad(np.remainder, argnums=1)(1.0, 0.1) == -9.0
    assert cr.jit(cr.grad(np.fmod, argnums=1))(1.0, 0.1) == -9.0


def test_argnums_out_of_range():
    with pytest.raises(ValueError, match="among the 1 positional arguments, got 3"):
        cr.grad(lambda x: x, argnums=3)(1.0)


def test_a_function_without_a_rule_is_named():
    with pytest.raises(MissingRuleError, match=r"numpy\.isnat at .*test_gradients"):
        cr.grad(lambda x: np.isnat(x))(1.0)
