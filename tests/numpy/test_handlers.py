"""NumPy's functions under a trace give what NumPy gives; so do their derivatives."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule.numpy
from chainrule.core.check import check
from chainrule.core.program import evaluate
from chainrule.core.tracer import HANDLERS
from chainrule.core.tree import flatten
from chainrule.core.types import ArrayType
from chainrule.numpy import late
from chainrule.numpy.indexing import assignment
from chainrule.transforms.jvp import push_forward
from chainrule.transforms.trace import trace, trace_with_values
from tests.numpy.book_cases import BOOK
from tests.numpy.cases import CASES, INDEXING, PROMOTION, Case
from tests.numpy.cases_linalg import LINALG
from tests.numpy.cases_rare import RARE

late.load_all()

UNKNOWN = [pytest.param(case, id=str(n)) for n, case in enumerate(BOOK)]
TABLES = {"": CASES, "book": BOOK, "linalg": LINALG, "rare": RARE}
NUMBERED = [
    pytest.param(case, id=f"{name}{n}")
    for name, table in TABLES.items()
    for n, case in enumerate(table)
]
SMOOTH = [case for case in NUMBERED if case.values[0].smooth]

DTYPES = ["?", "i1", "u1", "i2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16"]
TOLERANCE = {"f4": {"rtol": 3e-6, "atol": 3e-6}, "f8": {"rtol": 1e-13, "atol": 1e-13}}
TOLERANCE |= {"c8": {"rtol": 3e-5, "atol": 3e-5}, "c16": {"rtol": 1e-12, "atol": 1e-12}}
DIFFERENCE = {"rtol": 3e-6, "atol": 3e-8}
EPSILON = 1e-5
UFUNCS = {
    function.__name__: function
    for function in HANDLERS
    if isinstance(function, np.ufunc) and function.signature is None
    if "f" * function.nin in [types.partition("->")[0] for types in function.types]
}
MAKERS = (
    *("arange", "diag_indices", "empty", "eye", "from_dlpack", "identity", "ones"),
    *("tri", "tril_indices", "triu_indices", "zeros"),
)
OF_DTYPES = ("isdtype",)


def draw(case, dtype):
    rng = np.random.default_rng(0)
    xs = [rng.uniform(*case.domain, shape) for shape in case.shapes]
    if dtype.startswith("c"):
        xs = [x + 1j * rng.uniform(*case.domain, x.shape) for x in xs]
    return [np.asarray(x, dtype) for x in xs]


def refused(case, xs):
    """The error or warning that NumPy has for these values, if it has one."""
    try:
        case.call(*xs)
    except (TypeError, np.exceptions.ComplexWarning) as error:
        return type(error)
    return None


def results_of(case, xs):
    """What the call gives when traced: the program's results, run again."""
    traced = trace_with_values(case.call, xs)
    check(traced.program)
    return evaluate(traced.program, traced.constants, xs)


def compare(got, want, dtype):
    want, _ = flatten(want)
    assert len(got) == len(want)
    for mine, theirs in zip(got, want, strict=True):
        theirs = np.asarray(theirs)
        assert np.shape(mine) == theirs.shape
        assert np.asarray(mine).dtype == theirs.dtype
        assert_allclose(mine, theirs, **TOLERANCE[dtype])


@pytest.mark.parametrize("case", NUMBERED)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_values_are_those_of_numpy(case, dtype):
    """Where NumPy refuses complex numbers, so do we, in words of three parts."""
    xs = draw(case, dtype)
    error = refused(case, xs)
    if error is None:
        compare(results_of(case, xs), case.call(*xs), dtype)
    else:
        kind = TypeError if issubclass(error, TypeError) else error
        with pytest.raises(kind, match=r"(?s)Expected .*, got .*: "):
            results_of(case, xs)


@pytest.mark.parametrize("case", UNKNOWN)
def test_shapes_alone_are_enough(case):
    """As under jit, where no number is known while tracing."""
    xs = draw(case, "f8")
    traced = trace(case.call, [ArrayType(x.shape, x.dtype) for x in xs])
    got = evaluate(traced.program, traced.constants, xs)
    compare(got, case.call(*xs), "f8")


