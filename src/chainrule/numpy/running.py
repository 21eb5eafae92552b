"""NumPy's running totals and differences along an axis, for traced values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import HANDLERS, implements
from chainrule.numpy.promotion import cast, cast_as_asked, lifted, refuse_complex
from chainrule.numpy.reduction import is_given, line_along, total_dtype
from chainrule.numpy.structure import many_axes, one_axis
from chainrule.primitives import accumulation
from chainrule.primitives import reduction as p
from chainrule.primitives.slicing import part

Primitive = Any


def _running(primitive: Primitive) -> Callable[..., Any]:
    def handler(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        line, place = line_along(cast_as_asked(x, total_dtype(x, dtype)), axis)
        return primitive(line, axis=place)

    return handler


cumsum = implements(np.cumsum)(_running(p.cumsum))
cumprod = implements(np.cumprod)(_running(p.cumprod))


def _accumulate(running: Callable[..., Any]) -> Callable[..., Any]:
    def accumulate(x: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        return running(x, one_axis(axis, x.ndim), dtype)

    return accumulate


def _extreme(primitive: Primitive) -> Callable[..., Any]:
    def running(x: Any, axis: int, dtype: Any = None) -> Any:
        return primitive(x if dtype is None else cast(x, np.dtype(dtype)), axis=axis)

    return running


def _first_less(combine: np.ufunc) -> Callable[..., Any]:
    """Differences (quotients) of the first element and all that follow."""

    def running(x: Any, axis: int, dtype: Any = None) -> Any:
        typed = lifted(x) if dtype is None else cast(x, np.dtype(dtype))
        front = part(typed, axis, 0, min(1, typed.shape[axis]))
        back = part(typed, axis, min(1, typed.shape[axis]), typed.shape[axis])
        if combine is np.subtract:
            return cumsum(np.concatenate([front, -back], axis), axis)
        return cumprod(np.concatenate([front / 1, 1 / back], axis), axis)

    return running


def _by_doubling(combine: np.ufunc) -> Callable[..., Any]:
    """Runs twice as long in each round, for what may be bracketed at will.

    Hillis and Steele, Data Parallel Algorithms, CACM 29 (1986).
    """

    def running(x: Any, axis: int, dtype: Any = None) -> Any:
        y = x if dtype is None else cast(x, np.dtype(dtype))
        reach, length = 1, x.shape[axis]
        while reach < length:
            early = part(y, axis, 0, length - reach)
            late = combine(early, part(y, axis, reach, length))
            y = np.concatenate([part(y, axis, 0, reach), late], axis)
            reach *= 2
        return y

    return running


ACCUMULATIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: cumsum,
    np.multiply: cumprod,
    np.maximum: _extreme(accumulation.cummax),
    np.minimum: _extreme(accumulation.cummin),
    np.subtract: _first_less(np.subtract),
    np.divide: _first_less(np.divide),
    **{
        ufunc: _by_doubling(ufunc)
        for ufunc in (
            *(np.logaddexp, np.logaddexp2, np.hypot, np.fmax, np.fmin),
            *(np.logical_and, np.logical_or, np.logical_xor),
            *(np.bitwise_and, np.bitwise_or, np.bitwise_xor),
        )
    },
}
for _ufunc, _function in ACCUMULATIONS.items():
    HANDLERS[_ufunc, "accumulate"] = _accumulate(_function)


def _beside(x: Any, ends: Any, axis: int) -> Any:
    """What is put before or behind: a number is repeated along the other axes."""
    ends = lifted(ends)
    if ends.ndim:
        return ends
    return np.broadcast_to(ends, (*x.shape[:axis], 1, *x.shape[axis + 1 :]))


@implements(np.diff)
def diff(
    x: Any,
    n: int = 1,
    axis: int = -1,
    prepend: Any = None,
    append: Any = None,
) -> Any:
    """Differences of neighbours, ``n`` times over."""
    if n < 0:
        raise ValueError(
            f"Expected n from 0 for np.diff, got {n} at {user_line()}: give how often "
            "to take differences."
        )
    x = lifted(x)
    place = one_axis(axis, x.ndim)
    if n == 0:
        return x
    parts = [_beside(x, prepend, place)] if is_given(prepend) else []
    parts.append(x)
    parts += [_beside(x, append, place)] if is_given(append) else []
    x = np.concatenate(parts, place) if len(parts) > 1 else x
    apart = np.not_equal if x.dtype.kind == "b" else np.subtract
    before = (np.s_[:],) * place
    for _ in range(n):
        x = apart(x[(*before, np.s_[1:])], x[(*before, np.s_[:-1])])
    return x


@implements(np.ediff1d)
def ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours of the flattened array, between given ends."""
    parts = [np.ravel(x), to_begin, to_end]
    line = lifted(parts[0])
    found = [line[1:] - line[:-1]]
    if is_given(to_begin):
        found.insert(0, np.ravel(to_begin))
    if is_given(to_end):
        found.append(np.ravel(to_end))
    return np.concatenate(found).astype(line.dtype)


