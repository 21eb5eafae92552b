"""Calls of NumPy's rarer functions: histograms, sets, parts of floats, polynomials.

As in ``cases.py``; some of these decide a shape by values, and so ask for them.
"""

import numpy as np

from tests.numpy.cases import POSITIVE, Case, M, T, V

EDGES = np.array([-1.5, -0.5, 0.1, 1.0, 1.6])
WINDOWS = np.lib.stride_tricks.sliding_window_view


def case(call, *shapes, domain=(-2.0, 2.0), smooth=True):
    return Case(call, shapes, domain, smooth)


def real(call, *shapes, domain=(-2.0, 2.0), smooth=True):
    """A call of real numbers alone, whatever is drawn."""
    return Case(lambda *xs: call(*[np.real(x) for x in xs]), shapes, domain, smooth)


HISTOGRAMS = [
    real(lambda x: np.histogram(x), M, smooth=False),
    real(lambda x: np.histogram(x, 4)[1], M),
    real(lambda x: np.histogram(x, EDGES), M, smooth=False),
    real(lambda x: np.histogram(x, 5, (-1, 1)), M, smooth=False),
    real(lambda x: np.histogram(x, 5, density=True), M),
    real(lambda x, w: np.histogram(x, 3, weights=w), V, V),
    real(lambda x, w: np.histogram(x, EDGES, weights=w, density=True), V, V),
    real(lambda x: np.histogram(x, "sturges"), M, smooth=False),
    real(lambda x: np.histogram_bin_edges(x, 4), M),
    real(lambda x, y: np.histogram2d(x, y, 3), V, V),
    real(lambda x, y: np.histogram2d(x, y, [2, EDGES], density=True), V, V),
    real(lambda x, y: np.histogram2d(x, y, EDGES), V, V, smooth=False),
    real(lambda x, w: np.histogramdd(x, [2, 3, EDGES, 1], weights=w), M, (3,)),
    real(lambda x: np.histogramdd(x, 2, [(-1, 1), (-2, 2), (0, 1), (0, 2)]), M),
]

SETS = [
    case(lambda x: np.union1d(x, x[::2] * 2), V),
    case(lambda x: np.intersect1d(x, x[::2]), V),
    case(lambda x: np.intersect1d(x, x[::-2], return_indices=True), V),
    case(lambda x: np.setdiff1d(x, x[::2]), V),
    case(lambda x: np.setdiff1d(x, x[1:], assume_unique=True), V),
    case(lambda x, y: np.setxor1d(x, np.concatenate([x[1:], y])), V, V),
    case(lambda x: np.gcd(np.int64(12) + (x > 0), 4 * (x > 1)), M, smooth=False),
    case(lambda x: np.lcm((9 * x).astype(int), 6), M, smooth=False),
    case(lambda x: np.bitwise_count((90 * x).astype(int)), M, smooth=False),
    case(lambda x: np.sort_complex(x), V),
]

FLOATS = [
    case(lambda x: np.frexp(x)[0], M),
    case(lambda x: np.frexp(x * 1e-320), M, smooth=False),
    case(lambda x: np.frexp(x)[1], M, smooth=False),
    case(lambda x: np.ldexp(x, np.arange(-2, 2)), M),
    case(lambda x: np.ldexp(x, 3), M),
    case(lambda x: np.spacing(x), M, smooth=False),
    case(np.i0, M),
]

POLYNOMIALS = [
    case(lambda x, y: np.polyfit(x, y, 1), V, V),
    case(lambda y: np.polyfit(np.arange(5.0), y, 2, w=[1.0, 2.0, 1.0, 0.5, 3.0]), (5,)),
    case(lambda y: np.polyfit(np.arange(5.0), y, 2, cov=True), (5,)),
    case(lambda y: np.polyfit(np.arange(5.0), y, 1, cov="unscaled"), (5, 2)),
    case(lambda y: np.polyfit(np.arange(5.0), y, 1, full=True)[:2], (5, 2)),
    real(lambda u, v: np.polydiv(u, v), (5,), (3,), domain=POSITIVE),
    real(lambda u, v: np.polydiv(u, v), (2,), (3,), domain=POSITIVE),
    real(lambda x, u: np.polydiv(np.polymul(x, u), u), (3,), (2,), domain=POSITIVE),
    case(lambda x: np.polymul([0.0, 0.0, 1.0, 2.0], x), V),
    case(lambda p: np.sort(np.abs(np.roots(p))), V, domain=POSITIVE),
    case(lambda p: np.sort(np.abs(np.roots(np.pad(p, 1)))), V, domain=POSITIVE),
    case(lambda x, y: np.correlate(x, y, 2), V, (3,)),
]

