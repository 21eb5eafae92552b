"""NumPy's histograms for traced values.

Counts do not change with the values; sums of weights change with the weights, and edges
with what they are spread between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.promotion import is_traced, lifted, refuse_complex, result_type
from chainrule.numpy.reduction import is_given
from chainrule.primitives.indexing import scatter_add

Bounds = tuple[Any, Any] | None


@implements(np.histogram_bin_edges)
def histogram_bin_edges(
    a: Any, bins: Any = 10, range: Bounds = None, weights: Any = None
) -> Any:
    """The edges of the bins of a histogram."""
    refuse_complex("histogram", a)
    line: Any = np.ravel(lifted(a))
    if isinstance(bins, str):
        what = "the values of np.histogram, which decide the number of bins"
        known = np.asarray(line.known(what) if is_traced(line) else line)
        bins = len(np.histogram_bin_edges(known, bins, range, weights)) - 1
    if np.ndim(bins) == 1:
        return lifted(bins)
    low, high = _ends(line, range)
    dtype = result_type(low, high, line)
    low, high = _apart(low, high)
    wanted = dtype if dtype.kind == "f" else np.dtype(float)
    return np.linspace(low, high, int(bins) + 1, dtype=wanted)


def _ends(line: Any, range: Bounds) -> tuple[Any, Any]:
    """Where the bins begin and end."""
    if range is not None:
        low, high = range
        return low, high
    return (np.min(line), np.max(line)) if line.size else (0.0, 1.0)


def _apart(low: Any, high: Any) -> tuple[Any, Any]:
    """Both ends, by 1 apart where they would be at one place."""
    alike = np.equal(low, high)
    return np.where(alike, low - 0.5, low), np.where(alike, high + 0.5, high)


@implements(np.histogram)
def histogram(
    a: Any,
    bins: Any = 10,
    range: Bounds = None,
    density: bool | None = None,
    weights: Any = None,
) -> tuple[Any, Any]:
    """How many values, or how much of their weights, fall into each bin; the edges."""
    edges = histogram_bin_edges(a, bins, range, weights)
    if is_given(weights):
        weights = np.ravel(lifted(weights))
    counts = _sums([np.ravel(lifted(a))], [edges], weights)
    if density:
        counts = counts / np.diff(edges) / np.sum(counts)
    return counts, edges


@implements(np.histogram2d)
def histogram2d(
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Any = None,
    density: bool | None = None,
    weights: Any = None,
) -> tuple[Any, Any, Any]:
    """The histogram of pairs, and the edges along either axis."""
    if not hasattr(bins, "__len__") or len(bins) not in (1, 2):
        bins = [bins, bins]
    found, edges = histogramdd([x, y], bins, range, density, weights)
    return found, edges[0], edges[1]


@implements(np.histogramdd)
def histogramdd(
    sample: Any,
    bins: Any = 10,
    range: Any = None,
    density: bool | None = None,
    weights: Any = None,
) -> tuple[Any, tuple[Any, ...]]:
    """The histogram of points, a row each, and the edges along every axis."""
    columns = _columns(sample)
    count = len(columns)
    each = list(bins) if hasattr(bins, "__len__") else [bins] * count
    ranges = [None] * count if range is None else list(range)
    if len(each) != count or len(ranges) != count:
        raise ShapeError(
            f"Expected bins and ranges for {count} axes, got {len(each)} and "
            f"{len(ranges)} at {user_line()}: give one for each."
        )
    rows = zip(columns, each, ranges, strict=True)
    edges = [_along(*row) for row in rows]
    heavy = lifted(weights).astype(float) if is_given(weights) else None
    found = _sums(columns, edges, heavy) * 1.0
    if density:
        widths = np.ix_(*[np.diff(edge) for edge in edges])
        found = found / math.prod(widths) / np.sum(found)
    return found, tuple(edges)


def _along(line: Any, bins: Any, range: Bounds) -> Any:
    """The edges along one axis, which keep the dtype of their ends."""
    if np.ndim(bins) == 1:
        return lifted(bins)
    return np.linspace(*_apart(*_ends(line, range)), int(bins) + 1)


def _columns(sample: Any) -> list[Any]:
    """A line for each axis: a list of them, or the columns of an array."""
    if isinstance(sample, (list, tuple)):
        dtype = result_type(*sample)
        return [np.ravel(lifted(line)).astype(dtype) for line in sample]
    rows = sample if sample.ndim == 2 else np.atleast_2d(sample).T
    return list(rows.T)


def _sums(columns: Sequence[Any], edges: Sequence[Any], weights: Any) -> Any:
    """Sums of weights by bins; counts where there are none."""
    shape = tuple([edge.shape[0] - 1 for edge in edges])
    inside: Any = True
    number: Any = 0
    for line, edge, extent in zip(columns, edges, shape, strict=True):
        _expect_rising(edge)
        inside = inside & (line >= edge[0]) & (line <= edge[-1])
        place = np.clip(np.searchsorted(edge, line, "right") - 1, 0, extent - 1)
        number = number * extent + place
    if weights is None:
        flat = np.where(inside, 1, 0)
    else:
        flat = np.where(inside, weights, np.zeros((), lifted(weights).dtype))
    size = math.prod(shape)
    return np.reshape(scatter_add(flat, number, axis=0, size=size), shape)


def _expect_rising(edges: Any) -> None:
    known = edges.value if isinstance(edges, Tracer) else edges
    if known is not None and np.any(np.diff(known) < 0):
        raise ValueError(
            f"Expected edges of bins that rise, got {known} at {user_line()}: sort "
            "them."
        )
