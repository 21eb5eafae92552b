"""NumPy's reductions and running totals, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import HANDLERS, implements
from chainrule.numpy.complex_numbers import square_of_size
from chainrule.numpy.elementwise import truth
from chainrule.numpy.promotion import cast_as_asked, lifted, refuse
from chainrule.numpy.structure import Axis, many_axes, one_axis
from chainrule.primitives import reduction as p
from chainrule.primitives.structure import reduce_sum, reshape

Primitive = Any


def reduced(primitive: Primitive, x: Any, axis: Axis, keepdims: Any) -> Any:
    """Apply a reduction along axes, which stay with extent 1 where asked."""
    axes = tuple(sorted(many_axes(axis, x.ndim)))
    y = primitive(x, axes=axes)
    if keepdims is True:
        kept = [1 if i in axes else extent for i, extent in enumerate(x.shape)]
        return reshape(y, shape=tuple(kept))
    return y


def total_dtype(x: Any, dtype: Any) -> np.dtype[Any]:
    """The dtype that NumPy adds up in: small integers and booleans become int64."""
    if dtype is not None:
        return np.dtype(dtype)
    if x.dtype.kind not in "biu" or x.dtype.itemsize >= np.dtype(int).itemsize:
        return x.dtype
    return np.dtype(np.uint if x.dtype.kind == "u" else int)


def _total(name: str, primitive: Primitive) -> Any:
    def handler(
        x: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        **options: Any,
    ) -> Any:
        if options:
            refuse(name, options)
        return reduced(
            primitive, cast_as_asked(x, total_dtype(x, dtype)), axis, keepdims
        )

    return handler


def _extreme(name: str, primitive: Primitive, on_booleans: Primitive) -> Any:
    def handler(
        x: Any,
        axis: Axis = None,
        out: Any = None,
        keepdims: Any = False,
        **options: Any,
    ) -> Any:
        refuse(name, options)
        chosen = on_booleans if x.dtype.kind == "b" else primitive
        return reduced(chosen, x, axis, keepdims)

    return handler


def _logical(name: str, primitive: Primitive) -> Any:
    def handler(
        x: Any,
        axis: Axis = None,
        out: Any = None,
        keepdims: Any = False,
        **options: Any,
    ) -> Any:
        refuse(name, options)
        return reduced(primitive, truth(x), axis, keepdims)

    return handler


sum_ = implements(np.sum)(_total("sum", reduce_sum))
prod = implements(np.prod)(_total("prod", p.reduce_prod))
max_ = implements(np.max, np.amax)(_extreme("max", p.reduce_max, p.reduce_or))
min_ = implements(np.min, np.amin)(_extreme("min", p.reduce_min, p.reduce_and))
all_ = implements(np.all)(_logical("all", p.reduce_and))
any_ = implements(np.any)(_logical("any", p.reduce_or))

UFUNC_REDUCTIONS: dict[np.ufunc, Any] = {
    np.add: sum_,
    np.multiply: prod,
    np.maximum: max_,
    np.minimum: min_,
    np.logical_and: all_,
    np.logical_or: any_,
}


def _ufunc_reduce(handler: Any) -> Any:
    def reduce(
        x: Any,
        axis: Axis = 0,
        dtype: Any = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        refuse("ufunc.reduce", options)
        typed = x if dtype is None else cast_as_asked(x, np.dtype(dtype))
        return handler(typed, axis=axis, keepdims=keepdims)

    return reduce


for _ufunc, _handler in UFUNC_REDUCTIONS.items():
    HANDLERS[_ufunc, "reduce"] = _ufunc_reduce(_handler)


def count_of(x: Any, axis: Axis) -> int:
    """How many elements each result of a reduction is made of."""
    count = 1
    for i in many_axes(axis, x.ndim):
        count *= x.shape[i]
    return count


@implements(np.mean)
def mean(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    **options: Any,
) -> Any:
    """The arithmetic mean; of integers, in float64."""
    if options:
        refuse("mean", options)
    wanted = np.dtype(float) if x.dtype.kind in "biu" and dtype is None else dtype
    typed = x if wanted is None else cast_as_asked(x, np.dtype(wanted))
    return reduced(reduce_sum, typed, axis, keepdims) / count_of(x, axis)


@implements(np.var)
def var(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    **options: Any,
) -> Any:
    """The mean square distance from the mean."""
    correction = options.pop("correction", None)
    refuse("var", options)
    fewer = correction if isinstance(correction, (int, float)) else ddof
    distance = x - mean(x, axis, dtype, keepdims=True)
    total = reduced(reduce_sum, square_of_size(distance), axis, keepdims)
    return total / max(count_of(x, axis) - fewer, 0)


@implements(np.std)
def std(x: Any, *args: Any, **options: Any) -> Any:
    """The root of the variance."""
    return np.sqrt(var(x, *args, **options))


@implements(np.ptp)
def ptp(x: Any, axis: Axis = None, out: Any = None, keepdims: Any = False) -> Any:
    """The largest less the smallest."""
    return max_(x, axis, keepdims=keepdims) - min_(x, axis, keepdims=keepdims)


@implements(np.count_nonzero)
def count_nonzero(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """How many elements are other than zero."""
    return sum_(truth(x), axis, keepdims=keepdims)


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
        counted = np.ones(x.shape, x.dtype)
    elif np.shape(weights) == x.shape:
        counted = weights
    else:
        places = [1] * x.ndim
        place = one_axis(axis, x.ndim)
        places[place] = x.shape[place]
        counted = np.broadcast_to(np.reshape(weights, places), x.shape)
    whole = np.sum(counted, axis=axis, keepdims=keepdims)
    result = np.sum(x * counted, axis=axis, keepdims=keepdims) / whole
    return (result, np.broadcast_to(whole, result.shape)) if returned else result


@implements(np.nansum)
def nansum(x: Any, axis: Axis = None, *args: Any, **options: Any) -> Any:
    """The sum of what is a number."""
    return sum_(np.where(np.isnan(x), 0, x), axis, *args, **options)


@implements(np.nanmean)
def nanmean(x: Any, axis: Axis = None, *args: Any, **options: Any) -> Any:
    """The mean of what is a number."""
    keepdims = options.get("keepdims", False)
    count = sum_(np.logical_not(np.isnan(x)), axis, keepdims=keepdims)
    total = nansum(x, axis, *args, **options)
    whole = total.dtype.kind in "biu"
    return total / (count if whole else count.astype(total.dtype))


@implements(np.argmax)
def argmax(x: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """Where the largest element is; the first of those that tie."""
    return _position(p.argmax, x, axis, keepdims)


@implements(np.argmin)
def argmin(x: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """Where the smallest element is; the first of those that tie."""
    return _position(p.argmin, x, axis, keepdims)


def _position(primitive: Primitive, x: Any, axis: Any, keepdims: Any) -> Any:
    if axis is None:
        found = primitive(np.ravel(x), axis=0)
        return np.reshape(found, (1,) * x.ndim) if keepdims is True else found
    place = one_axis(axis, x.ndim)
    found = primitive(x, axis=place)
    return np.expand_dims(found, place) if keepdims is True else found


@implements(np.cumsum)
def cumsum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums."""
    flat, place = line_along(cast_as_asked(x, total_dtype(x, dtype)), axis)
    return p.cumsum(flat, axis=place)


