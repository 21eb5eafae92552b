"""Factors of matrices, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.tracer import implements
from chainrule.numpy.linalg.arguments import adjoint, matrix, square
from chainrule.primitives.linalg import factorizations, singular, spectra

QRResult: Any = type(np.linalg.qr(np.ones((1, 1))))
EighResult: Any = type(np.linalg.eigh(np.ones((1, 1))))
EigResult: Any = type(np.linalg.eig(np.ones((1, 1))))
SVDResult: Any = type(np.linalg.svd(np.ones((1, 1))))


@implements(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The triangular factor of each positive definite matrix."""
    a = square(a)
    if upper:
        return adjoint(factorizations.cholesky(adjoint(a)))
    return factorizations.cholesky(a)


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Orthonormal columns times a triangle."""
    a = matrix(a)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(
            f"Expected mode 'reduced', 'complete' or 'r' of qr, got {mode!r} at "
            f"{user_line()}: LAPACK's own form has no meaning under a transform."
        )
    m, n = a.shape[-2:]
    square_part = a[..., :m] if m < n else a
    q, r = factorizations.qr(square_part, full=mode == "complete")
    if m < n:
        r = np.concatenate([r, np.matmul(adjoint(q), a[..., m:])], axis=-1)
    return r if mode == "r" else QRResult(q, r)


def _is_lower(uplo: str) -> bool:
    if uplo.upper() not in ("L", "U"):
        raise ValueError(
            f"Expected UPLO 'L' or 'U', got {uplo!r} at {user_line()}: name the "
            "triangle to be read."
        )
    return uplo.upper() == "L"


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, rising, and eigenvectors of Hermitian matrices."""
    return EighResult(*spectra.eigh(square(a), low=_is_lower(UPLO)))


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of Hermitian matrices, rising."""
    return spectra.eigvalsh(square(a), low=_is_lower(UPLO))


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors, always complex."""
    return EigResult(*spectra.eig(square(a)))


@implements(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Eigenvalues, always complex."""
    return spectra.eigvals(square(a))


@implements(np.linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Singular values, falling, and the orthonormal vectors on both sides."""
    a = matrix(a)
    if hermitian:
        return _svd_of_hermitian(a, compute_uv)
    if not compute_uv:
        return singular.svdvals(a)
    full = bool(full_matrices) and a.shape[-1] != a.shape[-2]
    return SVDResult(*singular.svd(a, full=full))


@implements(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Singular values, falling."""
    return singular.svdvals(matrix(x))


def _svd_of_hermitian(a: Any, compute_uv: bool) -> Any:
    """By eigenvalues: singular values are their sizes."""
    if not compute_uv:
        return np.flip(np.sort(np.abs(eigvalsh(a))), -1)
    w, v = eigh(a)
    order = np.flip(np.argsort(np.abs(w)), -1)
    s = np.take_along_axis(w, order, axis=-1)
    u = np.take_along_axis(v, order[..., None, :], axis=-1)
    sign = np.copysign(np.ones(s.shape, s.dtype), s)
    return SVDResult(u, np.abs(s), adjoint(u * sign[..., None, :]))
