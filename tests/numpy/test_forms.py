"""Arguments by NumPy's names and places, and functions under several transforms."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
import chainrule.numpy
from chainrule.core.errors import TracerError
from chainrule.core.tracer import HANDLERS
from chainrule.core.types import ArrayType
from chainrule.numpy import fft, late
from chainrule.transforms.trace import trace

late.load_all()


def abstractly(function, shape):
    trace(function, [ArrayType(shape, np.dtype(float))])


def forms():
    """NumPy's functions that have a handler, with both signatures."""
    for function, handler in HANDLERS.items():
        if isinstance(function, (np.ufunc, tuple)):
            continue
        signatures = inspect.signature(function), inspect.signature(handler)
        yield pytest.param(*[s.parameters for s in signatures], id=function.__name__)


@pytest.mark.parametrize(("numpys", "ours"), list(forms()))
def test_arguments_have_numpys_names_and_places(numpys, ours):
    """But for required ones, which come by place, and ``out``, which is refused."""
    kinds = inspect.Parameter
    required = [name for name, p in numpys.items() if p.default is p.empty]
    any_place = any(p.kind is kinds.VAR_POSITIONAL for p in ours.values())
    any_name = any(p.kind is kinds.VAR_KEYWORD for p in ours.values())
    by_place = [n for n, p in ours.items() if p.kind is not kinds.KEYWORD_ONLY]
    for place, (name, parameter) in enumerate(numpys.items()):
        if name in required or name == "out":
            continue
        by_name = parameter.kind is not kinds.POSITIONAL_ONLY
        assert any_name or not by_name or name in ours, f"{name} by name"
        if parameter.kind is not kinds.KEYWORD_ONLY:
            held = by_place[place : place + 1] == [name]
            assert any_place or held or "out" in list(numpys)[:place], f"{name} {place}"


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, 0, None, np.zeros(4)),
        lambda x: np.dot(x, x.T, np.zeros((3, 3))),
        lambda x: np.concatenate((x, x), 0, np.zeros((6, 4))),
        lambda x: np.round(x, 2, np.zeros((3, 4))),
        lambda x: np.median(x, 0, np.zeros(4)),
        lambda x: np.fix(x, np.zeros((3, 4))),
        lambda x: np.take(x, [0], 0, np.zeros((1, 4)), "clip"),
    ],
)
def test_out_by_place_is_refused(call):
    with pytest.raises(TracerError, match=r"a call that returns its result, got out="):
        abstractly(call, (3, 4))


def test_vectorize_points_to_vmap():
    with pytest.raises(TracerError, match=r"chainrule\.vmap in place of np\.vectorize"):
        abstractly(lambda x: np.vectorize(lambda y: 2 * y)(x), (3,))


def test_the_condition_of_a_singular_matrix_is_infinite():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    stack = np.stack([singular, np.eye(2), np.zeros((2, 2))])
    for order in (1, -1, np.inf, -np.inf, "fro"):
        got = cr.jit(lambda x, p=order: np.linalg.cond(x, p))(stack)
        assert_allclose(got, np.linalg.cond(stack, order))
        slope = cr.grad(lambda x, p=order: np.linalg.cond(x, p)[1])(stack)
        assert_allclose(slope[[0, 2]], 0)


def test_frequencies_take_a_dtype_and_a_traced_distance():
    for ours, numpys in (
        (fft.fftfreq, np.fft.fftfreq),
        (fft.rfftfreq, np.fft.rfftfreq),
    ):
        for n in (1, 4, 7):
            assert_array_equal(ours(n, d=0.1, device="cpu"), numpys(n, 0.1))
            assert ours(n, dtype=np.float32).dtype == np.float32
        slope = cr.grad(lambda d, f=ours: np.sum(f(5, d) ** 2))
        want = -2 * np.sum(numpys(5, 0.5) ** 2) / 0.5
        assert_allclose(slope(0.5), want)


def test_the_directory_names_what_loads_later_and_no_module_of_ours():
    names = dir(chainrule.numpy)
    assert {"linalg", "fft", "sum", "take", "histogram"} <= {*names}
    assert not {"creation", "late", "order"} & {*names}
    assert chainrule.numpy.linalg.expm is not None


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda x: np.sum(np.histogram(x, 4, weights=x**2)[0] ** 2), (3, 8)),
        (
            lambda x: np.sum(np.histogramdd(x.reshape(4, 2), 2, weights=x[:4])[0]),
            (3, 8),
        ),
        (lambda x: np.sum(np.frexp(x)[0] * np.i0(x)), (3, 8)),
        (lambda x: np.sum(np.ldexp(x, 2) + np.spacing(x)), (3, 8)),
        (lambda x: np.sum(np.polyfit(np.arange(8.0), x, 2) ** 2), (3, 8)),
        (lambda x: np.sum(np.linspace(x, x**2, 5)), (3, 8)),
        (lambda x: np.sum(np.geomspace(x**2, 5.0, 4)), (3, 8)),
        (lambda x: np.linalg.cond(x.reshape(3, 3), 1), (2, 9)),
        (lambda x: np.sum(chainrule.numpy.sliding_window_view(x, 3) ** 3), (3, 8)),
        (lambda x: np.sum(np.gcd((9 * x).astype(int), 6) * x), (3, 8)),
    ],
)
def test_under_jit_of_vmap_of_grad(function, shape):
    x = np.random.default_rng(3).uniform(-2, 2, shape)
    want = np.stack([cr.grad(function)(row) for row in x])
    assert_allclose(cr.jit(cr.vmap(cr.grad(function)))(x), want, rtol=1e-9, atol=1e-12)
