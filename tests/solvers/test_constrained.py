"""Minima within constraints differentiate by the conditions that hold there."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

import chainrule as cr

A = np.array([1.0, -2.0, 0.5])
EXACT = {"ftol": 1e-13, "maxiter": 200}
CLOSE = {"rtol": 1e-6, "atol": 1e-8}


def nearest(a, constraints, bounds=None, method="SLSQP", options=EXACT):
    """The point that is nearest to a within constraints."""
    return cr.minimize(
        lambda x: np.sum((x - a) ** 2),
        np.full(3, 0.3),
        method=method,
        constraints=constraints,
        bounds=bounds,
        options=options,
    )


def on_plane(a):
    return nearest(a, {"type": "eq", "fun": lambda x: np.sum(x) - 1.0}).x


def in_ball(a, r=1.0):
    inside = {"type": "ineq", "fun": lambda x, r: r - np.sum(x**2), "args": (r,)}
    return nearest(a, [inside]).x


def on_sphere(a, r):
    """The sides are known, so the traced radius goes into the function."""
    shell = optimize.NonlinearConstraint(lambda x: np.sum(x**2) - r, 0.0, 0.0)
    return nearest(a, shell).x


def in_simplex(a):
    whole = optimize.LinearConstraint(np.ones((1, 3)), 1.0, 1.0)
    return nearest(a, whole, bounds=(0.0, np.inf)).x


def closed_ball(a, r=1.0):
    return a * np.sqrt(r / np.sum(a**2))


def test_a_plane():
    assert_allclose(on_plane(A), A - (np.sum(A) - 1) / 3, **CLOSE)
    assert_allclose(cr.jacobian(on_plane)(A), np.eye(3) - 1 / 3, **CLOSE)


def test_a_ball_from_outside_and_from_inside():
    want = cr.jacobian(closed_ball, (0, 1))(A, 1.3)
    got = cr.jacobian(in_ball, (0, 1))(A, 1.3)
    assert_allclose(got[0], want[0], **CLOSE)
    assert_allclose(got[1], want[1], **CLOSE)
    got = cr.jacobian(in_ball, (0, 1))(0.1 * A, 1.3)
    assert_allclose(got[0], np.eye(3), **CLOSE)
    assert_allclose(got[1], np.zeros(3), **CLOSE)


def test_a_constraint_that_closes_over_what_is_traced():
    want = cr.jacobian(closed_ball, (0, 1))(A, 1.3)
    got = cr.jacobian(on_sphere, (0, 1))(A, 1.3)
    for mine, theirs in zip(got, want, strict=True):
        assert_allclose(mine, theirs, **CLOSE)
    alone = cr.jacobian(lambda r: on_sphere(A, r))(1.3)
    assert_allclose(alone, want[1], **CLOSE)


def test_bounds_beside_an_equation():
    """In the simplex, one coordinate held at 0 and the others sharing the rest."""
    assert_allclose(in_simplex(A), [0.75, 0.0, 0.25], **CLOSE)
    want = np.array([[0.5, 0, -0.5], [0, 0, 0], [-0.5, 0, 0.5]])
    assert_allclose(cr.jacobian(in_simplex)(A), want, **CLOSE)


@pytest.mark.parametrize("sides", [(-9.0, 0.5), (0.9, 9.0)])
def test_either_side_holds(sides):
    """A value between two sides is held by the nearer one, or free."""
    between = optimize.NonlinearConstraint(lambda x: x[0] * np.exp(x[1] / 2), *sides)

    def found(a):
        return nearest(a, between).x

    a = np.array([0.7, 0.2, 0.5])
    cr.check_grads(found, (a,), modes="rev")
    assert_allclose(found(a)[0] * np.exp(found(a)[1] / 2), sides[abs(sides[1]) < 1])


def test_both_kinds_at_once_against_differences():
    """An equation, an inequality that holds, one that does not, and a bound."""

    def found(a, b):
        constraints = [
            {"type": "eq", "fun": lambda x: x[0] * x[1] - b},
            {"type": "ineq", "fun": lambda x: x - np.array([-9.0, -9.0, 0.8])},
            {"type": "ineq", "fun": lambda x: 50.0 - np.sum(x**4)},
        ]
        return nearest(a, constraints, bounds=([-9.0, -9.0, -9.0], [0.9, 9.0, 9.0])).x

    cr.check_grads(found, (np.array([1.5, 0.5, 0.1]), np.array(0.6)), modes="fwd")


def test_second_derivatives():
    want = cr.jacobian(cr.jacobian(closed_ball))(A)
    assert_allclose(cr.jacobian(cr.jacobian(in_ball))(A), want, rtol=1e-5, atol=1e-6)


def test_the_slope_of_the_minimum_is_the_multiplier():
    """f = (|a| - √r)², whose slope by r is 1 - |a| / √r."""

    def least(r):
        inside = {"type": "ineq", "fun": lambda x: r - np.sum(x**2)}
        return nearest(A, inside).fun

    want = 1 - np.linalg.norm(A) / np.sqrt(1.3)
    assert_allclose(cr.grad(least)(1.3), want, rtol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_under_jit_and_vmap(backend):
    cr.config.set_backend(backend)
    many = np.stack([A, 2 * A, 0.1 * A])
    want = np.stack([cr.jacobian(in_ball)(a) for a in many])
    assert_allclose(cr.vmap(cr.jacobian(in_ball))(many), want, **CLOSE)
    assert_allclose(cr.jit(cr.vmap(cr.jacobian(in_ball)))(many), want, **CLOSE)


def test_trust_constr_and_containers():
    def found(a):
        start = {"u": np.full(2, 0.3), "v": 0.3}
        disc = optimize.NonlinearConstraint(
            lambda p: np.sum(p["u"] ** 2) + p["v"] ** 2, -np.inf, 1.0
        )
        x = cr.minimize(
            lambda p: np.sum((p["u"] - a[:2]) ** 2) + (p["v"] - a[2]) ** 2,
            start,
            method="trust-constr",
            constraints=disc,
            options={"gtol": 1e-10, "xtol": 1e-12, "maxiter": 500},
        ).x
        return np.append(x["u"], x["v"])

    want = cr.jacobian(closed_ball)(A)
    assert_allclose(cr.jacobian(found)(A), want, rtol=1e-4, atol=1e-5)


def test_what_cannot_be_differentiated_says_so():
    def traced_side(r):
        return nearest(A, optimize.NonlinearConstraint(np.sum, -np.inf, r)).x

    with pytest.raises(TypeError, match="known numbers as the sides of a constraint"):
        cr.jacobian(traced_side)(0.2)

    def twice(a):
        disc = {"type": "ineq", "fun": lambda x: 1.0 - np.sum(x**2)}
        return nearest(a, [disc, disc]).x

    with pytest.raises(np.linalg.LinAlgError, match=r"[Ss]ingular"):
        cr.jacobian(twice)(np.array([2.0, 0.0, 0.0]))


def test_what_was_compiled_is_found_again(monkeypatch):
    """By the program that a function traces to, whatever object it is."""
    compiled = []
    first_call = cr.calculus.compile.Jitted._first_call

    def counted(jitted, *args):
        compiled.append(jitted)
        return first_call(jitted, *args)

    monkeypatch.setattr(cr.calculus.compile.Jitted, "_first_call", counted)

    def solve(shift, power):
        inside = {"type": "ineq", "fun": lambda x: 7.25 + shift - x**power}
        f = lambda x: np.sum((x - shift) ** power) * 3.25  # noqa: E731
        return cr.minimize(f, np.full(3, 0.3), constraints=inside).x

    first = solve(np.full(3, 0.5), 2)
    count = len(compiled)
    assert count >= 3
    assert_allclose(first, 0.5, atol=1e-4)
    assert_allclose(solve(np.full(3, 0.7), 2), 0.7, atol=1e-4)  # other numbers
    assert len(compiled) == count
    solve(np.full(3, 0.5), 4)  # another program
    assert len(compiled) > count
