"""What native arithmetic gives is NumPy's to the bit, at every kind of number."""

import numpy as np
import pytest

from chainrule.backends.native.compile import compile_program
from chainrule.backends.native.elementary import ELEMENTARY
from chainrule.backends.native.graph import build_graph, foreign_names
from chainrule.backends.native.lowerings import LOWERINGS
from chainrule.backends.native.target import supported_levels, target_for
from chainrule.core.primitive import REGISTRY
from chainrule.core.types import type_of
from chainrule.numpy import late
from chainrule.transforms.trace import trace

late.load_all()

DTYPES = [np.dtype(letter) for letter in "fdbhilBHIL?"]
OF_PARTS = {"real", "imag", "conj"}  # these take complex numbers alone
EXACT = sorted({*LOWERINGS} - {*ELEMENTARY} - OF_PARTS | {"sqrt"})
SPECIAL = (
    *(np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 1e-310, -5e-324),
    *(0.5, -0.5, 1.5, -2.5, 2.5, 3.0, -3.0, 1.0, -1.0, 7.0, 0.1, 1e30, -1e30, 3e38),
    *(3e9, 2.0**31, 2.0**53, 2.0**63, 1e19, 1e300),
)


POWERS = np.array([0, 1, -1, 60, 127, 128, -126, -149, -150, 1023, 1024, -1022, -1074])
POWERS = np.concatenate([POWERS, 2 * POWERS, 3 * POWERS, [-(2**60), 2**60, -1076]])


def numbers_of(dtype):
    """Numbers where rounding, signs or ranges end."""
    if dtype.kind == "b":
        return np.array([True, False])
    if dtype.kind == "f":
        ordinary = np.random.default_rng(0).normal(size=20)
        with np.errstate(over="ignore"):
            return np.array([*SPECIAL, *ordinary]).astype(dtype)
    limits = np.iinfo(dtype)
    ends = [limits.min, limits.min + 1, 0, 1, 2, 3, 7, limits.max - 1, limits.max]
    bits = 8 * dtype.itemsize
    return np.array([*ends, bits - 1, bits, *([-1, -2] if limits.min else [])], dtype)


def calls(record):
    """Parameters, and arrays of all combinations, that the record takes."""
    converts = record.name == "convert"
    for dtype in DTYPES:
        numbers = numbers_of(dtype)
        choice = [numbers_of(np.dtype(bool))] if record.name == "select" else []
        count = len(record.samples[0].shapes) - len(choice)
        others = [POWERS] if record.name == "ldexp" else [numbers] * (count - 1)
        grids = np.meshgrid(*choice, numbers, *others)
        arrays = [grid.ravel().copy() for grid in grids]
        for wanted in DTYPES if converts else (None,):
            params = {"dtype": wanted} if converts else {}
            try:
                record.type(*map(type_of, arrays), **params)
                with np.errstate(all="ignore"):
                    want = np.asarray(record.numpy(*arrays, **params))
            except TypeError:
                continue
            yield arrays, params, want


def fits(x, dtype):
    """Where a number converted to an integer is in its range."""
    if dtype.kind not in "iu" or x.dtype.kind != "f":
        return np.ones(x.shape, bool)
    limits = np.iinfo(dtype)
    whole = np.trunc(x)
    return (whole >= limits.min) & (whole < float(limits.max) + 1)


@pytest.mark.parametrize("name", EXACT)
def test_arithmetic_has_numpys_bits(name):
    record = REGISTRY[name]
    compiled = 0
    for arrays, params, want in calls(record):
        recording = trace(
            lambda *xs, params=params: record(*xs, **params), list(map(type_of, arrays))
        )
        if foreign_names(build_graph(recording.program)):
            continue
        (got,) = compile_program(recording.program, ())(recording.constants, arrays)
        if got.dtype != want.dtype:  # NumPy has no such operation on booleans
            assert arrays[0].dtype.kind == "b"
            continue
        where = fits(arrays[0], want.dtype)
        np.testing.assert_array_equal(got[where], want[where])
        if want.dtype.kind == "f":
            known = where & ~np.isnan(want)
            np.testing.assert_array_equal(
                np.signbit(got)[known], np.signbit(want)[known]
            )
        compiled += 1
    assert compiled


@pytest.mark.parametrize("level", [None, *supported_levels()])
@pytest.mark.parametrize("source", "fdhil")
def test_nothing_is_written_behind_the_last_element(source, level):
    """A result in the memory of a donated array, which others stand around."""
    for wanted in "bhif?":
        for size in (1, 7, 9, 15, 16, 17, 18, 31, 33, 65):
            around = np.full(size + 32, 77, np.int8).astype(wanted)
            place, x = around[16 : 16 + size], np.ones(size, source)
            if source == wanted:
                continue
            recording = trace(
                lambda _, x, to=place.dtype: REGISTRY["convert"](x, dtype=to),
                [type_of(place), type_of(x)],
            )
            code = compile_program(recording.program, (0,), target_for(level))
            (got,) = code(recording.constants, [place, x])
            assert got is place
            assert np.all(place == 1)
            assert np.all(around[:16] == around[0])
            assert np.all(around[16 + size :] == around[0])
