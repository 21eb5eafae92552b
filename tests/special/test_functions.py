"""SciPy's special functions under a trace, beside SciPy and mpmath."""

import math

import mpmath
import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import special
from chainrule.core.errors import MissingRuleError
from chainrule.core.program import evaluate
from chainrule.transforms.trace import trace_with_values

TOLERANCE = {np.float32: 2e-5, np.float64: 2e-13}
EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0, 0.5, 2.0, 1e-8, -3.5, 40.0])
ONE = (
    "gamma",
    "gammaln",
    "loggamma",
    "digamma",
    "psi",
    "rgamma",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "erfcinv",
    "dawsn",
    "ndtr",
    "ndtri",
    "ndtri_exp",
    "log_ndtr",
    "expit",
    "logit",
    "log_expit",
    "expi",
    "exp1",
    "entr",
    "exprel",
    "cosm1",
    "exp10",
    "exp2",
    "expm1",
    "log1p",
    "cbrt",
    "j0",
    "j1",
    "y0",
    "y1",
    "i0",
    "i1",
    "i0e",
    "i1e",
    "k0",
    "k1",
    "k0e",
    "k1e",
)
TWO = (
    "beta",
    "betaln",
    "xlogy",
    "xlog1py",
    "rel_entr",
    "kl_div",
    "gammainc",
    "gammaincc",
    "jv",
    "yv",
    "iv",
    "ive",
    "kv",
    "kve",
    "jn",
    "hyp0f1",
    "stdtr",
    "gammaincinv",
    "gammainccinv",
    "stdtrit",
    "pdtrik",
)
ORDERS = ("yn", "kn", "expn")
REST = (
    "bdtrik",
    "nbdtrik",
    "betainc",
    "betaincc",
    "betaincinv",
    "betainccinv",
    "sici",
    "fresnel",
    "sinc",
)
OURS = ("log_softmax", "logsumexp", "multigammaln", "polygamma", "softmax", "zeta")


def traced(function, *xs):
    recorded = trace_with_values(function, list(xs))
    return evaluate(recorded.program, recorded.constants, list(xs))[0]


def test_every_function_of_the_room_is_in_a_table():
    assert sorted({*ONE, *TWO, *ORDERS, *REST, *OURS}) == dir(special)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", ONE)
def test_values_are_scipys(name, dtype):
    """At poles, infinities and NaN too."""
    function, x = getattr(scipy.special, name), EDGES.astype(dtype)
    with np.errstate(all="ignore"):
        want, got = function(x), traced(function, x)
    assert got.dtype == want.dtype
    tolerance = TOLERANCE[dtype]
    assert_allclose(got, want, rtol=tolerance, atol=tolerance / 100)


@pytest.mark.parametrize("name", TWO)
def test_values_of_two_arguments_are_scipys(name):
    points = EDGES if name.startswith(("x", "rel", "kl")) else np.array([0.3, 1.0, 2.5])
    x, y = points[:, None], points
    if "inv" in name or name == "stdtrit":
        y = np.array([0.2, 0.5, 0.9])
    function = getattr(scipy.special, name)
    with np.errstate(all="ignore"):
        assert_allclose(traced(function, x, y), function(x, y), rtol=1e-13)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int16, np.int32, np.float16])
def test_dtypes_are_scipys(dtype):
    x = np.ones(2, dtype)
    for function in (scipy.special.gammaln, scipy.special.ndtr, scipy.special.erfc):
        assert traced(function, x).dtype == function(x).dtype


MP = {
    "gammaln": (mpmath.loggamma, (1e-5, 0.3, 1.0, 2.0, 35.5, 1e6)),
    "digamma": (mpmath.digamma, (1e-5, 0.3, -0.5, -3.3, 1.46, 35.5)),
    "gamma": (mpmath.gamma, (0.3, -0.5, -3.3, 35.5)),
    "rgamma": (mpmath.rgamma, (0.0, -1.0, -2.0, -0.5, -3.3, 0.49, 0.51, 20.0)),
    "erfc": (mpmath.erfc, (-3.0, 0.0, 5.0, 20.0)),
    "erfcx": (
        lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
        (-3.0, 0.0, 49.0, 51.0, 1e3),
    ),
    "ndtr": (mpmath.ncdf, (-30.0, -3.0, 0.0, 5.0)),
    "log_ndtr": (lambda x: mpmath.log(mpmath.ncdf(x)), (-30.0, -3.0, -0.99, 0.0, 5.0)),
    "expi": (mpmath.ei, (-3.0, 0.1, 20.0)),
    "exp1": (mpmath.e1, (0.1, 3.0, 20.0)),
    "logit": (lambda p: mpmath.log(p / (1 - p)), (1e-9, 0.3, 0.5, 0.69, 0.9999)),
    "log_expit": (lambda x: -mpmath.log1p(mpmath.exp(-x)), (-30.0, -1.0, 0.0, 30.0)),
    "exprel": (
        lambda x: mpmath.expm1(x) / x if x else mpmath.mpf(1),
        (-30.0, 1e-3, 5.0),
    ),
    "j1": (lambda x: mpmath.besselj(1, x), (1e-3, 3.0, 30.0)),
    "y0": (lambda x: mpmath.bessely(0, x), (1e-3, 3.0, 30.0)),
    "i1e": (lambda x: mpmath.exp(-x) * mpmath.besseli(1, x), (1e-3, 3.0, 30.0)),
    "k1e": (lambda x: mpmath.exp(x) * mpmath.besselk(1, x), (1e-3, 3.0, 30.0)),
}


