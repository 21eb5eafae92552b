"""NumPy's averages with weights, covariances and counts, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.promotion import (
    astype,
    cast_as_asked,
    is_traced,
    lifted,
    refuse_complex,
    result_type,
)
from chainrule.numpy.reduction import asked, is_given
from chainrule.numpy.structure import Axis, many_axes
from chainrule.primitives.indexing import scatter_add

REAL = np.dtype(float)


@implements(np.average)
def average(
    x: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: Any = False,
) -> Any:
    """The mean, each element counted by its weight."""
    x = lifted(x)
    if weights is None:
        counted = np.ones(x.shape, x.dtype if x.dtype.kind in "fc" else float)
    else:
        counted = _spread_weights(lifted(weights), x, axis)
    keepdims = asked(keepdims)
    whole = np.sum(counted, axis=axis, keepdims=keepdims)
    result = np.sum(x * counted, axis=axis, keepdims=keepdims) / whole
    if not returned:
        return result
    return result, np.broadcast_to(whole, result.shape).astype(result.dtype)


def _spread_weights(weights: Any, x: Any, axis: Axis) -> Any:
    """Weights for each element, from those along the axes named."""
    if weights.shape == x.shape:
        return weights
    axes = many_axes(axis, x.ndim)
    if axis is None or weights.shape != tuple([x.shape[i] for i in axes]):
        raise ShapeError(
            f"Expected weights of the shape {x.shape} or of the axes named, got "
            f"{weights.shape} at {user_line()}: name their axes by axis=."
        )
    order = sorted(range(len(axes)), key=axes.__getitem__)
    wide = [x.shape[i] if i in axes else 1 for i in range(x.ndim)]
    spread = np.reshape(np.transpose(weights, order), wide)
    return np.broadcast_to(spread, x.shape)


@implements(np.cov)
def cov(  # noqa: PLR0913  (the parameters are NumPy's)
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """The covariances of rows, or of columns where ``rowvar`` is false."""
    together = [lifted(m)] if y is None else [lifted(m), lifted(y)]
    wanted = result_type(*together, np.float64(0)) if dtype is None else np.dtype(dtype)
    rows = [_as_rows(x, rowvar, wanted) for x in together]
    x = rows[0] if y is None else np.concatenate(rows, axis=0)
    fewer = (0 if bias else 1) if ddof is None else ddof
    weights = _product_of(fweights, aweights)
    if weights is None:
        apart = x - np.mean(x, axis=1, keepdims=True)
        return np.squeeze(
            np.matmul(apart, np.conj(apart.T)) / max(x.shape[1] - fewer, 0)
        )
    total = np.sum(weights)
    if aweights is None or fewer == 0:
        count = total - fewer
    else:
        count = total - fewer * np.sum(weights * lifted(aweights)) / total
    mean = np.sum(x * weights, axis=1, keepdims=True) / total
    apart = x - mean
    product = np.matmul(apart, np.conj((apart * weights).T))
    return np.squeeze(product / np.maximum(count, 0)).astype(wanted)


def _as_rows(x: Any, rowvar: bool, dtype: np.dtype[Any]) -> Any:
    """A row for each variable."""
    if x.ndim > 2:
        raise ShapeError(
            f"Expected variables in a vector or a matrix, got shape {x.shape} at "
            f"{user_line()}."
        )
    wide = np.atleast_2d(astype(x, dtype) if is_traced(x) else x.astype(dtype))
    return wide if rowvar or x.ndim == 1 else wide.T


def _product_of(fweights: Any, aweights: Any) -> Any:
    """Weights that repeat and weights that trust, multiplied."""
    given = [lifted(w) for w in (fweights, aweights) if is_given(w)]
    given = [cast_as_asked(w, REAL) if is_traced(w) else w.astype(REAL) for w in given]
    for weights in given:
        if weights.ndim != 1:
            raise ShapeError(
                f"Expected weights in one axis for np.cov, got {weights.shape} at "
                f"{user_line()}."
            )
    if not given:
        return None
    return given[0] if len(given) == 1 else given[0] * given[1]


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Covariances over the products of the deviations, held from -1 to 1."""
    found = cov(x, y, rowvar, dtype=dtype)
    if found.ndim == 0:
        return found / found
    deviation = np.sqrt(np.diagonal(found))
    return np.clip(found / deviation[:, None] / deviation[None, :], -1, 1)


@implements(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """The sums of the weights of each number; the numbers must be known."""
    if isinstance(x, Tracer):
        x = x.known("the numbers of np.bincount")
    places = np.asarray(x)
    if weights is None:
        return np.bincount(places, minlength=minlength)
    if places.size and places.min() < 0:
        raise ValueError(
            f"Expected numbers from 0 for np.bincount, got {places.min()} at "
            f"{user_line()}."
        )
    size = max(int(places.max()) + 1 if places.size else 0, minlength)
    refuse_complex("bincount", weights)
    typed = lifted(weights).astype(float)
    return scatter_add(typed, places, axis=0, size=size)
