"""Calls of NumPy's functions, each with the shapes of its traced arguments.

Every handler appears here; ``test_handlers.py`` computes from this table that under a
trace each call gives what NumPy gives, in value, shape and dtype, and that its
derivative is the difference quotient.
"""

from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    """A function, its arguments' shapes, where values lie, and whether it is smooth."""

    call: object
    shapes: tuple
    domain: tuple = (-2.0, 2.0)
    smooth: bool = True


V, M, T = (4,), (3, 4), (2, 3, 4)
UNIT = (-0.9, 0.9)
POSITIVE = (0.5, 2.0)

INTEGERS = np.array([[2, 0], [1, 2]])
MASK = np.array([True, False, True])
WEIGHTS = np.array([1.0, 2.0, 3.0])


def unary(*functions, domain=(-2.0, 2.0), smooth=True):
    return [Case(f, (M,), domain, smooth) for f in functions]


def binary(*functions, domain=(-2.0, 2.0), smooth=True):
    shapes = [(M, M), (V, M), ((3, 1), (4,)), ((), V)]
    return [Case(f, pair, domain, smooth) for f in functions for pair in shapes]


ELEMENTWISE = [
    *unary(np.negative, np.absolute, np.fabs, np.square, np.exp, np.exp2, np.expm1),
    *unary(np.sin, np.cos, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh),
    *unary(np.positive, np.conjugate, np.real, np.copy, np.deg2rad, np.rad2deg),
    *unary(np.radians, np.degrees, np.sinc, np.nan_to_num),
    *unary(
        np.log,
        np.log2,
        np.log10,
        np.log1p,
        np.sqrt,
        np.cbrt,
        np.reciprocal,
        domain=POSITIVE,
    ),
    *unary(np.arcsin, np.arccos, np.arctanh, np.tan, domain=UNIT),
    *unary(np.arccosh, domain=(1.2, 3.0)),
    *unary(
        np.sign,
        np.floor,
        np.ceil,
        np.trunc,
        np.rint,
        np.fix,
        np.round,
        np.isfinite,
        np.isnan,
        np.isinf,
        np.logical_not,
        np.imag,
        smooth=False,
    ),
    *binary(np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin),
    *binary(np.hypot, np.logaddexp, np.arctan2),
    *binary(np.divide, np.power, np.float_power, domain=POSITIVE),
    *binary(np.floor_divide, np.remainder, np.divmod, domain=POSITIVE, smooth=False),
    *binary(
        np.equal,
        np.not_equal,
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
        np.logical_and,
        np.logical_or,
        np.logical_xor,
        np.isclose,
        smooth=False,
    ),
    *[Case(lambda x, n=n: x**n, (M,)) for n in (0, 1, 2, 3, 4, 5, 8, 11, 2.0)],
    *[Case(lambda x, n=n: x**n, (M,), POSITIVE) for n in (-1, -2, -3, 0.5, 1.5, -0.5)],
    Case(lambda x: 2**x, (M,)),
    Case(lambda x: 1 + x * 2 - 3 / (x + 5) + (-x), (M,)),
    Case(lambda x: np.where(x > 0, x, 0.1 * x), (M,)),
    Case(lambda x, y: np.where(x > y, x, y), (M, (4,))),
    Case(lambda x: np.where(MASK, x, 1.0), ((2, 3),)),
    Case(lambda x: np.clip(x, -1, 1), (M,)),
    Case(lambda x: np.clip(x, None, 0.5), (M,)),
    Case(lambda x: np.clip(x, min=0.25), (M,)),
    Case(lambda x: x.clip(-1, 1), (M,)),
    Case(lambda x: np.round(x, 2), (M,), smooth=False),
    Case(lambda x: np.round(x * 100, -1), (M,), smooth=False),
    Case(lambda x: np.hypot(x, 3.0), (M,)),
    Case(lambda x: np.logaddexp(x, 0.5), (M,)),
    Case(lambda x: np.fmax(x, 0.5), (M,)),
    Case(lambda x: abs(x), (M,)),
    Case(lambda x: +x, (M,)),
    Case(lambda x: np.float64(2.0) * x, (M,)),
    Case(lambda x: np.float32(2.0) * x, (M,)),
    Case(lambda x: np.arange(4) * x, (M,)),
    Case(lambda x: [1.0, 2.0, 3.0, 4.0] * x, (M,)),
]


