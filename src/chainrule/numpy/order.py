"""NumPy's sorting, searching and quantiles, for traced values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.promotion import (
    broadcast_shape,
    is_traced,
    lifted,
    refuse,
    refuse_complex,
    result_type,
)
from chainrule.numpy.reduction import asked, is_given
from chainrule.numpy.standard import argsort, sort
from chainrule.numpy.structure import Axis, many_axes, one_axis

INDEX = np.dtype(np.int64)


def _check_kth(x: Any, kth: Any, axis: int | None) -> None:
    if isinstance(kth, Tracer):
        kth = kth.known("kth of np.partition")
    extent = x.size if axis is None else x.shape[one_axis(axis, x.ndim)]
    for place in np.ravel(kth).tolist():
        if not -extent <= place < extent:
            raise ValueError(
                f"Expected kth from {-extent} to {extent - 1}, got {place} at "
                f"{user_line()}: the axis has {extent} elements."
            )


@implements(np.partition)
def partition(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    kind: str = "introselect",
    order: Any = None,
) -> Any:
    """The k-th smallest in its place, smaller ones before: all are sorted here."""
    refuse("partition", {"order": order})
    _check_kth(x, kth, axis)
    return sort(x, axis)


@implements(np.argpartition)
def argpartition(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    kind: str = "introselect",
    order: Any = None,
) -> Any:
    """The places of the elements of a partition."""
    refuse("argpartition", {"order": order})
    _check_kth(x, kth, axis)
    return argsort(x, axis)


@implements(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> Any:
    """The places in rising order of the last key, ties by the one before it."""
    lines = [lifted(key) for key in keys]
    order: Any = None
    for line in lines:
        if order is None:
            order = np.argsort(line, axis=axis, stable=True)
            continue
        sorted_line = np.take_along_axis(lifted(line), order, axis)
        again = np.argsort(sorted_line, axis=axis, stable=True)
        order = np.take_along_axis(order, again, axis)
    return order


# -- searching -------------------------------------------------------------------


@implements(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """The bin that each value falls into; bins rise or fall."""
    refuse_complex("digitize", x, bins)
    bins = lifted(bins)
    side = "left" if right else "right"
    if bins.shape[0] < 2:
        return np.searchsorted(bins, x, side)
    up = np.searchsorted(bins, x, side)
    down = bins.shape[0] - np.searchsorted(bins[::-1], x, side)
    return np.where(bins[-1] >= bins[0], up, down)


# -- quantiles -------------------------------------------------------------------


def merged(x: Any, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """The axes named flattened into the last one; and the extents with them kept."""
    axes = tuple(sorted(many_axes(axis, x.ndim)))
    rest = [i for i in range(x.ndim) if i not in axes]
    count = int(np.prod([x.shape[i] for i in axes]))
    lines = np.transpose(x, (*rest, *axes))
    lines = np.reshape(lines, (*[x.shape[i] for i in rest], count))
    kept = tuple([1 if i in axes else n for i, n in enumerate(x.shape)])
    return lines, kept


@implements(np.median)
def median(
    x: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: Any = False,
) -> Any:
    """The middle element, or the mean of the two in the middle."""
    lines, kept = merged(x, axis)
    count = lines.shape[-1]
    if count == 0:
        raise ShapeError(
            f"Expected at least one element for a median, got shape {x.shape} at "
            f"{user_line()}."
        )
    lines = np.sort(lines)
    middle = lines[..., (count - 1) // 2 : count // 2 + 1]
    found = np.mean(middle, axis=-1)
    if x.dtype.kind in "fc":
        found = np.where(np.isnan(lines[..., -1]), np.nan, found)
    return np.reshape(found, kept) if asked(keepdims) else found


def _alpha_beta(alpha: float, beta: float) -> Callable[[Any, Any], Any]:
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1


def _even(place: Any) -> Any:
    """Whether the whole part, counted from 1, is even."""
    return np.logical_and(place == np.floor(place), np.floor(place) % 2 == 1)


def _next_unless(test: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def rounded(place: Any) -> Any:
        below = np.floor(place)
        return np.maximum(np.where(test(place), below, below + 1), 0)

    return rounded


def _whole(place: Any) -> Any:
    return place == np.floor(place)


def _inner(n: Any, q: Any) -> Any:
    return (n - 1) * q


# Hyndman and Fan, Sample Quantiles in Statistical Packages (1996), as NumPy has them:
# where a quantile lies among the sorted elements, and how it is rounded; None takes
# the line between the two neighbours.
METHODS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], Any] | None]] = {
    "inverted_cdf": (lambda n, q: n * q - 1, _next_unless(_whole)),
    "averaged_inverted_cdf": (
        lambda n, q: n * q - 1,
        lambda at: np.where(_whole(at), at + 0.5, np.ceil(at)),
    ),
    "closest_observation": (lambda n, q: n * q - 1 - 0.5, _next_unless(_even)),
    "interpolated_inverted_cdf": (_alpha_beta(0, 1), None),
    "hazen": (_alpha_beta(0.5, 0.5), None),
    "weibull": (_alpha_beta(0, 0), None),
    "linear": (_inner, None),
    "median_unbiased": (_alpha_beta(1 / 3, 1 / 3), None),
    "normal_unbiased": (_alpha_beta(3 / 8, 3 / 8), None),
    "lower": (_inner, np.floor),
    "higher": (_inner, np.ceil),
    "midpoint": (_inner, lambda at: (np.floor(at) + np.ceil(at)) / 2),
    "nearest": (_inner, np.rint),
}
DISCRETE = [
    METHODS[name][1]
    for name in ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
]
"""Roundings to whole places, where an element itself is the quantile."""


def method_named(name: str) -> Any:
    """The two functions of a method of quantiles."""
    if name not in METHODS:
        raise ValueError(
            f"Expected a method of quantiles, got {name!r} at {user_line()}: choose "
            f"one of {', '.join(METHODS)}."
        )
    return METHODS[name]


def parts_of(q: Any, x: Any) -> Any:
    """The parts as an array; a Python number takes the elements' dtype."""
    if isinstance(q, (int, float)):
        q = np.asarray(q, x.dtype if x.dtype.kind == "f" else float)
    q = lifted(q)
    q = q if q.dtype.kind == "f" else q.astype(float)
    known = q.value if isinstance(q, Tracer) else q
    if known is not None and not np.all((known >= 0) & (known <= 1)):
        raise ValueError(
            f"Expected quantiles from 0 to 1, got {known} at {user_line()}: "
            "percentiles go from 0 to 100."
        )
    return q


