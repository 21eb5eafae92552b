"""What values and errors mean under a trace: weak numbers, masks, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices
from numpy.testing import assert_array_equal

import chainrule.numpy as cnp
from chainrule.core.errors import MissingRuleError, ShapeError, TracerError
from chainrule.core.program import evaluate
from chainrule.core.types import ArrayType
from chainrule.layers.variable import Variable
from chainrule.transforms.jvp import push_forward
from chainrule.transforms.trace import trace, trace_with_values

X = np.arange(12.0).reshape(3, 4) - 5


def traced_value(function, *xs):
    """The function's value by its program, traced with shapes alone."""
    program = trace(function, [ArrayType(x.shape, x.dtype) for x in xs])
    return evaluate(program.program, program.constants, xs)[0]


def abstractly(function, *shapes, dtype=float):
    trace(function, [ArrayType(shape, np.dtype(dtype)) for shape in shapes])


def derivative(function, x, dx=1.0):
    traced = trace_with_values(function, [np.asarray(x)])
    return push_forward(traced.program, traced.constants, [x], [np.asarray(dx)])[1][0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_basic_index_is_numpys(data):
    shape = data.draw(array_shapes(max_dims=4, max_side=4))
    key = data.draw(basic_indices(shape, allow_newaxis=True))
    x = np.arange(float(np.prod(shape))).reshape(shape)
    assert_array_equal(traced_value(lambda x: x[key], x), x[key])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_index_array_is_numpys(data):
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, max_side=4))
    key = data.draw(integer_array_indices(shape))
    x = np.arange(float(np.prod(shape))).reshape(shape)
    assert_array_equal(traced_value(lambda x: x[key], x), x[key])


@pytest.mark.parametrize("dtype", [np.int64, np.uint32, np.int8])
def test_indices_may_be_traced(dtype):
    rows, columns = np.array([0, 2, 1], dtype), np.array([1, 3, 0], dtype)
    got = traced_value(lambda x, i, j: x[i, j], X, rows, columns)
    assert_array_equal(got, X[rows, columns])
    got = traced_value(lambda x, i: x[:, i], X, columns)
    assert_array_equal(got, X[:, columns])
    got = traced_value(lambda x, i: x[i], X, rows[1])
    assert_array_equal(got, X[2])


def test_traced_negative_indices_count_from_the_end():
    rows, columns = np.array([-1, 0]), np.array([-4, -1])
    got = traced_value(lambda x, i, j: x[i, j], X, rows, columns)
    assert_array_equal(got, X[rows, columns])


def test_a_known_array_may_be_indexed_by_a_traced_one():
    table = np.array([10.0, 20.0, 30.0])
    got = traced_value(lambda i: cnp.take(table, i), np.array([2, 0]))
    assert_array_equal(got, [30.0, 10.0])


def test_indices_out_of_range_are_refused():
    with pytest.raises(IndexError, match="Expected an index from -3 to 2, got 3"):
        abstractly(lambda x: x[3], (3, 4))
    with pytest.raises(IndexError, match="Expected an index from -4 to 3, got 7"):
        abstractly(lambda x: x[:, [0, 7]], (3, 4))


def test_too_many_indices_are_refused():
    with pytest.raises(IndexError, match="Expected at most 2 indices"):
        abstractly(lambda x: x[0, 0, 0], (3, 4))


def test_indices_that_are_no_integers_are_refused():
    with pytest.raises(IndexError, match="integer or boolean dtype, got float64"):
        abstractly(lambda x: x[np.array([0.5])], (3, 4))


def test_a_mask_must_be_known():
    with pytest.raises(TracerError, match="Expected a known number for a boolean mask"):
        abstractly(lambda x: x[x > 0], (3, 4))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.partition(x, 1, order="name"),
        lambda x: np.einsum("ij->i", x, casting="unsafe"),
        lambda x: np.pad(x, 1, stat_length=3),
        lambda x: np.add(x, 1, where=np.ones((3, 4), bool)),
        lambda x: np.exp(x, dtype=np.float32),
    ],
)
def test_arguments_without_meaning_are_refused(call):
    with pytest.raises(TypeError, match=r"Expected numpy\.\w+ with arguments that can"):
        abstractly(call, (3, 4))