def reductions():
    """Each reduction over each choice of axes, with and without keepdims."""
    functions = (
        np.sum,
        np.mean,
        np.max,
        np.min,
        np.prod,
        np.var,
        np.std,
        np.ptp,
        np.nansum,
        np.nanmean,
        np.median,
    )
    for f in functions:
        yield Case(f, (T,))
        for axis in (0, 1, -1, (0, 2), (-1, 0)):
            for keep in (False, True):

                def call(x, f=f, axis=axis, keep=keep):
                    return f(x, axis=axis, keepdims=keep)

                yield Case(call, (T,))
    for f in (np.all, np.any, np.argmax, np.argmin, np.count_nonzero):
        yield Case(f, (T,), smooth=False)
        for axis in (0, -1):
            for keep in (False, True):

                def call(x, f=f, axis=axis, keep=keep):
                    return f(x, axis=axis, keepdims=keep)

                yield Case(call, (T,), smooth=False)


REDUCTIONS = [
    *reductions(),
    *[
        Case(lambda x, f=f, a=a: f(x, axis=a), (T,))
        for f in (np.cumsum, np.cumprod, np.sort)
        for a in (None, 0, 1, -1)
    ],
    *[
        Case(lambda x, a=a: np.argsort(x, axis=a, kind="stable"), (T,), smooth=False)
        for a in (None, 0, -1)
    ],
    *[
        Case(lambda x, f=f, a=a: f.reduce(x, axis=a), (T,))
        for f in (np.add, np.multiply, np.maximum, np.minimum)
        for a in (0, None, (0, 1))
    ],
    Case(lambda x: np.add.reduce(x), (T,)),
    Case(lambda x: np.logical_or.reduce(x > 0, axis=1), (T,), smooth=False),
    Case(lambda x: np.logical_and.reduce(x > 0, axis=1), (T,), smooth=False),
    Case(lambda x: np.any(x > 0, axis=1), (T,), smooth=False),
    Case(lambda x: np.max(x > 0, axis=1), (T,), smooth=False),
    Case(lambda x: np.sum(x > 0, axis=1), (T,), smooth=False),
    Case(lambda x: np.mean(x > 0, axis=1), (T,), smooth=False),
    Case(lambda x: np.var(x, ddof=1), (T,)),
    Case(lambda x: np.var(x, axis=1, correction=1), (T,)),
    Case(lambda x: np.sum(x, dtype=np.float64), (T,)),
    Case(lambda x: np.average(x, axis=1, weights=WEIGHTS), (T,)),
    Case(lambda x: np.average(x), (T,)),
    Case(lambda x, w: np.average(x, weights=w), (M, M), POSITIVE),
    Case(lambda x: np.diff(x), (T,)),
    Case(lambda x, y: np.diff(x, prepend=0, append=y), (V, V)),
    Case(lambda x: np.diff(x > 0), (T,), smooth=False),
    Case(lambda x: np.diff(x, n=2, axis=1), (T,)),
    Case(lambda x: x.sum() + x.mean() + x.std() + x.max() + x.prod(), (T,)),
    Case(lambda x: x.argmax(axis=0), (T,), smooth=False),
    Case(lambda x, y: np.allclose(x, y), (V, V), smooth=False),
    Case(lambda x, y: np.array_equal(x, y), (V, V), smooth=False),
    Case(np.trapezoid, (T,)),
    Case(lambda y, x: np.trapezoid(y, x), (M, V)),
]

