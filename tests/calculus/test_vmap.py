"""vmap against a Python loop: axes, containers, nesting, and what is refused."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import vmap
from chainrule.core.errors import ShapeError, TracerError

RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((3, 4))
VECTOR = RNG.standard_normal(4)
STACK = RNG.standard_normal((3, 2, 4))
WRAPPERS = {"as it is": lambda f: f, "compiled": cr.jit}
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


class Pair(NamedTuple):
    first: object
    second: object


@pytest.fixture(params=WRAPPERS.values(), ids=WRAPPERS.keys())
def wrap(request):
    return request.param


def stacked(f, *rows):
    """A Python loop, its results stacked."""
    return np.stack([f(*row) for row in zip(*rows, strict=True)])


# -- axes and containers ---------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("out", [0, 1, -1])
def test_the_batch_comes_and_goes_along_any_axis(axis, out):
    got = vmap(lambda x: np.cumsum(x, 0), axis, out)(STACK)
    rows = stacked(lambda x: np.cumsum(x, 0), np.moveaxis(STACK, axis, 0))
    assert_allclose(got, np.moveaxis(rows, 0, out))


def test_what_is_shared_has_no_axis():
    got = vmap(np.matmul, (None, 1))(MATRIX, STACK[0].T)
    assert_allclose(got, stacked(lambda row: MATRIX @ row, STACK[0]), **CLOSE)


def test_axes_reach_into_containers():
    def f(tree, scale):
        (m,) = tree["inner"]
        return Pair(tree["w"] * scale, {"sum": tree["b"] + m @ tree["b"]})

    tree = {"w": STACK, "b": VECTOR, "inner": [RNG.standard_normal((4, 4, 2))]}
    axes = {"w": 1, "b": None, "inner": -1}
    got = vmap(f, (axes, None), Pair(-1, 0))(tree, 2.0)
    for i in range(2):
        one = {"w": STACK[:, i], "b": VECTOR, "inner": [tree["inner"][0][..., i]]}
        want = f(one, 2.0)
        assert_allclose(got.first[..., i], want.first)
        assert_allclose(got.second["sum"][i], want.second["sum"], **CLOSE)


def test_keywords_are_batched_along_their_first_axis():
    got = vmap(lambda x, shift: x + shift)(MATRIX, shift=np.arange(3.0))
    assert_allclose(got, MATRIX + np.arange(3.0)[:, None])


def test_shared_arguments_are_passed_as_they_are():
    """So that Python may look at them, and they need not be arrays."""

    def f(x, power, name):
        return x**2 if power > 1 and name == "square" else x

    got = vmap(f, (0, None, None))(VECTOR, 2.0, "square")
    assert_allclose(got, VECTOR**2)


def test_dtypes_are_those_of_one_example():
    f = vmap(lambda x, n: (x * 2.5, n + 1, x > 0))
    y, n, positive = f(MATRIX.astype(np.float32), np.arange(3, dtype=np.int32))
    assert (y.dtype, n.dtype, positive.dtype) == (np.float32, np.int32, np.bool_)


def test_results_that_no_example_reaches_are_repeated_or_kept():
    f = lambda x: (x, np.ones(2), 7.0)  # noqa: E731
    _, ones, seven = vmap(f)(VECTOR)
    assert_allclose(ones, np.ones((4, 2)))
    assert_allclose(seven, np.full(4, 7.0))
    _, ones, seven = vmap(f, out_axes=(0, None, None))(VECTOR)
    assert (ones.shape, seven) == ((2,), 7.0)
    assert vmap(lambda: np.ones(3), axis_size=2)().shape == (2, 3)


def test_an_empty_batch_has_empty_results(wrap):
    f = wrap(vmap(cr.grad(lambda x: np.sum(np.sort(x) @ MATRIX.T))))
    assert f(np.zeros((0, 4))).shape == (0, 4)


# -- with every other transform --------------------------------------------


def loss(w, x, y):
    """A small network's error at one example."""
    hidden = np.tanh(x @ w["first"])
    return np.sum((hidden @ w["second"] - y) ** 2)


WEIGHTS = {
    "first": RNG.standard_normal((4, 5)),
    "second": RNG.standard_normal((5, 2)),
}
TARGETS = RNG.standard_normal((3, 2))


