"""Distributions against scipy.stats, and their derivatives against differences."""

import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import stats

POINTS = np.array(
    [
        -np.inf,
        -30.0,
        -2.0,
        -1.0,
        -0.3,
        0.0,
        0.2,
        0.7,
        1.0,
        1.5,
        3.0,
        12.0,
        np.inf,
        np.nan,
    ]
)
CONTINUOUS = {
    "norm": (),
    "halfnorm": (),
    "truncnorm": (-0.5, 2.0),
    "lognorm": (0.8,),
    "uniform": (),
    "expon": (),
    "gamma": (2.3,),
    "chi2": (3.0,),
    "beta": (2.0, 3.5),
    "f": (3.0, 7.0),
    "t": (4.0,),
    "cauchy": (),
    "laplace": (),
    "logistic": (),
    "gumbel_r": (),
    "weibull_min": (1.7,),
    "pareto": (2.5,),
}
DISCRETE = {
    "bernoulli": (0.3,),
    "binom": (6, 0.3),
    "poisson": (2.5,),
    "geom": (0.4,),
    "nbinom": (3.5, 0.4),
}
PLACES = [(), (0.5, 2.0), (-1.0, 0.7)]
SHARES = ("cdf", "logcdf", "sf", "logsf")
DENSITIES = ("logpdf", "pdf", *SHARES)
CHANCES = ("logpmf", "pmf", *SHARES)
QUANTILES = ("ppf", "isf")