@pytest.mark.parametrize("case", SMOOTH)
@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_derivatives_are_those_of_the_difference(case, dtype):
    xs = draw(case, dtype)
    if refused(case, xs) is not None:
        return
    rng = np.random.default_rng(1)
    dxs = [rng.standard_normal(x.shape).astype(dtype) for x in xs]
    if dtype == "c16":
        dxs = [dx + 1j * rng.standard_normal(dx.shape) for dx in dxs]
    traced = trace_with_values(case.call, xs)
    _, got = push_forward(traced.program, traced.constants, xs, dxs)
    ends = []
    for step in (EPSILON, -EPSILON):
        moved = [x + step * dx for x, dx in zip(xs, dxs, strict=True)]
        ends.append(flatten(case.call(*moved))[0])
    for mine, up, down in zip(got, *ends, strict=True):
        want = (np.asarray(up) - np.asarray(down)) / (2 * EPSILON)
        assert_allclose(0 if mine is None else mine, want, **DIFFERENCE)


@pytest.mark.parametrize("name", sorted(UFUNCS))
def test_special_values_are_those_of_numpy(name):
    """NaN, infinities and zeros of both signs, each with each."""
    ufunc = UFUNCS[name]
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.0])
    xs = [values] if ufunc.nin == 1 else [values[:, None], values]
    with np.errstate(all="ignore"):
        want = ufunc(*xs)
        got = results_of(Case(ufunc, ()), xs)
        assert_allclose(got, list(want) if ufunc.nout > 1 else [want], rtol=1e-15)


@pytest.mark.parametrize("number", range(len(PROMOTION)))
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_are_those_of_numpy(number, dtype):
    """Value and dtype of each call for each dtype; where NumPy refuses, so do we."""
    function = PROMOTION[number]
    x = np.array([1, 0, 1] if dtype == "?" else [1, 2, 3]).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            want = function(x)
        except (TypeError, ValueError) as error:
            with pytest.raises((type(error), TypeError, ValueError), match=r"."):
                trace_with_values(function, [x])
            return
        traced = trace_with_values(function, [x])
        got = evaluate(traced.program, traced.constants, [x])[0]
    assert np.asarray(got).dtype == np.asarray(want).dtype
    assert_allclose(got, want, rtol=1e-3 if np.asarray(want).itemsize < 4 else 1e-6)


@pytest.mark.parametrize("case", INDEXING[:36])
def test_gradients_of_indexing_count_each_element(case):
    """Taking an element twice moves the result twice."""
    x = draw(case, "f8")[0]
    traced = trace_with_values(lambda x: np.sum(case.call(x)), [x])
    ones = np.ones_like(x)
    dy = push_forward(traced.program, traced.constants, [x], [ones])[1][0]
    assert_allclose(0 if dy is None else dy, np.size(case.call(x)))


def test_every_handler_is_named_in_the_namespace():
    """What can be traced is what chainrule.numpy exports, and the reverse."""
    rooms = (chainrule.numpy, chainrule.numpy.linalg, chainrule.numpy.fft)
    exported = [value for room in rooms for value in vars(room).values()]
    names = {id(function) for function in exported}
    for function, handler in HANDLERS.items():
        if not isinstance(function, tuple) and handler is not assignment:
            assert names & {id(function), id(handler)}, function


@pytest.mark.parametrize("name", sorted(vars(chainrule.numpy)))
def test_every_function_of_the_namespace_can_be_traced(name):
    """Functions make arrays of known numbers, or have a handler."""
    function = getattr(chainrule.numpy, name)
    if isinstance(function, np.ufunc):
        assert function in HANDLERS
    elif (
        getattr(function, "__module__", "") == "numpy"
        and name not in MAKERS + OF_DTYPES
    ):
        assert isinstance(function, type) or function in HANDLERS


def test_arrays_pass_through():
    x = np.arange(6.0).reshape(2, 3)
    assert_array_equal(chainrule.numpy.sum(x, axis=0), [3, 5, 7])
