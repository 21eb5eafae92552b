"""jvp, linearize, vjp: against each other and against differences; their errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.core.errors import ShapeError
from chainrule.core.tree import flatten, unflatten


def network(params, x):
    hidden = np.tanh(x @ params["w"] + params["b"])
    return {"out": hidden @ params["v"], "norm": np.sqrt(np.sum(hidden**2))}


@pytest.fixture
def point():
    random = np.random.default_rng(0)
    shapes = {"w": (3, 4), "b": (4,), "v": (4, 2)}
    params = {name: random.standard_normal(shape) for name, shape in shapes.items()}
    return params, random.standard_normal((5, 3))


def like(tree, seed):
    random = np.random.default_rng(seed)
    leaves, structure = flatten(tree)
    drawn = [random.standard_normal(np.shape(leaf)) for leaf in leaves]
    return unflatten(structure, drawn)


def dot(first, second):
    pairs = zip(flatten(first)[0], flatten(second)[0], strict=True)
    return sum(np.sum(a * b) for a, b in pairs)


def test_jvp_linearize_and_vjp_agree(point):
    tangents = (like(point[0], 1), like(point[1], 2))
    y, dy = cr.jvp(network, point, tangents)
    assert_allclose(y["out"], network(*point)["out"])
    again, linear = cr.linearize(network, *point)
    assert_allclose(again["norm"], y["norm"])
    assert_allclose(linear(*tangents)["out"], dy["out"], rtol=1e-12)
    y_bar = like(y, 3)
    _, pullback = cr.vjp(network, *point)
    assert_allclose(dot(pullback(y_bar), tangents), dot(y_bar, dy), rtol=1e-12)
    assert_allclose(dot(pullback(y_bar), tangents), dot(y_bar, dy), rtol=1e-12)


def test_derivatives_of_the_network_are_right(point):
    cr.check_grads(network, point, order=2)


def test_a_linear_map_is_linear(point):
    _, linear = cr.linearize(lambda x: network(point[0], x)["out"], point[1])
    first, second = like(point[1], 1), like(point[1], 2)
    assert_allclose(linear(first + 2 * second), linear(first) + 2 * linear(second))


def test_results_that_do_not_move_have_zero_tangents():
    y, dy = cr.jvp(lambda x: (np.ones(2), x > 0, x), (1.0,), (3.0,))
    assert_allclose(dy[0], [0.0, 0.0])
    assert (dy[1], dy[2]) == (False, 3.0)
    assert y[1]
    _, linear = cr.linearize(lambda x: (np.ones(2), x), 1.0)
    assert_allclose(linear(2.0)[0], [0.0, 0.0])
    _, pullback = cr.vjp(lambda x: (np.ones(2), x * 2.0), 1.0)
    assert pullback((np.ones(2), 1.0)) == (2.0,)


def test_the_same_result_twice_adds_up():
    _, pullback = cr.vjp(lambda x: (x, x), 1.0)
    assert pullback((2.0, 3.0)) == (5.0,)


def test_broadcasting_is_summed_back():
    _, pullback = cr.vjp(np.add, np.ones((2, 3)), np.ones(3))
    bars = pullback(np.ones((2, 3)))
    assert_allclose(bars[1], [2.0, 2.0, 2.0])


def test_directions_must_match():
    with pytest.raises(TypeError, match=r"primals of jvp as a tuple .* got ndarray"):
        cr.jvp(np.sin, np.ones(2), (np.ones(2),))
    with pytest.raises(ValueError, match=r"one tangent for each .* 1 primals, got 2"):
        cr.jvp(np.sin, (1.0,), (1.0, 1.0))
    with pytest.raises(ShapeError, match=r"a tangent of shape \(2,\) and dtype"):
        cr.jvp(np.sin, (np.ones(2),), (np.ones(3),))
    tangent = {"a": np.ones(2, np.float32)}
    with pytest.raises(ShapeError, match=r"at leaf \['a'\], got \(2,\) and float32"):
        cr.jvp(lambda p: p["a"], ({"a": np.ones(2)},), (tangent,))
    with pytest.raises(ValueError, match=r"containers \{'a': \*\}, got \[\*\]"):
        cr.jvp(lambda p: p["a"], ({"a": 1.0},), ([1.0],))
    with pytest.raises(ValueError, match=r"a cotangent in the containers \(\*, \*\)"):
        cr.vjp(lambda x: (x, x), 1.0)[1](1.0)
    with pytest.raises(TypeError, match="floating-point inputs to jvp"):
        cr.jvp(np.sin, (1,), (1.0,))