CLOSE = {1: 1e-10, 2: 2e-9, 3: 5e-6}
"""Relative; at its end the series of erfcx has lost eleven digits of the third."""


@pytest.mark.parametrize("order", CLOSE)
@pytest.mark.parametrize("name", MP)
def test_derivatives_are_those_of_forty_digits(name, order):
    """In the tails and beside the places where formulas change, to the third order."""
    reference, points = MP[name]
    function = getattr(scipy.special, name)
    for _ in range(order):
        function = cr.grad(function)
    for x in points:
        with mpmath.workdps(60), np.errstate(all="ignore"):
            want = float(mpmath.diff(reference, mpmath.mpf(x), order))
            assert_allclose(
                function(x), want, rtol=CLOSE[order], atol=1e-13, err_msg=str(x)
            )


SHAPES = [
    (1e-3, 3.0),
    (0.3, 0.01),
    (0.3, 5.0),
    (2.5, 2.4),
    (2.5, 30.0),
    (40.0, 20.0),
    (150.0, 155.0),
]


def differentiated(function, orders):
    """The derivative of a function by its arguments, so many times by each."""
    for place, order in enumerate(orders):
        for _ in range(order):
            function = cr.grad(function, place)
    return function


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(("a", "x"), SHAPES)
def test_gammainc_moves_with_its_shape(a, x, order):
    with mpmath.workdps(60):
        want = mpmath.diff(
            lambda s: mpmath.gammainc(s, x, regularized=True), mpmath.mpf(a), order
        )
    got = differentiated(scipy.special.gammaincc, (order,))(a, x)
    assert_allclose(got, float(want), rtol=1e-11)


BETAS = [
    (0.01, 0.02, 0.7),
    (0.3, 2.0, 0.01),
    (2.5, 3.5, 0.4),
    (2.5, 3.5, 0.999),
    (60.0, 40.0, 0.55),
]


@pytest.mark.parametrize(
    "orders", [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (2, 1), (0, 3)]
)
@pytest.mark.parametrize("point", BETAS)
def test_betainc_moves_with_its_parameters(point, orders):
    a, b, x = point
    with mpmath.workdps(60):
        at = mpmath.mpf(a), mpmath.mpf(b)
        want = mpmath.diff(
            lambda p, q: mpmath.betainc(p, q, 0, mpmath.mpf(x), regularized=True),
            at,
            orders,
        )
    got = differentiated(scipy.special.betainc, orders)(*point)
    assert_allclose(got, float(want), rtol=1e-11)


BESSEL = {
    "jv": mpmath.besselj,
    "yv": mpmath.bessely,
    "iv": mpmath.besseli,
    "kv": mpmath.besselk,
    "ive": lambda v, x: mpmath.besseli(v, x) * mpmath.exp(-x),
    "kve": lambda v, x: mpmath.besselk(v, x) * mpmath.exp(x),
}


