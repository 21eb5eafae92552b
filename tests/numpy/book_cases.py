"""More calls of NumPy's functions, in all forms of their arguments.

As in ``cases.py``; none of these asks for a number while it is traced, so all of them
are also traced with shapes alone, as ``jit`` does.
"""

import numpy as np

from tests.numpy.cases import MASK, POSITIVE, WEIGHTS, Case, M, T, V, binary

S = (3, 3)
GAPS = np.array([[True, False, True, True], [False, True, True, False], [True] * 4])
HOLES = np.array([[False, True, False, False], [False] * 4, [True, False, False, True]])
PLACES = np.array([[0, 2], [1, 1], [3, 0]])
POINTS = [-1.0, 0.1, 1.5]
METHODS_OF_QUANTILES = [
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "hazen"),
    *("interpolated_inverted_cdf", "weibull", "linear", "median_unbiased"),
    *("normal_unbiased", "lower", "higher", "midpoint", "nearest"),
]


def holed(x):
    """NaN in some places."""
    return np.where(HOLES, np.nan, x)


def calls(*functions, shapes=(M,), domain=(-2.0, 2.0), smooth=True):
    return [Case(f, shapes, domain, smooth) for f in functions]


SUMS = [
    *calls(
        *[
            lambda x, f=f: f(x, axis=0, initial=0.2)
            for f in (np.sum, np.prod, np.max, np.min)
        ],
        *[
            lambda x, f=f: f(x, axis=(0, 1), where=GAPS, keepdims=True, initial=-1.0)
            for f in (np.sum, np.prod, np.max, np.amin)
        ],
        *[lambda x, f=f: f(x, axis=0, where=x > 0) for f in (np.sum, np.prod)],
        *[lambda x, f=f: f(x, axis=1, where=GAPS) for f in (np.mean, np.var, np.std)],
        *[
            lambda x, f=f: f(x, where=MASK[:, None], keepdims=True)
            for f in (np.sum, np.mean, np.var)
        ],
        lambda x: np.var(x, axis=1, where=GAPS, ddof=1),
        lambda x: np.std(x, axis=1, correction=1.5),
        lambda x: np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)),
        lambda x: np.max(x[:0], axis=0, initial=1.0),
        lambda x: np.add.reduce(x, axis=0, initial=3.0, where=GAPS),
        lambda x: np.minimum.reduce(x, axis=1, initial=0.0, where=GAPS),
        lambda x: np.multiply.reduce(x, axis=-1, keepdims=True),
        lambda x: np.average(x, axis=0, weights=WEIGHTS, returned=True),
        lambda x: np.average(x, axis=1, keepdims=True),
    ),
    *calls(
        *[
            lambda x, f=f: f(x, axis=1, dtype=np.float64)
            for f in (np.sum, np.mean, np.var, np.std, np.cumsum)
        ]
    ),
    *calls(
        *[lambda x, f=f: f(x > 0, axis=0, where=GAPS) for f in (np.all, np.any)],
        smooth=False,
    ),
    Case(lambda x, w: np.average(x, axis=(1, 0), weights=w.T), (T, (2, 3)), POSITIVE),
]

NAN_AWARE = [
    *calls(
        *[
            lambda x, f=f: f(holed(x))
            for f in (np.nansum, np.nanprod, np.nanmax, np.nanmin)
        ],
        *[
            lambda x, f=f, o=o: f(holed(x), **o)
            for f in (np.nanmean, np.nanvar, np.nanstd, np.nanmedian, np.nansum)
            for o in ({}, {"axis": 1}, {"axis": (0, 1)}, {"axis": 0, "keepdims": True})
        ],
        *[
            lambda x, f=f: f(holed(x), axis=0, where=GAPS, initial=0.1)
            for f in (np.nansum, np.nanprod, np.nanmax, np.nanmin)
        ],
        *[lambda x, f=f: f(holed(x), axis=0, ddof=1) for f in (np.nanstd, np.nanvar)],
        lambda x: np.nanmean(holed(x), axis=1, where=GAPS),
        *[
            lambda x, f=f, a=a: f(holed(x), axis=a)
            for f in (np.nancumsum, np.nancumprod)
            for a in (None, 0, 1)
        ],
        lambda x: np.nanquantile(holed(x), [[0.0, 0.3], [0.9, 1.0]], axis=1),
        lambda x: np.nanpercentile(holed(x), 40, axis=0, keepdims=True),
        lambda x: np.nanmedian(x, axis=0),
    ),
    *calls(
        *[
            lambda x, f=f, a=a: f(holed(x), axis=a)
            for f in (np.nanargmax, np.nanargmin)
            for a in (None, 0, 1)
        ],
        smooth=False,
    ),
]