STRUCTURE = [
    *unary(
        np.ravel,
        np.transpose,
        np.squeeze,
        np.matrix_transpose,
        np.flip,
        np.fliplr,
        np.flipud,
        np.atleast_1d,
        np.atleast_2d,
        np.atleast_3d,
        np.permute_dims,
        np.linalg.matrix_transpose,
    ),
    *[
        Case(lambda x, s=s: np.reshape(x, s), (M,))
        for s in (12, -1, (2, 6), (2, -1, 3))
    ],
    Case(lambda x: np.reshape(x, (4, 3), order="F"), (M,)),
    Case(lambda x: x.reshape(2, 6), (M,)),
    Case(lambda x: x.T @ x, (M,)),
    Case(lambda x: x.mT, (T,)),
    Case(lambda x: np.transpose(x, (1, 2, 0)), (T,)),
    Case(lambda x: x.transpose(1, -1, 0), (T,)),
    Case(lambda x: np.swapaxes(x, 0, -1), (T,)),
    Case(lambda x: np.moveaxis(x, 0, -1), (T,)),
    Case(lambda x: np.moveaxis(x, (0, 1), (2, 0)), (T,)),
    Case(lambda x: np.rollaxis(x, 2), (T,)),
    Case(lambda x: np.rollaxis(x, 0, 3), (T,)),
    Case(lambda x: np.expand_dims(x, 1), (M,)),
    Case(lambda x: np.expand_dims(x, (0, -1)), (M,)),
    Case(lambda x: np.squeeze(x, 1), ((2, 1, 3),)),
    Case(lambda x: np.broadcast_to(x, (2, 3, 4)), (V,)),
    Case(lambda x, y: np.broadcast_arrays(x, y), (V, (3, 1))),
    Case(lambda x, y: np.concatenate([x, y]), (M, (1, 4))),
    Case(lambda x, y: np.concat([x, y], axis=1), (M, (3, 2))),
    Case(lambda x, y: np.concatenate([x, y], axis=None), (M, V)),
    Case(lambda x: np.concatenate([x, np.ones((2, 4), np.float32)]), (M,)),
    Case(lambda x: np.concatenate([x]), (M,)),
    Case(lambda x, y: np.stack([x, y]), (M, M)),
    Case(lambda x, y: np.stack([x, y, x], axis=-1), (M, M)),
    Case(lambda x, y: np.vstack([x, y]), (M, V)),
    Case(lambda x, y: np.hstack([x, y]), (M, (3, 2))),
    Case(lambda x, y: np.hstack([x, y]), (V, V)),
    Case(lambda x, y: np.dstack([x, y]), (M, M)),
    Case(lambda x, y: np.column_stack([x, y]), ((3,), (3, 2))),
    Case(lambda x, y: np.append(x, y), (M, V)),
    Case(lambda x: np.array_split(x, 3, axis=1), (M,)),
    Case(lambda x: np.split(x, 2, axis=1), (M,)),
    Case(lambda x: np.split(x, [1, 3], axis=1), (M,)),
    Case(lambda x: np.hsplit(x, 2), (M,)),
    Case(lambda x: np.vsplit(x, 3), (M,)),
    Case(lambda x: np.flip(x, (0, -1)), (T,)),
    Case(lambda x: np.tile(x, 2), (V,)),
    Case(lambda x: np.tile(x, (2, 1, 3)), (M,)),
    Case(lambda x: np.repeat(x, 2), (M,)),
    Case(lambda x: np.repeat(x, 3, axis=1), (M,)),
    Case(lambda x: np.repeat(x, [1, 0, 2], axis=0), (M,)),
    Case(lambda x: np.roll(x, 5), (M,)),
    Case(lambda x: np.roll(x, -1, axis=0), (M,)),
    Case(lambda x: np.roll(x, (1, 2), axis=(0, 1)), (M,)),
    *[Case(lambda x, k=k: np.rot90(x, k), (M,)) for k in (0, 1, 2, -1)],
    Case(lambda x: np.pad(x, 1), (M,)),
    Case(lambda x: np.pad(x, ((0, 1), (2, 0)), constant_values=3.0), (M,)),
    Case(lambda x: np.pad(x, 1, constant_values=((1, 2), (3, 4))), (M,)),
    *[
        Case(lambda x, m=m: np.pad(x, ((1, 2), (0, 1)), mode=m), (M,))
        for m in ("edge", "reflect", "symmetric", "wrap")
    ],
    *[Case(lambda x, k=k: np.diagonal(x, k), (M,)) for k in (0, 1, -1)],
    Case(lambda x: np.diagonal(x, axis1=0, axis2=2), (T,)),
    *[Case(lambda x, k=k: np.diag(x, k), (V,)) for k in (0, 2, -1)],
    Case(np.diag, (M,)),
    Case(np.diagflat, ((2, 2),)),
    Case(np.trace, (M,)),
    Case(np.tril, (M,)),
    Case(lambda x: np.triu(x, 1), (T,)),
    Case(lambda x: np.zeros_like(x) + np.ones_like(x) + np.full_like(x, 2), (M,)),
    Case(lambda x: np.empty_like(x) * 0, (M,)),
    Case(lambda x, y: np.full_like(x, y), (M, ())),
    Case(lambda x, y: np.linspace(x, y, 5), ((), ())),
    Case(lambda x, y: np.linspace(x, y, 4, endpoint=False, axis=-1), (V, V)),
    Case(lambda x, y: np.meshgrid(x, y), (V, (3,))),
    Case(lambda x, y: np.meshgrid(x, y, indexing="ij", sparse=True), (V, (3,))),
    Case(lambda x: x.astype(np.float64) * x.astype(int), (M,), smooth=False),
    Case(lambda x: x.astype(bool), (M,), smooth=False),
]

