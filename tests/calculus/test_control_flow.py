"""Branches and loops on values: their meaning, derivatives, batches and compilation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.core.errors import MissingRuleError, ShapeError
from chainrule.core.program import subprograms
from chainrule.core.tree import flatten

BACKENDS = ["numpy", "native"]


@pytest.fixture(params=["plain", *BACKENDS])
def run(request):
    """Ways to call a function: as it is, or compiled by either backend."""
    if request.param == "plain":
        return lambda f: f
    cr.config.set_backend(request.param)
    return cr.jit


def bent(x):
    """Two smooth pieces that keep different numbers of values for the derivative."""
    return cr.cond(
        np.sum(x) > 1.0,
        lambda x: np.sum(x**3),
        lambda x: np.sum(np.sin(x) * np.exp(x) * 2.0),
        x,
    )


def bent_by_hand(x):
    return np.sum(x**3) if np.sum(x) > 1.0 else np.sum(np.sin(x) * np.exp(x) * 2.0)


def bent_gradient(x):
    if np.sum(x) > 1.0:
        return 3 * x**2
    return 2.0 * np.exp(x) * (np.sin(x) + np.cos(x))


HIGH, LOW = np.array([0.5, 1.5]), np.array([-0.5, 0.25])


@pytest.mark.parametrize("x", [HIGH, LOW], ids=["true", "false"])
def test_cond_and_its_derivatives(run, x):
    assert_allclose(run(bent)(x), bent_by_hand(x), rtol=1e-14)
    assert_allclose(run(cr.grad(bent))(x), bent_gradient(x), rtol=1e-13)
    tangent = np.array([1.0, -2.0])
    moved = run(lambda x, dx: cr.jvp(bent, (x,), (dx,)))(x, tangent)[1]
    assert_allclose(moved, bent_gradient(x) @ tangent, rtol=1e-13)
    want = np.diag(6 * x) if x is HIGH else np.diag(4 * np.exp(x) * np.cos(x))
    assert_allclose(run(cr.hessian(bent))(x), want, rtol=1e-12, atol=1e-14)


def test_cond_traces_both_branches_where_its_number_is_unknown():
    calls = []

    def branch(name):
        return lambda x: (calls.append(name), x * 2.0)[1]

    def f(x):
        return cr.cond(x > 0, branch("yes"), branch("no"), x)

    f(1.0)
    cr.grad(f)(-1.0)
    assert calls == ["yes", "no"]
    calls.clear()
    cr.jit(f)(1.0)
    assert calls == ["no", "yes"]


def test_a_condition_known_while_tracing_costs_nothing():
    program = cr.make_program(lambda x: cr.cond(True, np.sin, np.cos, x))(1.0)
    assert [equation.primitive.name for equation in program.equations] == ["sin"]


def test_branches_close_over_values_and_share_them(run):
    a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])

    def f(w, x):
        c = np.tanh(w)
        return cr.cond(x > 0, lambda: a * c + b, lambda: a - c)

    for x in (1.0, -1.0):
        want = a * np.tanh(2.0) + b if x > 0 else a - np.tanh(2.0)
        assert_allclose(run(f)(2.0, x), want, rtol=1e-14)
        slope = (a if x > 0 else -np.ones(2)) / np.cosh(2.0) ** 2
        got = run(lambda x: cr.jacobian(lambda w: f(w, x))(2.0))(x)
        assert_allclose(got, slope, rtol=1e-12)


def test_results_of_branches_may_be_containers(run):
    def f(x):
        return cr.cond(
            x["a"] > 0,
            lambda x: {"s": x["a"] + x["b"], "t": (x["b"], None)},
            lambda x: {"s": x["a"] - x["b"], "t": (2.0 * x["a"], None)},
            x,
        )

    got = run(f)({"a": 1.0, "b": 3.0})
    assert got == {"s": 4.0, "t": (3.0, None)}
    got = run(f)({"a": -1.0, "b": 3.0})
    assert got == {"s": -4.0, "t": (-2.0, None)}


PIECES = [np.sin, np.square, lambda x: x * 3.0, np.exp]
SLOPES = [np.cos, lambda x: 2 * x, lambda x: 3.0, np.exp]
CURVES = [lambda x: -np.sin(x), lambda x: 2.0, lambda x: 0.0, np.exp]


@pytest.mark.parametrize("index", [-2, 0, 1, 2, 3, 9])
def test_switch_takes_the_nearest_branch(run, index):
    place = min(max(index, 0), 3)

    def f(i, x):
        return cr.switch(i, PIECES, x)

    assert_allclose(run(f)(index, 0.7), PIECES[place](0.7), rtol=1e-14)
    slope = run(lambda i, x: cr.grad(lambda x: f(i, x))(x))
    assert_allclose(slope(index, 0.7), SLOPES[place](0.7), rtol=1e-13)
    curve = run(lambda i, x: cr.hessian(lambda x: f(i, x))(x))
    assert_allclose(curve(index, 0.7), CURVES[place](0.7), rtol=1e-13, atol=1e-14)


def test_small_and_unsigned_indices(run):
    for dtype in (np.int8, np.uint8, np.uint64):
        got = [run(lambda i: cr.switch(i, PIECES, 0.5))(dtype(i)) for i in (0, 3, 100)]
        assert_allclose(got, [np.sin(0.5), np.exp(0.5), np.exp(0.5)], rtol=1e-14)


def newton(a):
    """The square root by Newton's iteration, until it stands still."""
    return cr.while_loop(
        lambda x: np.abs(x * x - a) > 1e-13 * a, lambda x: 0.5 * (x + a / x), a + 1.0
    )