@implements(np.cumprod)
def cumprod(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products."""
    flat, place = line_along(cast_as_asked(x, total_dtype(x, dtype)), axis)
    return p.cumprod(flat, axis=place)


def line_along(x: Any, axis: Any) -> tuple[Any, int]:
    """The array and the axis to go along; flattened where none is given."""
    x = lifted(x)
    if axis is None or x.ndim == 0:
        return np.ravel(x), 0
    return x, one_axis(axis, x.ndim)


HANDLERS[np.add, "accumulate"] = lambda x, axis=0, dtype=None: cumsum(x, axis, dtype)
HANDLERS[np.multiply, "accumulate"] = lambda x, axis=0, dtype=None: cumprod(
    x, axis, dtype
)


@implements(np.median)
def median(
    x: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    """The middle element, or the mean of the two in the middle."""
    axes = tuple(sorted(many_axes(axis, x.ndim)))
    kept = [i for i in range(x.ndim) if i not in axes]
    count = count_of(x, axis)
    if count == 0:
        raise ShapeError(
            f"Expected at least one element for a median, got shape {x.shape} at "
            f"{user_line()}."
        )
    rest = tuple([x.shape[i] for i in kept])
    line = np.sort(np.reshape(np.transpose(x, (*kept, *axes)), (*rest, count)))
    middle = line[..., (count - 1) // 2 : count // 2 + 1]
    found = np.mean(middle, axis=-1)
    if x.dtype.kind in "fc":
        found = np.where(np.isnan(line[..., -1]), np.nan, found)
    if not keepdims:
        return found
    extents = [1 if i in axes else extent for i, extent in enumerate(x.shape)]
    return np.reshape(found, extents)


@implements(np.diff)
def diff(
    x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> Any:
    """Differences of neighbours, ``n`` times over; of booleans, whether they differ."""
    x = lifted(x)
    place = one_axis(axis, x.ndim)
    line = (*x.shape[:place], 1, *x.shape[place + 1 :])
    parts = [
        np.broadcast_to(part, line) if np.ndim(part) == 0 else part
        for part in (prepend, x, append)
        if part is not None and part is not np._NoValue  # type: ignore[attr-defined]
    ]
    x = np.concatenate(parts, axis=place) if len(parts) > 1 else x
    before = (np.s_[:],) * place
    subtract = np.not_equal if x.dtype.kind == "b" else np.subtract
    for _ in range(n):
        x = subtract(x[(*before, np.s_[1:])], x[(*before, np.s_[:-1])])
    return x


@implements(np.allclose)
def allclose(x: Any, y: Any, *args: Any, **options: Any) -> Any:
    """Whether all elements differ by no more than the tolerances."""
    return np.all(np.isclose(x, y, *args, **options))


@implements(np.array_equal)
def array_equal(x: Any, y: Any) -> Any:
    """Whether shapes and all elements are equal."""
    return np.shape(x) == np.shape(y) and np.all(np.equal(x, y))
