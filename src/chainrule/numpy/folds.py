"""The methods of NumPy's ufuncs for traced values: reduce, reduceat, outer, at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.tracer import HANDLERS
from chainrule.numpy.elementwise import outer_of
from chainrule.numpy.indexing import assignment
from chainrule.numpy.promotion import cast, lifted, refuse, refuse_complex
from chainrule.numpy.reduction import asked
from chainrule.numpy.structure import Axis, many_axes, one_axis
from chainrule.primitives.conversion import stop_gradient
from chainrule.primitives.slicing import part


def _halved(combine: np.ufunc) -> Callable[[Any, int], Any]:
    """Halves combined until one element is left, for what may be bracketed at will."""

    def fold(x: Any, axis: int) -> Any:
        length = x.shape[axis]
        if not length:
            return np.broadcast_to(
                _nothing(combine, x.dtype), x.shape[:axis] + x.shape[axis + 1 :]
            )
        while length > 1:
            half = length // 2
            y = combine(part(x, axis, 0, half), part(x, axis, half, 2 * half))
            rest = part(x, axis, 2 * half, length)
            x = np.concatenate([y, rest], axis) if length % 2 else y
            length = x.shape[axis]
        return np.squeeze(x, axis)

    return fold


def _nothing(combine: np.ufunc, dtype: np.dtype[Any]) -> Any:
    if combine.identity is None:
        raise ValueError(
            f"Expected at least one element for {combine.__name__}.reduce, got none at "
            f"{user_line()}: it has no result without."
        )
    return np.asarray(combine.identity, dtype)


def _log_of_sums(log: Any, exp: Any) -> Callable[[Any, int], Any]:
    """Exponentials of what is less the largest element, so that none overflows."""

    def fold(x: Any, axis: int) -> Any:
        refuse_complex("logaddexp", x)
        if not x.shape[axis]:
            return np.full(x.shape[:axis] + x.shape[axis + 1 :], -np.inf, x.dtype)
        largest = stop_gradient(np.max(x, axis=axis, keepdims=True))
        shift = np.where(np.isfinite(largest), largest, 0)
        return log(np.sum(exp(x - shift), axis=axis)) + np.squeeze(shift, axis)

    return fold


def _from_first(x: Any, axis: int) -> Any:
    """The first element less all others."""
    first = part(x, axis, 0, 1)
    return np.squeeze(first, axis) - np.sum(part(x, axis, 1, x.shape[axis]), axis=axis)


def _over_first(x: Any, axis: int) -> Any:
    """The first element divided by each of the others in turn."""
    first = np.squeeze(part(x, axis, 0, 1), axis)
    return first / np.prod(part(x, axis, 1, x.shape[axis]), axis=axis)


FOLDS: dict[np.ufunc, Callable[[Any, int], Any]] = {
    np.logaddexp: _log_of_sums(np.log, np.exp),
    np.logaddexp2: _log_of_sums(np.log2, np.exp2),
    np.subtract: _from_first,
    np.divide: _over_first,
    **{
        ufunc: _halved(ufunc)
        for ufunc in (
            *(np.hypot, np.fmax, np.fmin, np.logical_xor),
            *(np.bitwise_and, np.bitwise_or, np.bitwise_xor),
        )
    },
}


def _reduce(ufunc: np.ufunc, fold: Callable[[Any, int], Any]) -> Callable[..., Any]:
    def reduce(
        x: Any,
        axis: Axis = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        **options: Any,
    ) -> Any:
        refuse(f"{ufunc.__name__}.reduce", options)
        x = lifted(x) if dtype is None else cast(x, np.dtype(dtype))
        axes = many_axes(axis, x.ndim)
        y = np.equal(x, True) if ufunc is np.logical_xor else x
        for place in sorted(axes, reverse=True):
            y = fold(y, place)
        if not asked(keepdims):
            return y
        kept = [1 if i in axes else extent for i, extent in enumerate(x.shape)]
        return np.reshape(y, kept)

    return reduce


def _reduceat(ufunc: np.ufunc) -> Callable[..., Any]:
    def reduceat(
        x: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
    ) -> Any:
        """The reductions from each known place up to the next."""
        place = one_axis(axis, x.ndim)
        starts = np.asarray(indices).tolist()
        stops = [*starts[1:], x.shape[place]]
        parts: list[Any] = []
        for start, stop in zip(starts, stops, strict=True):
            run = part(x, place, start, max(stop, start + 1))
            parts.append(ufunc.reduce(run, axis=place, dtype=dtype, keepdims=True))
        return np.concatenate(parts, axis=place)

    return reduceat


for _ufunc, _fold in FOLDS.items():
    HANDLERS[_ufunc, "reduce"] = _reduce(_ufunc, _fold)
for _key in list(HANDLERS):
    if isinstance(_key, tuple) and _key[1] == "reduce":
        HANDLERS[_key[0], "reduceat"] = _reduceat(_key[0])
    if isinstance(_key, np.ufunc) and _key.nin == 2 and _key.signature is None:
        HANDLERS.setdefault((_key, "outer"), outer_of(_key))
        HANDLERS[_key, "at"] = assignment