def test_while_loop_and_its_derivative_forward(run):
    assert_allclose(run(newton)(2.0), np.sqrt(2.0), rtol=1e-13)
    moved = run(lambda a: cr.jvp(newton, (a,), (1.0,)))(2.0)
    assert_allclose(moved, (np.sqrt(2.0), 0.5 / np.sqrt(2.0)), rtol=1e-12)
    # Forward over forward: -1/4 a^(-3/2).
    slope = lambda a: cr.jvp(newton, (a,), (1.0,))[1]  # noqa: E731
    curve = run(lambda a: cr.jvp(slope, (a,), (1.0,))[1])(2.0)
    assert_allclose(curve, -0.25 * 2.0**-1.5, rtol=1e-9)


def test_forward_mode_goes_through_a_while_loop_once():
    """Values and tangents share a loop, unless tangents are to be linear alone."""
    program = cr.make_program(lambda a, d: cr.jvp(newton, (a,), (d,)))(2.0, 1.0)
    names = [equation.primitive.name for equation in program.equations]
    assert names.count("while_loop") == 1


def test_while_loop_may_not_run_at_all(run):
    def f(x):
        return cr.while_loop(lambda c: c[0] < 0.0, lambda c: (c[0] - 1, c[1] * 2), x)

    x = (1.0, np.array([1.0, 2.0]))
    got = run(f)(x)
    assert got[0] == 1.0
    assert_array_equal(got[1], x[1])


def test_while_loop_carries_containers_and_arrays(run):
    """Powers of a matrix until it is large: arrays and counters side by side."""
    m = np.array([[1.0, 0.5], [0.25, 1.5]])

    def f(m):
        def body(state):
            return {"p": state["p"] @ m, "n": state["n"] + 1}

        return cr.while_loop(
            lambda state: np.max(state["p"]) < 50.0, body, {"p": np.eye(2), "n": 0}
        )

    p, n = np.eye(2), 0
    while np.max(p) < 50.0:
        p, n = p @ m, n + 1
    got = run(f)(m)
    assert got["n"] == n
    assert_allclose(got["p"], p, rtol=1e-13)


def test_reverse_mode_of_a_while_loop_says_what_to_use():
    with pytest.raises(MissingRuleError, match=r"fori_loop between Python integers"):
        cr.grad(newton)(2.0)
    with pytest.raises(MissingRuleError, match=r"known only when it ends"):
        cr.jit(cr.grad(newton))(2.0)


def test_reverse_mode_past_a_while_loop_that_does_not_move(run):
    def f(x):
        scale = newton(cr.stop_gradient(x))
        return x * scale

    assert_allclose(run(cr.grad(f))(2.0), np.sqrt(2.0), rtol=1e-13)


def test_a_carry_that_starts_as_a_number_takes_the_bodys_dtype():
    x = np.float32(3.0)
    got = cr.while_loop(lambda c: c < 10.0, lambda c: c * x, 1.0)
    assert got.dtype == np.float32
    assert got == 27.0


# -- compositions ----------------------------------------------------------------------