GRIDS = [
    real(lambda x, y: np.linspace(x, y, 1), V, V),
    real(lambda x, y: np.linspace(x, y, 4, retstep=True), V, V),
    real(lambda x: np.linspace(x, 3, 5, dtype=int), V, smooth=False),
    real(lambda x, y: np.geomspace(x, y, 5), (2, 3), (3,), domain=POSITIVE),
    real(lambda x, y: np.geomspace(-x, -y, 4, False), V, V, domain=POSITIVE),
    real(lambda x: np.geomspace(x, 3, 4, axis=-1), V, domain=POSITIVE),
    real(lambda x, y: np.logspace(x, y, 4, True, 2.0), V, V),
    real(lambda x, b: np.logspace(x, 1.0, 4, base=b), V, V, domain=POSITIVE),
]

FORMS = [
    case(lambda x: np.sum(a=x, axis=0), M),
    case(lambda x: np.concatenate((x, x), 0, None), M),
    case(lambda x, q: np.quantile(q=np.abs(q) / 3, a=x), M, ()),
    case(lambda x: np.quantile(x, 0), M),
    case(lambda x: np.nanquantile(x, [0, 1], axis=1), M),
    case(lambda x: np.quantile(x, 0.5, None, None, False, "linear", True), M),
    case(lambda x: np.mean(100 * x, dtype=int), M, smooth=False),
    case(lambda x: np.sum(np.sum(x), axis=0) + np.max(x[0, 0], axis=-1), M),
    case(lambda x: np.prod(x[0, 0], 0) + np.argmax(x[0, 0], axis=0), M),
    case(lambda x: np.round((100 * x).astype(int), -1), M, smooth=False),
    case(lambda x: np.array_equal(x, x, equal_nan=True), M, smooth=False),
    case(lambda x: np.array_equal(x * np.nan, x * np.nan, True), M, smooth=False),
    case(lambda x: np.array_equiv(x, x[:, :3]), M, smooth=False),
    case(lambda x: np.isclose(x > 0, x > 1), M, smooth=False),
    case(lambda x: np.zeros_like(x, None, "C", True, (2,)), M, smooth=False),
    case(lambda x: np.full_like(x, 3, order="F", subok=False), M, smooth=False),
    case(lambda x: np.transpose(x, 0), V),
    case(lambda x: (np.size(x, (0, 2)), np.size(x, -1)), T, smooth=False),
    case(lambda x, y: np.cross(x, y, 0, -1, 0), (3, 2), (2, 3)),
    case(lambda x: np.cumulative_sum(x), ()),
    case(lambda x: np.split(x, np.argmax(x[:3]) * [0] + [1, 3]), V),
    case(lambda x: np.array_split(x, np.int64(3)), V),
    case(lambda x: np.vdot(x > 0, x > 1), M, smooth=False),
    case(lambda x: np.angle(x > 0), M, smooth=False),
    case(lambda x: WINDOWS(x, 3), V),
    case(lambda x: WINDOWS(x, (2, 3)), M),
    case(lambda x: WINDOWS(x, 2, axis=1), T),
    case(lambda x: np.cov(x, None, False, True), M),
    case(lambda x: np.nanmax(x, 0, None, True, 0.5), M),
]

CONDITIONS = [
    case(lambda x, p=p: np.linalg.cond(x + 3 * np.eye(3), p), (3, 3))
    for p in (None, 2, -2, 1, -1, np.inf, "fro", "nuc")
]

RARE = [
    *HISTOGRAMS,
    *SETS,
    *FLOATS,
    *POLYNOMIALS,
    *GRIDS,
    *FORMS,
    *CONDITIONS,
]
