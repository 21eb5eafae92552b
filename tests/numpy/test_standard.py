"""chainrule.numpy is a namespace of the array API standard, for traced values too."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
import chainrule.numpy as cnp
from chainrule.core.errors import TracerError
from chainrule.core.tree import flatten
from tests.numpy.standard import CALLS, EXCEPTIONS, FUNCTIONS, SHAPE_OF_VALUES, arrays

DTYPES = """
bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64
complex128
"""
CONSTANTS = "e inf nan newaxis pi"
STATIC = ["result_type", "can_cast", "isdtype"]
CHOSEN = [name for name, why in EXCEPTIONS.items() if why == SHAPE_OF_VALUES]


def function_of(name):
    """The namespace's function of this name, in its extension or not."""
    found = cnp
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_namespace_has_every_function(name):
    assert callable(function_of(name))


def test_the_standard_is_written_out_whole():
    """177 in its stubs, less five methods of the info object and one of dtypes."""
    assert len(FUNCTIONS) == 171
    assert not set(CALLS) & set(EXCEPTIONS)
    assert cnp.__array_api_version__ == "2024.12"


@pytest.mark.parametrize("name", [*DTYPES.split(), *CONSTANTS.split()])
def test_the_namespace_has_every_dtype_and_constant(name):
    assert getattr(cnp, name) is getattr(np, name)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_function_takes_traced_values(name):
    """Compiled, by the namespace that a traced value names: NumPy's own results."""
    call = CALLS[name]
    chosen = {
        key: value
        for key, value in arrays().items()
        if key in inspect.signature(call).parameters
    }
    want = call(np, **chosen)

    def traced(chosen):
        xp = next(iter(chosen.values())).__array_namespace__()
        return call(xp, **chosen)

    if name in STATIC:
        found = []
        cr.make_program(lambda chosen: found.append(traced(chosen)) or 0.0)(chosen)
        assert found == [want]
        return
    got = flatten(cr.jit(traced)(chosen))[0]
    want = [np.asarray(part) for part in flatten(want)[0]]
    assert [(g.shape, g.dtype) for g in got] == [(w.shape, w.dtype) for w in want]
    if name != "empty_like":
        for mine, numpys in zip(got, want, strict=True):
            assert_allclose(mine, numpys, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CHOSEN)
def test_shapes_that_values_decide_need_known_values(name):
    """Refused where only types are known; under plain grad they serve."""
    function = function_of(name)
    with pytest.raises(TracerError, match="Expected a known number for"):
        cr.jit(lambda x: function(x))(np.array([3.0, 1.0, 3.0]))

    def total(x):
        chosen = function(x)
        first = chosen if name == "unique_values" else chosen[0]
        return np.sum((x[first] if name == "nonzero" else first) ** 2)

    gradient = cr.grad(total)(np.array([3.0, 1.0, 3.0]))
    assert_allclose(gradient, [6.0, 2.0, 6.0 if name == "nonzero" else 0.0])


@pytest.mark.parametrize("function", [np.unique_all, np.unique_counts, np.unique])
def test_distinct_elements_are_numpys(function):
    x = np.array([[2.0, np.nan, 1.0], [np.nan, 2.0, 2.0]])
    got, want = [], function(x)
    cr.jvp(lambda x: got.append(function(x)) or x, (x,), (x,))
    assert type(got[0]).__name__ in (type(want).__name__, "Tracer")
    pairs = zip(flatten(got[0])[0], flatten(want)[0], strict=True)
    for mine, numpys in pairs:
        assert_allclose(getattr(mine, "value", mine), numpys)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 8, 9])
def test_a_search_finds_numpys_places(side, count):
    """Also of what is there twice, of infinities, and of NaN, which come last."""
    line = np.sort(
        np.array([2.0, -1.0, 2.0, np.inf, 0.5, np.nan, -np.inf, 3, 3][:count])
    )
    values = np.array([[-np.inf, -1.0, 0.0], [2.0, 2.5, np.nan], [np.inf, 9.0, 3.0]])
    got = cr.jit(lambda a, v: cnp.searchsorted(a, v, side))(line, values)
    np.testing.assert_array_equal(got, np.searchsorted(line, values, side))
    shuffled, order = line[::-1].copy(), np.arange(count)[::-1].copy()
    again = cr.jit(lambda a, v: np.searchsorted(a, v, side, order))(shuffled, values)
    np.testing.assert_array_equal(again, got)


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_the_largest_come_first_where_wanted(axis):
    """Those that tie keep their order; a tangent goes with its element."""
    x = np.array([[2.0, 3.0, 2.0], [5.0, 2.0, 3.0]])

    def both(x):
        return [f(x, axis=axis, descending=True) for f in (cnp.sort, cnp.argsort)]

    place = 0 if axis is None else axis
    line = x.ravel() if axis is None else x
    want = np.argsort(-line, axis=place, kind="stable")
    for sorted_, places in (both(x), cr.jit(both)(x)):
        np.testing.assert_array_equal(places, want)
        np.testing.assert_array_equal(sorted_, np.take_along_axis(line, want, place))
    _, tangent = cr.jvp(lambda x: cnp.sort(x, axis, descending=True), (x,), (x * 10,))
    np.testing.assert_array_equal(tangent, 10 * both(x)[0])


def test_limits_are_of_a_dtype_or_of_what_has_one():
    for dtype in (np.float32, np.dtype("f4"), np.ones(2, np.float32), np.float32(1)):
        assert cnp.finfo(dtype).bits == 32
    assert cnp.iinfo(np.zeros(1, np.uint8)).max == 255
    assert cr.jit(lambda x: x * float(cnp.finfo(x).eps))(1.0) == np.finfo(float).eps


def test_a_search_is_refused_in_words():
    with pytest.raises(ValueError, match="Expected side 'left' or 'right', got 'top'"):
        cr.jit(lambda a: np.searchsorted(a, 1.0, "top"))(np.ones(3))
    with pytest.raises(ValueError, match="Expected an array of one axis to search"):
        cr.jit(lambda a: np.searchsorted(a, 1.0))(np.ones((3, 2)))


def test_a_traced_value_names_its_namespace_and_device():
    def f(x):
        assert x.__array_namespace__(api_version="2024.12") is cnp
        assert x.device == "cpu"
        return x.to_device("cpu")

    assert cr.jit(f)(1.0) == 1.0
    with pytest.raises(ValueError, match=r"version of the array API .* got '2019\.01'"):
        cr.jit(lambda x: x.__array_namespace__(api_version="2019.01"))(1.0)
    with pytest.raises(ValueError, match="Expected the device 'cpu' and no stream"):
        cr.jit(lambda x: x.to_device("gpu"))(1.0)


def test_plain_values_take_the_standards_keywords():
    x = np.arange(3.0)
    assert cnp.asarray(x, copy=True) is not x
    assert cnp.asarray(x, copy=False) is x
    assert cnp.full((2,), 1, dtype=cnp.int8, device="cpu").dtype == np.int8
    assert cnp.array(x, copy=True, ndmin=2).shape == (1, 3)