@implements(np.unwrap)
def unwrap(
    p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi
) -> Any:
    """Angles moved by whole periods, so that neighbours differ by half of one at most.

    The number of periods is a step: it adds nothing to the derivative.
    """
    refuse_complex("unwrap", p)
    if p.dtype.kind != "f":
        p = p.astype(float)
    place = one_axis(axis, p.ndim)
    before = (np.s_[:],) * place
    steps = diff(p, axis=place)
    limit = period / 2 if discont is None else discont
    wrapped = np.mod(steps + period / 2, period) - period / 2
    upper = np.logical_and(wrapped == -period / 2, steps > 0)
    wrapped = np.where(upper, period / 2, wrapped)
    moved = np.where(np.abs(steps) < limit, 0, wrapped - steps)
    first = p[(*before, np.s_[:1])]
    rest = p[(*before, np.s_[1:])] + cumsum(moved, place)
    return np.concatenate([first, rest], axis=place)


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of a line through points."""
    y = np.moveaxis(lifted(y), axis, -1)
    step = dx
    if x is not None:
        step = diff(x) if np.ndim(x) == 1 else np.moveaxis(diff(x, 1, axis), axis, -1)
    return np.sum(step * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences inside, one-sided ones of the given order at the edges."""
    f = lifted(f)
    f = f if f.dtype.kind in "fc" else f.astype(float)
    axes = many_axes(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ValueError(
            f"Expected edge_order 1 or 2 for np.gradient, got {edge_order} at "
            f"{user_line()}."
        )
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(
            f"Expected no spacing, one, or one for each of {len(axes)} axes, got "
            f"{len(varargs)} at {user_line()}."
        )
    spacing = varargs or (1.0,)
    spacing = spacing * len(axes) if len(spacing) == 1 else spacing
    pairs = zip(axes, spacing, strict=True)
    found = [_slope(np.moveaxis(f, a, -1), h, edge_order) for a, h in pairs]
    slopes = [np.moveaxis(y, -1, a) for y, a in zip(found, axes, strict=True)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def _slope(f: Any, spacing: Any, edge_order: int) -> Any:
    """The differences along the last axis."""
    count = f.shape[-1]
    if count < edge_order + 1:
        raise ShapeError(
            f"Expected at least {edge_order + 1} elements for np.gradient with "
            f"edge_order={edge_order}, got {count} at {user_line()}."
        )
    if np.ndim(spacing) == 0:
        inside = (f[..., 2:] - f[..., :-2]) / (2.0 * spacing)
        steps = [spacing] * (count - 1)
    else:
        steps = diff(spacing)
        if steps.shape != (count - 1,):
            raise ShapeError(
                f"Expected {count} coordinates for np.gradient, got {np.shape(spacing)}"
                f" at {user_line()}: one for each element of the axis."
            )
        inside = _uneven(f, steps[:-1], steps[1:])
    edge = _edge if edge_order == 1 else _edge_of_three
    first = edge(f[..., 0:3], steps[0], steps[1] if count > 2 else steps[0])
    last = edge(
        f[..., : -4 if count > 3 else None : -1],
        -steps[-1],
        -steps[-2 if count > 2 else -1],
    )
    whole = np.concatenate([first[..., None], inside, last[..., None]], axis=-1)
    return whole.astype(f.dtype)


def _uneven(f: Any, low: Any, high: Any) -> Any:
    """Second-order differences between unequal steps."""
    a = -high / (low * (low + high))
    b = (high - low) / (low * high)
    c = low / (high * (low + high))
    return a * f[..., :-2] + b * f[..., 1:-1] + c * f[..., 2:]


def _edge(f: Any, step: Any, _: Any) -> Any:
    return (f[..., 1] - f[..., 0]) / step


def _edge_of_three(f: Any, near: Any, far: Any) -> Any:
    """The slope at the first of three points of their parabola."""
    a = -(2.0 * near + far) / (near * (near + far))
    b = (near + far) / (near * far)
    c = -near / (far * (near + far))
    return a * f[..., 0] + b * f[..., 1] + c * f[..., 2]