RUNNING = [
    *calls(
        np.ediff1d,
        np.unwrap,
        np.gradient,
        *[lambda x, f=f: f(x, axis=1) for f in (np.cumulative_sum, np.cumulative_prod)],
        lambda x: np.cumulative_sum(x, axis=0, include_initial=True),
        lambda x: np.cumulative_prod(x, axis=-1, include_initial=True),
        lambda x: np.diff(x, prepend=0.0),
        lambda x: np.diff(x, n=2, axis=0, append=1.5),
        lambda x: np.diff(x, n=0),
        lambda x: np.ediff1d(x, to_begin=1.0, to_end=[2.0, 3.0]),
        lambda x: np.unwrap(x * 3, discont=2.0, axis=0, period=5.0),
        lambda x: np.gradient(x, 2.0, axis=0),
        lambda x: np.gradient(x, 2.0, np.array([0.0, 1.0, 4.0, 5.0])),
        lambda x: np.gradient(x, axis=(1, 0)),
        lambda x: np.gradient(x, axis=1, edge_order=2),
        lambda x: np.gradient(x, np.array([0, 1.0, 4, 5]), axis=1, edge_order=2),
        lambda x: np.trapezoid(x, dx=0.5, axis=0),
    ),
    Case(lambda x, y: np.diff(x, axis=0, prepend=y, append=y), (M, (1, 4))),
    Case(lambda x, y: np.trapezoid(y, x, axis=0), (M, M)),
    Case(lambda x, y: np.trapezoid(y, x, axis=0), ((3,), M)),
    Case(lambda x, y: np.gradient(y, np.cumsum(np.exp(x)), axis=1), (V, M)),
    Case(lambda x: np.gradient(x[:2]), (V,)),
]

ORDER = [
    *calls(
        *[
            lambda x, k=k: np.sort(x, kind=k)
            for k in ("quicksort", "stable", "heapsort", "mergesort")
        ],
        lambda x: np.sort(x, axis=0, stable=True),
        lambda x: np.sort(np.partition(x, 1)[:, :2], axis=1),
        lambda x: np.partition(x, 1, axis=0)[1],
        lambda x: np.partition(x, [5, -1], axis=None)[5],
        lambda x: np.median(x, axis=(1, 0), keepdims=True),
        lambda x: np.quantile(x, [[0.1, 0.2], [0.3, 0.4]], axis=0),
        *[
            lambda x, m=m: np.quantile(x, [0.1, 0.37, 0.5, 0.9], axis=1, method=m)
            for m in METHODS_OF_QUANTILES
        ],
        *[lambda x, m=m: np.quantile(x, 0.3, method=m) for m in METHODS_OF_QUANTILES],
        *[
            lambda x, m=m: np.nanpercentile(holed(x), [10, 37], axis=0, method=m)
            for m in METHODS_OF_QUANTILES
        ],
        lambda x: np.percentile(x, [10, 37], axis=0, method="midpoint", keepdims=True),
        lambda x: np.quantile(
            x, [0.3, 0.6], weights=[1.0, 2, 3, 0], axis=1, method="inverted_cdf"
        ),
    ),
    Case(lambda x, q: np.quantile(x, q, axis=0), (M, (2,)), (0.1, 0.9)),
    *calls(
        lambda x: np.argpartition(x, 2, axis=1)[:, 2],
        lambda x: np.lexsort((x[0], np.sign(x[1]))),
        lambda x: np.digitize(x, POINTS),
        lambda x: np.digitize(x, POINTS, right=True),
        lambda x: np.digitize(x, POINTS[::-1]),
        lambda x: np.searchsorted(np.sort(x[0]), [0.0, 0.5, 9.0, -9.0]),
        lambda x: np.searchsorted(np.sort(x[0]), x, side="right"),
        lambda x: np.searchsorted(x[1], 0.5, sorter=np.argsort(x[1])),
        lambda x: np.searchsorted(np.zeros(0), x),
        lambda x: np.isin(x, [0.5, 1.0]),
        smooth=False,
    ),
]