PRODUCTS = [
    *[
        Case(np.matmul, pair)
        for pair in (
            (M, (4, 2)),
            (V, (4, 2)),
            (M, V),
            (V, V),
            (T, (4, 2)),
            (T, (2, 4, 5)),
            ((2, 1, 3, 4), (5, 4, 2)),
            (M, (2, 4, 3)),
            (V, (2, 4, 3)),
            (T, V),
        )
    ],
    *[
        Case(np.dot, pair)
        for pair in (
            (M, (4, 2)),
            (V, V),
            (M, V),
            ((), M),
            (T, V),
            (T, (4, 2)),
            (T, (5, 4, 2)),
        )
    ],
    *[Case(np.inner, pair) for pair in ((V, V), (M, V), (M, (2, 4)), ((), V))],
    *[Case(np.vdot, pair) for pair in ((V, V), (M, (4, 3)))],
    *[Case(np.outer, pair) for pair in ((V, (3,)), (M, (2,)))],
    Case(np.vecdot, (M, M)),
    Case(np.tensordot, (T, (3, 4, 2))),
    Case(lambda x, y: np.tensordot(x, y, 0), (V, (2,))),
    Case(lambda x, y: np.tensordot(x, y, ((1, 0), (0, 2))), (T, (3, 5, 2))),
    Case(lambda x, y: np.tensordot(x, y, axes=(-1, 0)), (T, (4, 2))),
    Case(np.kron, (M, (2, 2))),
    Case(np.kron, (V, M)),
    *[
        Case(lambda *xs, s=s: np.einsum(s, *xs), shapes)
        for s, shapes in (
            ("ij,jk->ik", (M, (4, 2))),
            ("ij,jk", (M, (4, 2))),
            ("ij->ji", (M,)),
            ("ij->", (M,)),
            ("ii", ((3, 3),)),
            ("ii->i", ((3, 3),)),
            ("ij->i", (M,)),
            ("bij,bjk->bik", (T, (2, 4, 5))),
            ("...ij,jk->...ik", (T, (4, 5))),
            ("ij,ij->i", (M, M)),
            ("i,j->ij", (V, (3,))),
            ("ij,kl->", (M, (2, 2))),
            ("ij,jk,kl->il", (M, (4, 2), (2, 5))),
            ("bhqd,bhkd->bhqk", ((2, 1, 3, 4),) * 2),
            ("ij,ij,ij->j", (M, M, M)),
            ("iij->j", ((3, 3, 2),)),
            ("...,...->...", (M, V)),
            ("i...->...", (M,)),
            ("a b, b -> a", (M, V)),
            ("ij,jk->ki", (M, (4, 2))),
        )
    ],
    Case(lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), (M, (4, 2))),
    *[
        Case(lambda x, y, m=m: np.convolve(x, y, m), (V, (3,)))
        for m in ("full", "same", "valid")
    ],
    Case(lambda x, y: np.convolve(x, y, "same"), ((3,), (6,))),
]