def walk(w, xs):
    """A scan whose step takes one of two ways."""

    def step(c, x):
        c = cr.cond(c * x > 0, lambda c: np.tanh(w * c + x), lambda c: c * w - x, c)
        return c, c * x

    c, ys = cr.scan(step, 0.3, xs)
    return c + np.sum(ys)


def walk_by_hand(w, xs):
    c, total = 0.3, 0.0
    for x in xs:
        c = np.tanh(w * c + x) if c * x > 0 else c * w - x
        total += c * x
    return c + total


def test_gradient_of_cond_in_scan(run):
    xs = np.random.default_rng(0).standard_normal(7)
    assert_allclose(run(walk)(0.8, xs), walk_by_hand(0.8, xs), rtol=1e-13)
    got = run(cr.grad(walk, argnums=(0, 1)))(0.8, xs)
    step = 1e-6
    for one, direction in ((got[0], None), *zip(got[1], np.eye(7), strict=True)):
        dw, dx = (step, 0.0) if direction is None else (0.0, step * direction)
        ends = walk_by_hand(0.8 + dw, xs + dx), walk_by_hand(0.8 - dw, xs - dx)
        assert_allclose(one, (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-9)
    second = run(cr.hessian(walk))(0.8, xs)
    first = cr.grad(walk)
    want = (first(0.8 + step, xs) - first(0.8 - step, xs)) / (2 * step)
    assert_allclose(second, want, rtol=1e-6)


def test_scan_in_cond(run):
    xs = np.array([0.5, -1.0, 2.0])

    def f(w, flag):
        def long(w):
            return cr.scan(lambda c, x: (np.sin(c * w + x), None), w, xs)[0]

        return cr.cond(flag, long, lambda w: w**2, w)

    def by_hand(w):
        c = w
        for x in xs:
            c = np.sin(c * w + x)
        return c

    slope = run(lambda w, flag: cr.grad(lambda w: f(w, flag))(w))
    want = (by_hand(0.7 + 1e-6) - by_hand(0.7 - 1e-6)) / 2e-6
    assert_allclose(slope(0.7, True), want, rtol=1e-8)
    assert_allclose(slope(0.7, False), 1.4, rtol=1e-14)


def test_cond_in_cond_and_in_while_loop(run):
    def collatz(n):
        def step(state):
            n, steps = state
            n = cr.cond(n % 2 == 0, lambda n: n // 2, lambda n: 3 * n + 1, n)
            return n, steps + 1

        return cr.while_loop(lambda state: state[0] != 1, step, (n, 0))[1]

    assert run(collatz)(27) == 111

    def f(x):
        return cr.cond(
            x > 0,
            lambda x: cr.cond(x > 1, np.square, np.sin, x),
            lambda x: cr.cond(x < -1, np.exp, np.cos, x),
            x,
        )

    for x, want in ((2.0, 4.0), (0.5, np.cos(0.5)), (-2.0, np.exp(-2))):
        assert_allclose(run(cr.grad(f))(x), want, rtol=1e-14)
    assert_allclose(run(cr.grad(f))(-0.5), np.sin(0.5), rtol=1e-14)


# -- vmap ------------------------------------------------------------------------------


def test_vmap_of_cond_chooses_for_each_example(run):
    xs = np.random.default_rng(1).standard_normal((5, 2))
    want = np.array([bent_by_hand(x) for x in xs])
    slopes = np.array([bent_gradient(x) for x in xs])
    assert_allclose(run(cr.vmap(bent))(xs), want, rtol=1e-13)
    assert_allclose(run(cr.vmap(cr.grad(bent)))(xs), slopes, rtol=1e-13)
    total = lambda xs: np.sum(cr.vmap(bent)(xs))  # noqa: E731
    assert_allclose(run(cr.grad(total))(xs), slopes, rtol=1e-13)


def test_vmap_of_cond_keeps_a_shared_choice_a_branch():
    def f(flag, x):
        return cr.cond(flag, np.sin, np.cos, x)

    both = cr.vmap(f, (None, 0))
    program = cr.make_program(both)(True, np.ones(3))
    names = [equation.primitive.name for equation in program.equations]
    assert names == ["switch"]
    assert_allclose(cr.jit(both)(False, np.arange(3.0)), np.cos(np.arange(3.0)))


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8])
def test_vmap_of_switch(run, dtype):
    indices = np.array([3, 0, 2, 1, 100], dtype)
    x = np.linspace(0.1, 0.9, 5)
    got = run(cr.vmap(lambda i, x: cr.switch(i, PIECES, x)))(indices, x)
    want = [PIECES[min(i, 3)](v) for i, v in zip(indices, x, strict=True)]
    assert_allclose(got, want, rtol=1e-14)


