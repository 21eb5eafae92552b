"""Complex numbers in compiled code: NumPy's values, parts, layout and loops."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import config
from chainrule.backends.native.compile import compile_program
from chainrule.backends.native.complex_numbers import FORMULAS
from chainrule.backends.native.graph import build_graph, foreign_names
from chainrule.backends.native.target import supported_levels, target_for
from chainrule.core.primitive import REGISTRY
from chainrule.core.types import type_of
from chainrule.transforms.trace import trace

LEVELS = [None, *supported_levels()]
DTYPES = [np.complex64, np.complex128]
PARTS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e-30, 2.5, -70.0, 1e30, -3.0]
TOLERANCE = {np.complex64: 4e-6, np.complex128: 4e-15}
EXACT = ("add", "sub", "neg", "div", "conj", "real", "imag", "equal", "not_equal")


def draw(*shape, dtype=np.complex128, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)


def numbers(dtype):
    """All pairs of special parts, and ordinary ones."""
    x, y = [grid.ravel() for grid in np.meshgrid(PARTS, PARTS)]
    z = np.empty(x.size, dtype)
    z.real, z.imag = x, y
    return np.concatenate([z, draw(60, dtype=dtype)])


def alike(got, want, tolerance):
    """Values and the places of infinities and NaN, part by part."""
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    if want.dtype.kind == "c":
        alike(got.real, want.real, tolerance)
        alike(got.imag, want.imag, tolerance)
    elif tolerance:
        assert_allclose(got, want, rtol=tolerance, atol=tolerance / 4)
    else:
        assert_array_equal(got, want)
        if want.dtype.kind == "f":
            known = ~np.isnan(want)
            assert_array_equal(np.signbit(got[known]), np.signbit(want[known]))


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level or "host")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_formulas_are_numpys_at_special_parts_too(name, dtype, level):
    record = REGISTRY[name]
    count = len(record.samples[0].shapes)
    arrays = [grid.ravel() for grid in np.meshgrid(*[numbers(dtype)] * count)]
    recording = trace(record, [type_of(array) for array in arrays])
    assert foreign_names(build_graph(recording.program)) == ()
    target = target_for(level)
    (got,) = compile_program(recording.program, (), target)(recording.constants, arrays)
    with np.errstate(all="ignore"):
        want = record.numpy(*arrays)
    if name in ("mul", "square"):  # contracted or not, as the CPU has it
        parts = [part for x in arrays for part in (x.real, x.imag)]
        moderate = np.all([np.isfinite(p) & (np.abs(p) < 1e10) for p in parts], axis=0)
        scale = np.prod([np.abs(x[moderate]) for x in (*arrays, *arrays)][:2], axis=0)
        apart = np.abs(got[moderate] - want[moderate])
        assert np.all(apart <= TOLERANCE[dtype] * scale)
        return
    alike(got, want, 0 if name in EXACT else TOLERANCE[dtype])


def native(function, *arrays):
    """The results of compiled code that does not call NumPy, and of plain code."""
    fast = cr.jit(function)
    got = fast(*arrays)
    assert foreign_names(build_graph(fast.programs[0])) == ()
    return zip(got, function(*arrays), strict=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_views_sums_and_products(dtype):
    x, a, b = (
        draw(37, dtype=dtype),
        draw(20, 33, dtype=dtype),
        draw(33, 17, dtype=dtype),
    )

    def vectors(x):
        chosen = np.where(x.real > 0, x, 0), x[np.array([3, -1, 3])], x[::-1] * 2
        return (
            *chosen,
            np.sum(x),
            np.cumsum(x),
            np.prod(x[:9]),
            np.cumprod(x[:9]),
            np.angle(x),
            x.real.astype(dtype),
        )

    def matrices(a, b):
        sums = np.sum(a, axis=0), np.sum(a, axis=1), np.pad(a, 1), a.T
        return *sums, a @ b, a.conj().T @ a, a @ b[:, 0], np.concatenate([a, a], 1)

    for got, want in [*native(vectors, x), *native(matrices, a, b)]:
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        assert_allclose(
            got, want, rtol=30 * TOLERANCE[dtype], atol=30 * TOLERANCE[dtype]
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_loops_branches_and_gradients(dtype):
    x, a = draw(33, dtype=dtype), draw(20, 33, dtype=dtype, seed=1)

    def turn(x, a):
        def step(state, row):
            z = state * np.exp(1j * np.abs(state)).astype(dtype) + row
            z = z / np.abs(z)
            return cr.cond(z[0].real > 0, lambda z: z.conj(), lambda z: -z, z), z[0]

        return cr.scan(step, x, a)

    def slope(x, a):
        return (cr.grad(lambda x: np.sum(np.abs(np.exp(x) * a) ** 2))(x),)

    for got, want in [*native(turn, x, a), *native(slope, x, a)]:
        assert_allclose(got, want, rtol=200 * TOLERANCE[dtype], atol=3e-4)


def test_arrays_may_start_at_any_multiple_of_a_part():
    x = draw(37)
    raw = np.zeros(37 * 16 + 64, np.uint8)
    for offset in (0, 8):
        start = -raw.ctypes.data % 16 + offset
        place = raw[start : start + 37 * 16].view(complex)
        place[:] = x
        for got, want in native(lambda x: (x * 2, x[::-1] + x), place):
            assert_array_equal(got, want)


def test_any_number_of_threads_gives_the_same_bits():
    x = draw(300_000)
    recording = trace(lambda x: (x * x + 1, np.sum(x), np.exp(x)), [type_of(x)])
    before = config.get_num_threads()
    results = []
    for count in (1, 2, 3):
        config.set_num_threads(count)
        code = compile_program(recording.program, ())
        results.append([y.tobytes() for y in code(recording.constants, [x])])
    config.set_num_threads(before)
    assert results[0] == results[1] == results[2]
