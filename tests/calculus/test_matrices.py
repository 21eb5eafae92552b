"""Jacobians, Hessians and Hessian-vector products."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.calculus import images
from chainrule.core.errors import ShapeError


def central(f, x, h=1e-6):
    columns = []
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        columns.append((f(x + step) - f(x - step)) / (2 * h))
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape((*stacked.shape[:-1], *x.shape))


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


WRAPPERS = pytest.mark.parametrize("wrap", [lambda f: f, cr.jit], ids=["plain", "jit"])
VERBS = pytest.mark.parametrize("verb", [cr.jacobian, cr.jacfwd, cr.jacrev])
RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((3, 4))


def model(p, t):
    """Leaves of several shapes, one result that is constant, one of each leaf."""
    (b,) = p["b"]
    return {
        "y": np.tanh(MATRIX @ p["w"] * t + b),
        "half": p["w"][::2] * 2.0,
        "one": np.ones(2),
        "t": np.sin(t),
    }


POINT = {"w": RNG.standard_normal(4), "b": [RNG.standard_normal(3)]}


@VERBS
@WRAPPERS
def test_every_block_either_way(verb, wrap):
    got = wrap(verb(model, argnums=(0, 1)))(POINT, 0.5)
    for name, ndim in (("y", 1), ("half", 1), ("one", 1), ("t", 0)):
        (of_p, of_t) = got[name]
        by_w = central(lambda w, n=name: model({**POINT, "w": w}, 0.5)[n], POINT["w"])
        by_b = central(
            lambda b, n=name: model({**POINT, "b": [b]}, 0.5)[n], POINT["b"][0]
        )
        by_t = central(lambda t, n=name: model(POINT, t)[n], np.array(0.5))
        assert_allclose(of_p["w"], by_w, atol=1e-8)
        assert_allclose(of_p["b"][0], by_b, atol=1e-8)
        assert_allclose(of_t, by_t, atol=1e-8)
        assert np.ndim(of_t) == ndim


@VERBS
@WRAPPERS
@pytest.mark.parametrize("limit", [1, 200])
def test_large_ones_in_parts(monkeypatch, verb, wrap, limit):
    """What the memory allows for at once changes no number."""

    def f(w):
        return np.outer(np.sin(w), np.cumsum(w))

    whole = verb(f)(POINT["w"])
    monkeypatch.setattr(images, "LIMIT", limit)
    assert_allclose(wrap(verb(f))(POINT["w"]), whole, rtol=1e-13)


def test_loops_have_jacobians():
    def f(x):
        return cr.scan(lambda c, row: (np.tanh(c + row @ x), c * x), 0.5, MATRIX)

    dense = [verb(f)(POINT["w"]) for verb in (cr.jacfwd, cr.jacrev)]
    for place in range(2):
        want = central(lambda x, i=place: f(x)[i], POINT["w"])
        assert_allclose(dense[0][place], want, atol=1e-8)
        assert_allclose(dense[1][place], want, atol=1e-8)


@WRAPPERS
def test_hessian_of_containers(wrap):
    def f(p):
        return np.sum(np.exp(p["a"])[:, None] * np.sin(p["b"])) + np.prod(p["b"])

    point = {"a": RNG.standard_normal(2), "b": RNG.standard_normal((1, 3))}
    got = wrap(cr.hessian(f))(point)
    for first in point:
        for second in point:
            want = central(
                lambda x, of=first, by=second: cr.grad(f)({**point, by: x})[of],
                point[second],
            )
            assert_allclose(got[first][second], want, atol=1e-7)


def test_hessian_by_several_arguments():
    got = cr.hessian(lambda x, y: x**2 * y, (0, 1))(3.0, 5.0)
    assert_allclose(np.array(got), [[10.0, 6.0], [6.0, 0.0]])


@VERBS
def test_no_elements(verb):
    assert verb(lambda x: x * 2)(np.zeros(0)).shape == (0, 0)
    assert verb(lambda x: np.ones(2) * np.sum(x))(np.zeros(0)).shape == (2, 0)


def with_aux(x):
    return np.sum(x**3), {"seen": x, "note": "kept"}


@WRAPPERS
@pytest.mark.parametrize("verb", [cr.jacobian, cr.jacfwd, cr.jacrev, cr.hessian])
def test_aux_beside_matrices(verb, wrap):
    def both(x):
        matrix, aux = verb(with_aux, has_aux=True)(x)
        assert aux["note"] == "kept"
        return matrix, aux["seen"]

    x = np.array([1.0, 2.0])
    got, seen = wrap(both)(x)
    assert_allclose(got, np.diag(6 * x) if verb is cr.hessian else 3 * x**2)
    assert_allclose(seen, x)


def test_aux_beside_directions():
    x = np.array([1.0, 2.0])
    y, dy, aux = cr.jvp(with_aux, (x,), (np.ones(2),), has_aux=True)
    assert (y, dy, aux["note"]) == (9.0, 15.0, "kept")
    y, linear, aux = cr.linearize(with_aux, x, has_aux=True)
    assert (y, linear(np.ones(2)), aux["note"]) == (9.0, 15.0, "kept")
    y, pullback, aux = cr.vjp(with_aux, x, has_aux=True)
    assert (y, aux["note"]) == (9.0, "kept")
    assert_allclose(pullback(1.0)[0], 3 * x**2)
    assert_allclose(aux["seen"], x)


@pytest.mark.parametrize("verb", [cr.vjp, cr.linearize])
def test_aux_that_is_not_there(verb):
    with pytest.raises(TypeError, match="since has_aux=True"):
        verb(np.sin, np.ones(2), has_aux=True)


@WRAPPERS
def test_gauss_newton_is_j_transposed_h_j(wrap):
    def net(p, q):
        return {"y": np.tanh(MATRIX @ p) * q, "c": np.ones(1)}

    def cost(z):
        return np.sum(np.log(1 + z["y"] ** 4)) * (1 + z["c"][0])

    p, q = POINT["w"], POINT["b"][0]
    dp, dq = RNG.standard_normal(4), RNG.standard_normal(3)
    got = wrap(lambda *args: cr.ggnvp(net, cost, args[:2], args[2:]))(p, q, dp, dq)
    j = np.hstack(cr.jacobian(net, (0, 1))(p, q)["y"])
    h = cr.hessian(cost)(net(p, q))["y"]["y"]
    want = j.T @ h @ j @ np.concatenate([dp, dq])
    assert_allclose(np.concatenate(got), want, rtol=1e-12)
    single = cr.ggnvp(lambda p: net(p, q), cost, (p,), (dp,))
    assert_allclose(single, (j.T @ h @ j)[:4, :4] @ dp, rtol=1e-12)


def test_gauss_newton_refuses_what_does_not_fit():
    with pytest.raises(ShapeError, match="one scalar result"):
        cr.ggnvp(np.sin, np.sin, (POINT["w"],), (POINT["w"],))
    with pytest.raises(TypeError, match="primals of ggnvp as a tuple"):
        cr.ggnvp(np.sin, np.sum, POINT["w"], (POINT["w"],))
    with pytest.raises(ShapeError, match="a tangent of shape"):
        cr.ggnvp(np.sin, np.sum, (POINT["w"],), (np.ones(3),))


@WRAPPERS
def test_elementwise_derivatives(wrap):
    slope = cr.elementwise_grad(lambda x, y: np.tanh(x) * y)
    x, y = MATRIX, MATRIX[0]
    assert_allclose(wrap(slope)(x, y), (1 - np.tanh(x) ** 2) * y, rtol=1e-12)
    third = cr.elementwise_grad(cr.elementwise_grad(cr.elementwise_grad(np.sin)))
    assert_allclose(wrap(third)(x), -np.cos(x), rtol=1e-12)
    assert cr.elementwise_grad(lambda x, y: x * y, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    with pytest.raises(TypeError, match="results for elementwise_grad, got dtype"):
        cr.elementwise_grad(lambda x: x > 0)(x)


@pytest.mark.parametrize(
    "f",
    [
        lambda w: np.tanh(MATRIX @ w),
        lambda w: np.tanh(w @ MATRIX.T) * w[0],
        lambda w: np.sin(np.reshape(w, (4, 1)).T @ MATRIX.T),
        lambda w: np.sin(MATRIX @ np.reshape(w, (1, 4)).T) + np.sum(w),
    ],
)
def test_units_are_not_multiplied(f):
    """The product of a matrix with all unit vectors is the matrix: nothing to do."""
    w = POINT["w"]
    compiled = cr.jit(cr.jacfwd(f))
    assert_allclose(compiled(w), central(f, w), atol=1e-8)
    assert_allclose(cr.jacfwd(f)(w), central(f, w), atol=1e-8)
    assert str(compiled.lower(w)).count(" matmul ") == 1  # of the function itself


def test_a_product_that_mixes_elements_is_made():
    """Where the order of elements changes, or several columns meet, units differ."""

    def f(w):
        return np.tanh(MATRIX[:, :2] @ np.reshape(w, (2, 2)).T)

    w = POINT["w"]
    assert_allclose(cr.jacfwd(f)(w), central(f, w), atol=1e-8)
