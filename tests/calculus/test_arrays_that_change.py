"""NumPy code changes arrays in place: derivatives keep the numbers they met."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.core.captured import Captured, snapshot

X = np.array([1.0, 2.0, 3.0])


def polynomial(x):
    """Σ i x for i < 3, with one buffer for all terms."""
    term, total = np.empty(3), 0.0
    for i in range(3):
        term[:] = i
        total = total + x * term
    return np.sum(total)


def test_a_buffer_filled_anew_counts_as_it_was_when_met():
    assert_array_equal(cr.grad(polynomial)(X), [3.0, 3.0, 3.0])


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_a_compiled_function_reads_a_buffer_as_it_was(backend):
    cr.config.set_backend(backend)
    assert cr.jit(polynomial)(X) == polynomial(X)
    assert_array_equal(cr.jit(cr.grad(polynomial))(X), [3.0, 3.0, 3.0])


def test_a_batch_and_a_loop_read_a_buffer_as_it_was():
    assert_array_equal(cr.vmap(polynomial)(np.stack([X, X])), [18.0, 18.0])
    last, _ = cr.scan(lambda s, x: (s + polynomial(x), None), 0.0, np.stack([X, X]))
    assert last == 36.0


def test_what_a_compiled_function_closed_over_may_change_afterwards():
    weight = np.array([1.0, 2.0, 3.0])
    scale = cr.jit(lambda x: x * weight)
    before = scale(X)
    weight[:] = 0.0
    assert_array_equal(scale(X), before)


def test_a_view_changes_with_its_base():
    base = np.array([1.0, 2.0, 3.0])
    view = base[::-1]
    view.flags.writeable = False
    _, pull = cr.vjp(lambda x: x * view, X)
    base[:] = 0.0
    assert_array_equal(pull(np.ones(3))[0], [3.0, 2.0, 1.0])


@pytest.mark.parametrize("change", ["argument", "value"])
def test_a_derivative_kept_for_later_does_not_follow_its_arrays(change):
    x = X.copy()
    y, pull = cr.vjp(lambda x: np.exp(x) * x, x)
    z, push = cr.linearize(lambda x: np.exp(x) * x, x)
    expected = np.exp(X) * (1 + X)
    for array in (x,) if change == "argument" else (y, z):
        array[:] = 0.0
    np.testing.assert_allclose(pull(np.ones(3))[0], expected)
    np.testing.assert_allclose(push(np.ones(3)), expected)


def test_results_are_the_callers_own():
    weight = np.array([1.0, 2.0, 3.0])
    (_, aux), _ = cr.value_and_grad(lambda x: (x.sum(), weight), has_aux=True)(X)
    aux[:] = 0.0
    assert_array_equal(weight, [1.0, 2.0, 3.0])


def test_one_array_is_one_constant_while_it_stays_the_same():
    constants = Captured(by_value=True)
    array = np.array([np.nan, 0.0])
    first = constants.variable(array)
    assert constants.variable(array) is first
    array[1] = 1.0
    assert constants.variable(array) is not first
    assert_array_equal(constants.values, [[np.nan, 0.0], [np.nan, 1.0]])


def test_a_snapshot_costs_nothing_where_nobody_can_write():
    array = np.arange(6.0)
    array.flags.writeable = False
    assert snapshot(array) is array
    assert snapshot(array[::2]).base is array


def test_a_snapshot_of_a_repeated_row_stores_it_once():
    row = np.arange(3.0)
    table = np.broadcast_to(row, (1000, 3))
    kept = snapshot(table)
    row[:] = -1.0
    assert_array_equal(kept[999], [0.0, 1.0, 2.0])
    assert kept.strides[0] == 0


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_traced_value_keeps_its_derivative(copied):
    slope = cr.grad(lambda p: np.sum(copied(p)["x"] ** 2))
    assert_array_equal(slope({"x": X})["x"], 2 * X)
    assert_array_equal(cr.jit(lambda x: copied([x])[0] * 2.0)(X), 2 * X)


@pytest.mark.parametrize("size", [1, 3])
def test_arrays_in_the_other_order_of_bytes(size):
    x = np.linspace(1.0, 2.0, size)
    foreign = x.astype(x.dtype.newbyteorder("S"))
    for backend in ("numpy", "native"):
        cr.config.set_backend(backend)
        for wrap in (lambda f: f, cr.jit):
            got = wrap(cr.grad(lambda a: np.sum(a * a * foreign)))(foreign)
            assert got.dtype == x.dtype
            assert_array_equal(got, 2 * x * x)
