"""Products by their names in ``numpy.linalg``, for traced values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import lifted


@implements(np.linalg.matmul)
def matmul(x1: Any, x2: Any, /) -> Any:
    """The product of matrices."""
    return np.matmul(x1, x2)


@implements(np.linalg.tensordot)
def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """The sum of products over pairs of axes."""
    return np.tensordot(x1, x2, axes)


@implements(np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The inner product along one axis; the first operand is conjugated."""
    return np.vecdot(x1, x2, axis=axis)  # type: ignore[call-overload]


@implements(np.linalg.cross)
def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The vector product of vectors of three."""
    return np.cross(x1, x2, axis=axis)


@implements(np.linalg.outer)
def outer(x1: Any, x2: Any, /) -> Any:
    """All products of an element of one vector with one of the other."""
    x1, x2 = lifted(x1), lifted(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(
            f"Expected two vectors, got shapes {x1.shape} and {x2.shape} at "
            f"{user_line()}: flatten them, or use np.outer."
        )
    return np.outer(x1, x2)


@implements(np.linalg.diagonal)
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Diagonals of the matrices in the last two axes."""
    return np.diagonal(x, offset, -2, -1)


@implements(np.linalg.trace)
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of the diagonals of the matrices in the last two axes."""
    return np.trace(x, offset, -2, -1, dtype)


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """The product of several matrices, in the order that takes the fewest steps."""
    factors = [lifted(x) for x in arrays]
    if len(factors) < 2:
        raise ValueError(
            f"Expected at least two arrays, got {len(factors)} at {user_line()}."
        )
    first, last = factors[0].ndim, factors[-1].ndim
    if first == 1:
        factors[0] = np.reshape(factors[0], (1, -1))
    if last == 1:
        factors[-1] = np.reshape(factors[-1], (-1, 1))
    _check_chain(factors)
    extents = [factors[0].shape[0], *[x.shape[1] for x in factors]]
    product = _multiplied(factors, _cuts(extents), 0, len(factors) - 1)
    height = product.shape[:1] if first == 2 else ()
    width = product.shape[1:] if last == 2 else ()
    return np.reshape(product, (*height, *width))


def _check_chain(factors: list[Any]) -> None:
    flat = all(x.ndim == 2 for x in factors)
    if not flat or any(x.shape[1] != y.shape[0] for x, y in pairwise(factors)):
        raise ShapeError(
            "Expected matrices that can be multiplied one by one, got shapes "
            f"{[x.shape for x in factors]} at {user_line()}: the columns of each must "
            "be as many as the rows of the next."
        )


def _cuts(extents: list[int]) -> dict[tuple[int, int], int]:
    """Where to part each run of factors (Cormen et al., 15.2)."""
    count = len(extents) - 1
    costs = {(i, i): 0 for i in range(count)}
    cuts: dict[tuple[int, int], int] = {}
    runs = [
        (i, i + length) for length in range(1, count) for i in range(count - length)
    ]
    for i, j in runs:
        outer = extents[i] * extents[j + 1]
        options = [
            (costs[i, k] + costs[k + 1, j] + outer * extents[k + 1], k)
            for k in range(i, j)
        ]
        costs[i, j], cuts[i, j] = min(options)
    return cuts


def _multiplied(
    factors: list[Any], cuts: dict[tuple[int, int], int], i: int, j: int
) -> Any:
    if i == j:
        return factors[i]
    k = cuts[i, j]
    left = _multiplied(factors, cuts, i, k)
    return np.matmul(left, _multiplied(factors, cuts, k + 1, j))
