"""Rules given by hand: used in every mode, order and transform; checked when used."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr

X = np.array([0.3, -0.4, 0.5])
Y = np.array([1.0, 2.0, 3.0])


@cr.custom_jvp
def softplus(x, y):
    return np.log(1.0 + np.exp(x)) * y


@softplus.defjvp
def softplus_rule(primals, tangents):
    (x, y), (dx, dy) = primals, tangents
    return softplus(x, y), dx * y / (1.0 + np.exp(-x)) + softplus(x, 1.0) * dy


@cr.custom_vjp
def wave(x, y):
    return np.sin(x) * y


wave.defvjp(
    lambda x, y: (wave(x, y), {"kept": (np.cos(x) * y, np.sin(x))}),
    lambda r, z: (r["kept"][0] * z, r["kept"][1] * z),
)

FUNCTIONS = pytest.mark.parametrize("f", [softplus, wave], ids=["jvp", "vjp"])


@FUNCTIONS
def test_rules_hold_to_the_third_order(f):
    cr.check_grads(f, (X, Y), order=3)


@FUNCTIONS
def test_the_rule_is_used_and_not_what_is_inside(f):
    assert "custom_call" in str(cr.show(f)(X, Y))


@FUNCTIONS
def test_under_vmap_and_over_it(f):
    each = [cr.grad(f, (0, 1))(x, y) for x, y in zip(X, Y, strict=True)]
    want = tuple(np.array(column) for column in zip(*each, strict=True))
    assert_allclose(cr.vmap(cr.grad(f, (0, 1)))(X, Y), want)
    assert_allclose(cr.grad(lambda x: np.sum(cr.vmap(f)(x, Y)))(X), want[0])
    forward = cr.vmap(lambda x: cr.jvp(lambda x: f(x, 2.0), (x,), (1.0,))[1])
    twice = [cr.grad(cr.grad(f))(x, 2.0) for x in X]
    assert_allclose(cr.grad(lambda x: np.sum(forward(x)))(X), twice)
    shared = cr.vmap(cr.grad(cr.grad(f)), (0, None))(X, 2.0)
    assert_allclose(shared, twice)


@FUNCTIONS
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_under_jit_nothing_is_left_of_the_call(f, backend):
    cr.config.set_backend(backend)

    def total(x):
        return np.sum(f(x, Y))

    for transform in (cr.grad, cr.hessian, lambda t: lambda x: cr.jvp(t, (x,), (x,))):
        fast = cr.jit(transform(total))
        assert_allclose(fast(X), transform(total)(X), rtol=1e-12)
        assert "call" not in str(fast.lower(X))


@FUNCTIONS
def test_inside_scan(f):
    def total(x):
        last, ys = cr.scan(lambda c, x: (f(c, x), c), x[0], x)
        return last + np.sum(ys)

    cr.check_grads(total, (X,), order=2)


def test_conditions_on_values_work_under_grad():
    @cr.custom_jvp
    def f(x):
        return x if x > 0 else -x

    @f.defjvp
    def rule(primals, tangents):
        ((x,), (dx,)) = primals, tangents
        return f(x), 10.0 * dx if x > 0 else dx

    assert cr.grad(f)(2.0) == 10.0
    assert cr.grad(f)(-2.0) == 1.0


def test_containers_and_arguments_that_stay():
    @cr.custom_jvp
    def f(power, p, scale=2.0):
        return {"y": p["x"] ** power * scale, "n": p["n"]}

    f = cr.custom_jvp(f._function, nondiff_argnums=0)

    @f.defjvp
    def rule(power, primals, tangents):
        (p, scale), (dp, dscale) = primals, tangents
        assert dscale == 0.0
        dy = power * p["x"] ** (power - 1) * dp["x"] * scale
        return f(power, p, scale), {"y": dy, "n": dp["n"]}

    def total(x):
        return np.sum(f(3, {"x": x, "n": np.arange(2)})["y"])

    assert_allclose(cr.grad(total)(X), 6 * X**2)
    by_name = cr.grad(lambda x: f(3, scale=1.0, p={"x": x, "n": 1})["y"])
    assert_allclose(by_name(2.0), 12.0)


def test_a_rule_for_each_argument():
    @cr.custom_jvp
    def f(x, y, n):
        return x * y + n

    f.defjvps(lambda dx, z, x, y, n: dx * y, lambda dy, z, x, y, n: x * dy, None)
    cr.check_grads(lambda x, y: f(x, y, 3.0), (X, Y), order=2)


def test_a_backward_rule_that_is_not_linear_has_reverse_mode_alone():
    @cr.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, z: (np.clip(z, -1.0, 1.0),))
    assert_allclose(cr.grad(lambda x: np.sum(5.0 * clipped(x)))(X), np.ones(3))
    with pytest.raises(cr.MissingRuleError, match=r"clipped .* is linear in the cot"):
        cr.jvp(clipped, (X,), (X,))
    with pytest.raises(cr.MissingRuleError, match="use reverse mode, or give"):
        cr.jit(lambda x: cr.jvp(clipped, (x,), (x,)))(X)


def test_no_rule_yet():
    @cr.custom_jvp
    def f(x):
        return x

    assert f(2.0) == 2.0
    with pytest.raises(cr.MissingRuleError, match=r"test_custom.py:\d+\) to have its"):
        cr.grad(f)(2.0)
    with pytest.raises(cr.MissingRuleError, match=r"call .defvjp\(fwd, bwd\)"):
        cr.grad(cr.custom_vjp(lambda x: x))(2.0)


def test_a_value_that_is_closed_over_cannot_be_differentiated_by():
    def total(w):
        @cr.custom_jvp
        def f(x):
            return x * w

        f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * w))
        return f(w + 1.0)

    with pytest.raises(cr.MissingRuleError, match="pass that value as an argument"):
        cr.grad(total)(2.0)


def with_rule(rule):
    f = cr.custom_jvp(lambda x: {"y": x * 2.0})
    f.defjvp(rule)
    return f


@pytest.mark.parametrize(
    ("rule", "error", "words"),
    [
        (lambda p, t: p[0], TypeError, r"a pair, \(y, dy\), of the rule <lambda>"),
        (lambda p, t: (p[0], t[0]), ValueError, r"the value of .* \{'y': \*\}, got \*"),
        (
            lambda p, t: ({"y": p[0]}, {"y": t[0][:2]}),
            ValueError,
            r"the tangent .*, leaf \['y'\], as float64\[3\], got float64\[2\]",
        ),
        (
            lambda p, t: ({"y": p[0]}, {"y": "x"}),
            TypeError,
            r"the tangent .* got str: return numbers",
        ),
    ],
)
def test_what_a_jvp_rule_returns_is_checked(rule, error, words):
    with pytest.raises(error, match=words):
        cr.jvp(with_rule(rule), (X,), (X,))


@pytest.mark.parametrize(
    ("fwd", "bwd", "words"),
    [
        (lambda x, y: x, lambda r, z: (z, z), r"a pair, \(y, residuals\), of <lambda>"),
        (lambda x, y: (x, None), lambda r, z: z, "of 2 cotangents of .* no tuple: ret"),
        (lambda x, y: (x, None), lambda r, z: (z,), "2 cotangents of .* got 1: return"),
        (lambda x, y: (x, None), lambda r, z: (z, z[:1]), r"4\[3\], got float64\[1\]"),
        (lambda x, y: (x, None), lambda r, z: (z, [z]), r"containers \*, got \[\*\]"),
    ],
)
def test_what_vjp_rules_return_is_checked(fwd, bwd, words):
    f = cr.custom_vjp(lambda x, y: x + y)
    f.defvjp(fwd, bwd)
    with pytest.raises((TypeError, ValueError), match=words):
        cr.grad(lambda x: np.sum(f(x, Y)))(X)


def test_an_argument_without_a_cotangent():
    f = cr.custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, y), lambda y, z: (z * y, None))
    assert_allclose(cr.grad(lambda x, y: np.sum(f(x, y)), (0, 1))(X, Y), (Y, 0 * Y))


def test_a_rule_may_mix_plain_arrays_of_other_shapes():
    """Broadcasting a residual is written down beside the tangents that it meets."""
    f = cr.custom_jvp(lambda x: x * np.arange(3.0))
    f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * np.arange(3.0)))
    cr.check_grads(f, (np.ones((2, 3)),), order=2)

    g = cr.custom_jvp(lambda x, y: x * y)

    @g.defjvp
    def rule(primals, tangents):
        (x, y), (dx, dy) = primals, tangents
        return g(x, y), dx * np.sin(y) / np.sin(y) * y + x * dy

    cr.check_grads(g, (np.ones((2, 3)), Y), order=2)


def test_a_rule_that_is_not_linear_in_its_tangent_has_no_reverse_mode():
    @cr.custom_jvp
    def half(x):
        return x / 2

    @half.defjvp
    def _(primals, tangents):
        (x,), (dx,) = primals, tangents
        return half(x), np.where(dx > 0, dx / 2, 0.0)

    assert cr.jvp(half, (1.0,), (2.0,)) == (0.5, 1.0)
    with pytest.raises(cr.MissingRuleError, match="linear in its tangent, got"):
        cr.grad(half)(1.0)