@pytest.mark.parametrize("orders", [(1, 0), (3, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize("name", BESSEL)
def test_bessel_functions_move_with_their_order(name, orders):
    """By integrals and by series, at whole orders and negative ones too."""
    function = differentiated(getattr(scipy.special, name), orders)
    points = [
        (0.0, 1.3),
        (1.0, 0.02),
        (2.5, 3.0),
        (0.0, 2.0),
        (-1.0, 2.0),
        (-0.4, 7.0),
        (9.0, 90.0),
    ]
    for point in points:
        with mpmath.workdps(40):
            at = tuple([mpmath.mpf(p) for p in point])
            want = float(mpmath.diff(BESSEL[name], at, orders).real)
            size = abs(float(BESSEL[name](*at).real))
        assert_allclose(function(*point), want, rtol=1e-9, atol=1e-9 * size)


def test_orders_of_bessel_functions_under_jit_and_vmap():
    v, x = np.array([0.3, 2.5, 9.0]), np.array([0.2, 2.4, 45.0])
    for name in BESSEL:
        function = getattr(scipy.special, name)
        twice = cr.hessian(lambda p, f=function: f(p[0], p[1]))
        points = np.stack([v, x], 1)
        want = np.stack([twice(p) for p in points])
        assert_allclose(want, np.swapaxes(want, 1, 2), rtol=1e-9)
        assert_allclose(cr.jit(cr.vmap(twice))(points), want, rtol=1e-11)
    assert np.isnan(cr.grad(scipy.special.jv)(2.0, -1.5))


def test_second_derivatives_by_the_shape_under_jit_and_vmap():
    a, x = np.array([0.3, 2.5, 40.0]), np.array([0.2, 2.4, 45.0])
    twice = cr.grad(cr.grad(scipy.special.gammainc))
    want = np.array([twice(*point) for point in zip(a, x, strict=True)])
    assert_allclose(cr.jit(cr.vmap(twice))(a, x), want, rtol=1e-12)
    mixed = cr.hessian(lambda v: scipy.special.betainc(v[0], v[1], v[2]))
    points = np.stack([a, a[::-1], np.array([0.4, 0.5, 0.6])], 1)
    want = np.stack([mixed(v) for v in points])
    assert_allclose(want, np.swapaxes(want, 1, 2), rtol=1e-9)
    assert_allclose(cr.jit(cr.vmap(mixed))(points), want, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (lambda x, y: scipy.special.xlogy(x, y), (0.0, 0.7)),
        (lambda x, y: scipy.special.xlog1py(x, y), (1.3, -0.4)),
        (scipy.special.rel_entr, (0.3, 0.8)),
        (scipy.special.kl_div, (0.3, 0.8)),
        (scipy.special.entr, (0.3,)),
        (scipy.special.ndtri, (0.03,)),
        (scipy.special.cosm1, (0.3,)),
        (lambda x: scipy.special.yn(2, x), (1.3,)),
        (lambda x: scipy.special.kn(2, x), (1.3,)),
        (lambda x: scipy.special.expn(0, x), (1.3,)),
        (lambda x: scipy.special.expn(1, x), (1.3,)),
        (lambda x: scipy.special.expn(3, x), (1.3,)),
        (lambda x: scipy.special.sici(x)[0], (0.7,)),
        (lambda x: scipy.special.sici(x)[1], (0.7,)),
        (lambda x: scipy.special.fresnel(x)[0], (0.7,)),
        (lambda x: special.polygamma(0, x), (0.7,)),
        (lambda x: special.polygamma(2, x), (0.7,)),
        (lambda x: special.zeta(3.0, x), (0.7,)),
        (lambda x: special.multigammaln(x, 3), (2.7,)),
        (lambda x: special.logsumexp(x, axis=0), (np.arange(6.0).reshape(2, 3),)),
        (lambda x: special.logsumexp(x, b=[1.0, 0.0, 2.5]), (np.arange(3.0),)),
        (lambda x: special.softmax(x, axis=-1), (np.arange(6.0).reshape(2, 3),)),
        (lambda x: special.log_softmax(x, axis=-1), (np.arange(6.0).reshape(2, 3),)),
    ],
)
def test_compositions_differentiate(function, args):
    args = tuple(np.asarray(x) for x in args)
    assert_allclose(traced(function, *args), function(*args), rtol=1e-12)
    cr.check_grads(function, args, order=2)


def test_a_sum_of_nothing_has_no_slope():
    empty = np.array([-np.inf, -np.inf])
    assert_allclose(cr.grad(special.logsumexp)(empty), 0)
    value, sign = special.logsumexp(
        np.array([0.0, 1.0]), b=[1.0, -1.0], return_sign=True
    )
    got = traced(
        lambda a: special.logsumexp(a, b=[1.0, -1.0], return_sign=True)[0],
        np.array([0.0, 1.0]),
    )
    assert_allclose(got, value)
    assert sign == -1


def test_xlogy_at_zero_has_the_slopes_of_its_convention():
    slopes = cr.grad(scipy.special.xlogy, (0, 1))
    assert_allclose(slopes(0.0, 0.0), (0, 0))
    assert_allclose(slopes(0.0, 0.5), (math.log(0.5), 0))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: scipy.special.hyp0f1(x, 2.0),
    ],
)
def test_a_derivative_that_is_not_known_is_refused(call):
    with pytest.raises(MissingRuleError, match=r"Expected .*, got .*: differentiate"):
        cr.grad(call)(1.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: scipy.special.expn(x, 2.0),
        lambda x: special.polygamma(x, 2.0),
        lambda x: special.zeta(x),
        lambda x: special.polygamma([1, 2], x),
    ],
)
def test_an_order_must_be_known(call):
    with pytest.raises(TypeError, match=r"Expected the order .*, got .*: pass"):
        cr.grad(lambda x: np.sum(call(x)))(1.5)


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="Expected a function that can be"):
        _ = special.lambertw


def test_plain_arrays_are_scipys_own():
    assert special.gammaln is scipy.special.gammaln
    assert_allclose(special.softmax([0.0, 1.0]), scipy.special.softmax([0.0, 1.0]))