def test_vmap_of_while_loop_runs_until_all_are_done(run):
    a = np.array([0.3, 2.0, 50.0, 1e4])
    assert_allclose(run(cr.vmap(newton))(a), np.sqrt(a), rtol=1e-12)
    slope = cr.vmap(lambda a: cr.jvp(newton, (a,), (1.0,))[1])
    assert_allclose(run(slope)(a), 0.5 / np.sqrt(a), rtol=1e-10)
    steps = cr.vmap(
        lambda n: cr.while_loop(lambda c: c[0] > 0, lambda c: (c[0] - 1, c[1] + 2), n)
    )
    n = np.array([3, 0, 7])
    left, counted = run(steps)((n, np.zeros(3, np.int64)))
    assert_array_equal(left, [0, 0, 0])
    assert_array_equal(counted, 2 * n)


def test_vmap_of_while_loop_of_one_length_for_all(run):
    def f(x):
        return cr.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * x), (0, x))

    x = np.array([1.0, 2.0, 3.0])
    count, power = run(cr.vmap(f))(x)
    assert_array_equal(power, x**4)
    assert_array_equal(count, [3, 3, 3])


def test_vmap_of_vmap_of_cond(run):
    xs = np.random.default_rng(2).standard_normal((3, 4))
    f = cr.vmap(cr.vmap(lambda x: cr.cond(x > 0, np.square, np.sin, x)))
    assert_allclose(run(f)(xs), np.where(xs > 0, xs**2, np.sin(xs)), rtol=1e-14)


# -- map and associative_scan ----------------------------------------------------------


def test_map_applies_slice_by_slice(run):
    xs = {"a": np.arange(6.0).reshape(3, 2), "b": np.arange(3.0)}

    def f(x):
        return np.sum(x["a"] ** 2) * x["b"], x["b"]

    first, second = run(lambda xs: cr.map(f, xs))(xs)
    assert_allclose(first, np.sum(xs["a"] ** 2, 1) * xs["b"])
    assert_array_equal(second, xs["b"])
    total = cr.grad(lambda a: np.sum(cr.map(f, {"a": a, "b": xs["b"]})[0]))
    assert_allclose(run(total)(xs["a"]), 2 * xs["a"] * xs["b"][:, None])


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 9])
@pytest.mark.parametrize("count", [0, 6, 7])
def test_map_in_batches_is_map(run, count, batch_size):
    xs = np.random.default_rng(5).standard_normal((count, 3))
    f = lambda x: {"s": np.sum(np.sin(x)), "x": x[::-1] * 2.0}  # noqa: E731
    got = run(lambda xs: cr.map(f, xs, batch_size=batch_size))(xs)
    assert_allclose(got["s"], np.sum(np.sin(xs), 1), rtol=1e-13, atol=1e-15)
    assert_array_equal(got["x"], xs[:, ::-1] * 2.0)


def test_errors_of_map():
    with pytest.raises(ValueError, match=r"positive batch_size of map, got 0"):
        cr.map(np.sin, np.ones(3), batch_size=0)
    with pytest.raises(ValueError, match=r"one length .* got \[2, 3\]"):
        cr.map(lambda x: x[0], (np.ones(2), np.ones(3)), batch_size=2)


def affine(first, second):
    """Maps x -> a x + b, one after the other: associative, not commutative."""
    return first[0] * second[0], second[0] * first[1] + second[1]


def running(elems, reverse):
    a, b = elems
    order = range(len(a))[::-1] if reverse else range(len(a))
    total, rows = None, {}
    for i in order:
        total = (a[i], b[i]) if total is None else affine(total, (a[i], b[i]))
        rows[i] = total
    return tuple(np.stack([rows[i][k] for i in range(len(a))]) for k in (0, 1))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 8, 13])
def test_associative_scan_is_the_running_result(run, count, reverse):
    random = np.random.default_rng(count)
    elems = random.standard_normal((count, 2)), random.standard_normal((count, 2))
    got = run(lambda e: cr.associative_scan(affine, e, reverse))(elems)
    for mine, hand in zip(got, running(elems, reverse), strict=True):
        assert_allclose(mine, hand, rtol=1e-12, atol=1e-14)