def is_whole(q: Any) -> bool:
    """Whether parts are integers, of which NumPy makes quantiles in x's dtype."""
    return result_type(q).kind in "biu"


def between(
    lines: Any, place: Any, rounding: Any, count: Any, take: Callable[[Any], Any]
) -> Any:
    """The elements of sorted lines at places, on the line between two neighbours."""
    place = place if rounding is None else rounding(place)
    place = np.clip(place, 0, count - 1)
    below = np.floor(place)
    low = take(below.astype(INDEX))
    if rounding in DISCRETE:
        return low
    part = (place - below).astype(result_type(lines, place))
    high = take(np.minimum(below + 1, count - 1).astype(INDEX))
    apart = np.subtract(high, low)
    upper = high - apart * (1 - part)
    return np.where(part >= 0.5, upper, low + apart * part)


@implements(np.quantile)
def quantile(
    x: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    **options: Any,
) -> Any:
    """Values below which given parts of the elements lie."""
    weights = options.pop("weights", None)
    refuse("quantile", options)
    refuse_complex("quantile", x, q)
    if is_given(weights):
        return _weighted(x, q, axis, (method, keepdims), weights)
    where, rounding = method_named(method)
    x, whole = lifted(x), is_whole(q)
    q = parts_of(q, x)
    lines, kept = merged(x, axis)
    lines = np.sort(lines)
    count = lines.shape[-1]
    place = where(count, q)
    found = between(lines, place, rounding, count, lambda at: _at(lines, at))
    if x.dtype.kind == "f":
        nan = np.isnan(lines[..., -1])
        nan = np.reshape(nan, (*nan.shape, *[1] * q.ndim))
        found = np.where(nan, np.asarray(np.nan, x.dtype), found)
    found = found.astype(x.dtype) if whole else found
    return shaped(found, q.ndim, kept if asked(keepdims) else None)


def _at(lines: Any, indices: Any) -> Any:
    """Elements at the same places of every line."""
    if is_traced(lines):
        return lines[..., indices]
    flat = np.broadcast_to(np.ravel(indices), (*lines.shape[:-1], indices.size))
    return np.reshape(
        np.take_along_axis(lines, flat, -1), (*lines.shape[:-1], *indices.shape)
    )


def shaped(found: Any, many: int, kept: Sequence[int] | None) -> Any:
    """The axes of the quantiles first, and the reduced ones where they are kept."""
    found = np.moveaxis(found, range(found.ndim - many, found.ndim), range(many))
    if kept is None:
        return found
    return np.reshape(found, (*found.shape[:many], *kept))


def _weighted(x: Any, q: Any, axis: Axis, how: tuple[str, Any], weights: Any) -> Any:
    """Where the running sum of the weights reaches a part of the whole."""
    method, keepdims = how
    if method != "inverted_cdf":
        raise ValueError(
            f"Expected method='inverted_cdf' beside weights, got {method!r} at "
            f"{user_line()}."
        )
    x, weights = lifted(x), lifted(weights)
    q = parts_of(q, x)
    if weights.shape != x.shape:
        place = one_axis(0 if axis is None else axis, x.ndim)
        wide = [x.shape[i] if i == place else 1 for i in range(x.ndim)]
        weights = np.reshape(weights, wide)
    weights = np.broadcast_to(weights, broadcast_shape(x.shape, weights.shape))
    lines, kept = merged(x, axis)
    masses, _ = merged(weights, axis)
    order = np.argsort(lines, stable=True)
    running = np.cumsum(np.take_along_axis(masses, order, -1), axis=-1) * 1.0
    running = running / running[..., -1:]
    running = np.where(running == 0, -1.0, running)
    flat = np.ravel(q)
    below = np.less(running[..., None], flat)
    place = np.minimum(np.sum(below, axis=-2), lines.shape[-1] - 1)
    found = np.take_along_axis(np.take_along_axis(lines, order, -1), place, -1)
    found = np.reshape(found, (*found.shape[:-1], *q.shape))
    return shaped(found, q.ndim, kept if asked(keepdims) else None)


@implements(np.percentile)
def percentile(x: Any, q: Any, *args: Any, **options: Any) -> Any:
    """Quantiles in hundredths."""
    return quantile(x, hundredths(q), *args, **options)


def hundredths(q: Any) -> Any:
    """Parts of a hundred as parts of one."""
    return q / 100 if isinstance(q, (int, float)) else lifted(q) / 100
