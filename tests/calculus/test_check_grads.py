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


def planted(record, factor=1.001):
    """A record whose first derivative rule is wrong by a factor."""
    rule = record.jvp[0]
    rules = (lambda *xs, **params: e.mul(rule(*xs, **params), factor), *record.jvp[1:])
    return replace(record, jvp=rules)


WRONG = r"wrong by 0.001 of it, which is not rounding: {} has a rule for argument 0 th"


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_the_operation_whose_rule_is_wrong_is_named(mode):
    square = planted(e.square)

    def f(x):
        return np.sin(np.exp(square(np.tanh(x))))

    with pytest.raises(AssertionError, match=WRONG.format("square")):
        cr.check_grads(f, (np.array([1.5, 0.5]),), modes=mode)


def test_it_is_named_inside_loops():
    square = planted(e.square)

    def step(carry, x):
        return cr.fori_loop(0, 2, lambda i, c: np.sin(square(c) * x), carry), x

    def f(x):
        return cr.scan(step, x[0], x)[0]

    with pytest.raises(AssertionError, match="square inside scan inside scan has a r"):
        cr.check_grads(f, (np.array([0.7, 0.8, 0.9]),))


def test_a_wrong_transpose_is_named():
    rule = e.mul.transpose[0]
    wrong = (lambda *xs: rule(*xs) * 1.001, e.mul.transpose[1])
    mul = replace(e.mul, transpose=wrong, jvp=(lambda dx, z, x, y: mul(dx, y), None))
    cr.check_grads(lambda x: np.sin(mul(x, np.float64(2.0))), (0.3,), modes="fwd")
    with pytest.raises(
        AssertionError, match=r"mul has .* in reverse mode .* a transpose"
    ):
        cr.check_grads(lambda x: np.sin(mul(x, np.float64(2.0))), (0.3,))


def test_a_wrong_rule_by_hand_is_named():
    @cr.custom_jvp
    def cube(x):
        return x**3

    @cube.defjvp
    def rule(primals, tangents):
        return cube(*primals), 3.003 * primals[0] ** 2 * tangents[0]

    def in_a_loop(x):
        return cr.scan(lambda c, _: (cube(c), None), x, length=2)[0]

    name = r"the custom rule of cube \(.*test_check_grads.py:\d+\)"
    for f in (cube, in_a_loop, lambda x: np.sin(cube(x))):
        with pytest.raises(AssertionError, match=name):
            cr.check_grads(f, (0.8,))


@pytest.mark.parametrize("limit", [None, 10.0])
def test_a_wrong_backward_rule_by_hand_is_named(limit):
    """One that forward mode can transpose, and one that it cannot."""

    @cr.custom_vjp
    def cube(x):
        return x**3

    def bwd(x, z):
        z = z if limit is None else np.clip(z, -limit, limit)
        return (3.003 * x**2 * z,)

    cube.defvjp(lambda x: (cube(x), x), bwd)
    with pytest.raises(AssertionError, match=r"the custom rule of cube \(.* gives"):
        cr.check_grads(lambda x: np.sin(cube(x)), (0.8,), modes="rev")


def test_right_rules_are_not_accused():
    """Where the function itself is wrong to differentiate, it is not a rule's fault."""
    with pytest.raises(AssertionError, match="not rounding: stop_gradient has a rule"):
        cr.check_grads(lambda x: x * np.sin(cr.stop_gradient(x)), (0.8,))


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: np.where(x > 0, np.sqrt(x), 0.0), "sqrt"),
        (lambda x: np.where(x > 0, x * np.log(x), 0.0), "log"),
        (lambda x: np.where(x != 0, np.sin(x) / x, 1.0), "div"),
    ],
)
def test_a_double_where_is_recognised(f, name):
    x = np.array([0.0, 1.0])
    with pytest.raises(AssertionError, match=rf"double where: .* of {name} is not fin"):
        cr.check_grads(lambda x: np.sum(f(x)), (x,), modes="rev")


def test_the_cure_for_a_double_where_works():
    def f(x):
        safe = np.where(x > 0, x, 1.0)
        return np.where(x > 0, np.sqrt(safe), 0.0)

    cr.check_grads(f, (np.array([-0.5, 1.0]),))
    with pytest.raises(AssertionError, match=r"from a double where: .* of sqrt is"):
        cr.check_grads(
            lambda x: np.where(x > 0, np.sqrt(x), 0.0), (np.array([-0.5, 1.0]),)
        )


def test_a_derivative_that_is_not_finite_without_where():
    with pytest.raises(AssertionError, match="got NaN: that of sqrt is not finite at"):
        cr.check_grads(lambda x: np.sqrt(x * x), (0.0,))
