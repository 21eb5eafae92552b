"""Linear equations, inverses and determinants, for traced values."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import implements
from chainrule.numpy.complex_numbers import square_of_size
from chainrule.numpy.linalg.arguments import (
    LinAlgError,
    alike,
    from_triangle,
    identity,
    inexact,
    matrix,
    square,
)
from chainrule.primitives.linalg import determinants, solving
from chainrule.primitives.linalg.singular import svdvals

SlogdetResult: Any = type(np.linalg.slogdet(np.ones((1, 1))))


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """What the matrix must be multiplied by to give the right-hand side."""
    a, b = inexact(a, b)
    a = square(a)
    vector = b.ndim == 1
    sides: Any = np.reshape(b, (*b.shape, 1)) if vector else b
    if sides.ndim < 2 or sides.shape[-2] != a.shape[-1]:
        raise ShapeError(
            f"Expected a right-hand side of {a.shape[-1]} rows, got shape {b.shape} at "
            f"{user_line()}: make its last axis but one fit the matrix."
        )
    y = solving.solve(*alike(a, sides))
    return np.reshape(y, y.shape[:-1]) if vector else y


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    """The inverse of each matrix."""
    a = square(a)
    return solving.solve(a, identity(a, a.shape))


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """The array whose sum of products over its axes with ``a`` is ``b``."""
    a, b = inexact(a, b)
    if axes is not None:
        order = [axis for axis in range(a.ndim) if axis not in axes]
        a = np.transpose(a, (*order, *axes))
    shape = a.shape[b.ndim :]
    count = int(np.prod(shape))
    if a.size != count**2 or b.size != count:
        raise LinAlgError(
            f"Expected axes that make a square matrix, got shape {a.shape} for a right-"
            f"hand side of shape {b.shape} at {user_line()}: the product of the first "
            "extents must be that of the others."
        )
    return np.reshape(solve(np.reshape(a, (count, count)), np.ravel(b)), shape)


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse under sums of products over the first ``ind`` axes."""
    (a,) = inexact(a)
    if ind <= 0:
        raise ValueError(
            f"Expected a positive number of axes, got {ind} at {user_line()}."
        )
    rows = int(np.prod(a.shape[:ind]))
    inverse = inv(np.reshape(a, (rows, -1)))
    return np.reshape(inverse, a.shape[ind:] + a.shape[:ind])


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """The matrix multiplied by itself n times; its inverse where n is negative."""
    power = operator.index(n)
    a = square(a) if power < 0 else a
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        return square(a)
    if power == 0:
        return identity(a, a.shape)
    base = inv(a) if power < 0 else a
    result = None
    for bit in reversed(bin(abs(power))[2:]):
        if bit == "1":
            result = base if result is None else np.matmul(result, base)
        base = np.matmul(base, base)
    return result


@implements(np.linalg.det)
def det(a: Any) -> Any:
    """The determinant of each matrix."""
    return determinants.det(square(a))


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """The sign of each determinant, and the logarithm of its size."""
    return SlogdetResult(*determinants.slogdet(square(a)))


@implements(np.linalg.pinv)
def pinv(
    a: Any,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    rtol: Any = np._NoValue,  # type: ignore[attr-defined]
) -> Any:
    """The pseudo-inverse; singular values that are small against the largest are 0."""
    a = matrix(a)
    given = rtol is not np._NoValue  # type: ignore[attr-defined]
    if rcond is not None and given:
        raise ValueError(
            f"Expected rtol or rcond, got both at {user_line()}: leave one out."
        )
    part = rtol if given else (1e-15 if rcond is None else rcond)
    if part is None:
        part = max(a.shape[-2:]) * np.finfo(a.dtype).eps
    whole = from_triangle(a) if hermitian else a
    return solving.pinv(whole, rcond=float(part))


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """The shortest of the closest solutions; residuals, rank and singular values.

    Residuals are given wherever there are more rows than columns: shapes cannot
    depend on the rank, which is a number of the data's.
    """
    a, b = inexact(a, b)
    fits = a.ndim == 2 and b.ndim in (1, 2) and a.shape[0] == b.shape[0]
    if not fits:
        raise LinAlgError(
            "Expected a matrix and a right-hand side of as many rows, got shapes "
            f"{a.shape} and {b.shape} at {user_line()}."
        )
    smallest = np.finfo(a.dtype).eps
    cut = smallest * max(a.shape) if rcond is None else rcond
    cut = float(smallest if cut < 0 else cut)
    x = np.matmul(solving.pinv(a, rcond=cut), b)
    s = svdvals(a)
    rank = np.sum(s > cut * np.max(s), dtype=np.int32) if s.size else np.int32(0)
    apart = np.reshape(b - np.matmul(a, x), (a.shape[0], -1))
    residuals = np.sum(square_of_size(apart), axis=0)
    return x, residuals if a.shape[0] > a.shape[1] else residuals[:0], rank, s
