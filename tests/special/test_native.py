"""What special functions compile to: native code alone, where a lowering is known."""

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import stats
from chainrule.backends.native import NativeBackend

X = np.linspace(-40.0, 20.0, 997)
UNIT = np.linspace(0.001, 0.999, 997)


def black_scholes(price, strike, years, rate, volatility):
    """The price of a call."""
    spread = volatility * np.sqrt(years)
    up = (np.log(price / strike) + (rate + volatility**2 / 2) * years) / spread
    paid = strike * np.exp(-rate * years)
    return price * scipy.special.ndtr(up) - paid * scipy.special.ndtr(up - spread)


def greeks(*args):
    return cr.grad(lambda *a: np.sum(black_scholes(*a)), (0, 1, 2, 3, 4))(*args)


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (scipy.special.ndtr, X),
        (scipy.special.log_ndtr, X),
        (scipy.special.erfc, X),
        (scipy.special.erfcx, X[X > -20]),
        (scipy.special.log_expit, X),
        (scipy.special.logit, UNIT),
        (scipy.special.entr, UNIT),
        (lambda p: scipy.special.xlogy(p, p), UNIT),
        (stats.norm.logpdf, X),
        (stats.norm.logcdf, X),
        (stats.logistic.logcdf, X),
    ],
)
def test_values_and_slopes_compile_without_calls_back(function, x):
    both = cr.jit(lambda x: (function(x), cr.grad(lambda x: np.sum(function(x)))(x)))
    value, slope = both(x)
    assert_allclose(value, function(x), rtol=5e-13, atol=1e-300)
    assert_allclose(slope, cr.grad(lambda x: np.sum(function(x)))(x), rtol=5e-13)
    assert NativeBackend().foreign(both.programs[0]) == ()


def test_all_greeks_compile_without_calls_back():
    rng = np.random.default_rng(0)
    ends = [(80, 120), (80, 120), (0.1, 2.0), (0.0, 0.05), (0.1, 0.5)]
    args = [rng.uniform(*end, 500) for end in ends]
    fast = cr.jit(greeks)
    got = fast(*args)
    assert NativeBackend().foreign(fast.programs[0]) == ()
    assert_allclose(got, greeks(*args), rtol=1e-11, atol=1e-12)
    cr.check_grads(lambda *a: np.sum(black_scholes(*a)), [a[:3] for a in args])