INDEXING = [
    *[
        Case(lambda x, k=k: x[k], (T,))
        for k in (
            0,
            -1,
            (1, 2),
            (1, 2, 3),
            np.s_[:],
            np.s_[1:],
            np.s_[::-1],
            np.s_[..., 1:],
            np.s_[:, ::2],
            np.s_[:, 2:0:-1],
            np.s_[:, :, -1],
            np.s_[None],
            np.s_[:, None, 1],
            np.s_[..., None],
            np.s_[1, ..., 0],
            np.s_[0:0],
            np.s_[-1:, 5:],
            np.s_[()],
            [0, 1, 1],
            INTEGERS % 2,
            np.s_[:, INTEGERS],
            np.s_[..., INTEGERS],
            np.s_[INTEGERS % 2, INTEGERS],
            np.s_[INTEGERS % 2, :, INTEGERS],
            np.s_[:, [0, -1], [1, -2]],
            np.s_[0, :, [1, 2]],
            np.s_[[0], 1:, None],
            np.s_[:, MASK],
            np.s_[1, MASK, 0],
            np.s_[np.ones((2, 3), bool)],
            np.s_[:, [], 0],
            np.s_[np.array(1)],
            np.s_[1:, [0, 2], ::2],
            np.s_[[[0], [1]], [[0, 1]]],
            np.int64(1),
            np.s_[..., [2, 0]],
        )
    ],
    Case(lambda x: x[x > 0], (M,)),
    Case(lambda x: x[np.argmax(x, axis=1), :], ((3, 3),)),
    Case(lambda x: x[np.arange(3), np.argmax(x, axis=1)], (M,)),
    Case(lambda x: [row.sum() for row in x], (M,)),
    Case(lambda x: np.take(x, INTEGERS, axis=1), (M,)),
    Case(lambda x: np.take(x, [0, 5, -1]), (M,)),
    Case(lambda x: np.take(x, [0, 9], axis=1, mode="clip"), (M,)),
    Case(lambda x: np.take(x, [-7, 9], axis=1, mode="wrap"), (M,)),
    Case(lambda x: x.take([1, 2]), (M,)),
    Case(lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), (M,)),
    Case(lambda x: np.take_along_axis(x, np.array([[0], [-1], [2]]), axis=1), (M,)),
    Case(lambda x: np.take_along_axis(x, np.array([[1, 0, 1, 2]]), axis=0), (M,)),
    Case(lambda x: np.take_along_axis(x, np.array([1, 0]), axis=None), (M,)),
    Case(lambda x: np.compress(MASK, x, axis=0), (M,)),
    Case(lambda x: np.extract(np.array([True, False]), x), (M,)),
    Case(lambda x: np.nonzero(x > 0), (M,), smooth=False),
    Case(lambda x: np.where(x > 0), (M,), smooth=False),
    Case(lambda x: np.flatnonzero(x > 0), (M,), smooth=False),
    Case(lambda x: np.argwhere(x > 0), (M,), smooth=False),
    Case(
        lambda x: (*x.shape, x.ndim, np.size(x), np.ndim(x), np.size(x, 1)),
        (M,),
        smooth=False,
    ),
    Case(lambda x: np.shape(x), (M,), smooth=False),
    Case(lambda x: (np.isrealobj(x), np.iscomplexobj(x)), (M,), smooth=False),
]

EVERYDAY = [
    Case(lambda x: np.select([x > 1, x > 0], [x, x**2], -1.0), (M,)),
    Case(lambda x: np.heaviside(x, 0.5), (M,), smooth=False),
    *binary(np.fmod, domain=POSITIVE, smooth=False),
    Case(lambda x: np.fmod(x, 0.7), (M,), smooth=False),
    Case(np.signbit, (M,), smooth=False),
    Case(lambda x: np.signbit(x * -np.nan), (M,), smooth=False),
    *binary(np.copysign),
    Case(np.nanmax, (T,)),
    Case(lambda x: np.nanmin(x, axis=1, keepdims=True), (T,)),
    Case(lambda x: np.quantile(x, 0.3), (T,)),
    Case(lambda x: np.quantile(x, [0.0, 0.25, 1.0], axis=1), (T,)),
    Case(lambda x: np.quantile(x, [0.1, 0.7], axis=(0, 2), keepdims=True), (T,)),
    Case(lambda x: np.percentile(x, 60, axis=0), (T,)),
    Case(np.polyval, ((3,), M)),
    Case(lambda x: np.polyval([1.0, 2.0, 3.0], x), (M,)),
    Case(lambda x: np.interp(x, [-1.0, 0.1, 1.5], [3.0, 1.0, 2.0]), (M,)),
    Case(lambda y: np.interp([0.5, -3.0, 1.0], [-1.0, 0.1, 1.5], y), ((3,),)),
    Case(lambda x: np.interp(x, [0.0, 1.0], [3.0, 1.0], left=-1.0, right=5.0), (M,)),
    Case(np.cross, ((3,), (4, 3))),
    Case(lambda x, y: np.cross(x, y, axis=0), ((3, 2), (3, 2))),
    Case(lambda x: np.delete(x, [0, -1], axis=1), (M,)),
    Case(lambda x: np.delete(x, 3), (M,)),
    Case(np.cov, (M,)),
    Case(lambda x: np.cov(x, rowvar=False, ddof=0), (M,)),
    Case(np.cov, (V,)),
]

METHODS = [
    *[
        Case(f.outer, pair)
        for f in (np.multiply, np.subtract)
        for pair in ((V, (3,)), (M, V), ((), V))
    ],
    Case(np.add.accumulate, (M,)),
    Case(lambda x: np.multiply.accumulate(x, axis=1), (M,)),
]