def test_associative_scan_along_another_axis_and_differentiated(run):
    x = np.random.default_rng(3).standard_normal((2, 5))
    f = lambda x: cr.associative_scan(np.add, x, axis=-1)  # noqa: E731
    assert_allclose(run(f)(x), np.cumsum(x, 1), rtol=1e-13)
    weights = np.arange(10.0).reshape(2, 5)
    got = run(cr.grad(lambda x: np.sum(f(x) * weights)))(x)
    assert_allclose(got, np.cumsum(weights[:, ::-1], 1)[:, ::-1], rtol=1e-13)


def test_associative_scan_is_of_logarithmic_depth():
    calls = []
    cr.associative_scan(lambda a, b: (calls.append(1), a + b)[1], np.ones(1024))
    assert len(calls) <= 2 * 10


# -- a differential equation -----------------------------------------------------------


def lorenz(p, state):
    x, y, z = state
    return np.stack([p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z])


def lorenz_after(p, steps=1000, h=1e-3):
    """The state after steps of the classical method of Runge and Kutta."""

    def step(s, _):
        k1 = lorenz(p, s)
        k2 = lorenz(p, s + h / 2 * k1)
        k3 = lorenz(p, s + h / 2 * k2)
        k4 = lorenz(p, s + h * k3)
        return s + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    return cr.scan(step, np.ones(3), None, steps)[0]


def test_a_thousand_steps_differentiated():
    """In reverse, as forward, as by differences."""
    cr.config.set_backend("native")
    p, weights = np.array([10.0, 28.0, 8.0 / 3.0]), np.array([1.0, -2.0, 0.5])
    loss = cr.jit(lambda p: weights @ lorenz_after(p))
    got = cr.jit(cr.grad(loss))(p)
    along = cr.jit(lambda p, e: cr.jvp(loss, (p,), (e,))[1])
    assert_allclose(got, [along(p, e) for e in np.eye(3)], rtol=1e-9)
    ends = [(loss(p + 1e-6 * e), loss(p - 1e-6 * e)) for e in np.eye(3)]
    assert_allclose(got, [(a - b) / 2e-6 for a, b in ends], rtol=1e-5)


def test_steps_differentiated_are_the_same_in_each_backend(run):
    p = np.array([10.0, 28.0, 8.0 / 3.0])
    gradient = cr.grad(lambda p: np.sum(lorenz_after(p, 20)))
    assert_allclose(run(gradient)(p), gradient(p), rtol=1e-12)


def test_the_memory_of_a_scans_gradient_is_linear_in_its_length():
    cr.config.set_backend("native")

    def elements(steps):
        jitted = cr.jit(cr.grad(lambda p: np.sum(lorenz_after(p, steps))))
        jitted(np.ones(3))
        (program,) = jitted.programs
        return stored(program)

    assert elements(1000) == 10 * elements(100)
    assert elements(100) <= 100 * 4 * 5  # at most five numbers for each evaluation


# -- checkpointed scans ----------------------------------------------------------------


def pendulum(w, state, xs, **options):
    """A loss through a driven pendulum, with results of every step."""

    def step(state, x):
        for _ in range(2):
            state = state + 0.1 * np.tanh(w @ state + x)
        return state, np.sum(state**2)

    last, ys = cr.scan(step, state, xs, **options)
    return np.sum(last) + np.sum(ys**2)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("length", "chunk"), [(12, True), (13, 4), (3, 5), (0, True)])
def test_a_checkpointed_scan_is_the_scan(run, length, chunk, reverse):
    random = np.random.default_rng(4)
    point = (
        random.standard_normal((3, 3)),
        random.standard_normal(3),
        random.standard_normal((length, 3)),
    )
    kept = cr.grad(lambda *args: pendulum(*args, reverse=reverse), (0, 1, 2))
    slim = cr.grad(
        lambda *args: pendulum(*args, reverse=reverse, checkpoint=chunk), (0, 1, 2)
    )
    value = run(lambda *args: pendulum(*args, reverse=reverse, checkpoint=chunk))
    assert_allclose(value(*point), pendulum(*point, reverse=reverse), rtol=1e-13)
    for mine, want in zip(run(slim)(*point), kept(*point), strict=True):
        assert_allclose(mine, want, rtol=1e-12, atol=1e-14)


