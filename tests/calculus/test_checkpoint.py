"""checkpoint: the same derivatives, of less memory, as residuals and when compiled."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.backends.native.graph import build_graph
from chainrule.backends.native.schedule import plan_region
from chainrule.core.program import subprograms
from chainrule.transforms.jvp import linearize
from chainrule.transforms.simplify import simplify
from chainrule.transforms.trace import trace

X = np.array([0.3, -0.4, 0.5])


def block(x):
    for _ in range(4):
        x = np.sin(x * x)
    return x


def test_derivatives_are_the_same_to_the_third_order():
    cr.check_grads(cr.checkpoint(block), (X,), order=3)
    total = lambda f: lambda x: np.sum(f(x))  # noqa: E731
    for transform in (cr.grad, cr.hessian):
        got = transform(total(cr.checkpoint(block)))(X)
        assert_allclose(got, transform(total(block))(X), rtol=1e-14)


def test_containers_closures_and_conditions():
    @cr.checkpoint
    def f(p, *, power):
        if p["x"] > 0:
            return p["x"] ** power * w, None
        return p["x"], None

    w = 2.0
    assert cr.grad(lambda p: f(p, power=3)[0])({"x": 2.0}) == {"x": 24.0}
    assert f({"x": 2.0}, power=3)[0] == 16.0
    assert cr.grad(lambda w: cr.checkpoint(lambda x: x * w)(5.0))(2.0) == 5.0


def kept(f, x):
    """Bytes that the derivative keeps from the way forward."""
    traced = trace(f, [cr.core.types.type_of(x)])
    _, linear = linearize(traced.program, traced.constants, [x], [True])
    return sum(residual.nbytes for residual in linear.residuals)


def test_only_the_arguments_are_kept():
    x = np.ones((100, 100))
    assert kept(lambda x: block(block(x)), x) > 10 * x.nbytes
    one = cr.checkpoint(block)
    assert kept(lambda x: one(one(x)), x) == 2 * x.nbytes


def arena(f, *args):
    """Bytes of memory that the compiled program needs beside arguments and results."""
    (program,) = [simplify(cr.make_program(f)(*args))]
    region = build_graph(program)
    return plan_region(region, [None] * len(region.outputs)).size


LAYERS = 16


def network(wrap):
    """The loss of a deep network, each of its layers wrapped."""

    @wrap
    def layer(x, w):
        return np.tanh(np.exp(np.sin(x @ w)) @ w)

    def loss(w, x):
        for i in range(LAYERS):
            x = layer(x, w[i])
        return np.sum(x)

    return loss


def test_compiled_memory_falls():
    w, x = np.ones((LAYERS, 64, 64)), np.ones((64, 64))
    plain = arena(cr.grad(network(lambda f: f)), w, x)
    less = arena(cr.grad(network(cr.checkpoint)), w, x)
    one = x.nbytes
    assert plain > 3 * LAYERS * one
    assert less < 1.5 * LAYERS * one + 8 * one
    got = cr.jit(cr.grad(network(cr.checkpoint)))(w, x)
    assert_allclose(got, cr.grad(network(lambda f: f))(w, x), rtol=1e-10)


def stacked_bytes(program):
    """Bytes of the largest result of a loop."""
    return max(
        var.type.nbytes
        for equation in program.equations
        if subprograms(equation.params)
        for var in equation.outputs
    )


def test_a_loop_of_a_checkpointed_body_stacks_its_carry_alone():
    def total(body):
        return lambda x: np.sum(cr.scan(lambda c, _: (body(c), None), x, length=20)[0])

    x = np.ones(50)
    program = simplify(cr.make_program(cr.grad(total(cr.checkpoint(block))))(x))
    loop = next(e for e in program.equations if subprograms(e.params))
    stacks = [v for v in loop.outputs if v.type.shape == (20, 50)]
    assert len(stacks) == 1
    assert_allclose(cr.grad(total(cr.checkpoint(block)))(X), cr.grad(total(block))(X))
    cr.check_grads(total(cr.checkpoint(block)), (X,), order=2)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_under_vmap_and_jit(backend):
    cr.config.set_backend(backend)
    slope = cr.grad(lambda x, y: np.sum(cr.checkpoint(block)(x * y)))
    want = np.array([cr.grad(lambda x, y: np.sum(block(x * y)))(x, X) for x in X])
    assert_allclose(cr.vmap(slope, (0, None))(X, X), want)
    assert_allclose(cr.jit(cr.vmap(slope, (0, None)))(X, X), want)


def test_the_second_run_is_not_shared_with_the_first():
    program = simplify(
        cr.make_program(cr.value_and_grad(lambda x: np.sum(cr.checkpoint(block)(x))))(X)
    )
    names = [equation.primitive.name for equation in program.equations]
    assert names.count("sin") == 7  # 4, and again 3 for their cosines
    again = [e.primitive.name for e in simplify(program).equations]
    assert names == again
