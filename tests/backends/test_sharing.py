"""Denormals flushed, units claimed, weights in panels: the same numbers all along."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special

import chainrule as cr
import chainrule.numpy as xp
from chainrule import config
from chainrule.backends.native import fuse
from chainrule.backends.native.compile import emit
from chainrule.backends.native.graph import build_graph
from chainrule.backends.native.schedule import plan_region
from chainrule.backends.native.target import cross_target, current_target

TINY = np.float32(1e-40)
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def settings_come_back():
    threads = config.get_num_threads()
    yield
    config.set_num_threads(threads)


def matrix(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def test_denormals_are_kept_unless_flushing_is_asked_for():
    x = np.full(37, TINY)
    halved = cr.jit(lambda x: x * np.float32(0.5))(x)
    assert_array_equal(halved, x * np.float32(0.5))
    assert halved[0] > 0
    assert_array_equal(cr.jit(lambda x: x + x, flush_denormals=True)(x), np.zeros(37))
    assert TINY * np.float32(0.5) > 0  # the mode before is in force again


def test_numpys_part_of_a_flushing_function_keeps_denormals():
    def through_numpy(x):
        return np.linalg.solve(np.eye(3, dtype=np.float32), x) * np.float32(2.0**30)

    x = np.full(3, TINY) * np.arange(1, 4, dtype=np.float32)
    assert_array_equal(cr.jit(through_numpy)(x), through_numpy(x))
    program = cr.make_program(through_numpy)(x)
    text = emit(program, (), current_target(), flush=True).text
    assert text.count("ldmxcsr(ptr") >= 4 or not current_target().is_x86


def test_flushing_is_emitted_for_arm():
    program = cr.make_program(lambda x: x + x)(np.ones(3))
    target = cross_target("aarch64-unknown-linux-gnu", "generic")
    assert "llvm.aarch64.set.fpcr" in emit(program, (), target, flush=True).text


def descend(steps, w, v, x, y):
    """Steps of gradient descent with momentum on a matrix wide enough for panels."""

    def step(_, state):
        w, v = state
        gradient = cr.grad(lambda w: np.mean((np.tanh(x @ w) - y) ** 2))(w)
        v = np.float32(0.9) * v + gradient
        return w - np.float32(0.1) * v, v

    return cr.fori_loop(0, steps, step, (w, v))


@pytest.mark.parametrize("columns", [96, 160, 256])
def test_weights_in_panels_learn_as_numpy_says(columns):
    x, y = matrix(64, 300), matrix(64, columns)
    w, v = matrix(300, columns) / 20, np.zeros((300, columns), np.float32)
    compiled = cr.jit(descend)
    got = compiled(np.int64(5), w, v, x, y)
    want = w, v
    for _ in range(5):
        want = descend(1, *want, x, y)
    for a, b in zip(got, want, strict=True):
        assert_allclose(a, b, atol=1e-5)

    (program,) = compiled.programs
    target = current_target()
    plan = plan_region(build_graph(program), [None] * 2, target)
    (panels,) = plan.panels.values()
    assert len(panels) == (2 if columns % target.lanes(4) == 0 else 0)


def test_a_batch_gathered_into_panels_is_read_along_them():
    rows, x, y = RNG.integers(0, 500, (4, 128)), matrix(500, 208), matrix(128, 160)

    def body(i, w):
        batch = xp.take(x, xp.take(rows, i, axis=0), axis=0)
        return w - np.float32(0.01) * (batch.T @ (np.tanh(batch @ w) - y))

    w = matrix(208, 160) / 20
    compiled = cr.jit(lambda n, w: cr.fori_loop(0, n, body, w))
    got = compiled(np.int64(4), w)
    want = w
    for i in range(4):
        want = body(i, want)
    assert_allclose(got, want, rtol=1e-4, atol=1e-5)

    (program,) = compiled.programs
    region = build_graph(program)
    ((plan, _),) = plan_region(region, [None], current_target()).inner.values()
    lying = {node.op for node in plan.columns}
    assert lying == {"take", "sub"}


def test_a_carry_that_is_also_summed_stays_row_by_row():
    def body(_, w):
        return w + x.T @ np.tanh(x @ w) + np.sum(w)

    x, w = matrix(32, 256) / 100, matrix(256, 128) / 100
    compiled = cr.jit(lambda n, w: cr.fori_loop(0, n, body, w))
    got = compiled(np.int64(2), w)
    (program,) = compiled.programs
    plan = plan_region(build_graph(program), [None], current_target())
    (panels,) = plan.panels.values()
    assert not panels
    assert_allclose(got, body(1, body(0, w)), rtol=2e-4, atol=1e-4)


def test_claimed_units_give_the_same_bits_on_any_number_of_threads():
    # More large products in a row than there are sets of claims, in a loop.
    xs = [matrix(128, 128) / 12 for _ in range(6)]

    def body(_, w):
        return np.tanh(sum(x @ w for x in xs))

    results = []
    for threads in (1, 2, 3):
        config.set_num_threads(threads)
        compiled = cr.jit(lambda n, w: cr.fori_loop(0, n, body, w))
        results += [compiled(np.int64(3), xs[0]) for _ in range(2)]
    for result in results:
        assert_array_equal(result, results[0])
    want = xs[0]
    for _ in range(3):
        want = body(0, want)
    assert_allclose(results[0], want, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [(13, 2050, 7), (33, 4097, 40), (100, 3000, 64)])
def test_long_sums_are_added_in_blocks_to_the_same_bits(shape):
    rows, summed, columns = shape
    x, y = RNG.standard_normal((rows, summed)), RNG.standard_normal((summed, columns))
    whole = cr.jit(np.matmul)(x, y)
    assert_allclose(whole, x @ y, atol=1e-11)
    # With an epilogue, tiles rest between blocks (64 columns) or are summed at once.
    assert_array_equal(cr.jit(lambda x, y: np.negative(x @ y))(x, y), -whole)


def test_kernels_never_wait_for_each_other_in_a_circle():
    # An integral without a native form, met in the middle of long expressions: what is
    # computed before it and after it must not be joined by way of a third kernel.
    def price(spot, strike, time, rate, volatility):
        root = volatility * np.sqrt(time)
        d = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * time) / root + 3.0
        late = strike * np.exp(-rate * time) * special.expi(d - root)
        return spot * special.expi(d) - late

    def greeks(*market):
        slopes = cr.elementwise_grad(price, argnums=(0, 2, 3, 4))
        first, second = cr.jvp(
            lambda spot: slopes(spot, *market[1:]),
            (market[0],),
            (np.ones_like(market[0]),),
        )
        return (price(*market), *first, second[0])

    market = [RNG.uniform(0.5, 1, 7) for _ in range(5)]
    for got, want in zip(cr.jit(greeks)(*market), greeks(*market), strict=True):
        assert_allclose(got, want, rtol=1e-8)


def random_products(rng):
    """Products, sums and maps of a few square matrices, each read in many ways."""
    n = int(rng.choice([16, 32, 48]))
    values = [rng.standard_normal((n, n)).astype(np.float32) / n for _ in range(3)]
    plan, order = rng.integers(0, 8, 8), rng.permutation(n)
    picks = rng.integers(0, 1000, (8, 2))

    def program(a, b, c):
        known = [a, b, c]
        for kind, (i, j) in zip(plan, picks, strict=True):
            x, y = known[i % len(known)], known[j % len(known)]
            known.append(
                [
                    lambda x, y: x @ y,
                    lambda x, y: np.tanh(x @ y + x),
                    lambda x, y: x.T @ y,
                    lambda x, y: x @ y.T - y,
                    lambda x, y: x + y * np.sum(y, axis=0),
                    lambda x, y: np.maximum(x, 0) + y.T,
                    lambda x, y: x / np.float32(1.5) + np.sum(x, axis=1)[:, None],
                    lambda x, y: y[order],
                ][kind](x, y)
            )
        return known[-1], known[-2], known[-3]

    return program, values


@pytest.mark.parametrize("seed", range(60))
def test_panels_of_every_size_change_no_number(seed, monkeypatch):
    native = "chainrule.backends.native"
    monkeypatch.setattr(f"{native}.panels.PANEL_BYTES", 0)
    monkeypatch.setattr(f"{native}.panels.PANEL_ROWS", 1)
    monkeypatch.setattr(f"{native}.product.STRIPE_BYTES", 1024)
    program, values = random_products(np.random.default_rng(seed))

    def loop(a, b, c):
        return cr.fori_loop(0, 3, lambda i, state: program(*state), (a, b, c))

    once = cr.jit(program)(*values)
    for got, want in zip(once, program(*values), strict=True):
        assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    for got, want in zip(cr.jit(loop)(*values), loop(*values), strict=True):
        scale = 1 + np.abs(want).max()
        assert_allclose(got / scale, want / scale, atol=1e-4)


def test_a_long_chain_falls_into_kernels_of_bounded_length():
    def far(x):
        for _ in range(150):
            x = x + 0.01 * np.sin(x)
        return np.sum(x)

    x = RNG.standard_normal(1000)
    slope = cr.jit(cr.grad(far))
    assert_allclose(slope(x), cr.grad(far)(x), rtol=1e-12)
    (program,) = slope.programs
    fusion = plan_region(build_graph(program), [None], current_target()).fusion
    assert len(fusion.kernels) > 4
    assert max(fusion._loads(kernel) for kernel in fusion.kernels) <= 2 * fuse.HEAVY