def stored(program):
    """Elements that the loops of a program stack, the deepest nest of them together."""
    total = 0
    for equation in program.equations:
        params = equation.params
        inner = [stored(body) for _, body in subprograms(params)]
        if "carry" in params:
            stacks = equation.outputs[params["carry"] :]
            total += sum(var.type.size for var in stacks)
        total += max(inner, default=0)
    return total


@pytest.mark.parametrize("length", [100, 400, 1600])
def test_a_checkpointed_scan_keeps_of_order_root_n(length):
    cr.config.set_backend("native")
    size, root = 8, round(length**0.5)

    def loss(x, **options):
        def step(x, _):
            return np.sin(np.tanh(x) * x), None

        return np.sum(cr.scan(step, x, None, length, **options)[0])

    def elements(**options):
        jitted = cr.jit(cr.grad(lambda x: loss(x, **options)))
        jitted(np.ones(size))
        (program,) = jitted.programs
        return stored(program)

    step = elements() / length
    assert step >= 3 * size  # what one step's derivative needs
    assert elements(checkpoint=True) <= root * (size + step)
    assert elements(checkpoint=length) >= length * size


def test_checkpoint_is_a_number_of_steps():
    for wrong in (0, -1, 2.5):
        with pytest.raises(ValueError, match=r"number of steps between .*, got"):
            cr.scan(lambda c, x: (c, None), 1.0, np.ones(3), checkpoint=wrong)


# -- unrolled loops --------------------------------------------------------------------


def driven(w, state, xs, **options):
    """The last state of a driven pendulum, and something of every step."""

    def step(state, x):
        state = state + 0.1 * np.tanh(w @ state + x)
        return state, (np.sum(state**2), {"angle": state[0] * x})

    return cr.scan(step, state, xs, **options)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("length", "unroll"),
    [(12, 4), (13, 4), (3, 5), (7, True), (0, True), (0, 2), (5, 1), (5, False)],
)
def test_an_unrolled_scan_is_the_scan_to_the_bit(run, length, unroll, reverse):
    random = np.random.default_rng(4)
    point = (
        random.standard_normal((3, 3)),
        random.standard_normal(3),
        random.standard_normal((length, 3)),
    )
    want = flatten(run(lambda *a: driven(*a, reverse=reverse))(*point))[0]
    options = {"reverse": reverse, "unroll": unroll}
    got = flatten(run(lambda *a: driven(*a, **options))(*point))[0]
    for mine, theirs in zip(got, want, strict=True):
        assert_array_equal(mine, theirs)
    for extra in ({}, {"checkpoint": 3}):
        slopes = [
            cr.grad(lambda *a, o=o: pendulum(*a, **o), (0, 1, 2))
            for o in ({"reverse": reverse}, {**options, **extra})
        ]
        for mine, theirs in zip(run(slopes[1])(*point), slopes[0](*point), strict=True):
            assert_allclose(mine, theirs, rtol=1e-12, atol=1e-14)


def turns(function, *args):
    """The lengths of the loops that a program of the function has."""
    program = cr.make_program(function)(*args)
    return [e.params["length"] for e in program.equations if "carry" in e.params]


def test_unrolling_shortens_the_loop_and_leaves_none_where_asked():
    xs = np.arange(13.0)

    def total(xs, **options):
        return cr.scan(lambda c, x: (np.sin(c) + x, None), 0.0, xs, **options)[0]

    assert turns(total, xs) == [13]
    assert turns(lambda xs: total(xs, unroll=4), xs) == [3]
    assert turns(lambda xs: total(xs, unroll=True), xs) == []


@pytest.mark.parametrize("unroll", [1, 3, 10, 20, True])
def test_an_unrolled_fori_loop_is_the_loop_to_the_bit(run, unroll):
    def power(x, **options):
        return cr.fori_loop(2, 12, lambda i, y: np.sin(y) * i, x, **options)

    x = np.linspace(-1.0, 1.0, 5)
    got = run(lambda x: power(x, unroll=unroll))
    assert_array_equal(got(x), run(power)(x))
    slope = cr.vmap(cr.grad(lambda x: power(x, unroll=unroll)))
    assert_allclose(run(slope)(x), cr.vmap(cr.grad(power))(x), rtol=1e-13)