STATISTICS = [
    *calls(
        np.corrcoef,
        lambda x: np.cov(x, bias=True),
        lambda x: np.cov(x, fweights=[1, 2, 0, 3]),
        lambda x: np.cov(x, aweights=[1.0, 0.5, 2, 3], rowvar=True),
        lambda x: np.cov(x, fweights=[1, 2, 1, 3], aweights=[1.0, 0.5, 2, 3], ddof=2),
        lambda x: np.corrcoef(x, rowvar=False),
    ),
    Case(np.cov, (M, (2, 4))),
    Case(np.cov, (V, V)),
    Case(lambda x, y: np.cov(x, y, rowvar=False), ((4, 3), (4, 2))),
    Case(lambda x, w: np.cov(x, aweights=w), (M, V), POSITIVE),
    Case(np.corrcoef, (V, V)),
    Case(lambda w: np.bincount([0, 2, 2, 1], w), (V,)),
    Case(lambda w: np.bincount([0, 2, 2, 1], w, minlength=6), (V,)),
]

PADDINGS = [
    *calls(
        *[
            lambda x, m=m: np.pad(x, ((1, 2), (0, 1)), mode=m)
            for m in ("linear_ramp", "mean", "median", "maximum", "minimum")
        ],
        *[
            lambda x, m=m: np.pad(x, 5, mode=m)
            for m in ("reflect", "symmetric", "wrap")
        ],
        *[
            lambda x, m=m: np.pad(x, 2, mode=m, reflect_type="odd")
            for m in ("reflect", "symmetric")
        ],
        lambda x: np.pad(x, 2, mode="linear_ramp", end_values=(1.0, 2.0)),
        lambda x: np.pad(x, 2, mode="mean", stat_length=2),
        lambda x: np.pad(
            x, ((2, 1), (1, 1)), mode="maximum", stat_length=((2, 1), (3, 2))
        ),
        lambda x: np.pad(x, {0: 1, -1: (0, 2)}, mode="edge"),
    ),
    Case(lambda x, c: np.pad(x, 1, constant_values=c), (M, ())),
]

