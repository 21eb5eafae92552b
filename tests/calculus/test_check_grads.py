"""check_grads accepts what is right, and catches what is wrong, and says which."""

from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.primitives import elementwise as e


def test_right_rules_pass_to_the_fourth_order():
    cr.check_grads(np.tanh, (np.array([5.0, 1e-9, -0.3]),), order=4)
    for x in (-20.0, 0.0, 50.0):
        cr.check_grads(np.exp, (x,), order=4)


def test_rounding_is_not_taken_for_a_wrong_rule():
    cr.check_grads(lambda x: np.sum(x**2) + 1e8, (np.full(3, 0.3),))
    cr.check_grads(lambda x: x.astype(np.float32) ** 2, (np.full(3, 0.3),))


def wrong_square(factor):
    """A square whose derivative is off by a factor."""
    rule = e.square.jvp[0]
    primitive = replace(e.square, jvp=(lambda *xs: e.mul(rule(*xs), factor),))
    return lambda x: primitive(x)


@pytest.mark.parametrize("mode", ["fwd", "rev"])
@pytest.mark.parametrize("off", [1e-3, 1e-5])
def test_a_wrong_rule_is_caught(mode, off):
    square = wrong_square(np.float64(1 + off))
    with pytest.raises(AssertionError, match=f"argument 0, {mode}.*which is not round"):
        cr.check_grads(square, (np.float64(1.5),), modes=mode)


def test_the_argument_and_the_leaf_are_named():
    square = wrong_square(np.float64(1.001))

    def f(x, p):
        return x * p["a"] + square(p["b"])

    with pytest.raises(AssertionError, match=r"argument 1, leaf \['b'\], fwd"):
        cr.check_grads(f, (1.0, {"a": 2.0, "b": np.float64(3.0)}))


def test_the_order_is_named():
    def f(x):  # x**2 with a right slope, but a slope whose own derivative is not
        return x * cr.stop_gradient(x) + 0.5 * (x * x - cr.stop_gradient(x * x))

    cr.check_grads(f, (0.7,))
    with pytest.raises(AssertionError, match="argument 0, fwd then fwd"):
        cr.check_grads(f, (0.7,), order=2, modes=("fwd", "rev"))


def test_a_kink_is_called_a_kink():
    with pytest.raises(AssertionError, match="a kink at the point: the slopes beside"):
        cr.check_grads(lambda x: np.where(x > 0, x, 0.0), (np.array([0.0, 1.0]),))
    cr.check_grads(np.abs, (np.array([0.1, -0.1]),))


def test_points_outside_the_domain():
    with pytest.raises(AssertionError, match="finite values near the point"):
        cr.check_grads(np.log, (-1.0,))


def test_values_too_rough_to_tell():
    with pytest.raises(AssertionError, match="smooth enough for differences to tell"):
        cr.check_grads(lambda x: x * x + 1e14, (0.3,))


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="an order from 1 and modes among"):
        cr.check_grads(np.sin, (1.0,), order=0)
    with pytest.raises(ValueError, match=r"modes \('sideways',\)"):
        cr.check_grads(np.sin, (1.0,), modes="sideways")
    with pytest.raises(TypeError, match="floating-point inputs to check_grads"):
        cr.check_grads(np.sin, (1,))