def test_every_distribution_is_in_the_tables():
    named = {name for name in vars(stats) if hasattr(getattr(stats, name), "shapes")}
    assert named == {*CONTINUOUS, *DISCRETE}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", DENSITIES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_values_are_scipys(name, method, place):
    """At the ends of the support too, outside of it, at infinity and NaN."""
    got = getattr(getattr(stats, name), method)(POINTS, *CONTINUOUS[name], *place)
    with np.errstate(all="ignore"):
        want = getattr(getattr(scipy.stats, name), method)(
            POINTS, *CONTINUOUS[name], *place
        )
    if "pdf" in method:  # of some, SciPy's formula is infinity less infinity there
        want[np.isinf(POINTS)] = -np.inf if method == "logpdf" else 0.0
    assert_allclose(got, want, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("loc", [0, 2])
@pytest.mark.parametrize("method", CHANCES)
@pytest.mark.parametrize("name", DISCRETE)
def test_chances_are_scipys(name, method, loc):
    points = np.array([-3.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.5, 6.0, 7.0, 20.0])
    got = getattr(getattr(stats, name), method)(points, *DISCRETE[name], loc=loc)
    want = getattr(getattr(scipy.stats, name), method)(points, *DISCRETE[name], loc=loc)
    assert_allclose(got, want, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("method", DENSITIES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_derivatives_are_differences(name, method):
    """By the point, by each shape, by loc and by scale, inside the support."""
    function = getattr(getattr(stats, name), method)
    x = np.array([1.31, 1.62]) if name == "pareto" else np.array([0.31, 0.62])
    args = [np.asarray(v) for v in (*CONTINUOUS[name], 0.1, 0.9)]
    cr.check_grads(lambda *a: np.sum(function(*a)), (x, *args))


@pytest.mark.parametrize("name", CONTINUOUS)
def test_densities_differentiate_twice(name):
    x = np.array(1.62 if name == "pareto" else 0.62)
    args = [np.asarray(v) for v in (*CONTINUOUS[name], 0.1, 0.9)]
    cr.check_grads(getattr(stats, name).logpdf, (x, *args), order=2)


@pytest.mark.parametrize("method", CHANCES)
@pytest.mark.parametrize("name", DISCRETE)
def test_derivatives_of_chances_are_differences(name, method):
    k, values = np.array([1.0, 2.0, 3.0]), DISCRETE[name]
    fixed = values[:1] if name == "binom" else ()
    if name == "bernoulli":
        k = np.array([0.0, 0.0, 0.0 if method == "logsf" else 1.0])
    moving = [np.asarray(v) for v in values[len(fixed) :]]
    function = getattr(getattr(stats, name), method)
    cr.check_grads(lambda *a: np.sum(function(k, *fixed, *a) * [1.0, 2.0, 0.5]), moving)


@pytest.mark.parametrize("method", DENSITIES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_gradients_outside_the_support_are_zero(name, method):
    """No NaN comes back from the branch that was not taken."""
    low, high = getattr(scipy.stats, name).support(*CONTINUOUS[name])
    function = getattr(getattr(stats, name), method)
    for x in (low - 1.5, high + 1.5):
        if np.isfinite(x):
            count = 1 + len(CONTINUOUS[name])
            slopes = cr.grad(function, tuple(range(count)))(
                x, *[float(v) for v in CONTINUOUS[name]]
            )
            assert_allclose(slopes, 0)


@pytest.mark.parametrize("name", DISCRETE)
def test_gradients_of_what_cannot_be_are_zero(name):
    place = len(DISCRETE[name])
    function = cr.grad(getattr(stats, name).logpmf, place)
    assert function(0.5, *DISCRETE[name]) == 0
    assert function(-3.0, *DISCRETE[name]) == 0


@pytest.mark.parametrize("name", ["gamma", "beta", "t", "weibull_min", "pareto", "f"])
def test_parameters_that_make_no_distribution_give_nan(name):
    shapes = [-1.0 for _ in CONTINUOUS[name]]
    assert np.isnan(getattr(stats, name).logpdf(0.5, *shapes))
    assert np.isnan(getattr(stats, name).cdf(0.5, *CONTINUOUS[name], scale=-1.0))


PROBABILITIES = np.array(
    [-0.1, 0.0, 1e-4, 0.01, 0.2, 0.37, 0.5, 0.63, 0.85, 0.999, 1.0, 1.1, np.nan]
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", QUANTILES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_are_scipys(name, method, place):
    """At the ends 0 and 1 too, outside of them, and at NaN."""
    got = getattr(getattr(stats, name), method)(
        PROBABILITIES, *CONTINUOUS[name], *place
    )
    want = getattr(getattr(scipy.stats, name), method)(
        PROBABILITIES, *CONTINUOUS[name], *place
    )
    assert_allclose(got, want, rtol=2e-11, atol=1e-14)


@pytest.mark.parametrize("method", QUANTILES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_differentiate(name, method):
    """By the probability, by each shape, by loc and scale."""
    function = getattr(getattr(stats, name), method)
    args = [np.asarray(v) for v in (*CONTINUOUS[name], 0.1, 0.9)]
    cr.check_grads(function, (np.array(0.31), *args))


@pytest.mark.parametrize("name", ["gamma", "t", "lognorm"])
def test_quantiles_differentiate_twice(name):
    args = [np.asarray(v) for v in CONTINUOUS[name]]
    cr.check_grads(getattr(stats, name).ppf, (np.array(0.31), *args), order=2)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_slope_of_a_quantile_is_one_over_the_density(name):
    distribution, shapes = getattr(stats, name), CONTINUOUS[name]
    for q in (1e-9, 0.03, 0.5, 0.98):
        x = distribution.ppf(q, *shapes)
        want = 1 / distribution.pdf(x, *shapes)
        assert_allclose(cr.grad(distribution.ppf)(q, *shapes), want, rtol=1e-9)
        x = distribution.isf(q, *shapes)
        want = -1 / distribution.pdf(x, *shapes)
        assert_allclose(cr.grad(distribution.isf)(q, *shapes), want, rtol=1e-9)


def test_quantiles_under_jit_vmap_and_grad():
    q, a = np.array([0.1, 0.5, 0.9]), np.array([0.5, 2.0, 30.0])
    slopes = cr.grad(stats.gamma.ppf, (0, 1))
    want = np.array([slopes(*point) for point in zip(q, a, strict=True)]).T
    assert_allclose(cr.jit(cr.vmap(slopes))(q, a), want, rtol=1e-12)


@pytest.mark.parametrize("loc", [0, 2])
@pytest.mark.parametrize("method", QUANTILES)
@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        *DISCRETE.items(),
        ("bernoulli", (0.0,)),
        ("bernoulli", (1.0,)),
        ("binom", (40, 0.02)),
        ("binom", (5, 1.0)),
        ("binom", (5, 0.0)),
        ("binom", (0, 0.4)),
        ("poisson", (0.0,)),
        ("poisson", (400.0,)),
        ("geom", (2e-3,)),
        ("nbinom", (30.0, 0.9)),
        ("nbinom", (3.0, 1.0)),
    ],
)
def test_quantiles_of_counts_are_scipys(name, shapes, method, loc):
    """And at their own probabilities, where a last bit decides."""
    theirs = getattr(scipy.stats, name)
    steps = theirs.cdf(np.arange(1.0, 9.0), *shapes)
    q = np.concatenate([PROBABILITIES, steps - 1e-9, steps + 1e-9])
    got = getattr(getattr(stats, name), method)(q, *shapes, loc=loc)
    assert_allclose(got, getattr(theirs, method)(q, *shapes, loc=loc))


@pytest.mark.parametrize("name", DISCRETE)
def test_a_quantile_of_counts_is_the_least_that_reaches(name):
    distribution, shapes = getattr(stats, name), DISCRETE[name]
    q = np.linspace(0.001, 0.999, 300)
    k = distribution.ppf(q, *shapes)
    assert np.all(distribution.cdf(k, *shapes) >= q)
    assert np.all(distribution.cdf(k - 1, *shapes) < q)
    k = distribution.isf(q, *shapes)
    assert np.all(distribution.sf(k, *shapes) <= q)
    assert np.all(distribution.sf(k - 1, *shapes) > q)


def test_the_first_trial_succeeds_where_all_do():
    """SciPy's own answer, 0, is outside the support."""
    assert_allclose(stats.geom.ppf([0.0, 0.3, 1.0], 1.0), [0.0, 1.0, np.inf])


@pytest.mark.parametrize("method", QUANTILES)
@pytest.mark.parametrize("name", DISCRETE)
def test_quantiles_of_counts_stand_still(name, method):
    args = (0.4, *[float(v) for v in DISCRETE[name]], 0.5)
    places = tuple(range(len(args)))
    slopes = cr.grad(getattr(getattr(stats, name), method), places)(*args)
    assert_allclose(slopes, [*[0.0] * (len(args) - 1), 1.0])


@pytest.mark.parametrize("name", CONTINUOUS)
def test_upper_tails_keep_their_digits(name):
    """1 - F would have none left; SciPy's sf, where it has them, agrees."""
    distribution, shapes = getattr(stats, name), CONTINUOUS[name]
    x = distribution.isf(1e-30, *shapes)
    if np.isinf(getattr(scipy.stats, name).support(*shapes)[1]):
        assert_allclose(distribution.sf(x, *shapes), 1e-30, rtol=1e-9)
        assert_allclose(distribution.logsf(x, *shapes), np.log(1e-30), rtol=1e-10)


def test_far_tails_keep_their_slopes():
    """The logarithm of Φ moves by -x, far beyond where Φ itself is 0."""
    assert_allclose(cr.grad(stats.norm.logcdf)(-1e4), 1e4, rtol=1e-7)
    assert_allclose(cr.grad(cr.grad(stats.norm.logcdf))(-1e3), -1, rtol=1e-5)


def test_float32_stays_single():
    x = np.array([0.3, 0.6], np.float32)
    for name, shapes in CONTINUOUS.items():
        x32 = x + np.float32(1) if name == "pareto" else x
        function = getattr(stats, name).logpdf
        y = cr.jit(lambda x, f=function, s=shapes: f(x, *s))(x32)
        assert y.dtype == np.float32
        want = getattr(scipy.stats, name).logpdf(x32.astype(float), *shapes)
        assert_allclose(y, want, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: stats.gamma.logpdf(1.0),
        lambda: stats.norm.pdf(1.0, 0.0, 1.0, 2.0),
        lambda: stats.norm.cdf(1.0, mean=2.0),
        lambda: stats.norm.logcdf(1.0, 0.0, loc=0.0),
        lambda: stats.poisson.logpmf(1.0, 2.0, scale=2.0),
    ],
)
def test_wrong_parameters_are_named(call):
    with pytest.raises(TypeError, match=r"Expected the parameters .*, got .*: give"):
        call()


def test_the_normals_name_is_readable():
    assert repr(stats.norm) == "<chainrule.stats.norm(loc, scale)>"
