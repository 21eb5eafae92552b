"""jit: the same values, one program for each signature, and what it refuses."""

from collections import namedtuple
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import config
from chainrule.core.errors import EscapedTracerError, TracerError
from chainrule.core.tree import flatten

Pair = namedtuple("Pair", "first second")


@dataclass
class Model:
    kernel: Any
    bias: Any


@pytest.fixture(params=["numpy", "native"])
def backend(request):
    config.set_backend(request.param)
    return request.param


def test_values_and_containers_are_kept(backend):
    @cr.jit
    def f(tree, x):
        hidden = x @ tree["w"] + tree["b"][0]
        return {"pair": Pair(hidden, np.sum(hidden)), "none": None}, [x]

    tree = {"w": np.ones((3, 2)), "b": [np.arange(2.0)]}
    x = np.ones((4, 3))
    (got, more) = f(tree, x)
    assert isinstance(got["pair"], Pair)
    assert_array_equal(got["pair"].first, np.full((4, 2), 3.0) + np.arange(2.0))
    assert got["pair"].second == 28.0
    assert isinstance(got["pair"].second, np.float64)
    assert got["none"] is None
    more[0][0, 0] = 9.0  # results own their memory
    assert x[0, 0] == 1.0


def test_dataclasses_and_keywords(backend):
    step = cr.jit(lambda model, x, *, scale: model.kernel * x * scale + model.bias)
    model = Model(np.ones(3), np.float64(2.0))
    assert_array_equal(step(model, 2.0, scale=5.0), np.full(3, 12.0))
    assert_array_equal(step(model, 2.0, scale=6.0), np.full(3, 14.0))
    assert step.cache_size() == 1


def test_a_signature_is_compiled_once():
    traced = []

    @cr.jit
    def f(x):
        traced.append(x)
        return x * 2

    for value in (np.ones(3), np.zeros(3), np.ones(3)):
        f(value)
    assert len(traced) == f.cache_size() == 1
    f(np.ones(4))
    f(np.ones(3, np.float32))
    f((np.ones(3),)[0])
    assert f.cache_size() == 3
    f(1.0)
    f(np.float64(1.0))
    f(np.array(1.0))
    assert f.cache_size() == 5  # a Python number is weak, NumPy's are not


def test_dicts_of_another_order_share_a_program():
    f = cr.jit(lambda p: p["a"] - p["b"])
    assert f({"a": 3.0, "b": 1.0}) == f({"b": 1.0, "a": 3.0}) == 2.0
    assert f.cache_size() == 1


def test_containers_are_told_apart():
    f = cr.jit(lambda tree: flatten(tree)[0][0] * 2.0)
    x = np.ones(2)
    for tree in ((x,), [x], {"a": x}, {"b": x}, Pair(x, x), (x, None), ((x,),)):
        assert_array_equal(f(tree), [2.0, 2.0])
    assert f.cache_size() == 7
    g = cr.jit(lambda x, options=None, **more: x)
    g(x, {"a": x})
    g(x, a=x)
    assert g.cache_size() == 2


def test_weak_numbers_keep_float32(backend):
    f = cr.jit(lambda x, scale: x * scale + 1)
    assert f(np.ones(3, np.float32), 0.5).dtype == np.float32
    assert f(np.ones(3, np.float32), np.float64(0.5)).dtype == np.float64


def test_closed_over_arrays_are_constants(backend):
    table = np.arange(3.0)
    f = cr.jit(lambda x: x + table)
    assert_array_equal(f(np.ones(3)), [1.0, 2.0, 3.0])
    result = cr.jit(lambda x: table)(1.0)
    assert result is not table


def test_static_arguments(backend):
    f = cr.jit(lambda x, n, name: x**n if name == "p" else x, static_argnums=(1, 2))
    assert f(3.0, 2, "p") == 9.0
    assert f(3.0, 3, "p") == 27.0
    assert f(3.0, 3, "q") == 3.0
    assert f.cache_size() == 3
    with pytest.raises(TypeError, match="value for static argument 1, got list"):
        f(3.0, [1], "p")


class Scale:
    """Functions in a class: the instance is argument 0, which is not traced."""

    factor = 3.0

    @partial(cr.jit, static_argnums=0)
    def times(self, x):
        return self.factor * x

    @partial(cr.custom_jvp, nondiff_argnums=0)
    def steep(self, x):
        return self.factor * x

    @steep.defjvp
    def _(self, primals, tangents):
        return self.factor * primals[0], 100.0 * tangents[0]


def test_static_arguments_by_name(backend):
    @partial(cr.jit, static_argnames="mode")
    def f(x, mode="double", *, shift=0.0):
        return (x * 2 if mode == "double" else x) + shift

    assert f(3.0) == f(3.0, "double") == f(3.0, mode="double") == 6.0
    assert f(3.0, mode="same", shift=1.0) == f(3.0, "same", shift=1.0) == 4.0
    assert f.lower(3.0, mode="same").count("mul") == 0
    with pytest.raises(TypeError, match="value for static argument mode, got list"):
        f(3.0, mode=["same"])


def test_a_static_number_may_be_passed_by_name(backend):
    f = cr.jit(lambda x, n: x**n, static_argnums=1)
    assert f(3.0, n=2) == f(3.0, 2) == 9.0
    add = cr.jit(np.add, static_argnums=1)  # tells no names
    assert add(1.0, 2.0) == 3.0