def test_unroll_is_a_number_of_steps():
    for wrong in (0, -1, 2.5):
        with pytest.raises(ValueError, match=r"unroll of scan .*number of steps to"):
            cr.scan(lambda c, x: (c, None), 1.0, np.ones(3), unroll=wrong)
    with pytest.raises(ValueError, match="Python integers to unroll between, got 0"):
        cr.fori_loop(0, np.int64(3), lambda i, c: c, 1.0, unroll=2)


# -- errors ----------------------------------------------------------------------------


def test_errors_of_cond():
    jitted = cr.jit(lambda f, g, x: cr.cond(x > 0, f, g, x), static_argnums=(0, 1))
    with pytest.raises(TypeError, match=r"float64\[\] from false and float64\[2\] fr"):
        jitted(lambda x: x + np.ones(2), lambda x: x, np.float64(1))
    with pytest.raises(
        TypeError, match=r"leaf \['a'\], got float64\[\] from false and"
    ):
        jitted(lambda x: {"a": np.float32(1)}, lambda x: {"a": np.float64(1)}, 1.0)
    with pytest.raises(TypeError, match=r"same containers, got \(\*, \*\) from false"):
        jitted(lambda x: x, lambda x: (x, x), 1.0)
    with pytest.raises(TypeError, match=r"boolean scalar .* got bool\[2\]"):
        cr.cond(np.array([True, False]), np.sin, np.cos, 1.0)
    with pytest.raises(TypeError, match=r"boolean scalar .* got float64\[\]"):
        cr.cond(1.0, np.sin, np.cos, 1.0)
    with pytest.raises(TypeError, match=r"choose a branch of cond by, got function"):
        cr.cond(lambda x: x, np.sin, np.cos)
    with pytest.raises(
        TypeError, match=r"functions to choose from, got float as false"
    ):
        cr.cond(True, 1.0, 2.0)


def test_python_numbers_in_branches_take_the_dtype_of_the_others():
    f = cr.jit(lambda x: cr.cond(x > 0, lambda: x * 2, lambda: 0.0))
    assert f(np.float32(1)).dtype == np.float32
    assert f(np.float32(-1)) == 0.0
    whole = cr.jit(lambda x: cr.cond(x > 0, lambda: 1, lambda: 2.5))
    assert whole(1.0).dtype == np.float64
    assert whole(-1.0) == 2.5


def test_errors_of_switch():
    with pytest.raises(ValueError, match=r"at least one branch for switch, got none"):
        cr.switch(0, [], 1.0)
    with pytest.raises(TypeError, match=r"integer scalar .* got float64\[\]"):
        cr.switch(0.5, [np.sin, np.cos], 1.0)
    with pytest.raises(TypeError, match=r"integer scalar .* got int64\[2\]"):
        cr.switch(np.arange(2), [np.sin, np.cos], 1.0)


def test_errors_of_while_loop():
    with pytest.raises(TypeError, match=r"boolean scalar .* got float64\[\]"):
        cr.while_loop(lambda x: x, lambda x: x, 1.0)
    with pytest.raises(TypeError, match=r"boolean scalar .* got bool\[2\]"):
        cr.while_loop(lambda x: x > 0, lambda x: x, np.ones(2))
    with pytest.raises(TypeError, match=r"boolean scalar .* got \(\*, \*\)"):
        cr.while_loop(lambda x: (x > 0, x < 2), lambda x: x, 1.0)
    with pytest.raises(TypeError, match=r"carry to stay float32\[\], got float64\[\]"):
        cr.while_loop(lambda x: x < 3, lambda x: x * np.float64(2), np.float32(1))
    with pytest.raises(TypeError, match=r"its carry in \*, got \(\*, \*\)"):
        cr.while_loop(lambda x: x < 3, lambda x: (x, x), 1.0)


def test_errors_of_associative_scan():
    with pytest.raises(ShapeError, match=r"one extent along the axis, got .*\[2, 3\]"):
        cr.associative_scan(affine, (np.ones(2), np.ones(3)))
    with pytest.raises(ShapeError, match="axis of arrays with 1 axes, got 1"):
        cr.associative_scan(np.add, np.ones(2), axis=1)
    with pytest.raises(TypeError, match=r"returns \*, as it takes, got \(\*, \*\)"):
        cr.associative_scan(lambda a, b: (a, b), np.ones(2))
