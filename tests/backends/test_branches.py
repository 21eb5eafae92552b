"""Branches and while loops in compiled code: as NumPy's, natively, on any threads."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.backends.native.compile import compile_program, emit
from chainrule.backends.native.target import current_target

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((5, 7)), RNG.standard_normal((5, 7))


def callbacks(jitted):
    (program,) = jitted.programs
    return emit(program, (), current_target()).callbacks


def agree(function, *arguments, **tolerance):
    """Compiled by both backends, the results are the same; and none by NumPy."""
    cr.config.set_backend("numpy")
    want = cr.jit(function)(*arguments)
    cr.config.set_backend("native")
    jitted = cr.jit(function)
    got = jitted(*arguments)
    for mine, numpys in zip(got, want, strict=True):
        assert_allclose(mine, numpys, **(tolerance or {"rtol": 1e-13}))
    return jitted


@pytest.fixture(autouse=True)
def settings():
    before = cr.config.get_backend(), cr.config.get_num_threads()
    yield
    cr.config.set_backend(before[0])
    cr.config.set_num_threads(before[1])


BRANCHES = [
    lambda x, y: (x @ y.T, np.sum(x), x * 2.0, y),
    lambda x, y: (np.zeros((5, 5)), 0.0, y, y),
    lambda x, y: (x @ x.T, np.max(y), np.sort(x, axis=0), x),
    lambda x, y: (y @ np.tanh(x).T, y[0, 0], x, x),
]


@pytest.mark.parametrize("index", [-1, 0, 1, 2, 3, 4])
def test_branches_leave_arrays_numbers_and_operands_in_place(index):
    """What is made, what is a constant, and what comes from outside or twice."""
    agree(lambda i, x, y: cr.switch(i, BRANCHES, x, y), index, X, Y)


@pytest.mark.parametrize("positive", [False, True])
def test_branches_of_branches_and_what_follows_run_natively(positive):
    def f(x, y):
        def inner(x):
            return cr.cond(x[0, 0] > 0, lambda x: x @ y.T, lambda x: -x @ y.T, x)

        z = cr.cond(np.sum(x) > 0, inner, lambda x: np.exp(x) @ y.T, x)
        return z / np.sum(z), np.sum(z * z)

    jitted = agree(f, np.abs(X) if positive else -np.abs(X), Y)
    assert callbacks(jitted) == []


def test_newtons_iteration_runs_natively():
    def newton(a):
        return cr.while_loop(
            lambda c: np.abs(c[0] ** 2 - a) > 1e-12,
            lambda c: (0.5 * (c[0] + a / c[0]), c[1] + 1),
            (a, 0),
        )

    jitted = agree(newton, 2.0)
    assert callbacks(jitted) == []


def test_a_while_loop_in_a_branch_in_a_scan():
    def f(xs, y):
        def step(c, x):
            c = cr.cond(
                np.sum(x) > 0,
                lambda c: cr.while_loop(
                    lambda c: np.max(np.abs(c)) > 0.5, lambda c: c * 0.75 - 0.01 * x, c
                ),
                lambda c: np.sin(c) + y,
                c,
            )
            return c, np.sum(c)

        return cr.scan(step, y, xs)

    jitted = agree(f, RNG.standard_normal((9, 4)), RNG.standard_normal(4))
    assert callbacks(jitted) == []


def test_a_condition_read_from_an_array_that_the_loop_overwrites():
    def f(x):
        return cr.while_loop(lambda c: c[0][2] < 50, lambda c: (c[1], c[0] + c[1]), x)

    agree(f, (np.ones(3), np.array([1.0, 2.0, 3.0])))


def test_dtypes_that_registers_cannot_hold_are_numpys():
    half = np.float16([1.0, 2.0, -3.0])
    agree(
        lambda i, x: cr.switch(i, [lambda x: (x, x[0]), lambda x: (-x, x[1])], x),
        1,
        half,
    )


@pytest.mark.parametrize("first", [-1.0, 1.0])
def test_any_number_of_threads_gives_the_same_bits(first):
    """Branches and loops with work enough to share, and barriers inside."""
    size = 192
    a = RNG.standard_normal((size, size)) / 16

    def f(a, x):
        def turn(c):
            n, x = c
            x = cr.cond(
                x[0, 0] > 0,
                lambda x: np.tanh(a @ (a @ x)),
                lambda x: np.sin((x @ a).T @ a) + x.T,
                x,
            )
            return n + 1, x

        return cr.while_loop(
            lambda c: (c[0] < 6) & (np.sum(c[1] ** 2) > 1e-3), turn, (0, x)
        )

    x = RNG.standard_normal((size, size))
    x[0, 0] = first
    cr.config.set_backend("native")
    jitted = cr.jit(f)
    cr.config.set_num_threads(1)
    n, alone = jitted(a, x)
    (program,) = jitted.programs
    assert n > 1
    executable = compile_program(program, ())
    assert executable.parallel
    for threads in (2, 3):
        cr.config.set_num_threads(threads)
        for _ in range(3):
            again, together = executable([], [a, x])
            assert again == n
            assert_array_equal(together, alone)


def test_a_branch_may_write_over_a_donated_argument():
    cr.config.set_backend("native")

    def f(flag, x):
        return cr.cond(flag, lambda x: x[::-1] * 2.0, lambda x: x, x)

    jitted = cr.jit(f, donate=1)
    for flag in (True, False):
        x = np.arange(4.0)
        want = x[::-1] * 2.0 if flag else x.copy()
        assert_array_equal(jitted(flag, x), want)
