"""NumPy's reductions for traced values: sums, products, extremes, means, positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import HANDLERS, implements
from chainrule.numpy.complex_numbers import square_of_size
from chainrule.numpy.elementwise import truth
from chainrule.numpy.promotion import (
    broadcast_shape,
    cast,
    cast_as_asked,
    is_traced,
    lifted,
    refuse,
)
from chainrule.numpy.replay import by_types
from chainrule.numpy.structure import Axis, many_axes, one_axis
from chainrule.primitives import reduction as p
from chainrule.primitives.structure import reduce_sum, reshape

Primitive = Any
NO_VALUE: Any = np._NoValue  # type: ignore[attr-defined]


def asked(keepdims: Any) -> bool:
    """Whether reduced axes are to stay; NumPy's functions may hand on a mark for no."""
    return keepdims is not NO_VALUE and bool(keepdims)


def reduced(primitive: Primitive, x: Any, axis: Axis, keepdims: Any) -> Any:
    """Apply a reduction along axes, which stay with extent 1 where asked."""
    axes = tuple(sorted(many_axes(None if of_scalar(axis, x) else axis, x.ndim)))
    y = primitive(x, axes=axes)
    if keepdims is not False and asked(keepdims):
        kept = [1 if i in axes else extent for i, extent in enumerate(x.shape)]
        return reshape(y, shape=tuple(kept))
    return y


def of_scalar(axis: Any, x: Any) -> bool:
    """Whether it is the one axis that NumPy grants a scalar, which has none."""
    return x.ndim == 0 and isinstance(axis, int) and axis in (0, -1)


def total_dtype(x: Any, dtype: Any) -> np.dtype[Any]:
    """The dtype that NumPy adds up in: small integers and booleans become int64."""
    if dtype is not None:
        return np.dtype(dtype)
    if x.dtype.kind not in "biu" or x.dtype.itemsize >= np.dtype(int).itemsize:
        return x.dtype
    return np.dtype(np.uint if x.dtype.kind == "u" else int)


def is_given(value: Any) -> bool:
    """Whether an argument was given, and not as None or NumPy's mark for nothing."""
    return value is not None and value is not NO_VALUE


def chosen(x: Any, where: Any, fill: Any) -> Any:
    """The elements where a mask holds, and a number that changes nothing elsewhere."""
    if not is_given(where) or where is True:
        return x
    if broadcast_shape(x.shape, np.shape(where)) != x.shape:
        raise ShapeError(
            f"Expected where= of a shape that broadcasts to {x.shape}, got "
            f"{np.shape(where)} at {user_line()}: broadcast the array first."
        )
    return np.where(where, x, np.asarray(fill, x.dtype))


def started(y: Any, initial: Any, combine: Any) -> Any:
    """A reduction that begins with a value; of its result's dtype."""
    if not is_given(initial):
        return y
    return combine(
        y, cast(initial, y.dtype) if is_traced(initial) else y.dtype.type(initial)
    )