def test_functions_without_a_handler_are_refused():
    with pytest.raises(MissingRuleError, match=r"got numpy\.isnat"):
        abstractly(lambda x: np.isnat(x), (3,))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.add(x, 1, out=np.zeros((3, 4))),
        lambda x: np.copyto(np.zeros((3, 4)), x),
        lambda x: x.__setitem__(0, 1),
    ],
)
def test_assignments_are_refused(call):
    with pytest.raises(TracerError, match=r"Expected .*, got .*"):
        abstractly(call, (3, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x + np.ones(3), "Expected shapes that broadcast together"),
        (lambda x: x @ x, "Expected arrays that matmul can multiply"),
        (lambda x: np.matmul(x, 2.0), "Expected arrays that matmul can multiply"),
        (lambda x: np.sum(x, axis=2), "Expected an axis from -2 to 1, got 2"),
        (lambda x: np.sum(x, axis=(0, 0)), "Expected distinct axes"),
        (lambda x: np.reshape(x, (5, -1)), "Expected a shape that 12 elements fill"),
        (lambda x: np.reshape(x, 5), "Expected a shape of 12 elements"),
        (lambda x: np.squeeze(x, 0), "Expected axes of extent 1 to squeeze"),
        (lambda x: np.split(x, 2), "Expected a number of parts that divides 3"),
        (lambda x: np.concatenate([x, x.T]), "alike but for axis 0"),
        (lambda x: np.max(x[:0]), "Expected at least one element"),
        (lambda x: np.einsum("ij,jk", x, x), "Expected one extent for 'j'"),
        (lambda x: np.einsum("ijk", x), "Expected 3 axes for 'ijk'"),
        (lambda x: np.einsum("ij,ij", x), "Expected 2 operands for einsum"),
        (lambda x: np.tensordot(x, x, 1), "Expected axes of equal extents"),
        (lambda x: np.moveaxis(x, 0, (0, 1)), "as many destinations as sources"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ShapeError, match=message):
        abstractly(call, (3, 4))


def test_an_axis_that_is_not_there_is_both_of_numpys_errors():
    for kind in (IndexError, ValueError):
        with pytest.raises(kind, match="Expected an axis from -3 to 2, got 3"):
            abstractly(lambda x: np.expand_dims(x, 3), (3, 4))
    with pytest.raises(ShapeError, match="Expected one extent along axis -1 for vecd"):
        abstractly(lambda x: np.vecdot(x, np.ones(1)), (3, 4))


def test_python_numbers_stay_weak_through_a_trace():
    def scaled(x, rate):
        return x * (rate * 2 + 1)

    types = [ArrayType((3,), np.dtype("f4")), ArrayType((), np.dtype("f8"))]
    weak = trace(scaled, types, [False, True])
    assert weak.program.output_types[0].dtype == np.float32
    strong = trace(scaled, types, [False, False])
    assert strong.program.output_types[0].dtype == np.float64


def test_astype_ends_weakness():
    def scaled(x, rate):
        return x * rate.astype(np.float64)

    types = [ArrayType((3,), np.dtype("f4")), ArrayType((), np.dtype("f8"))]
    assert trace(scaled, types, [False, True]).program.output_types[0].dtype == float


def test_numbers_of_numpy_are_not_weak():
    types = [ArrayType((), np.dtype("f8"))]
    traced = trace(
        lambda r: np.ones(2, np.float32) * (r * np.float64(2)), types, [True]
    )
    assert traced.program.output_types[0].dtype == np.float64


def test_numbers_that_do_not_fit_a_dtype_are_refused():
    with pytest.raises(OverflowError):
        abstractly(lambda x: x + 300, (3,), dtype=np.uint8)


def test_negative_whole_powers_of_integers_are_refused():
    with pytest.raises(ValueError, match="Expected a power from 0 for integers"):
        abstractly(lambda x: x**-1, (3,), dtype=int)


@pytest.mark.parametrize(
    ("function", "x", "want"),
    [
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**1, 0.0, 1.0),
        (lambda x: x**12, 0.0, 0.0),
        (lambda x: np.maximum(x, 0), 0.0, 0.5),
        (np.abs, 0.0, 0.0),
        (np.sign, 0.0, 0.0),
        (lambda x: np.hypot(x, 0 * x), 0.0, 0.0),
        (lambda x: np.logaddexp(x, 2 * x), 0.0, 1.5),
        (np.sinc, 0.0, 0.0),
        (lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0), 0.0, 0.0),
    ],
)
def test_derivatives_at_the_edges_follow_the_conventions(function, x, want):
    got = derivative(function, x)
    assert (0.0 if got is None else got) == want


def test_elements_that_tie_share_the_derivative():
    x, dx = np.array([3.0, 1.0, 3.0]), np.array([1.0, 10.0, 100.0])
    assert derivative(np.max, x, dx) == 50.5
    assert derivative(np.prod, np.array([2.0, 0.0, 3.0]), dx) == 60.0
    assert_array_equal(
        derivative(np.cumprod, np.array([2.0, 0.0, 3.0]), dx), [1.0, 20.0, 60.0]
    )


def test_broadcast_arrays_stay_small_in_the_program():
    bias = np.arange(4.0)
    traced = trace(lambda x: x + bias + bias, [ArrayType((3, 4), np.dtype(float))])
    assert [value.shape for value in traced.constants] == [(4,)]
    filled = trace(lambda x: x + np.zeros_like(x), [ArrayType((3, 4), np.dtype(float))])
    assert filled.constants == []


def test_a_weight_beside_a_traced_value_counts_as_its_value():
    weight = Variable(np.full(4, 2.0))
    assert_array_equal(traced_value(lambda x: x * weight, X), X * 2)
    assert_array_equal(
        traced_value(lambda x: np.stack([x[0], weight])[1], X), [2.0] * 4
    )


def test_nested_lists_of_traced_numbers_make_an_array():
    got = traced_value(lambda x: cnp.array([[x[0, 0], 1], [2, x[0, 1]]]), X)
    assert_array_equal(got, [[-5.0, 1.0], [2.0, -4.0]])
    got = traced_value(lambda x: cnp.full((2, 4), x[0]), X)
    assert_array_equal(got, [X[0]] * 2)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("reduce", [np.sum, np.max, np.any, np.add.reduce])
def test_a_scalar_may_be_reduced_along_an_axis_as_numpy_lets_it(reduce, axis):
    x = np.array(1.5)
    got = traced_value(lambda x: reduce(x, axis=axis), x)
    assert got == reduce(x, axis=axis)


def test_a_scalar_has_no_other_axis_and_no_mean_along_one():
    for call in (lambda x: np.sum(x, axis=1), lambda x: np.mean(x, axis=0)):
        with pytest.raises(IndexError, match="the array has 0 axes"):
            abstractly(call, ())
