"""Loops: what moves, what is kept, and derivatives, against loops written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule.numpy  # noqa: F401  (registers NumPy's functions)
from chainrule.core.check import check
from chainrule.core.errors import MissingRuleError, ShapeError
from chainrule.core.types import type_of
from chainrule.primitives.control import fori_loop, scan
from chainrule.transforms.jvp import linearize, push_forward
from chainrule.transforms.trace import trace
from chainrule.transforms.transpose import pull_back

RNG = np.random.default_rng(0)
A, C, XS = RNG.normal(size=(3, 3)), RNG.normal(size=3), RNG.normal(size=(5, 3))


def body_of(step, *values):
    """A body traced for values of these types."""
    return trace(step, [type_of(value) for value in values]).program


def unrolled(step, consts, carry, xs, length, reverse=False):
    """The meaning of a scan, in plain Python."""
    ys = [None] * length
    for i in reversed(range(length)) if reverse else range(length):
        results = step(*consts, *carry, *[x[i] for x in xs])
        carry, ys[i] = results[: len(carry)], results[len(carry) :]
    return (*carry, *[np.stack(column) for column in zip(*ys, strict=True)])


def derivatives(function, values):
    """The linear map at a point, and a check that it is well formed."""
    traced = trace(function, [type_of(value) for value in values])
    active = [np.asarray(value).dtype.kind == "f" for value in values]
    ys, linear = linearize(traced.program, traced.constants, values, active)
    check(linear.program)
    return ys, linear


def cotangents(linear, z_bars):
    moving = [z for z, m in zip(z_bars, linear.nonzero, strict=True) if m]
    return pull_back(linear.program, linear.residuals, moving)


def agree(function, plain, values):
    """Values, tangents and cotangents of two functions are the same."""
    ours, ours_linear = derivatives(function, values)
    theirs, theirs_linear = derivatives(plain, values)
    for mine, other in zip(ours, theirs, strict=True):
        assert_allclose(mine, other, rtol=1e-13, atol=1e-13)
    z_bars = [RNG.normal(size=np.shape(y)) for y in ours]
    pairs = [cotangents(linear, z_bars) for linear in (ours_linear, theirs_linear)]
    for mine, other in zip(*pairs, strict=True):
        got, want = (0 if bar is None else bar for bar in (mine, other))
        assert_allclose(got, want, rtol=1e-12, atol=1e-13)


def recurrent(a, c, x):
    c = np.tanh(a @ c + x)
    return c, np.sin(c) * x


def counting(a, i, c, x):
    """An integer carry beside one that moves."""
    return i + 1, np.tanh(a @ c) * (i + 1), x.sum() * 2


def late(a, still, c, x):
    """A carry that starts at rest and moves from the second step on."""
    return c * 1.0, np.tanh(a @ c + x), still + x


def forgetful(a, c, x):
    """A carry that no longer moves after the first step."""
    return np.ones_like(c), a @ c + x


SCANS = {
    "recurrent": (recurrent, [A], [C], [XS]),
    "counting": (counting, [A], [np.int64(0), C], [XS]),
    "late": (late, [A], [np.zeros(3), C], [XS]),
    "forgetful": (forgetful, [A], [C], [XS]),
    "no consts": (lambda c, x: (c * x,), [], [C], [XS]),
    "no stacks": (lambda a, c: (np.sin(a @ c),), [A], [C], []),
    "no carry": (lambda a, x: (np.sin(a @ x),), [A], [], [XS]),
    "sorts": (lambda c, x: (np.sort(c * x), np.max(x)), [], [C], [XS]),
}


@pytest.mark.parametrize("name", SCANS)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_is_the_loop_written_out(name, reverse):
    step, consts, carry, xs = SCANS[name]
    body = body_of(step, *consts, *carry, *[x[0] for x in xs])
    split = len(consts) + len(carry)

    def looped(*values):
        counts = {"consts": len(consts), "carry": len(carry)}
        return scan(*values, body=body, length=5, reverse=reverse, **counts)

    def plain(*values):
        parts = values[: len(consts)], values[len(consts) : split], values[split:]
        return unrolled(step, *parts, 5, reverse)

    agree(looped, plain, [*consts, *carry, *xs])


def test_only_what_moves_is_differentiated():
    step, consts, carry, xs = SCANS["recurrent"]
    body = body_of(step, *consts, *carry, xs[0][0])
    counts = {"consts": 1, "carry": 1, "length": 5, "reverse": False}

    def looped(x):
        return scan(A, C, x, body=body, **counts)

    def plain(x):
        return unrolled(step, [A], [C], [x], 5)

    agree(looped, plain, [XS])


def test_what_is_the_same_in_each_step_is_not_stacked():
    body = body_of(recurrent, A, C, XS[0])
    counts = {"consts": 1, "carry": 1, "length": 5, "reverse": False}
    program = trace(
        lambda a, c, x: scan(a, c, x, body=body, **counts),
        [type_of(A), type_of(C), type_of(XS)],
    ).program
    _, linear = linearize(program, (), [A, C, XS], [True] * 3)
    shapes = [np.shape(residual) for residual in linear.residuals]
    assert (5, 3, 3) not in shapes
    assert any(residual is A for residual in linear.residuals)


def test_scans_nest():
    inner = body_of(lambda a, c, x: (np.tanh(a * c + x),), C, C, XS[0])
    inner_counts = {"consts": 1, "carry": 1, "length": 5, "reverse": False}

    def step(a, xs, c, scale):
        (c,) = scan(a * scale, c, xs, body=inner, **inner_counts)
        return c, np.sum(c)

    scales = RNG.normal(size=4)
    body = body_of(step, C, XS, C, scales[0])
    counts = {"consts": 2, "carry": 1, "length": 4, "reverse": False}

    def looped(a, xs, c, scales):
        return scan(a, xs, c, scales, body=body, **counts)

    def inner_plain(a, xs, c, scale):
        (c,) = unrolled(
            lambda a, c, x: (np.tanh(a * c + x),), [a * scale], [c], [xs], 5
        )
        return c, np.sum(c)

    def plain(a, xs, c, scales):
        return unrolled(inner_plain, [a, xs], [c], [scales], 4)

    agree(looped, plain, [C, XS, C, scales])


def test_the_second_derivative_of_a_scan():
    """Forward over reverse: the derivative of the gradient along a direction."""
    body = body_of(recurrent, A, C, XS[0])
    counts = {"consts": 1, "carry": 1, "length": 5, "reverse": False}

    def gradient(function):
        def at(c):
            traced = trace(function, [type_of(c)])
            _, linear = linearize(traced.program, traced.constants, [c], [True])
            return pull_back(linear.program, linear.residuals, [np.ones(())])[0]

        return at

    def looped(c):
        last, ys = scan(A, c, XS, body=body, **counts)
        return np.sum(last) + np.sum(ys)

    def plain(c):
        last, ys = unrolled(recurrent, [A], [c], [XS], 5)
        return np.sum(last) + np.sum(ys)

    direction = RNG.normal(size=3)
    got = []
    for function in (looped, plain):
        traced = trace(gradient(function), [type_of(C)])
        check(traced.program)
        pushed = push_forward(traced.program, traced.constants, [C], [direction])
        got.append(pushed[1][0])
    assert_allclose(got[0], got[1], rtol=1e-12)


def test_fori_loop_counts_between_bounds_known_at_run_time():
    body = body_of(
        lambda a, i, c: (c + a * i,), np.float64(2), np.int64(0), np.zeros(())
    )
    got = fori_loop(
        np.int64(2), np.int64(5), np.float64(2), np.zeros(()), body=body, consts=1
    )
    assert got == (18.0,)
    never = fori_loop(np.int64(5), np.int64(2), 2.0, np.ones(()), body=body, consts=1)
    assert_array_equal(never, [1.0])


def test_fori_loop_has_no_reverse_mode_and_says_what_has():
    body = body_of(lambda a, i, c: (np.sin(a * c),), C, np.int64(0), C)
    _, linear = derivatives(
        lambda a, c: fori_loop(np.int64(0), np.int64(3), a, c, body=body, consts=1),
        [C, C],
    )
    with pytest.raises(MissingRuleError, match=r"Use chainrule\.scan"):
        pull_back(linear.program, linear.residuals, [np.ones(3)])


def test_operands_that_do_not_fit_the_body_are_refused():
    body = body_of(recurrent, A, C, XS[0])
    counts = {"consts": 1, "carry": 1, "length": 4, "reverse": False}
    types = [type_of(A), type_of(C), type_of(XS)]
    with pytest.raises(ShapeError, match=r"Expected operands of types .*\[4,3\]"):
        scan.type(*types, body=body, **counts)


def test_a_body_that_changes_its_carry_is_refused():
    body = body_of(lambda c, x: (np.stack([c, x]),), C, XS[0])
    with pytest.raises(ShapeError, match="keeps the carry's types"):
        scan.type(
            type_of(C),
            type_of(XS),
            body=body,
            consts=0,
            carry=1,
            length=5,
            reverse=False,
        )
