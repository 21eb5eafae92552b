"""NumPy's reductions that leave out what is not a number, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.tracer import Tracer, implements
from chainrule.numpy.order import (
    between,
    hundredths,
    is_whole,
    merged,
    method_named,
    parts_of,
    shaped,
)
from chainrule.numpy.promotion import lifted, refuse, refuse_complex
from chainrule.numpy.reduction import asked, is_given
from chainrule.numpy.structure import Axis


def _numbers(x: Any) -> Any:
    """Which elements are numbers."""
    return np.logical_not(np.isnan(x))


def _filled(x: Any, fill: Any) -> Any:
    """A number in the place of each NaN."""
    return np.where(np.isnan(x), np.asarray(fill, x.dtype), x)


def _holds_nan(x: Any) -> bool:
    return x.dtype.kind in "fc"


@implements(np.nansum)
def nansum(x: Any, axis: Axis = None, *args: Any, **options: Any) -> Any:
    """The sum of what is a number."""
    return np.sum(_filled(x, 0) if _holds_nan(x) else x, axis, *args, **options)


@implements(np.nanprod)
def nanprod(x: Any, axis: Axis = None, *args: Any, **options: Any) -> Any:
    """The product of what is a number."""
    return np.prod(_filled(x, 1) if _holds_nan(x) else x, axis, *args, **options)


@implements(np.nancumsum)
def nancumsum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums of what is a number."""
    return np.cumsum(_filled(x, 0) if _holds_nan(x) else x, axis, dtype)


@implements(np.nancumprod)
def nancumprod(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products of what is a number."""
    return np.cumprod(_filled(x, 1) if _holds_nan(x) else x, axis, dtype)


def _extreme(function: Any, fill: float) -> Any:
    def handler(
        x: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Any:
        keepdims = asked(keepdims)
        options = {"initial": initial, "where": where}
        options = {name: value for name, value in options.items() if is_given(value)}
        if not _holds_nan(x):
            return function(x, axis=axis, keepdims=keepdims, **options)
        found = function(_filled(x, fill), axis=axis, keepdims=keepdims, **options)
        if is_given(initial):
            return found
        some = np.any(_numbers(x), axis=axis, keepdims=keepdims)
        return np.where(some, found, np.asarray(np.nan, x.dtype))

    return handler


implements(np.nanmax)(_extreme(np.max, -np.inf))
implements(np.nanmin)(_extreme(np.min, np.inf))


def _position(function: Any, fill: float) -> Any:
    def handler(
        x: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False
    ) -> Any:
        keepdims = asked(keepdims)
        if not _holds_nan(x):
            return function(x, axis=axis, keepdims=keepdims)
        _refuse_all_nan(x, axis)
        return function(_filled(x, fill), axis=axis, keepdims=keepdims)

    return handler


def _refuse_all_nan(x: Any, axis: Any) -> None:
    value = x.value if isinstance(x, Tracer) else x
    if value is not None and np.any(np.all(np.isnan(value), axis=axis)):
        raise ValueError(
            f"Expected a number in every line, got one of NaN alone at {user_line()}: "
            "there is no largest or smallest element."
        )


implements(np.nanargmax)(_position(np.argmax, -np.inf))
implements(np.nanargmin)(_position(np.argmin, np.inf))


def _mask(x: Any, options: dict[str, Any]) -> Any:
    """Where elements are numbers and wanted."""
    where = options.get("where", True)
    numbers = _numbers(x)
    return np.logical_and(numbers, where) if is_given(where) else numbers


def _of_numbers(
    function: Any, x: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """A reduction over what is a number."""
    if _holds_nan(x):
        options = {**options, "where": _mask(x, options)}
        x = _filled(x, 0)
    return function(x, *args, **options)


@implements(np.nanmean)
def nanmean(x: Any, axis: Axis = None, *args: Any, **options: Any) -> Any:
    """The mean of what is a number."""
    return _of_numbers(np.mean, x, (axis, *args), options)


@implements(np.nanvar)
def nanvar(x: Any, axis: Axis = None, *args: Any, **options: Any) -> Any:
    """The variance of what is a number; NaN where that is too little."""
    return _of_numbers(np.var, x, (axis, *args), options)


@implements(np.nanstd)
def nanstd(x: Any, axis: Axis = None, *args: Any, **options: Any) -> Any:
    """The root of the variance of what is a number."""
    return np.sqrt(nanvar(x, axis, *args, **options))


@implements(np.nanquantile)
def nanquantile(
    x: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: Any = False,
    **options: Any,
) -> Any:
    """Values below which given parts of what is a number lie."""
    x = lifted(x)
    if not _holds_nan(x):
        keepdims = asked(keepdims)
        return np.quantile(x, q, axis, method=method, keepdims=keepdims, **options)
    refuse("nanquantile", options)
    refuse_complex("nanquantile", x)
    where, rounding = method_named(method)
    dtype = x.dtype if is_whole(q) else None
    q = parts_of(q, x)
    lines, kept = merged(x, axis)
    lines = np.sort(lines)
    count = np.sum(_numbers(lines), axis=-1, keepdims=True)
    whole = count.astype(q.dtype)
    place = where(whole, np.ravel(q))
    found = between(
        lines,
        place,
        rounding,
        np.maximum(whole, 1),
        lambda at: np.take_along_axis(lines, at, -1),
    )
    found = np.reshape(found, (*found.shape[:-1], *q.shape))
    found = found if dtype is None else found.astype(dtype)
    return shaped(found, q.ndim, kept if asked(keepdims) else None)


@implements(np.nanpercentile)
def nanpercentile(x: Any, q: Any, *args: Any, **options: Any) -> Any:
    """Quantiles in hundredths of what is a number."""
    return nanquantile(x, hundredths(q), *args, **options)


@implements(np.nanmedian)
def nanmedian(
    x: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: Any = False,
) -> Any:
    """The middle of what is a number, or the mean of the two in the middle."""
    if not _holds_nan(x):
        return np.median(x, axis, keepdims=asked(keepdims))
    lines, kept = merged(x, axis)
    lines = np.sort(lines)
    count = np.sum(_numbers(lines), axis=-1, keepdims=True)
    pair = np.concatenate([np.maximum(count - 1, 0) // 2, count // 2], axis=-1)
    pair = np.minimum(pair, lines.shape[-1] - 1)
    found = np.mean(np.take_along_axis(lines, pair, -1), axis=-1)
    return np.reshape(found, kept) if asked(keepdims) else found
