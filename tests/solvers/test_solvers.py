"""Solvers find what they should; solutions differentiate; failures say how far off."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

import chainrule as cr
from chainrule.solvers import ConvergenceError, ConvergenceWarning
from chainrule.solvers.minimizing import METHODS

TARGET = np.array([1.0, -2.0, 0.5])


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def bowl(p, target=TARGET):
    return np.sum((p["x"] - target) ** 2) + np.cosh(p["s"] - 3.0)


# -- minimize --------------------------------------------------------------------

WITH_GRADIENT = ["CG", "BFGS", "Newton-CG", "L-BFGS-B", "TNC", "SLSQP", "dogleg"]
WITH_GRADIENT += ["trust-ncg", "trust-krylov", "trust-exact", "trust-constr"]
START = np.array([1.3, 0.7, 1.2])


@pytest.mark.parametrize("method", [*WITH_GRADIENT, "Nelder-Mead", "Powell", "COBYLA"])
def test_each_method_finds_the_minimum(method):
    start = START if method != "dogleg" else np.array([1.05, 1.1, 1.2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        options = {} if method == "TNC" else {"maxiter": 3000}
        result = cr.minimize(rosenbrock, start, method=method, options=options)
    loose = method in ("COBYLA", "Nelder-Mead", "Powell", "CG", "TNC")
    assert_allclose(result.x, np.ones(3), atol=0.2 if loose else 5e-3)


def test_exact_derivatives_are_supplied_and_compiled():
    calls = []

    def counted(x):
        calls.append(type(x).__name__)
        return rosenbrock(x)

    exact = cr.minimize(counted, START, method="trust-exact")
    assert exact.nhev > 0
    assert exact.njev > 0
    products = cr.minimize(counted, START, method="Newton-CG")
    assert products.nhev > 0
    assert set(calls) == {"Tracer"}  # SciPy calls what was compiled, never Python
    assert len(calls) == 2
    by_differences = optimize.minimize(rosenbrock, START, method="BFGS")
    by_gradient = cr.minimize(rosenbrock, START, method="BFGS")
    assert 2 * by_gradient.nfev < by_differences.nfev


def test_containers_in_and_out():
    start = {"x": np.zeros(3, np.float32), "s": 0.0}
    result = cr.minimize(bowl, start)
    assert result.success
    assert result.x["x"].dtype == np.float32
    assert_allclose(result.x["x"], TARGET, atol=1e-4)
    assert_allclose(result.x["s"], 3.0, atol=1e-4)
    assert set(result.jac) == {"x", "s"}
    moved = cr.minimize(bowl, start, args=(2 * TARGET,))
    assert_allclose(moved.x["x"], 2 * TARGET, atol=1e-4)


@pytest.mark.parametrize(
    "bounds",
    [
        (-1.0, 0.75),
        ({"x": -1.0, "s": -1.0}, {"x": np.full(3, 0.75), "s": 0.75}),
    ],
)
def test_bounds_of_containers(bounds):
    result = cr.minimize(bowl, {"x": np.zeros(3), "s": 0.0}, bounds=bounds)
    assert_allclose(result.x["x"], [0.75, -1.0, 0.5], atol=1e-5)
    assert_allclose(result.x["s"], 0.75)


@pytest.mark.parametrize(
    "bounds",
    [[(0, None), (0, 0.1), (None, 5)], optimize.Bounds([0, 0, -9], [9, 0.1, 5])],
)
def test_bounds_as_scipy_writes_them(bounds):
    result = cr.minimize(lambda x: np.sum((x - TARGET) ** 2), START, bounds=bounds)
    assert_allclose(result.x, [1.0, 0.0, 0.5], atol=1e-6)


def circle(p):
    return 1.0 - np.sum(p["x"] ** 2)


@pytest.mark.parametrize(
    ("method", "constraints"),
    [
        ("SLSQP", {"type": "ineq", "fun": circle}),
        ("SLSQP", [{"type": "eq", "fun": lambda p, r: circle(p) - r, "args": (0.0,)}]),
        ("trust-constr", optimize.NonlinearConstraint(circle, 0.0, np.inf)),
        ("SLSQP", optimize.NonlinearConstraint(circle, 0.0, np.inf)),
    ],
)
def test_constraints_of_containers(method, constraints):
    start = {"x": np.array([0.5, -0.5, 0.1]), "s": 0.0}
    result = cr.minimize(bowl, start, method=method, constraints=constraints)
    assert_allclose(result.x["x"], TARGET / np.linalg.norm(TARGET), atol=1e-3)


def quartic(x, a):
    return np.sum((x - a) ** 2) + 0.1 * np.sum(x**4) + 0.2 * x[0] * x[1]


def minimum(a):
    options = {"gtol": 1e-8}
    return cr.minimize(quartic, np.zeros(3), (a,), "trust-exact", options=options).x


def stationary(a):
    """The same point as a root of the gradient, to the last digits."""
    return cr.root(cr.grad(quartic), np.zeros(3), a)


def test_the_minimum_is_differentiable_to_the_second_order():
    cr.check_grads(stationary, (TARGET,))
    for transform in (cr.jacobian, lambda f: cr.jacobian(cr.jacobian(f))):
        got, want = transform(minimum)(TARGET), transform(stationary)(TARGET)
        assert_allclose(got, want, rtol=1e-6, atol=1e-8)


def test_values_that_the_function_closes_over_count():
    def closed(a):
        options = {"gtol": 1e-8}
        f = lambda x: quartic(x, a)  # noqa: E731
        return cr.minimize(f, np.zeros(3), method="trust-exact", options=options).x

    assert_allclose(cr.jacobian(closed)(TARGET), cr.jacobian(minimum)(TARGET))
    assert_allclose(cr.jacobian(lambda a: quartic(minimum(a), a))(TARGET), fun_slope())


def fun_slope():
    """By the envelope theorem: the explicit part alone."""
    return cr.grad(lambda a: quartic(minimum(TARGET), a))(TARGET)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_minima_under_jit_vmap_and_scan(backend):
    cr.config.set_backend(backend)
    many = np.stack([TARGET, 2 * TARGET])
    want = np.stack([cr.jacobian(minimum)(a) for a in many])
    assert_allclose(cr.vmap(cr.jacobian(minimum))(many), want)
    assert_allclose(cr.jit(cr.jacobian(minimum))(TARGET), want[0])

    def total(a):
        return cr.scan(lambda c, _: (minimum(c), None), a, length=2)[0]

    twice = cr.jacobian(lambda a: minimum(minimum(a)))(TARGET)
    assert_allclose(cr.jit(cr.jacobian(total))(TARGET), twice)


def test_where_a_bound_is_met_the_minimum_stands_still():
    def held(a):
        f = lambda x: np.sum((x - a) ** 2)  # noqa: E731
        return cr.minimize(f, np.zeros(3), bounds=(-1.0, 0.75)).x

    assert_allclose(cr.jacobian(held)(TARGET), np.diag([0.0, 0.0, 1.0]), atol=1e-9)


def test_the_start_does_not_matter_to_the_derivative():
    slope = cr.grad(lambda x0: cr.minimize(lambda x: (x - 1.0) ** 2, x0).x)
    assert slope(5.0) == 0.0


def test_what_minimize_refuses():
    with pytest.raises(cr.ShapeError, match=r"one scalar result for minimize, got flo"):
        cr.minimize(lambda x: x, np.zeros(3))
    with pytest.raises(
        TypeError, match="floating-point inputs to minimize, got an arg"
    ):
        cr.minimize(np.sum, np.zeros(3, int))
    with pytest.raises(TypeError, match="real numbers to start minimize from, got com"):
        cr.minimize(lambda x: np.sum(np.abs(x)), np.zeros(3, complex))
    with pytest.raises(
        ValueError, match=r"a pair .* or one for each of 3 elements, got"
    ):
        cr.minimize(np.sum, np.zeros(3), bounds=[0, 1, 2])
    with pytest.raises(
        ValueError, match=r"bounds in the containers \{'x': \*\}, got \*"
    ):
        cr.minimize(
            lambda p: np.sum(p["x"]), {"x": np.zeros(3)}, bounds=(np.ones(2), 1)
        )


def test_a_method_that_does_not_converge_warns():
    words = r"minimize to converge, got a residual of .* after 2 steps at .*test_solv"
    with pytest.warns(ConvergenceWarning, match=words):
        result = cr.minimize(rosenbrock, START, options={"maxiter": 2})
    assert not result.success


# -- least_squares ---------------------------------------------------------------

T = np.linspace(0.0, 2.0, 12)


def decay(p, y):
    return p["a"] * np.exp(-p["k"] * T) - y


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_a_fit(method):
    y = 2.0 * np.exp(-1.5 * T)
    start = {"a": 1.0, "k": 0.5}
    result = cr.least_squares(decay, start, (y,), method)
    assert_allclose([result.x["a"], result.x["k"]], [2.0, 1.5], rtol=1e-6)
    assert result.jac.shape == (12, 2)
    box = None if method == "lm" else (0.0, {"a": 1.9, "k": 9.0})
    held = cr.least_squares(decay, start, (y,), method, bounds=box)
    assert held.x["a"] <= (2.1 if method == "lm" else 1.9)


def test_a_fit_is_differentiable_by_the_data():
    options = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-12}
    noisy = 2.0 * np.exp(-1.5 * T) + 0.05 * np.sin(20 * T)

    def fitted(y):
        start = {"a": 1.9, "k": 1.4}
        return cr.least_squares(decay, start, (y,), options=options).x

    cr.check_grads(fitted, (noisy,), modes="fwd")
    jacobian = cr.jacobian(fitted)(noisy)
    assert_allclose(cr.jit(cr.jacobian(fitted))(noisy)["k"], jacobian["k"], rtol=1e-6)


# -- root and fixed_point --------------------------------------------------------


def equations(p, a):
    x, y = p["x"], p["y"]
    return [x**2 + y**2 - a, np.sum(np.sin(x - y) + 0.1 * x)]


def crossing(a):
    return cr.root(equations, {"x": 1.0, "y": 0.5}, a)


def test_a_root_in_a_container():
    found = crossing(2.0)
    assert_allclose(np.stack(equations(found, 2.0)), 0.0, atol=1e-9)
    cr.check_grads(crossing, (2.0,), order=2, modes="rev")


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_roots_under_every_transform(backend):
    cr.config.set_backend(backend)

    def f(a):
        return cr.root(lambda x: x * np.exp(x) - a, 1.0)

    a = np.array([1.0, 2.0, 3.0])
    x = np.array([f(one) for one in a])
    slopes = np.exp(-x) / (1 + x)
    assert_allclose(x * np.exp(x), a)
    assert_allclose(cr.vmap(f)(a), x)
    assert_allclose(cr.vmap(cr.grad(f))(a), slopes)
    assert_allclose(cr.grad(lambda a: np.sum(cr.vmap(f)(a)))(a), slopes)
    assert_allclose(cr.jit(cr.vmap(cr.grad(f)))(a), slopes)
    assert_allclose(cr.jit(cr.grad(cr.grad(f)))(2.0), cr.grad(cr.grad(f))(2.0))


def test_newton_is_damped():
    """From 3, whole steps of arctan run away."""
    assert_allclose(cr.root(np.arctan, 3.0), 0.0, atol=1e-10)


def test_a_root_of_many_unknowns_needs_no_matrix():
    n = 600

    def heat(u, q):
        padded = np.concatenate([np.zeros(1), u, np.zeros(1)])
        return 2.5 * u - padded[:-2] - padded[2:] + 0.1 * u**3 - q

    q = np.linspace(0.0, 1.0, n)
    u = cr.root(heat, np.zeros(n), q)
    assert_allclose(heat(u, q), np.zeros(n), atol=1e-9)
    z = np.cos(np.arange(n))
    got = cr.grad(lambda q: np.sum(z * cr.root(heat, np.zeros(n), q)))(q)
    matrix = cr.jacobian(heat)(u, q)
    assert_allclose(got, np.linalg.solve(matrix.T, z), rtol=1e-6)


def test_a_fixed_point():
    def settled(w, b):
        return cr.fixed_point(lambda x: np.tanh(w @ x + b), np.zeros(2))

    w, b = np.array([[0.3, -0.2], [0.1, 0.4]]), np.array([0.5, -0.3])
    x = settled(w, b)
    assert_allclose(np.tanh(w @ x + b), x, atol=1e-10)
    cr.check_grads(settled, (w, b))
    assert_allclose(cr.jit(settled)(w, b), x)


def test_what_does_not_converge_says_how_far_it_came():
    words = (
        r"root to end with a residual of at most .*, got .* after 7 steps at .*test_"
    )
    with pytest.raises(ConvergenceError, match=words):
        cr.root(lambda x: x * x + 1.0, 0.7, max_steps=7)
    with pytest.raises(ConvergenceError, match=words):
        cr.jit(lambda x: cr.root(lambda x: x * x + 1.0, x, max_steps=7))(0.7)
    with pytest.raises(ConvergenceError, match=r"fixed_point to end .* nan after"):
        cr.fixed_point(lambda x: x * np.nan, 1.0)
    with pytest.raises(cr.ShapeError, match="as many results as unknowns, 3, got 1"):
        cr.root(np.sum, np.zeros(3))
    with pytest.raises(np.linalg.LinAlgError, match="equations that depend on their u"):
        cr.root(lambda x: 0.0 * np.floor(x) + 1.0, 1.0)


def test_a_method_that_scipy_lacks_is_refused_before_any_work():
    called = []

    def function(x):
        called.append(x)
        return np.sum(x**2)

    with pytest.raises(ValueError, match=r"methods for minimize, got 'BFSG'.*'bfgs'"):
        cr.minimize(function, np.ones(2), method="BFSG")
    assert not called


@pytest.mark.parametrize("method", METHODS)
def test_every_method_named_is_one_of_scipys(method):
    assert optimize.show_options("minimize", method, disp=False)
