"""Recipes write down what the handlers do, for every case, index and operand."""

import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.core.printer import to_text
from chainrule.core.trace import open_trace
from chainrule.core.types import ArrayType, type_of
from chainrule.numpy import replay
from chainrule.transforms.trace import trace, trace_with_values
from tests.numpy.test_handlers import NUMBERED, draw


def fresh(monkeypatch):
    monkeypatch.setattr(replay, "_RECIPES", {})


@pytest.fixture(autouse=True)
def _no_recipes(monkeypatch):
    fresh(monkeypatch)


def written(function, xs, known):
    """The program of a function as text, or the kind of its error."""
    try:
        traced = (
            trace_with_values(function, xs)
            if known
            else trace(function, [type_of(x) for x in xs])
        )
    except Exception as error:  # noqa: BLE001  (compared with that of the definition)
        return type(error), str(error)
    return to_text(traced.program), [np.asarray(c).shape for c in traced.constants]


def defined(function, xs, known):
    """The same without recipes."""
    with pytest.MonkeyPatch.context() as patch:
        fresh(patch)
        patch.setattr(replay, "_recipe", lambda *_: None)
        return written(function, xs, known)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("case", NUMBERED)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_case_is_written_down_as_by_its_handler(case, known):
    xs = draw(case, "f8")
    want = defined(case.call, xs, known)
    assert written(case.call, xs, known) == want
    assert written(case.call, xs, known) == want


whole = st.integers(-4, 4)
bound = st.none() | whole
entry = (
    whole
    | st.builds(slice, bound, bound, bound)
    | st.just(None)
    | st.just(...)
    | st.sampled_from([True, np.int64(1), 1.0, slice(1.0, None), slice(np.int64(1))])
    | st.sampled_from([(0, 1), (0, 1, 1), [0, 1], np.array([1, 0]), np.array(True)])
)


@example((None, [0, 1], ..., 0), 2)
@example((slice(1), None, [0, 1], ..., None, [[0], [1]]), 3)
@example((0, ..., [0, 1]), 2)
@settings(max_examples=400, deadline=None)
@given(entry | st.lists(entry, max_size=4).map(tuple), st.integers(0, 3))
def test_every_index_means_what_numpy_means(key, ndim):
    x = np.arange(float(3**ndim)).reshape((3,) * ndim)

    def indexed(x):
        return x[key]

    for known in (True, False):
        want = defined(indexed, [x], known)
        assert written(indexed, [x], known) == want
        assert written(indexed, [x], known) == want
    try:
        value = x[key]
    except (IndexError, TypeError, ValueError):
        assert isinstance(want[0], type)
    else:
        if not isinstance(want[0], type):  # masks of no axes are refused in words
            assert_array_equal(cr.jvp(indexed, (x,), (x,))[0], value)


def test_equal_numbers_of_other_kinds_are_told_apart():
    x = np.arange(6.0).reshape(2, 3)
    for good, bad in ((np.s_[1:], np.s_[1.0:]), (np.s_[0:2:1, 1], np.s_[(0, 2, 1), 1])):
        cr.grad(lambda x, key=good: np.sum(x[key]))(x)
        with pytest.raises((TypeError, IndexError)):
            cr.grad(lambda x, key=bad: np.sum(x[key]))(x)
    cr.grad(lambda x: np.sum(np.sum(x, 1)))(x)
    assert cr.grad(lambda x: np.sum(x, 1, keepdims=True)[0, 0])(x).shape == x.shape
    with pytest.raises(TypeError, match="float"):
        cr.grad(lambda x: np.sum(np.sum(x, 1.0)))(x)
    with pytest.raises(TypeError, match="float"):
        cr.grad(lambda x: np.sum(np.transpose(x, (1.0, 0.0))))(x)


def test_what_is_beside_a_traced_value_stays_its_own():
    a, b = np.arange(6.0).reshape(2, 3), np.ones((2, 3)) + np.eye(2, 3)
    same = np.broadcast_to(np.float64(2.0), (2, 3))
    for matrix in (a, b, same, a.copy(), a[::-1]):
        for _ in range(2):
            g = cr.grad(lambda x, m=matrix: np.sum(m @ x + m.sum(1)))(np.ones(3))
            assert_array_equal(g, matrix.sum(0))


def test_traced_values_of_two_transforms_meet():
    def outer(x):
        return np.sum(cr.grad(lambda y: np.sum((x @ y) * y + x[0]))(2.0 * x[0]))

    x, h = np.arange(9.0).reshape(3, 3) / 9, 1e-6
    slope = cr.grad(outer)(x)
    for i, j in np.ndindex(3, 3):
        step = h * np.eye(3)[i][:, None] * np.eye(3)[j]
        quotient = (outer(x + step) - outer(x - step)) / (2 * h)
        assert abs(slope[i, j] - quotient) < 1e-7


def test_weak_results_stay_weak():
    double = cr.jit(lambda s, x: (np.reshape(s, (1,)) * x, np.sum(s) * x, s[None] * x))
    for _ in range(2):
        for y in double(2.0, np.ones(3, np.float32)):
            assert y.dtype == np.float32
        for y in double(np.float64(2.0), np.ones(3, np.float32)):
            assert y.dtype == np.float64


def test_a_value_that_escaped_is_refused():
    kept = []
    cr.grad(lambda x: kept.append(x) or np.sum(x[1:]))(np.ones(3))
    with pytest.raises(cr.EscapedTracerError, match="escaped it"):
        kept[0][1:]
    with pytest.raises(cr.EscapedTracerError, match="escaped it"):
        kept[0] @ kept[0]


@pytest.mark.parametrize("i", [np.array([0, 5]), np.array([-4, 0]), np.array([[3]])])
def test_an_index_outside_is_refused_in_words(i):
    for _ in range(2):
        with pytest.raises(IndexError, match="Expected an index from -3 to 2"):
            cr.grad(lambda x: np.sum(x[i]))(np.ones(3))
        with pytest.raises(IndexError, match="Expected an index from -3 to 2"):
            cr.jit(lambda x: x[i])(np.ones(3))
        assert_array_equal(
            cr.grad(lambda x: np.sum(x[np.array([0, 2, 2])]))(np.ones(3)), [1, 0, 2]
        )


def test_recipes_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(replay, "MOST", 8)
    with open_trace(concrete=False) as recording:
        for size in range(1, 40):
            x = recording.input(ArrayType((size,), np.dtype(float)))
            assert x[:1].shape == (1,)
            assert len(replay._RECIPES) <= 8


def test_warnings_are_given_each_time():
    for _ in range(2):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            cr.make_program(lambda z: np.sum(z, dtype=float))(np.ones(2) * 1j)
        assert len(told) == 1
