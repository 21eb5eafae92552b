"""Sorted lines and orders have the bits of NumPy's stable sort."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import config
from chainrule.backends.native.compile import compile_program
from chainrule.backends.native.graph import build_graph, foreign_names
from chainrule.backends.native.ordering import FEW, SHORT
from chainrule.backends.native.target import supported_levels, target_for
from chainrule.core.types import type_of
from chainrule.primitives.reduction import argsort, sort
from chainrule.transforms.trace import trace

DTYPES = [np.dtype(letter) for letter in "fdbhilBHIL?"]
SHAPES = [
    # insertion, radix and side by side, at their edges
    *[((n,), 0) for n in (1, 2, 3, SHORT, SHORT + 1, 1000, 9000)],
    *[((5, 7), axis) for axis in (0, 1)],
    *[((4, n), 1) for n in (FEW, FEW + 1)],
    *[((3, n), 1) for n in (SHORT, SHORT + 1)],
    *[((300, 20), 0), ((17, 100), 1), ((3, 60, 5), 1), ((1, 90), 1), ((4, 1), 1)],
    *[((0, 3), 0), ((3, 0), 1), ((2, 3, 4, 5), 2)],
]
ODD = np.array([0.0, -0.0, 1, -1, np.nan, -np.nan, np.inf, -np.inf, 1e-310, -1e-40, 3])


@pytest.fixture(autouse=True)
def threads():
    before = config.get_num_threads()
    yield
    config.set_num_threads(before)


def draw(rng, shape, dtype, ties):
    """Numbers of all sizes, or few that tie: zeros of both signs, NaN, infinities."""
    if dtype.kind == "f":
        wide = rng.normal(size=shape) * 10.0 ** rng.integers(-30, 30, shape)
        return (rng.choice(ODD, shape) if ties else wide).astype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    limits = np.iinfo(dtype)
    if ties:
        return rng.integers(0, 9, shape).astype(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def order(x, axis):
    """What sorting gives, and something more of the same shape."""
    places = argsort(x, axis=axis)
    return sort(x, axis=axis), places, places * 2 + places


def has_numpys_bits(dtype, shapes, level, counts):
    rng = np.random.default_rng(0)
    for shape, axis in shapes:
        samples = [draw(rng, shape, dtype, ties) for ties in (False, True)]
        type = type_of(samples[0])
        recording = trace(lambda x, axis=axis: order(x, axis), [type])
        assert foreign_names(build_graph(recording.program)) == ()
        native = compile_program(recording.program, (), target_for(level))
        native.parallel = True
        for x in samples:
            want = [array.tobytes() for array in order(x, axis)]
            for count in counts:
                config.set_num_threads(count)
                got = native(recording.constants, [x])
                assert [array.tobytes() for array in got] == want, (shape, axis)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_sorting_has_the_bits_of_numpys_stable_sort(dtype):
    has_numpys_bits(dtype, SHAPES, None, (1, 2, 3))


@pytest.mark.parametrize("level", supported_levels())
@pytest.mark.parametrize("dtype", DTYPES[::3], ids=lambda dtype: dtype.name)
def test_sorting_has_these_bits_at_every_level(dtype, level):
    has_numpys_bits(dtype, SHAPES[4:12], level, (2,))


def test_what_is_sorted_may_be_computed_on_the_way():
    rng = np.random.default_rng(1)
    for shape in [(40,), (500,), (30, 20), (2, 300)]:
        x = rng.normal(size=shape)

        def function(x):
            y = np.sort(-np.abs(x), axis=-1)
            return y * 2 + x, np.argsort(np.tanh(x), axis=-1) + 1, np.median(x)

        for got, want in zip(cr.jit(function)(x), function(x), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-14)


def test_derivatives_of_quantiles_run_in_a_compiled_loop():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(50, 31))

    def total(rows):
        step = lambda sum, row: (sum + np.quantile(row, 0.3) ** 2, None)  # noqa: E731
        return cr.scan(step, 0.0, rows)[0]

    fast = cr.jit(cr.grad(total))
    got = fast(rows)
    assert foreign_names(build_graph(fast.programs[0])) == ()
    np.testing.assert_allclose(got, cr.grad(total)(rows), rtol=1e-13, atol=1e-15)
    low = np.sort(rows, axis=1)[:, 9]  # 0.3 of 30
    np.testing.assert_allclose(got.sum(1), 2 * low, rtol=1e-12)
