"""What the records of linear algebra share: type rules, and parts of matrices.

Matrices lie in the last two axes; all axes before them count matrices of a stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.interpreter import find_trace
from chainrule.core.types import ArrayType
from chainrule.primitives.comparison import equal, greater, greater_equal, select
from chainrule.primitives.complex_numbers import conjugated, real_part
from chainrule.primitives.conversion import convert
from chainrule.primitives.elementwise import add, div, mul, neg, sub
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.slicing import concatenate, part, slice
from chainrule.primitives.structure import (
    broadcast_to,
    iota,
    reduce_sum,
    reshape,
    swap,
)

INDEX = np.dtype(np.int64)
LinAlgError = np.linalg.LinAlgError


def matrix_type(x: ArrayType) -> ArrayType:
    """A stack of matrices of floating-point numbers."""
    if x.ndim < 2:
        raise LinAlgError(
            f"Expected a matrix or a stack of matrices, got {x}: give it two axes."
        )
    if x.dtype.char not in "fdFD":
        raise TypeError(
            "Expected a matrix of dtype float32, float64, complex64 or complex128, got "
            f"{x}: convert it first, for example with .astype(float)."
        )
    return x


def real_of(x: ArrayType) -> ArrayType:
    """The same shape in the dtype of the real part."""
    return x.with_dtype(x.dtype.char.lower())


def square_type(x: ArrayType) -> ArrayType:
    """A stack of square matrices; the result is of that type."""
    if matrix_type(x).shape[-1] != x.shape[-2]:
        raise LinAlgError(
            f"Expected square matrices, got {x}: make the last two axes equal."
        )
    return x


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return swap(conjugated(x))


def columns(v: Any, x: Any) -> Any:
    """Element j of a vector for all of column j, in the type of a matrix."""
    wide = reshape(v, shape=(*v.shape[:-1], 1, v.shape[-1]))
    return broadcast_to(alike(wide, x), shape=x.shape)


def rows(v: Any, x: Any) -> Any:
    """Element i of a vector for all of row i, in the type of a matrix."""
    return broadcast_to(alike(reshape(v, shape=(*v.shape, 1)), x), shape=x.shape)


def alike(v: Any, x: Any) -> Any:
    """The same numbers in the dtype of a matrix."""
    return v if v.dtype == x.dtype else convert(v, dtype=x.dtype)


def diagonal(x: Any) -> Any:
    """The diagonals of square matrices."""
    *stack, n, _ = x.shape
    lines = reshape(x, shape=(*stack, n * n))
    zeros, ones = (0,) * len(stack), (1,) * len(stack)
    return slice(lines, start=(*zeros, 0), size=(*stack, n), step=(*ones, n + 1))


def trace(x: Any) -> Any:
    """The sums of the diagonals of square matrices."""
    diagonals = diagonal(x)
    return reduce_sum(diagonals, axes=(len(diagonals.shape) - 1,))


def _counted(beside: Any, axis: int) -> Any:
    params = {"shape": beside.shape[-2:], "axis": axis, "dtype": INDEX}
    found = find_trace((beside,))
    return iota(**params) if found is None else found.process(iota, (), params)


def where(relation: Callable[[Any, Any], Any], beside: Any) -> Any:
    """Where row and column of an element have a relation.

    Recorded beside a matrix that is no tangent, so that it is a constant of the linear
    program that is transposed.
    """
    rows_and_columns = (_counted(beside, 0), _counted(beside, 1))
    return broadcast_to(relation(*rows_and_columns), shape=beside.shape)


def triangle(x: Any, low: bool, beside: Any) -> Any:
    """The lower or the upper triangle with the diagonal, zeros elsewhere."""
    if low:
        return select(where(greater_equal, beside), x, 0.0)
    return select(where(greater, beside), 0.0, x)


def hermitian(x: Any, low: bool, beside: Any) -> Any:
    """The Hermitian matrix of which one triangle is given."""
    half = halved_diagonal(triangle(x, low, beside), beside)
    return add(half, adjoint(half))


def halved_diagonal(x: Any, beside: Any) -> Any:
    """The same with one half of the diagonal."""
    return select(where(equal, beside), mul(x, 0.5), x)


def off_diagonal_quotients(x: Any, y: Any) -> Any:
    """``x / y`` off the diagonal and 0 on it, where ``y`` may be 0; linear in x."""
    diagonal = where(equal, y)
    return select(diagonal, 0.0, div(x, select(diagonal, 1.0, y)))


def inner_products(x: Any, y: Any) -> Any:
    """The real part of each column's inner product with the same column of ``y``."""
    return reduce_sum(real_part(mul(conjugated(x), y)), axes=(len(x.shape) - 2,))


def outer_products(x: Any, y: Any) -> Any:
    """For each column of ``x``, all its elements times the conjugates of ``y``'s."""
    *stack, m, k = x.shape
    n = y.shape[-2]
    left = reshape(x, shape=(*stack, m, 1, k))
    right = reshape(conjugated(y), shape=(*stack, 1, n, k))
    shape = (*stack, m, n, k)
    return mul(broadcast_to(left, shape=shape), broadcast_to(right, shape=shape))


def beyond(q: Any, x: Any) -> Any:
    """What of the columns of ``x`` lies outside of the space of orthonormal ``q``."""
    return sub(x, matmul(q, matmul(adjoint(q), x)))


def first_columns(x: Any, count: int) -> Any:
    """The columns from the first on, as many as said."""
    return x if x.shape[-1] == count else part(x, len(x.shape) - 1, 0, count)


def other_columns(x: Any, count: int) -> Any:
    """The columns behind the first."""
    return part(x, len(x.shape) - 1, count, x.shape[-1])


def completed(dq: Any, q: Any) -> Any:
    """Tangents of all of orthonormal columns, given those of the first.

    The others are any basis of what the first leave; they turn as little as can be.
    """
    count = dq.shape[-1]
    if count == q.shape[-1]:
        return dq
    others = other_columns(q, count)
    turned = matmul(first_columns(q, count), matmul(adjoint(dq), others))
    return concatenate(dq, neg(turned), axis=len(q.shape) - 1)


def space_of(q: Any) -> Any:
    """The projection on the space of orthonormal columns, whichever basis they are."""
    return matmul(q, adjoint(q))


def regular(n: int) -> Callable[..., Any]:
    """For samples: a square matrix far from every singular one, the rest as drawn."""

    def prepare(x: Any, *others: Any) -> tuple[Any, ...]:
        return (x + 2 * n * np.eye(n, dtype=x.dtype), *others)

    return prepare
