"""Jacobians, Hessians and Hessian-vector products."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.core.errors import ShapeError


def central(f, x, h=1e-6):
    columns = []
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        columns.append((f(x + step) - f(x - step)) / (2 * h))
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape(*stacked.shape[:-1], *x.shape)


@pytest.mark.parametrize("outputs", [2, 12])
@pytest.mark.parametrize("wrap", [lambda f: f, cr.jit], ids=["plain", "jit"])
def test_tall_and_wide_jacobians(outputs, wrap):
    random = np.random.default_rng(0)
    matrix, x = random.standard_normal((6, outputs)), random.standard_normal((2, 3))

    def f(x):
        return np.tanh(np.reshape(x, 6) @ matrix)

    got = wrap(cr.jacobian(f))(x)
    assert got.shape == (outputs, 2, 3)
    assert_allclose(got, central(f, x), atol=1e-8)


def test_containers_of_blocks():
    def f(p, q):
        return {"y": p["a"] * q, "one": np.ones(2)}

    blocks = cr.jacobian(f, argnums=(0, 1))({"a": np.array([2.0, 3.0])}, 5.0)
    assert_allclose(blocks["y"][0]["a"], np.diag([5.0, 5.0]))
    assert_allclose(blocks["y"][1], [2.0, 3.0])
    assert_allclose(blocks["one"][0]["a"], np.zeros((2, 2)))
    wide = cr.jacobian(lambda p: (np.sum(p["a"]), 1.0))({"a": np.ones(3)})
    assert_allclose(wide[0]["a"], np.ones(3))
    assert_allclose(wide[1]["a"], np.zeros(3))


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.parametrize("wrap", [lambda f: f, cr.jit], ids=["plain", "jit"])
def test_hessian_of_rosenbrock(wrap):
    x = np.array([0.5, 1.5])
    want = [[1200 * 0.25 - 400 * 1.5 + 2, -400 * 0.5], [-400 * 0.5, 200]]
    assert_allclose(wrap(cr.hessian(rosenbrock))(x), want)
    third = wrap(cr.jacobian(cr.hessian(rosenbrock)))(x)
    assert_allclose(third[0, 0], [2400 * 0.5, -400])


def test_hvp_is_the_hessian_times_the_vector():
    x, v = np.array([0.5, 1.5, -1.0]), np.array([1.0, -2.0, 0.5])
    assert_allclose(cr.hvp(rosenbrock, (x,), (v,)), cr.hessian(rosenbrock)(x) @ v)
    first, second = cr.hvp(lambda x, y: x * y**2, (2.0, 3.0), (1.0, 10.0))
    assert (first, second) == (60.0, 46.0)


def test_errors():
    with pytest.raises(TypeError, match="floating-point results for jacobian"):
        cr.jacobian(lambda x: x > 0)(np.ones(2))
    with pytest.raises(ShapeError, match="one scalar result"):
        cr.hessian(lambda x: x)(np.ones(2))
    with pytest.raises(TypeError, match=r"primals of hvp as a tuple .* \(primal,\)"):
        cr.hvp(rosenbrock, np.ones(2), np.ones(2))