COMPLEX = [
    *unary(np.imag, np.iscomplex, np.isreal, np.real_if_close, smooth=False),
    *unary(np.angle, lambda x: np.angle(x, deg=True), domain=POSITIVE),
    Case(lambda x: x.real * x.conj() + 2j * x.imag, (M,)),
    Case(lambda x: np.abs(x) * np.exp(1j * x), (M,), POSITIVE),
    Case(lambda x: x.astype(np.complex128).conjugate(), (M,)),
    Case(lambda x: np.vdot(1j * x, x) + np.sum(np.sign(1j * x)), (V,), POSITIVE),
    Case(lambda x: np.array([np.isrealobj(x), np.iscomplexobj(x)]), (V,), smooth=False),
]

STANDARD = [
    Case(lambda x, y: np.vecdot(x, y, axis=0), ((3, 4), (3, 1))),
    Case(
        lambda x: np.vecdot((9 * x).astype(np.uint8), np.full(4, 3, np.uint8)),
        (M,),
        (0.0, 2.0),
        False,
    ),
    *unary(lambda x: np.astype(x, np.complex64), smooth=False),
    Case(lambda x: np.unstack(x, axis=1), (T,)),
    Case(lambda x: np.cumulative_sum(x, axis=1, include_initial=True), (T,)),
    Case(lambda x: np.cumulative_prod(x), (V,)),
    Case(lambda x: np.searchsorted(np.sort(x), x), (V,), smooth=False),
    Case(lambda x, y: np.nextafter(x, y), (M, V)),
    Case(lambda x: np.unique(x), (M,)),
    Case(lambda x: np.unique(x, True, axis=1), (M,)),
]

CASES = [
    *COMPLEX,
    *STANDARD,
    *ELEMENTWISE,
    *REDUCTIONS,
    *STRUCTURE,
    *PRODUCTS,
    *INDEXING,
    *EVERYDAY,
    *METHODS,
]

PROMOTION = [
    lambda x: x + 1,
    lambda x: x + 1.5,
    lambda x: 2 * x,
    lambda x: x / 2,
    lambda x: x / x,
    lambda x: x // 2,
    lambda x: np.square(x),
    lambda x: x + x,
    lambda x: x * x,
    lambda x: x + np.float32(1),
    lambda x: x + np.float64(1),
    lambda x: x + np.int8(1),
    lambda x: x + np.ones(3, np.float32),
    lambda x: x * np.ones((), np.int16),
    np.sum,
    np.mean,
    np.prod,
    np.cumsum,
    np.max,
    np.exp,
    np.sqrt,
    np.abs,
    np.sign,
    np.square,
    np.floor,
    np.rint,
    np.round,
    np.isfinite,
    np.isnan,
    lambda x: x > 0,
    lambda x: x == 1,
    lambda x: x & x,
    lambda x: x | 1,
    lambda x: x ^ x,
    lambda x: ~x,
    lambda x: x << 1,
    lambda x: x >> 1,
    lambda x: np.where(x > 0, x, 0),
    lambda x: np.where(x > 0, x, 0.5),
    lambda x: np.where(x > 0, 1, 0),
    lambda x: np.where(x > 0, 1.0, x),
    lambda x: np.maximum(x, 0),
    lambda x: np.minimum(x, x),
    lambda x: np.clip(x, 0, 2),
    lambda x: x @ x,
    lambda x: np.std(x),
    lambda x: x.astype(np.float32),
    lambda x: np.concatenate([x, np.ones(2, np.float32)]),
    lambda x: x % 2,
    lambda x: np.reciprocal(x),
    lambda x: np.power(x, x),
    lambda x: np.any(x),
    lambda x: np.logical_and(x, True),
    lambda x: np.arctan2(x, 1),
    lambda x: -x,
    lambda x: np.true_divide(x, 3),
    lambda x: np.ones_like(x) + np.zeros_like(x, float),
    lambda x: np.linalg.norm(x),
    lambda x: np.average(x),
    lambda x: np.median(x),
    lambda x: np.cumprod(x),
    lambda x: np.add.reduce(x),
    lambda x: np.subtract(x, x),
    lambda x: np.hypot(x, x),
    lambda x: np.float_power(x, 2),
    lambda x: np.sort(x),
    lambda x: np.linspace(x, 2 * x, 3),
    lambda x: np.trace(x * x[:, None]),
]