def test_gradients_of_each_example(wrap):
    got = wrap(vmap(cr.grad(loss), (None, 0, 0)))(WEIGHTS, MATRIX, TARGETS)
    for i in range(3):
        want = cr.grad(loss)(WEIGHTS, MATRIX[i], TARGETS[i])
        for name in WEIGHTS:
            assert_allclose(got[name][i], want[name], **CLOSE)


def test_the_gradient_through_a_batch(wrap):
    def total(w):
        return np.sum(vmap(loss, (None, 0, 0))(w, MATRIX, TARGETS))

    got = wrap(cr.grad(total))(WEIGHTS)
    each = vmap(cr.grad(loss), (None, 0, 0))(WEIGHTS, MATRIX, TARGETS)
    for name in WEIGHTS:
        assert_allclose(got[name], np.sum(each[name], 0), **CLOSE)


def test_forward_mode_over_and_under(wrap):
    def f(x):
        return np.prod(np.sin(x)) * x

    direction = RNG.standard_normal(MATRIX.shape)
    _, over = wrap(lambda: cr.jvp(vmap(f), (MATRIX,), (direction,)))()
    under = wrap(vmap(lambda x, dx: cr.jvp(f, (x,), (dx,))[1]))(MATRIX, direction)
    want = stacked(lambda x, dx: cr.jvp(f, (x,), (dx,))[1], MATRIX, direction)
    assert_allclose(over, want, **CLOSE)
    assert_allclose(under, want, **CLOSE)


def test_nested_batches(wrap):
    pairwise = vmap(vmap(lambda a, b: np.sum((a - b) ** 2), (None, 0)), (0, None))
    other = RNG.standard_normal((5, 4))
    want = np.sum((MATRIX[:, None] - other) ** 2, -1)
    assert_allclose(wrap(pairwise)(MATRIX, other), want, **CLOSE)
    inner = vmap(lambda row: vmap(lambda x: x * row[0])(row))
    assert_allclose(wrap(inner)(MATRIX), MATRIX * MATRIX[:, :1])


def test_second_derivatives_of_each_example(wrap):
    def f(x):
        return np.sum(np.exp(x[1:] * x[:-1])) + np.sort(x)[0] ** 3

    got = wrap(vmap(cr.hessian(f)))(MATRIX)
    assert_allclose(got, stacked(cr.hessian(f), MATRIX), **CLOSE)


def test_no_confusion_of_the_levels(wrap):
    """Each inner derivative closes over the example of the batch around it."""

    def f(x):
        return cr.grad(lambda y: x * y * np.sum(vmap(lambda z: z * y)(MATRIX[0])))(x)

    want = 2 * VECTOR * VECTOR * np.sum(MATRIX[0])
    assert_allclose(wrap(vmap(f))(VECTOR), want, **CLOSE)


def test_jitted_functions_inside():
    f = cr.jit(lambda x, y: np.sin(x) @ y)
    got = vmap(f, (0, None))(MATRIX, VECTOR)
    assert_allclose(got, np.sin(MATRIX) @ VECTOR, **CLOSE)


# -- loops -----------------------------------------------------------------


def recurrent(w, start, xs):
    def step(state, x):
        state = np.tanh(w * state + x)
        return state, state * w

    last, ys = cr.scan(step, start, xs)
    return np.sum(ys) + last


AXES = [(0, None, None), (None, 0, None), (None, None, 0), (0, None, 0), (0, 0, 0)]


@pytest.mark.parametrize("axes", AXES, ids=str)
@pytest.mark.parametrize("of", [recurrent, cr.grad(recurrent, (0, 1, 2))])
def test_loops_of_a_batch(wrap, axes, of):
    values = (np.array([0.5, -1.5, 2.0]), np.array([0.1, 0.2, 0.3]), MATRIX)
    chosen = [x if axis == 0 else x[1] for x, axis in zip(values, axes, strict=True)]
    got = wrap(vmap(of, axes))(*chosen)
    for i in range(3):
        pairs = zip(chosen, axes, strict=True)
        want = of(*[x if axis is None else x[i] for x, axis in pairs])
        for mine, theirs in zip(leaves_of(got), leaves_of(want), strict=True):
            assert_allclose(mine[i], theirs, **CLOSE)


