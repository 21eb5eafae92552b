"""The way into compiled code: what is taken as it is, what is converted; threads."""

import ctypes
import pickle
import sys
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.backends.native import entry, executable
from chainrule.backends.native.entry import UNFIT, Door, enter, opened
from chainrule.core.types import native

FLOAT64, INT32 = np.dtype(np.float64), np.dtype(np.int32)


def unaligned(array):
    """A copy that starts one byte off."""
    raw = np.empty(array.nbytes + 1, np.uint8)
    copy = raw[1:].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


class Marked(np.ndarray):
    """Numbers with a class of their own."""


def frozen(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def unpickled(array):
    return pickle.loads(pickle.dumps(array))


FORMS = {
    "plain": np.copy,
    "every other": lambda x: np.repeat(x, 2)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "transposed": lambda x: np.copy(np.stack([x, x]).T, "C").T[0],
    "unaligned": unaligned,
    "marked": lambda x: x.copy().view(Marked),
    "read-only": frozen,
    "foreign bytes": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "unpickled": unpickled,
    "longlong": lambda x: x.astype(np.longlong),
}
READY = {"plain", "read-only"}


def doors(count, dtype=FLOAT64):
    """Two doors to tables of their own, in front of no program."""
    tables = [(ctypes.c_size_t * (2 + count))() for _ in range(2)]
    flag = ctypes.c_uint8()
    return [Door(0, t, 2, [dtype] * count, ctypes.addressof(flag)) for t in tables]


@pytest.mark.parametrize("form", FORMS)
def test_machine_code_takes_what_the_definition_takes(form):
    plain, given = np.arange(4.0), FORMS[form](np.arange(4.0))
    meant, made = doors(2)
    for arrays in ((given, plain), (plain, given), (plain,), (plain, plain, given), ()):
        state = enter(meant, *arrays)
        assert opened(made)(*arrays) == state
        assert (state == UNFIT) == (len(arrays) != 2 or form not in READY)
        assert list(made.table) == list(meant.table) or state == UNFIT


def test_any_object_can_be_handed_over():
    (door, _) = doors(1)
    for thing in (None, 1, 1.0, "text", [], np.float64(1.0), FLOAT64, object(), enter):
        assert opened(door)(thing) == enter(door, thing) == UNFIT
    assert opened(door)(np.zeros(3, INT32)) == UNFIT


def test_no_reference_is_kept_or_lost():
    door, _ = doors(2)
    array, hand_over = np.zeros(3), opened(door)
    before = sys.getrefcount(array), sys.getrefcount(None)
    for _ in range(1000):
        hand_over(array, array)
        hand_over(array, None)
    after = sys.getrefcount(array), sys.getrefcount(None)
    assert after[0] == before[0]
    assert abs(after[1] - before[1]) < 100


@pytest.fixture(params=["machine code", "ctypes"])
def way(request, monkeypatch):
    """Compiled functions that are entered in one way, and in the other."""
    if request.param == "ctypes":
        for module in (entry, executable):
            monkeypatch.setattr(module, "objects_are_known", lambda: False)
    assert entry.objects_are_known() == (request.param == "machine code")


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [5, 40_000])
def test_every_form_of_an_argument_gives_the_same(form, size):
    function = cr.jit(lambda x, y: (x * 2 + y, x[-1]))
    for dtype in (np.int64, np.float64):
        x = (np.arange(size) % 7).astype(dtype)
        y, last = function(FORMS[form](x), unpickled(FORMS[form](x)))
        assert_array_equal(y, x * 3)
        assert last == x[-1]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("form", sorted(FORMS.keys() - {"read-only"}))
@pytest.mark.parametrize("size", [5, 40_000])
def test_a_donated_argument_may_have_any_form(form, size):
    step = cr.jit(lambda x, dx: x - dx, donate=0)
    x, want = FORMS[form](np.ones(size)), np.ones(size)
    for _ in range(3):
        x, want = step(x, np.full(size, 0.25)), want - 0.25
        assert_array_equal(x, want)


@pytest.mark.usefixtures("way")
def test_what_fits_is_written_over():
    x = np.ones(5)
    assert cr.jit(lambda x: x + 1, donate=0)(x) is x


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("size", [3, 300_000])
def test_an_index_outside_is_told_once(size):
    function = cr.jit(lambda x, i: x[i] * 2.0)
    x = np.arange(float(size))
    for _ in range(2):
        with pytest.raises(IndexError, match="got one outside while a compiled"):
            function(x, np.int64(size))
        assert function(x, np.int64(2)) == 4.0


@pytest.mark.usefixtures("way")
def test_arrays_that_it_closes_over_stay():
    weights = np.arange(6.0).reshape(2, 3)
    functions = [cr.jit(lambda x, k=k: (weights * k) @ x) for k in range(3)]
    for k, function in enumerate(functions):
        assert_array_equal(function(np.ones(3)), k * weights.sum(1))
        assert_array_equal(function(np.ones(3)), k * weights.sum(1))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("size", [4, 5_000])
def test_many_threads_call_one_function(size):
    function = cr.jit(lambda x, y: (np.cumsum(x) * y, x + y))
    function(np.zeros(size), np.zeros(size))
    wrong = []

    def work(number):
        x, y = np.full(size, float(number)), np.full(size + size, 2.0)[::2]
        for _ in range(300):
            product, total = function(x, y)
            if product[-1] != 2 * number * size or total[0] != number + 2:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_equal_dtypes_have_one_form():
    for dtype in (FLOAT64, unpickled(np.zeros(1)).dtype, np.dtype(">f8")):
        assert native(dtype) is FLOAT64
