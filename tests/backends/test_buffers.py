"""Memory of large results: used again once nobody can see it, and not before."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.backends.native import buffers
from chainrule.core.types import ArrayType

LARGE = ArrayType((1 << 18,), np.dtype(np.float64))


@pytest.fixture(autouse=True)
def nothing_kept():
    buffers._kept.clear()
    yield
    buffers._kept.clear()


def test_memory_returns_when_the_last_view_is_gone():
    array = buffers.aligned_empty(LARGE)
    view = array[10:20].reshape(2, 5)
    del array
    assert buffers.kept_bytes() == 0
    del view
    (memory,) = next(iter(buffers._kept.values()))
    again = buffers.aligned_empty(LARGE)
    assert buffers.kept_bytes() == 0
    assert np.shares_memory(again, memory)


def test_results_that_are_held_are_never_written_again():
    double = cr.jit(lambda x: x * 2.0)
    held = [double(np.full(1 << 18, float(k))) for k in range(4)]
    for _ in range(4):
        double(np.full(1 << 18, -1.0))
    for k, result in enumerate(held):
        assert_array_equal(result, 2.0 * k)


def test_small_results_and_more_than_the_bound_are_not_kept(monkeypatch):
    array = buffers.aligned_empty(ArrayType((100,), np.dtype(np.float64)))
    del array
    assert buffers.kept_bytes() == 0
    monkeypatch.setattr(buffers, "KEPT_BYTES", 5 * LARGE.nbytes)
    arrays = [buffers.aligned_empty(LARGE) for _ in range(12)]
    while arrays:
        arrays.pop()
        assert buffers.kept_bytes() <= buffers.KEPT_BYTES
    assert buffers.kept_bytes() > 0
    monkeypatch.setattr(buffers, "KEPT_BYTES", LARGE.nbytes // 2)
    buffers._kept.clear()
    array = buffers.aligned_empty(LARGE)
    del array
    assert buffers.kept_bytes() == 0


def test_threads_never_get_the_same_memory():
    errors = []

    def work(mark):
        for _ in range(50):
            array = buffers.aligned_empty(LARGE)
            array[:] = mark
            if not (array == mark).all():
                errors.append(mark)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
