"""Lengths of vectors and sizes of matrices, for traced values.

At zero, where a length has a kink, its derivative is 0, as that of ``abs`` is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.tracer import implements
from chainrule.numpy.complex_numbers import square_of_size
from chainrule.numpy.linalg.arguments import LinAlgError, from_triangle, matrix, square
from chainrule.numpy.promotion import lifted
from chainrule.numpy.structure import many_axes
from chainrule.primitives.conversion import stop_gradient
from chainrule.primitives.linalg.singular import svdvals


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """A norm of vectors along one axis, or of matrices along two."""
    x = lifted(x)
    x = x if x.dtype.kind in "fc" else x.astype(float)
    axes = many_axes(axis, x.ndim)
    if len(axes) == 1:
        return _of_vectors(x, ord, axes, keepdims)
    if len(axes) == 2 and (ord is not None or axis is not None):
        return _of_matrices(x, ord, axes, keepdims)
    if ord is not None or axis is not None:
        raise ValueError(
            f"Expected one axis or two for a norm of order {ord!r}, got {axis!r} for "
            f"shape {x.shape} at {user_line()}: name the axes, or use vector_norm."
        )
    return _euclidean(x, axes, keepdims)


def _euclidean(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    return _root(np.sum(square_of_size(x), axis=axes, keepdims=keepdims), 0.5)


def _root(total: Any, power: float) -> Any:
    """A power of a sum of sizes; where that is 0, so are all derivatives."""
    none = total == 0
    safe = np.where(none, 1, total)
    root = np.sqrt(safe) if power == 0.5 else safe**power
    return np.where(none, 0, root)


def _of_vectors(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(
            f"Expected a number as the order of a vector's norm, got {ord!r} at "
            f"{user_line()}: 'fro' and 'nuc' are norms of matrices."
        )
    if ord is None or ord == 2:
        return _euclidean(x, axes, keepdims)
    size = np.abs(x)
    if ord == np.inf:
        return _largest(size, axes, keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(size.dtype), axis=axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axes, keepdims=keepdims)
    total = np.sum(size**ord, axis=axes, keepdims=keepdims)
    return _root(total, 1 / ord) if ord > 0 else total ** (1 / ord)


def _largest(size: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The largest size, 0 of nothing."""
    if all(size.shape[axis] for axis in axes):
        return np.max(size, axis=axes, keepdims=keepdims)
    return np.sum(size, axis=axes, keepdims=keepdims)


def _of_matrices(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    known = (None, "fro", "f", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    if ord not in known:
        raise ValueError(
            f"Expected the order of a matrix's norm to be one of {known}, got {ord!r} "
            f"at {user_line()}: name one axis for the norm of vectors."
        )
    if ord in (None, "fro", "f"):
        return _euclidean(x, axes, keepdims)
    moved = np.moveaxis(x, axes, (-2, -1))
    y = _size(moved, ord)
    extents = [1 if i in axes else extent for i, extent in enumerate(x.shape)]
    return np.reshape(y, extents) if keepdims else y


def _size(x: Any, ord: Any) -> Any:
    """A norm of the matrices in the last two axes, by columns, rows or spectrum."""
    if ord in (2, -2, "nuc"):
        s = svdvals(matrix(x))
        if ord == "nuc":
            return np.sum(s, axis=-1)
        return _largest(s, (s.ndim - 1,), False) if ord == 2 else s[..., -1]
    sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
    return _largest(sums, (sums.ndim - 1,), False) if ord > 0 else np.min(sums, axis=-1)


@implements(np.linalg.vector_norm)
def vector_norm(
    x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Any:
    """The norm of vectors that lie along any number of axes."""
    x = lifted(x)
    x = x if x.dtype.kind in "fc" else x.astype(float)
    return _of_vectors(x, ord, many_axes(axis, x.ndim), keepdims)


@implements(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of the matrices in the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """How much a matrix can stretch one error more than another."""
    x = matrix(x)
    if not x.shape[-1] or not x.shape[-2]:
        raise LinAlgError(
            f"Expected matrices with elements for cond, got shape {x.shape} at "
            f"{user_line()}."
        )
    if p is None or p in (2, -2):
        s = svdvals(x)
        above, below = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        none = below == 0
        return np.where(none, np.inf, above / np.where(none, 1, below))
    # The inverse would raise where a pivot is exactly 0, and so the determinant too.
    flat = np.equal(np.linalg.slogdet(stop_gradient(square(x)))[0], 0)
    regular = np.where(flat[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x)
    r = matrix_norm(x, ord=p) * matrix_norm(np.linalg.inv(regular), ord=p)
    r = np.where(flat, np.inf, r)
    unknown = np.any(np.isnan(x), axis=(-2, -1))
    return np.where(np.isnan(r) & ~unknown, np.inf, r)


@implements(np.linalg.matrix_rank)
def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None
) -> Any:
    """How many singular values are not small."""
    if rtol is not None and tol is not None:
        raise ValueError(
            f"Expected tol or rtol, got both at {user_line()}: leave one out."
        )
    if np.ndim(A) < 2:
        return np.any(A != 0).astype(int)
    x = matrix(A)
    s = svdvals(from_triangle(x) if hermitian else x)
    if tol is None:
        part = max(x.shape[-2:]) * np.finfo(s.dtype).eps if rtol is None else rtol
        axes = (s.ndim - 1,)
        tol = np.squeeze(_largest(s, axes, True), -1) * part
    return np.count_nonzero(s > np.expand_dims(lifted(tol), -1), axis=-1)