ASSEMBLY = [
    Case(lambda x, y: np.block([[x, y], [y, x]]), (S, S)),
    Case(lambda x: np.block([x, x, 2.0]), (V,)),
    Case(lambda x: np.block([[x, np.ones((3, 1), x.dtype)]]), (M,)),
    *calls(
        lambda x: np.unstack(x, axis=1),
        lambda x: np.insert(x, 1, 9.0, axis=1),
        lambda x: np.insert(x, 2, [1.0, 2.0]),
        lambda x: np.insert(x, [0, 2], x[:, :2], axis=1),
        lambda x: np.insert(x, 1, x[0], axis=0),
        lambda x: np.delete(x, np.s_[1:3], axis=1),
        lambda x: np.delete(x, MASK, axis=0),
        lambda x: np.append(x, x, axis=1),
        lambda x: np.resize(x, (3, 5)),
        lambda x: np.resize(x, 2),
        lambda x: np.resize(x, (0, 2)),
        lambda x: x[np.tril_indices(3)],
        lambda x: x[:, :3][np.triu_indices_from(x[:, :3], 1)],
        lambda x: x[:, :3][np.tril_indices_from(x[:, :3])],
        lambda x: x[:, :3][np.diag_indices_from(x[:, :3])],
        lambda x: x[np.ix_([0, 2], [1, 3])],
        lambda x: x[np.ix_(MASK, np.argsort(x[0]))],
        lambda x: x[np.unravel_index(np.argmax(x), x.shape)],
        lambda x: x[:, np.unravel_index(np.argmax(x), x.shape, order="F")[0]],
        lambda x: np.ravel(x)[
            np.ravel_multi_index((np.argmax(x, 0), [0, 1, 2, 3]), (3, 4))
        ],
        lambda x: np.ravel_multi_index(
            (np.argmax(x, 0), [0, 7, 2, 3]), (3, 4), "clip", "F"
        ),
        lambda x: np.roll(x, (1, 2), axis=(0, 0)),
        lambda x: np.roll(x, 1, axis=(0, 1)),
        lambda x: np.select([x > 1, x < -1], [x, -x], x**2),
        lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda t: -t, lambda t: t**2]),
        lambda x: np.piecewise(x, [x < 0, x > 1], [np.negative, 3.0, lambda t: t * 2]),
        lambda x: np.piecewise(x[0], x[0] < 0, [lambda t: t]),
        lambda x: np.piecewise(x, [x < 0], [lambda t, a, b=1: t * a + b], 2.0, b=3),
        lambda x: np.choose(PLACES[:, :1] % 2, [x, x[0]]),
        lambda x: np.choose([0, 5, -1, 1], [x[0], x[1]], mode="clip"),
        lambda x: np.choose([0, 5, -1, 1], [x[0], x[1]], mode="wrap"),
        lambda x: np.choose((x > 0).astype(int), [x, 2 * x]),
        lambda x: np.apply_along_axis(lambda r: np.sum(r**2), 1, x),
        lambda x: np.apply_along_axis(np.cumsum, 0, x),
        lambda x: np.apply_along_axis(lambda r: np.outer(r, r), 0, x),
        lambda x: np.astype(x, np.float64),
        lambda x: np.ravel(x, order="F"),
    ),
    Case(lambda x, v: np.insert(x, [1, 3], v), (V, (2,))),
    Case(lambda x: np.insert(x, np.s_[0:2], 5.0), (V,)),
    Case(lambda x: np.dsplit(x, 2), (T,)),
    Case(lambda x: np.apply_over_axes(np.sum, x, [0, 2]), (T,)),
    Case(lambda x: np.array_equiv(x, x[:1]), (M,), smooth=False),
]

POLYNOMIALS = [
    Case(np.polyder, (V,)),
    Case(lambda p: np.polyder(p, 2), (V,)),
    Case(np.polyint, (V,)),
    Case(lambda p: np.polyint(p, 2, [1.0, 2.0]), (V,)),
    Case(np.poly, (V,)),
    *[Case(f, (V, (2,))) for f in (np.polyadd, np.polysub, np.polymul)],
    Case(np.vander, (V,)),
    Case(lambda x: np.vander(x, 3, increasing=True), (V,)),
    Case(lambda x: np.vander(x, 6), (V,)),
    *[
        Case(lambda x, y, f=f, m=m: f(x, y, m), shapes)
        for f in (np.convolve, np.correlate)
        for m in ("full", "same", "valid")
        for shapes in ((V, (3,)), ((3,), V), (V, V), ((30,), (20,)), ((2,), (5,)))
    ],
    Case(np.correlate, (V, V)),
    Case(lambda x: np.interp(x, [0.3, 1.0, 2.0], [1.0, 3.0, 2.0], period=2.5), (M,)),
    Case(lambda y: np.interp([0.1, 5.0], [0.3, 1.0, 2.0], y, period=-2.5), ((3,),)),
    Case(lambda p: np.interp([0.1, 9.0, -3.0], np.sort(p), [1.0, 2.0, 3.0, 4.0]), (V,)),
    Case(lambda x, a, b: np.interp(x, POINTS, [1.0, 2.0, 0.0], a, b), (M, (), ())),
    Case(lambda x: np.interp(x, [0.5], [3.0], left=-1.0), (M,)),
]

ELEMENTS = [
    *binary(np.logaddexp2),
    *calls(np.modf, np.nan_to_num),
    *calls(np.isposinf, np.isneginf, smooth=False),
    *calls(
        lambda x: np.geomspace(x, x + 1, 4),
        lambda x: np.logspace(x, 1.0, 3),
        domain=POSITIVE,
    ),
    *calls(lambda x: x**-7, lambda x: x ** np.array([0, 1, 2, 3]), domain=POSITIVE),
]