def test_methods(backend):
    assert Scale().times(2.0) == 6.0
    assert Scale().steep(2.0) == 6.0
    assert cr.grad(Scale().steep)(2.0) == 100.0


def test_a_chain_of_a_thousand_operations_is_compiled(backend):
    def chain(x):
        for _ in range(1000):
            x = x * 0.5 + 1.0
        return x

    assert_array_equal(cr.jit(chain)(np.ones(3)), chain(np.ones(3)))


def test_long_doubles_are_left_to_numpy(backend):
    def f(x):
        return x.astype(float) + np.sum(x * np.ones(3, np.longdouble))

    x = np.arange(3).astype(np.longdouble)
    assert_array_equal(cr.jit(f)(x), f(x))
    widened = cr.jit(lambda i: i.astype(np.longdouble).astype(float))
    assert_array_equal(widened(np.arange(3)), [0.0, 1.0, 2.0])


def test_donated_arguments(backend):
    @cr.jit
    def plain(state, x):
        return {"w": state["w"] + x, "n": state["n"] + 1}

    step = cr.jit(plain.__wrapped__, donate=(0,))
    state = {"w": np.zeros(4), "n": np.zeros((), np.int64)}
    for _ in range(3):
        state = step(state, np.ones(4))
    assert_array_equal(state["w"], np.full(4, 3.0))
    assert state["n"] == 3


def test_foreign_layouts(backend):
    f = cr.jit(lambda x: x + 1.0)
    x = np.arange(12.0).reshape(3, 4)
    assert_array_equal(f(x.T), x.T + 1)
    assert_array_equal(f(x[:, ::-2]), x[:, ::-2] + 1)
    swapped = np.arange(3.0).astype(">f8")
    assert_array_equal(f(swapped), [1.0, 2.0, 3.0])
    assert_array_equal(f(swapped), [1.0, 2.0, 3.0])


def test_any_nesting(backend):
    def f(x):
        return np.sum(np.sin(x) * x)

    x = np.array([0.3, 0.9])
    want = np.sin(x) + x * np.cos(x)
    for g in (
        cr.jit(cr.grad(f)),
        cr.grad(cr.jit(f)),
        cr.jit(cr.grad(cr.jit(f))),
        cr.jit(lambda x: cr.vjp(f, x)[1](1.0)[0]),
    ):
        assert_allclose(g(x), want, rtol=1e-12)
    second = cr.jit(cr.hessian(cr.jit(f)))(x)
    assert_allclose(second, np.diag(2 * np.cos(x) - x * np.sin(x)), rtol=1e-12)


def test_settings_choose_the_program():
    f = cr.jit(lambda x: x * 2.0)
    f(1.0)
    config.set_backend("native")
    assert f.cache_size() == 0
    f(1.0)
    config.set_backend("numpy")
    assert f.cache_size() == 1


def test_text_and_programs():
    f = cr.jit(lambda x: (x * 1.0) * 2.0 + (x * 2.0))
    assert str(f.lower(np.ones(3))) == (
        "program(a: float64[3]):\n"
        "  b: float64[3] = mul a 2.0:float64[3]\n"
        "  c: float64[3] = add b b\n"
        "  return c"
    )
    assert f.cache_size() == 0
    f(np.ones(3))
    assert len(f.programs) == 1
    assert f.__name__ == "<lambda>"


def test_python_if_names_the_users_line():
    with pytest.raises(TracerError, match=r"truth of a condition.*test_jit\.py:\d+"):
        cr.jit(lambda x: x if x > 0 else -x)(1.0)
    with pytest.raises(TracerError, match=r"to a Python float .*test_jit\.py:\d+"):
        cr.jit(lambda x: float(x))(1.0)
    with pytest.raises(TracerError, match="an index or a length"):
        cr.jit(lambda n: sum(range(n)))(3)
    with pytest.raises(TracerError, match=r"conversion of .* to a plain ndarray"):
        cr.jit(lambda x: np.asarray(x))(1.0)


def test_mutation_is_refused_and_the_way_out_is_shown():
    def f(x):
        x[0] = 1.0
        return x

    with pytest.raises(TracerError, match=r"assignment into a traced array.*np\.where"):
        cr.jit(f)(np.ones(2))
    with pytest.raises(TracerError, match=r"drop out="):
        cr.jit(lambda x: np.add(x, x, out=x))(np.ones(2))


def test_an_escaped_value_is_told():
    kept = []
    cr.jit(lambda x: kept.append(x) or x)(1.0)
    with pytest.raises(
        EscapedTracerError, match=r"one .* that escaped it at .*test_jit"
    ):
        kept[0] + 1.0


def test_what_is_no_array_is_refused():
    with pytest.raises(TypeError, match=r"numbers, got str .*static_argnums"):
        cr.jit(lambda x: x)("x")
    with pytest.raises(TypeError, match=r"arrays of numbers, got dtype <U1"):
        cr.jit(lambda x: x)(np.array(["x"]))
    with pytest.raises(ValueError, match="numbers from 0 up, got -1"):
        cr.jit(lambda x: x, donate=-1)