def _total(name: str, primitive: Primitive, nothing: int, combine: Any) -> Any:
    def handler(
        x: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Any:
        if dtype is not None or x.dtype.kind not in "fc":
            x = cast_as_asked(x, total_dtype(x, dtype))
        if where is True and initial is None:
            return reduced(primitive, x, axis, keepdims)
        terms = chosen(x, where, nothing)
        return started(reduced(primitive, terms, axis, keepdims), initial, combine)

    handler.__name__ = name
    return handler


def least(dtype: np.dtype[Any]) -> Any:
    """What is no larger than any other value of a dtype."""
    if dtype.kind == "f":
        return -np.inf
    return np.iinfo(dtype).min if dtype.kind in "iu" else False


def greatest(dtype: np.dtype[Any]) -> Any:
    """What is no smaller than any other value of a dtype."""
    if dtype.kind == "f":
        return np.inf
    return np.iinfo(dtype).max if dtype.kind in "iu" else True


def _extreme(
    primitives: tuple[Primitive, Primitive], nothing: Any, combine: Any
) -> Any:
    plain, on_booleans = primitives

    def handler(
        x: Any,
        axis: Axis = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Any:
        primitive = on_booleans if x.dtype.kind == "b" else plain
        masked = is_given(where) and where is not True
        if masked and not is_given(initial):
            raise ValueError(
                f"Expected initial= beside where=, got none at {user_line()}: give the "
                "result of no elements, for example initial=-np.inf."
            )
        terms = chosen(x, where, nothing(x.dtype))
        if is_given(initial) and not count_of(x, axis):
            terms = np.full_like(x, initial, shape=_filled(x, axis))
        return started(reduced(primitive, terms, axis, keepdims), initial, combine)

    return handler


def _filled(x: Any, axis: Axis) -> tuple[int, ...]:
    """The shape with one element along each reduced axis: they were none."""
    axes = many_axes(axis, x.ndim)
    return tuple([1 if i in axes else extent for i, extent in enumerate(x.shape)])


def _logical(primitive: Primitive, nothing: bool) -> Any:
    def handler(
        x: Any,
        axis: Axis = None,
        out: Any = None,
        keepdims: Any = False,
        *,
        where: Any = True,
    ) -> Any:
        terms = chosen(truth(x), where, nothing)
        return reduced(primitive, terms, axis, keepdims)

    return handler


LARGEST, SMALLEST = (p.reduce_max, p.reduce_or), (p.reduce_min, p.reduce_and)

sum_ = implements(np.sum)(by_types(_total("sum", reduce_sum, 0, np.add)))
prod = implements(np.prod)(by_types(_total("prod", p.reduce_prod, 1, np.multiply)))
max_ = implements(np.max, np.amax)(by_types(_extreme(LARGEST, least, np.maximum)))
min_ = implements(np.min, np.amin)(by_types(_extreme(SMALLEST, greatest, np.minimum)))
all_ = implements(np.all)(by_types(_logical(p.reduce_and, True)))
any_ = implements(np.any)(by_types(_logical(p.reduce_or, False)))

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
        out: Any = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        typed = x if dtype is None else cast_as_asked(x, np.dtype(dtype))
        given = {key: value for key, value in options.items() if is_given(value)}
        return handler(typed, axis=axis, keepdims=keepdims, **given)

    return reduce


for _ufunc, _handler in UFUNC_REDUCTIONS.items():
    HANDLERS[_ufunc, "reduce"] = _ufunc_reduce(_handler)


def count_of(x: Any, axis: Axis) -> int:
    """How many elements each result of a reduction is made of."""
    count = 1
    for i in many_axes(axis, x.ndim):
        count *= x.shape[i]
    return count


def _counted(x: Any, axis: Axis, keepdims: Any, where: Any) -> Any:
    """How many elements go into each result: a number, or an array beside a mask."""
    if not is_given(where) or where is True:
        return count_of(x, axis)
    flags = np.broadcast_to(where, x.shape)
    return np.sum(flags, axis=axis, keepdims=asked(keepdims))


def _share(total: Any, count: Any) -> Any:
    """A total over a count, in the total's dtype."""
    if not isinstance(count, (int, float)):
        count = count.astype(total.dtype)
    return total / count


@implements(np.mean)
@by_types
def mean(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> Any:
    """The arithmetic mean; of integers, in float64."""
    wanted = np.dtype(float) if x.dtype.kind in "biu" and dtype is None else dtype
    typed = x if wanted is None else cast_as_asked(x, np.dtype(wanted))
    total = reduced(reduce_sum, chosen(typed, where, 0), axis, keepdims)
    found = _share(total, _counted(x, axis, keepdims, where))
    return found if wanted is None else cast(found, np.dtype(wanted))


@implements(np.var)
@by_types
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
    where = options.pop("where", True)
    middle = options.pop("mean", None)
    correction = options.pop("correction", None)
    refuse("var", options)
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise TypeError(
            f"Expected a floating-point dtype for a variance, got {np.dtype(dtype)} at "
            f"{user_line()}: leave dtype out, and cast the result."
        )
    fewer = correction if is_given(correction) else ddof
    if not is_given(middle):
        middle = mean(x, axis, dtype, keepdims=True, where=where)
    square = square_of_size(x - middle)
    square = square if dtype is None else cast(square, np.dtype(dtype))
    total = reduced(reduce_sum, chosen(square, where, 0), axis, keepdims)
    count = _counted(x, axis, keepdims, where)
    if isinstance(count, int):
        return total / max(count - fewer, 0)
    return _share(total, np.maximum(count - fewer, 0))


@implements(np.std)
@by_types
def std(x: Any, *args: Any, **options: Any) -> Any:
    """The root of the variance."""
    return np.sqrt(var(x, *args, **options))


@implements(np.ptp)
@by_types
def ptp(x: Any, axis: Axis = None, out: Any = None, keepdims: Any = False) -> Any:
    """The largest less the smallest."""
    return max_(x, axis, keepdims=keepdims) - min_(x, axis, keepdims=keepdims)


@implements(np.count_nonzero)
def count_nonzero(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """How many elements are other than zero."""
    return sum_(truth(x), axis, keepdims=keepdims)


@implements(np.argmax)
def argmax(x: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """Where the largest element is; the first of those that tie."""
    return _position(p.argmax, x, axis, keepdims)


@implements(np.argmin)
def argmin(x: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """Where the smallest element is; the first of those that tie."""
    return _position(p.argmin, x, axis, keepdims)


def _position(primitive: Primitive, x: Any, axis: Any, keepdims: Any) -> Any:
    if axis is None or of_scalar(axis, x):
        found = primitive(np.ravel(x), axis=0)
        return np.reshape(found, (1,) * x.ndim) if asked(keepdims) else found
    place = one_axis(axis, x.ndim)
    found = primitive(x, axis=place)
    return np.expand_dims(found, place) if asked(keepdims) else found


def line_along(x: Any, axis: Any) -> tuple[Any, int]:
    """The array and the axis to go along; flattened where none is given."""
    x = lifted(x)
    if axis is None or x.ndim == 0:
        return np.ravel(x), 0
    return x, one_axis(axis, x.ndim)


@implements(np.allclose)
def allclose(x: Any, y: Any, *args: Any, **options: Any) -> Any:
    """Whether all elements differ by no more than the tolerances."""
    return np.all(np.isclose(x, y, *args, **options))


@implements(np.array_equal)
def array_equal(x: Any, y: Any, equal_nan: bool = False) -> Any:
    """Whether shapes and all elements are equal."""
    if np.shape(x) != np.shape(y):
        return False
    same = np.equal(x, y)
    if equal_nan:
        same = np.logical_or(same, np.logical_and(np.isnan(x), np.isnan(y)))
    return np.all(same)