FOLDED = (np.logaddexp, np.logaddexp2, np.hypot, np.fmax, np.fmin)
OUTERS = (np.power, np.arctan2, np.hypot, np.logaddexp, np.copysign, np.maximum)
UFUNC_METHODS = [
    *calls(
        *[lambda x, f=f: f.reduce(x) for f in FOLDED],
        *[lambda x, f=f: f.reduce(x, axis=1, keepdims=True) for f in FOLDED],
        *[
            lambda x, f=f: f.accumulate(x, axis=1)
            for f in (*FOLDED, np.maximum, np.minimum, np.subtract, np.divide)
        ],
        lambda x: np.subtract.reduce(x, axis=1),
        lambda x: np.divide.reduce(x, axis=1),
        *[
            lambda x, f=f: f.reduceat(x, [0, 2, 1], axis=1)
            for f in (np.add, np.multiply, np.maximum, np.logaddexp)
        ],
        domain=POSITIVE,
    ),
    *calls(
        *[
            lambda x, f=f: f.reduce(x > 0, axis=0)
            for f in (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.logical_xor)
        ],
        lambda x: np.logical_and.accumulate(x > 0, axis=1),
        smooth=False,
    ),
    *[Case(f.outer, (V, (3,)), POSITIVE) for f in OUTERS],
    *[Case(f.outer, (V, (3,)), smooth=False) for f in (np.less, np.logical_and)],
]

SUMS_OF_EINSTEIN = [
    *[
        Case(lambda *xs, s=s, o=o: np.einsum(s, *xs, optimize=o), shapes)
        for s, shapes in (
            ("...ii->...i", ((2, 3, 3),)),
            ("ba", (M,)),
            ("i,i,i->i", (V, V, V)),
            ("ijij->", ((2, 3, 2, 3),)),
            ("ij...,jk...->ik...", (M, (4, 2))),
            ("ij,jk,kl->il", (M, (4, 2), (2, 5))),
            ("...j->...", (M,)),
            ("ij,kj->", (M, (2, 4))),
        )
        for o in (False, True, "optimal")
    ],
    Case(lambda x: np.einsum(x, [0, 0]), (S,)),
    Case(lambda x, y: np.einsum(x, [..., 0], y, [0, ...]), (M, (4, 3))),
    Case(lambda x: np.einsum("ij->i", x, dtype=np.float64), (M,)),
    Case(np.matvec, (T, V)),
    Case(np.vecmat, ((3,), T)),
]

INDEXED = [
    *calls(
        *[
            lambda x, k=k: x[k]
            for k in (
                np.s_[::-2],
                np.s_[-1:0:-1],
                np.s_[..., None, ::-1],
                np.s_[:, [0, 1], None],
                np.s_[GAPS],
                np.s_[MASK, 1:],
                np.s_[PLACES[:, 0] % 3],
                np.s_[PLACES % 3, PLACES],
                np.s_[None, ..., PLACES],
            )
        ],
        lambda x: x[np.argsort(x[:, 0])],
        lambda x: x[np.arange(3)[:, None], np.argsort(x, axis=1)],
        lambda x: x[np.argmin(x, axis=0), -1],
    ),
]

OF_ARRAYS = [
    *calls(
        lambda x: x.conjugate() + x.conj(),
        lambda x: x.compress([True, False, True], axis=0),
        lambda x: (x > 0).astype(int).choose([x, 2 * x]),
        lambda x: x.std(axis=0, ddof=1) + x.var() + x.prod(axis=0, initial=2.0),
        lambda x: x.cumsum(axis=0) + x.cumprod(axis=1),
        lambda x: x.clip(-1, 1).round(1) * 0 + x.swapaxes(0, 1).T,
    ),
    *calls(
        lambda x: np.sort(x[0]).searchsorted(0.3),
        lambda x: x.argpartition(1, axis=1)[:, 1],
        lambda x: x.argsort(axis=0),
        smooth=False,
    ),
]

BOOK = [
    *SUMS,
    *NAN_AWARE,
    *RUNNING,
    *ORDER,
    *STATISTICS,
    *PADDINGS,
    *ASSEMBLY,
    *POLYNOMIALS,
    *ELEMENTS,
    *UFUNC_METHODS,
    *SUMS_OF_EINSTEIN,
    *INDEXED,
    *OF_ARRAYS,
]