def leaves_of(tree):
    return tree if isinstance(tree, tuple) else (tree,)


def test_a_batch_inside_a_loop(wrap):
    def step(total, row):
        return total + vmap(lambda x: x * row[0])(row), None

    got, _ = wrap(lambda rows: cr.scan(step, np.zeros(4), rows))(MATRIX)
    assert_allclose(got, np.sum(MATRIX * MATRIX[:, :1], 0), **CLOSE)


def test_each_example_runs_its_own_number_of_rounds(wrap):
    f = vmap(lambda n, x: cr.fori_loop(1, n, lambda i, y: y * x + i, x))
    counts = np.array([0, 1, 2, 5])
    want = stacked(
        lambda n, x: cr.fori_loop(1, int(n), lambda i, y: y * x + i, x), counts, VECTOR
    )
    assert_allclose(wrap(f)(counts, VECTOR), want, **CLOSE)


# -- indices ---------------------------------------------------------------


def test_each_example_by_its_own_indices(wrap):
    f = wrap(vmap(lambda row, i: np.take(row, i)))
    places = np.array([[0, -1], [3, 1], [-4, 2]])
    assert_allclose(f(MATRIX, places), np.take_along_axis(MATRIX, places % 4, 1))


@pytest.mark.parametrize("place", [4, -5])
def test_an_index_outside_its_own_row_is_an_error(wrap, place):
    """Though inside the rows of all examples together."""
    f = wrap(vmap(lambda row, i: np.take(row, i)))
    with pytest.raises(IndexError):
        f(MATRIX, np.array([0, place, 1]))


# -- bad input -------------------------------------------------------------


def test_sizes_that_differ_are_told_by_argument():
    with pytest.raises(
        ShapeError, match=r"3 in argument 0\['a'\], 4 in argument 1, .*2 in .*'k'"
    ):
        vmap(lambda x, y, k: x)({"a": MATRIX}, VECTOR, k=np.ones(2))
    with pytest.raises(ShapeError, match="3 in argument 0, 5 as axis_size"):
        vmap(np.sin, axis_size=5)(MATRIX)


def test_nothing_batched_is_refused():
    with pytest.raises(ValueError, match="at least one batched argument"):
        vmap(np.sin, None)(VECTOR)


@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_is_not_there(axis):
    with pytest.raises(
        ShapeError, match=rf"argument 0 with shape \(3, 4\), got {axis}"
    ):
        vmap(np.sin, axis)(MATRIX)
    with pytest.raises(ShapeError, match="among the 2 of the result"):
        vmap(np.sin, out_axes=axis)(MATRIX)
    with pytest.raises(ShapeError, match=r"argument 1 with shape \(\)"):
        vmap(np.multiply)(MATRIX, 2.0)


@pytest.mark.parametrize("axes", [("a",), ({"b": 0},), ((0, 0, 0),), (0.0,), {"a": 0}])
def test_axes_in_other_containers_than_the_arguments(axes):
    with pytest.raises(ValueError, match="in_axes of vmap as integers"):
        vmap(lambda pair: pair[0], axes)((MATRIX, MATRIX))


def test_as_many_axes_as_arguments():
    with pytest.raises(ValueError, match="each of the 2 positional arguments, got 1"):
        vmap(np.add, (0,))(MATRIX, MATRIX)
    with pytest.raises(ValueError, match="out_axes of vmap"):
        vmap(np.sin, out_axes=(0, 0))(MATRIX)


def test_what_is_no_array_needs_no_axis():
    with pytest.raises(TypeError, match="argument 1 of str"):
        vmap(lambda x, name: x)(MATRIX, "name")


def test_a_result_that_differs_is_not_the_same_for_all():
    with pytest.raises(ValueError, match=r"result \[1\] to be the same"):
        vmap(lambda x: (x, x), out_axes=(0, None))(MATRIX)


def test_python_cannot_ask_for_the_value_of_an_example():
    with pytest.raises(TracerError, match=r"truth of a condition.*np\.where"):
        vmap(lambda x: x if x > 0 else -x)(VECTOR)
