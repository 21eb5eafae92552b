"""scan and fori_loop against the same loops in Python, with their derivatives."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.core.errors import MissingRuleError, ShapeError


def recurrent(params, state, x):
    state = np.tanh(state @ params["w"] + x)
    return state, {"sum": np.sum(state), "x": x * 2}


def by_scan(params, state, xs, reverse=False):
    step = lambda state, x: recurrent(params, state, x)  # noqa: E731
    return cr.scan(step, state, xs, reverse=reverse)


def unrolled(params, state, xs, reverse=False):
    ys = [None] * len(xs)
    for i in reversed(range(len(xs))) if reverse else range(len(xs)):
        state, ys[i] = recurrent(params, state, xs[i])
    return state, {name: np.stack([y[name] for y in ys]) for name in ("sum", "x")}


@pytest.fixture
def point():
    random = np.random.default_rng(0)
    params = {"w": random.standard_normal((3, 3)) / 2}
    return params, random.standard_normal(3), random.standard_normal((4, 3))


@pytest.mark.parametrize("wrap", [lambda f: f, cr.jit], ids=["plain", "jit"])
@pytest.mark.parametrize("reverse", [False, True])
def test_scan_is_the_unrolled_loop(point, reverse, wrap):
    got = wrap(lambda *args: by_scan(*args, reverse))(*point)
    want = unrolled(*point, reverse)
    assert_allclose(got[0], want[0])
    assert_allclose(got[1]["sum"], want[1]["sum"])
    assert_allclose(got[1]["x"], want[1]["x"])


@pytest.mark.parametrize("reverse", [False, True])
def test_gradients_through_scan(point, reverse):
    def loss(loop, *args):
        state, ys = loop(*args, reverse)
        return np.sum(state**2) + np.sum(ys["sum"] ** 3) + np.sum(ys["x"] * args[2])

    def gradient(loop):
        return cr.grad(lambda *args: loss(loop, *args), argnums=(0, 1, 2))

    got, want = gradient(by_scan)(*point), gradient(unrolled)(*point)
    compiled = cr.jit(gradient(by_scan))(*point)
    for one in (got, compiled):
        assert_allclose(one[0]["w"], want[0]["w"], rtol=1e-12)
        assert_allclose(one[1], want[1], rtol=1e-12)
        assert_allclose(one[2], want[2], rtol=1e-12)


def test_scan_differentiates_again(point):
    cr.check_grads(
        lambda w, s: by_scan({"w": w}, s, point[2])[0],
        (point[0]["w"], 0.1 * point[1]),
        order=2,
    )


def test_a_carry_that_starts_as_a_number_takes_the_bodys_dtype():
    xs = np.ones(3, np.float32)
    total, ys = cr.scan(lambda c, x: (c + x, c), 0.0, xs)
    assert total.dtype == ys.dtype == np.float32
    total, _ = cr.scan(lambda c, x: (c + x, None), 0, np.ones(3))
    assert total == 3.0
    total, _ = cr.scan(lambda c, x: (0.0, None), xs[0], xs)
    assert total.dtype == np.float32


def test_scan_without_xs_and_of_length_zero():
    assert cr.scan(lambda c, _: (c * 2.0, None), 1.0, None, length=4)[0] == 16.0
    carry, ys = cr.scan(lambda c, x: (c + x, x), 1.0, np.zeros((0,)))
    assert carry == 1.0
    assert ys.shape == (0,)


def test_errors_of_scan():
    with pytest.raises(TypeError, match=r"carry to stay float64\[\], got float64\[2\]"):
        cr.scan(lambda c, x: (c + x, None), np.float64(0), np.ones((3, 2)))
    with pytest.raises(TypeError, match=r"carry leaf \['a'\] to stay int64\[\]"):
        cr.scan(lambda c, x: ({"a": c["a"] + x}, None), {"a": np.int64(0)}, np.ones(3))
    with pytest.raises(TypeError, match=r"its carry in \(\*, \*\), got \*"):
        cr.scan(lambda c, x: (c[0], None), (1.0, 2.0), np.ones(3))
    with pytest.raises(TypeError, match=r"returns \(carry, y\), got Tracer"):
        cr.scan(lambda c, x: c, 1.0, np.ones(3))
    with pytest.raises(ValueError, match=r"one length .* got \[3, 4\]"):
        cr.scan(lambda c, x: (c, None), 1.0, (np.ones(3), np.ones(4)))
    with pytest.raises(ValueError, match=r"one length .* got neither"):
        cr.scan(lambda c, x: (c, None), 1.0)
    with pytest.raises(ShapeError, match="leading axis as xs, got a scalar"):
        cr.scan(lambda c, x: (c, None), 1.0, 2.0)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_fori_loop_with_bounds_known_at_run_time(backend):
    cr.config.set_backend(backend)

    @cr.jit
    def powers(lower, upper, x):
        def body(i, state):
            return {"p": state["p"] * x, "i": state["i"] + i}

        return cr.fori_loop(lower, upper, body, {"p": np.ones(2), "i": 0})

    got = powers(np.int64(2), np.int64(5), np.array([2.0, 3.0]))
    assert_array_equal(got["p"], [8.0, 27.0])
    assert got["i"] == 9
    got = powers(np.int64(5), np.int64(2), np.array([2.0, 3.0]))
    assert_array_equal(got["p"], [1.0, 1.0])
    assert powers.cache_size() == 1


def test_fori_loop_between_python_integers_has_a_gradient():
    def f(x):
        return cr.fori_loop(0, 3, lambda i, y: y * x + i, x)

    # ((x x + 0) x + 1) x + 2
    assert f(2.0) == 20.0
    assert cr.grad(f)(2.0) == 4 * 8 + 1.0
    assert cr.fori_loop(3, 3, lambda i, y: y + 1.0, 5.0) == 5.0


def test_fori_loop_of_unknown_length_has_a_derivative_forward_only():
    def f(x):
        return cr.fori_loop(0, np.int64(3), lambda i, y: y * x, 1.0)

    assert cr.jvp(f, (2.0,), (1.0,))[1] == 12.0
    with pytest.raises(MissingRuleError, match="got a fori_loop"):
        cr.grad(f)(2.0)


def test_errors_of_fori_loop():
    with pytest.raises(TypeError, match=r"integer scalars .* got float64\[\]"):
        cr.fori_loop(0, 3.0, lambda i, y: y, 1.0)
    with pytest.raises(TypeError, match=r"carry to stay float32\[\], got float64\[\]"):
        cr.fori_loop(0, 3, lambda i, y: y * np.float64(2), np.float32(1))


def test_a_body_that_counts_is_differentiated_and_batched_again():
    """Sorting's derivative counts places: an equation without operands in the body."""

    def f(rows):
        def step(total, x):
            return total + np.sum(np.sort(x * total, -1)[:, 0] * total), None

        return cr.scan(step, 1.0, rows)[0]

    def slope(rows):
        return np.sum(cr.grad(f)(rows) ** 2)

    rows = np.random.default_rng(0).uniform(0.1, 0.5, (2, 2, 3))
    cr.check_grads(f, (rows,), order=2)
    stack = np.stack([rows, rows[::-1]])
    got = cr.vmap(cr.grad(slope))(stack)
    assert_allclose(got, [cr.grad(slope)(each) for each in stack], rtol=1e-12)
