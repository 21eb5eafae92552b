"""Half precision in compiled code: every number, and rounding as NumPy's."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.backends.native.compile import compile_program
from chainrule.backends.native.graph import build_graph, foreign_names
from chainrule.backends.native.target import supported_levels, target_for
from chainrule.core.types import type_of
from chainrule.transforms.trace import trace

LEVELS = [None, *supported_levels()]
ALL = np.arange(2**16, dtype=np.uint16).view(np.float16)
OTHERS = [np.dtype(letter) for letter in "fdbhilBHL?FD"]


def native(function, *arrays, level=None):
    """The results of compiled code that does not call NumPy."""
    recording = trace(function, [type_of(array) for array in arrays])
    assert foreign_names(build_graph(recording.program)) == ()
    code = compile_program(recording.program, (), target_for(level))
    return code(recording.constants, list(arrays))


def same_bits(got, want):
    """Equal with their signs; NaN where NaN is."""
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    assert_array_equal(got, want)
    if want.dtype.kind == "f":
        known = ~np.isnan(want)
        assert_array_equal(np.signbit(got[known]), np.signbit(want[known]))


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level or "host")
def test_every_half_is_read_and_every_kind_of_number_rounded(level):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, 200_000, np.uint32)
    singles = bits.view(np.float32)
    finite = np.sort(ALL[np.isfinite(ALL)]).astype(float)
    between = (finite[:-1] + finite[1:]) / 2  # ties
    near = np.concatenate([between, np.nextafter(between, 0), np.nextafter(between, 9)])
    with np.errstate(all="ignore"):
        for x in (singles, near.astype(np.float32), near, singles.astype(float) / 3):
            x = x[~np.isnan(x)]
            (got,) = native(lambda x: x.astype(np.float16), x, level=level)
            same_bits(got, x.astype(np.float16))
        (wide,) = native(lambda x: x.astype(np.float32), ALL, level=level)
        same_bits(wide, ALL.astype(np.float32))


@pytest.mark.parametrize("dtype", OTHERS, ids=lambda dtype: dtype.name)
def test_halves_from_and_to_other_numbers(dtype):
    whole = np.arange(0, 120, dtype=np.float16)
    pairs = [(whole, dtype)]
    if dtype.kind != "c":  # NumPy warns of parts that are dropped
        pairs.append((np.arange(100).astype(dtype), np.dtype(np.float16)))
    for x, wanted in pairs:
        (got,) = native(lambda x, to=wanted: x.astype(to), x)
        assert_array_equal(got, x.astype(wanted))


def test_arithmetic_rounds_after_each_operation():
    rng = np.random.default_rng(1)
    x, y = [rng.choice(ALL, 4000) for _ in range(2)]

    def several(x, y):
        products = x * y + x, x / y - y, np.maximum(x, -y), np.sqrt(np.abs(x))
        return *products, np.floor(x), np.where(x < y, x, y), x == y, np.isnan(x)

    with np.errstate(all="ignore"):
        for got, want in zip(native(several, x, y), several(x, y), strict=True):
            same_bits(got, want)


def test_views_order_and_sums():
    x = np.random.default_rng(2).normal(size=(20, 33)).astype(np.float16)

    def exact(x):
        moved = x.T, x[::-1, 3:], np.pad(x, 1), x[np.array([3, -1])], x.reshape(-1)
        return (
            *moved,
            np.sort(x, axis=0),
            np.argsort(x, axis=1, kind="stable"),
            np.max(x, axis=1),
        )

    for got, want in zip(native(exact, x), exact(x), strict=True):
        same_bits(got, want)

    def rounded(x):
        return np.sum(x), np.mean(x, axis=0), x @ x.T, np.exp(x), np.prod(x[0])

    for got, want in zip(native(rounded, x), rounded(x), strict=True):
        assert got.dtype == want.dtype
        assert_allclose(got, want, rtol=4e-3, atol=4e-3)


def test_a_loop_carries_halves():
    x = np.random.default_rng(3).normal(size=(50, 7)).astype(np.float16)

    def total(x):
        return cr.scan(lambda sum, row: (sum / 2 + row, sum[0]), x[0], x)

    fast = cr.jit(total)
    got = fast(x)
    assert foreign_names(build_graph(fast.programs[0])) == ()
    for mine, want in zip(got, total(x), strict=True):
        same_bits(mine, want)


def test_whole_powers_are_multiplied():
    x = np.arange(-9, 9)
    for power in (0, 1, 2, 3, 7, 20):
        (got,) = native(lambda x, n=power: x**n, x)
        assert_array_equal(got, x**power)
