"""Calls of ``numpy.linalg`` and ``numpy.fft``, in the form of ``cases.py``."""

import numpy as np

from chainrule.numpy.linalg import cho_solve, expm, solve_triangular
from tests.numpy.cases import Case

V, M, S = (3,), (4, 3), (3, 3)
STACK = (2, 3, 3)
EYE = np.eye(3, dtype=np.float32)
TURN = np.array([[0, 9, 0], [-9, 0, 0], [0, 0, 1]], np.float32)
L = np.linalg


def regular(x):
    """Square matrices far from singular ones."""
    return x + 6 * EYE


def positive(x):
    """Positive definite matrices."""
    return x @ np.conj(np.swapaxes(x, -1, -2)) + EYE


def symmetric(x):
    return x + np.conj(np.swapaxes(x, -1, -2))


def but_phases(x, y=None):
    """Each column of x times that of y: what the phases of complex ones leave alone."""
    if x.dtype.kind == "f":
        return x
    y = x if y is None else y
    return x[..., :, None, :] * np.conj(y)[..., None, :, :]


def of_eigh(result):
    return result.eigenvalues, but_phases(result.eigenvectors)


def of_svd(result):
    v = np.conj(np.swapaxes(result.Vh, -1, -2))
    return but_phases(result.U), result.S, but_phases(v, result.U), but_phases(v)


def over_complex(call):
    """The call of a complex matrix, as a function of its parts."""
    return lambda x, y: call(x + np.complex64(1j) * y)


def squares(call):
    """A call of a square matrix, of a stack of them, and of a complex one."""
    return [
        Case(call, (S,)),
        Case(call, (STACK,)),
        Case(call, ((0, 3, 3),)),
        Case(over_complex(call), (S, S)),
    ]


EQUATIONS = [
    Case(lambda a, b: L.solve(regular(a), b), (S, V)),
    Case(lambda a, b: L.solve(regular(a), b), (S, (3, 2))),
    Case(lambda a, b: L.solve(regular(a), b), (STACK, (3, 2))),
    Case(lambda a, b: L.solve(regular(a), b), (S, (2, 3, 1))),
    Case(lambda a, b: L.solve(regular(a), b), (STACK, V)),
    Case(lambda b: L.solve(6 * EYE, b), (V,)),
    Case(lambda a: L.solve(regular(a), [1.0, 2.0, 3.0]), (S,)),
    Case(lambda a, b: L.solve(regular(a) + 1j * b, b), (S, S)),
    *squares(lambda a: L.inv(regular(a))),
    *squares(lambda a: L.det(regular(a))),
    *squares(lambda a: L.det(a)),
    *squares(lambda a: tuple(L.slogdet(regular(a)))),
    *squares(lambda a: L.pinv(regular(a))),
    Case(L.pinv, (M,)),
    Case(lambda a: L.pinv(a, rtol=None), ((2, 3, 4),)),
    Case(lambda a: L.pinv(a, 1e-3), (M,)),
    Case(lambda a: L.pinv(a[:, :2] @ a[:2], 1e-3), (S,)),
    Case(lambda a: L.pinv(symmetric(a), hermitian=True), (S,)),
    Case(over_complex(L.pinv), (M, M)),
    Case(lambda a, b: L.lstsq(a, b)[0], (M, (4,))),
    Case(lambda a, b: L.lstsq(a, b)[:2], (M, (4, 2))),
    Case(lambda a, b: L.lstsq(a, b)[3], (M, (4,))),
    Case(lambda a, b: L.lstsq(a, b)[:2], ((2, 3), (2,))),
    Case(lambda a, b: L.lstsq(a, b)[2], (M, (4,)), smooth=False),
    Case(lambda a, b: L.lstsq(a[:, :1] @ a[:1], b, 1e-3)[0], (S, V)),
    Case(lambda a, b: L.lstsq(a + 1j * a[::-1], b)[:2], (M, (4, 2))),
    Case(
        lambda a, b: L.tensorsolve(a + np.eye(6).reshape(2, 3, 6), b),
        ((2, 3, 6), (2, 3)),
    ),
    Case(
        lambda a, b: L.tensorsolve(np.moveaxis(a, -1, 0), b, axes=(0,)),
        ((2, 3, 6), (2, 3)),
    ),
    Case(lambda a: L.tensorinv(a.reshape(6, 2, 3), 1), ((6, 6),)),
    Case(lambda a: L.tensorinv(a.reshape(3, 2, 6)), ((6, 6),)),
    *[Case(lambda a, n=n: L.matrix_power(regular(a), n), (S,)) for n in (-3, -1, 0)],
    *[Case(lambda a, n=n: L.matrix_power(a, n), (STACK,)) for n in (1, 2, 3, 5, 8)],
]

DECOMPOSITIONS = [
    *squares(lambda a: L.cholesky(positive(a))),
    Case(lambda a: L.cholesky(positive(a), upper=True), (STACK,)),
    Case(lambda a: L.cholesky(6 * EYE + np.tril(a)), (S,)),
    *[
        Case(lambda a, m=m: L.qr(a, mode=m), (shape,), smooth=m != "complete")
        for m in ("reduced", "complete", "r")
        for shape in (M, S, (3, 4), (2, 4, 2), (2, 2, 4))
    ],
    Case(over_complex(lambda a: tuple(L.qr(a))), (M, M)),
    Case(over_complex(lambda a: tuple(L.qr(a))), ((2, 4), (2, 4))),
    Case(lambda a: of_eigh(L.eigh(symmetric(a))), (STACK,)),
    *[Case(lambda a, u=u: of_eigh(L.eigh(a, u)), (STACK,)) for u in "LUlu"],
    *[Case(lambda a, u=u: L.eigvalsh(a, u), (STACK,)) for u in "LU"],
    Case(over_complex(L.eigvalsh), (S, S)),
    Case(lambda a: tuple(L.eig(a + TURN)), (S,)),
    Case(over_complex(lambda a: tuple(L.eig(a))), (S, S)),
    Case(lambda a: L.eigvals(a + TURN), (STACK,)),
    Case(over_complex(L.eigvals), (S, S)),
    *[
        Case(lambda a: of_svd(L.svd(a, full_matrices=False)), (shape,))
        for shape in (M, S, (3, 4), (2, 4, 2))
    ],
    *[
        Case(lambda a: tuple(L.svd(a)), (shape,), smooth=False)
        for shape in (M, S, (3, 4), (2, 4, 2))
    ],
    Case(lambda a: L.svd(a, compute_uv=False), (M,)),
    Case(lambda a: of_svd(L.svd(symmetric(a), hermitian=True)), (STACK,)),
    Case(lambda a: L.svd(a, compute_uv=False, hermitian=True), (S,)),
    Case(L.svdvals, ((2, 4, 2),)),
    Case(over_complex(L.svdvals), (M, M)),
]

ORDERS = (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)

NORMS = [
    *[Case(lambda x, o=o: L.norm(x, o), (M,)) for o in ORDERS],
    *[Case(lambda x, o=o: L.norm(x, o, (0, 2), True), ((2, 3, 4),)) for o in ORDERS],
    *[Case(lambda x, o=o: L.norm(x, o, (2, 0)), ((2, 3, 4),)) for o in ORDERS],
    *[Case(over_complex(lambda x, o=o: L.norm(x, o)), (M, M)) for o in ORDERS],
    *[
        Case(lambda x, o=o: L.norm(x, o), (V,))
        for o in (None, 2, 1, 3, 2.5, 0.5, -1, -2, np.inf, -np.inf, 0)
    ],
    *[
        Case(over_complex(lambda x, o=o: L.norm(x, o)), (V, V))
        for o in (None, 2, 1, 3, np.inf, -np.inf, 0)
    ],
    Case(L.norm, ((2, 3, 4),)),
    Case(lambda x: L.norm(x, keepdims=True), ((2, 3, 4),)),
    Case(L.norm, ((0,),)),
    Case(lambda x: L.norm(x, np.inf), ((0,),)),
    *[
        Case(
            lambda x, a=a: L.vector_norm(x, axis=a, ord=3, keepdims=True), ((2, 3, 4),)
        )
        for a in (None, 1, (0, 2))
    ],
    Case(L.vector_norm, ((2, 3, 4),)),
    Case(L.vector_norm, ((),)),
    *[Case(lambda x, o=o: L.matrix_norm(x, ord=o), ((2, 3, 4),)) for o in ORDERS[1:]],
    *[Case(lambda x, p=p: L.cond(x, p), (S,)) for p in ORDERS],
    Case(L.cond, (M,)),
    Case(lambda x: L.cond(0 * x), (S,), smooth=False),
    Case(L.matrix_rank, (M,), smooth=False),
    Case(L.matrix_rank, (V,), smooth=False),
    Case(lambda x: L.matrix_rank(x[:, :1] @ x[:1]), (S,), smooth=False),
    Case(lambda x: L.matrix_rank(x, tol=1.0), (STACK,), smooth=False),
    Case(lambda x: L.matrix_rank(x, rtol=0.3), (STACK,), smooth=False),
    Case(lambda x: L.matrix_rank(symmetric(x), hermitian=True), (S,), smooth=False),
]

PRODUCTS = [
    Case(L.matmul, (M, (3, 2))),
    Case(lambda x, y: L.tensordot(x, y, axes=1), (M, (3, 2))),
    Case(L.vecdot, (M, M)),
    Case(lambda x, y: L.vecdot(x, y, axis=0), (M, M)),
    Case(L.cross, (M, V)),
    Case(L.outer, (V, (2,))),
    Case(L.diagonal, ((2, 3, 4),)),
    Case(lambda x: L.diagonal(x, offset=-1), ((2, 3, 4),)),
    Case(L.trace, ((2, 3, 4),)),
    Case(lambda x: L.trace(x, offset=1, dtype=np.float64), (M,)),
    Case(L.matrix_transpose, ((2, 3, 4),)),
    Case(lambda x, y: L.multi_dot([x, y]), (M, (3, 2))),
    Case(lambda x, y, z: L.multi_dot([x, y, z]), ((4,), M, V)),
    Case(lambda x, y, z: L.multi_dot([x, y, z, z]), ((2, 4), M, S)),
    Case(lambda x, y: L.multi_dot([x, x.T, x, y]), (M, V)),
    Case(lambda x, y: L.multi_dot([y, x.T, x]), (M, V)),
]

BEYOND = [
    *squares(expm),
    Case(lambda a: expm(30 * a), (S,), (-0.5, 0.5)),
    *[
        Case(
            lambda a, b, t=t, low=low, one=one: solve_triangular(
                regular(a), b, t, low, one
            ),
            (S, (3, 2)),
        )
        for t in (0, 1, 2)
        for low in (False, True)
        for one in (False, True)
    ],
    Case(lambda a, b: solve_triangular(regular(a), b), (STACK, V)),
    Case(lambda a, b: solve_triangular(regular(a) + 1j * a, b, 2), (S, V)),
    Case(lambda a, b: cho_solve((L.cholesky(positive(a)), True), b), (S, V)),
    Case(
        lambda a, b: cho_solve((L.cholesky(positive(a), upper=True), False), b),
        (STACK, (3, 2)),
    ),
]

F = np.fft
N = ("backward", "ortho", "forward", None)

FOURIER = [
    *[
        Case(lambda x, f=f, n=n, m=m: f(x, n, 0, m), (M,))
        for f in (F.fft, F.ifft, F.rfft, F.irfft, F.hfft, F.ihfft)
        for n in (None, 3, 4, 7)
        for m in N
    ],
    *[
        Case(over_complex(lambda x, f=f, n=n: f(x, n)), (M, M))
        for f in (F.fft, F.ifft, F.irfft, F.hfft)
        for n in (None, 2, 5)
    ],
    *[
        Case(lambda x, f=f, s=s, a=a, m=m: f(x, s, a, m), ((2, 3, 4),))
        for f in (F.fftn, F.ifftn, F.rfftn, F.irfftn)
        for s, a, m in (
            (None, None, None),
            (None, (1, 0), "ortho"),
            ((3, 5), (2, 0), "forward"),
            ((2, -1), (0, -1), "backward"),
        )
    ],
    *[
        Case(f, ((2, 3, 4),))
        for f in (F.fft2, F.ifft2, F.rfft2, F.irfft2, F.fftshift, F.ifftshift)
    ],
    *[
        Case(lambda x, f=f, a=a: f(x, a), ((2, 3, 4),))
        for f in (F.fftshift, F.ifftshift)
        for a in (0, (1, 2))
    ],
    Case(over_complex(F.fftn), ((2, 3), (2, 3))),
    Case(over_complex(F.irfft2), ((2, 3), (2, 3))),
    Case(lambda x: np.abs(F.rfft(x)), (M,)),
    Case(lambda x: F.irfft(F.rfft(x) * F.rfft(x[::-1])), (M,)),
]

LINALG = [*EQUATIONS, *DECOMPOSITIONS, *NORMS, *PRODUCTS, *BEYOND, *FOURIER]
