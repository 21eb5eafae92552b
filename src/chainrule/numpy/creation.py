"""Arrays made like others, or of traced numbers."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule.core.interpreter import Traced
from chainrule.core.tracer import Tracer, implements
from chainrule.core.tree import flatten
from chainrule.core.types import Shape
from chainrule.numpy.promotion import astype, lifted, refuse, result_type


def _repeated(value: Any, like: Any, dtype: Any, shape: Any) -> Any:
    """One number in a shape: a read-only view, which programs keep as a literal."""
    wanted = like.dtype if dtype is None else np.dtype(dtype)
    extents = like.shape if shape is None else shape
    return np.broadcast_to(np.asarray(value, wanted), extents)


def _extents(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The shape, where one is given; memory's order and subclasses mean nothing."""
    options |= dict(zip(("order", "subok", "shape"), args, strict=False))
    for ignored in ("order", "subok"):
        options.pop(ignored, None)
    shape = options.pop("shape", None)
    refuse(name, options)
    return shape


@implements(np.zeros_like, np.empty_like)
def zeros_like(x: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
    """Zeros of the shape and dtype of an array."""
    return _repeated(0, x, dtype, _extents("zeros_like", args, options))


@implements(np.ones_like)
def ones_like(x: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
    """Ones of the shape and dtype of an array."""
    return _repeated(1, x, dtype, _extents("ones_like", args, options))


@implements(np.full_like)
def full_like(
    x: Any, fill_value: Any, dtype: Any = None, *args: Any, **options: Any
) -> Any:
    """One number in the shape and dtype of an array."""
    shape = _extents("full_like", args, options)
    if not isinstance(fill_value, Traced):
        return _repeated(fill_value, x, dtype, shape)
    return full(x.shape if shape is None else shape, fill_value, dtype or x.dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: Any = None) -> Any:
    """One number, possibly traced, in every element.

    Shapes:
        fill_value: any that broadcasts to ``shape``.

    Args:
        shape: Extents.
        fill_value: The number.
        dtype: By default that of the number.
        device: None or ``"cpu"``.

    Returns:
        An array, or a traced value where the number is traced.

    Examples:
        >>> full((2,), 3.0)
        array([3., 3.])
    """
    if not isinstance(fill_value, Tracer):
        return np.full(shape, fill_value, dtype, device=device)
    typed = fill_value if dtype is None else astype(fill_value, dtype)
    return np.broadcast_to(typed, shape)


def asarray(
    values: Any, dtype: Any = None, *, device: Any = None, copy: bool | None = None
) -> Any:
    """An array of numbers or nested lists, any of which may be traced.

    Shapes:
        The nesting of the lists, then the axes of what they hold.

    Args:
        values: An array, a traced value, a number or nested lists of them.
        dtype: By default the common one.
        device: None or ``"cpu"``.
        copy: Whether plain arrays are copied; None where they must be. Traced values
            never change, and are not.

    Returns:
        An array, or a traced value where something in it is traced.

    Examples:
        >>> asarray([1.0, 2.0])
        array([1., 2.])
    """
    leaves, _ = flatten(values)
    if not any(isinstance(leaf, Traced) for leaf in leaves):
        return np.asarray(values, dtype, device=device, copy=copy)
    wanted = result_type(*leaves) if dtype is None else np.dtype(dtype)
    return astype(_stacked(values), wanted)


def array(values: Any, dtype: Any = None, **options: Any) -> Any:
    """As ``asarray``, in memory of its own; with NumPy's options for plain values.

    Shapes:
        The nesting of the lists, then the axes of what they hold.

    Args:
        values: An array, a traced value, a number or nested lists of them.
        dtype: By default the common one.
        options: ``copy``, ``order``, ``ndmin`` and such, for plain values.

    Returns:
        An array, or a traced value where something in it is traced.

    Examples:
        >>> array([1, 2], float)
        array([1., 2.])
    """
    if any(isinstance(leaf, Traced) for leaf in flatten(values)[0]):
        refuse("array", {**options, "copy": None})
        return asarray(values, dtype)
    return np.array(values, dtype, **options)


def _stacked(values: Any) -> Any:
    if not isinstance(values, (list, tuple)):
        return values
    return np.stack([_stacked(value) for value in values])


@implements(np.linspace)
def linspace(  # noqa: PLR0913  (the parameters are NumPy's)
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Numbers at equal distances between two ends, the last one exactly the end."""
    num = operator.index(num)
    parts = num - 1 if endpoint else num
    exact = result_type(start, stop, 1.0)
    start, stop = lifted(start).astype(exact), lifted(stop).astype(exact)
    step = np.subtract(stop, start) / (parts if parts else np.nan)
    column = np.arange(num).reshape(num, *[1] * np.ndim(step)).astype(step.dtype)
    points = start + column * (step if parts else 0)
    if endpoint and num > 1:
        last = np.broadcast_to(stop, points.shape[1:]).astype(points.dtype)
        points = np.concatenate([points[:-1], last[None]])
    points = np.moveaxis(points, 0, axis)
    if dtype is not None:
        whole = np.dtype(dtype).kind in "iu"
        points = astype(np.floor(points) if whole else points, dtype)
    return (points, step) if retstep else points


@implements(np.meshgrid)
def meshgrid(
    *arrays: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    """Coordinates of a grid, from those along each axis."""
    count = len(arrays)
    places = list(range(count))
    if indexing == "xy" and count > 1:
        places[0], places[1] = 1, 0
    pairs = zip(arrays, places, strict=True)
    grids = [np.reshape(x, _along(place, count)) for x, place in pairs]
    return tuple(grids) if sparse else tuple(np.broadcast_arrays(*grids))


def _along(place: int, count: int) -> Shape:
    return tuple([-1 if i == place else 1 for i in range(count)])


@implements(np.result_type)
def result_type_(*values: Any) -> np.dtype[Any]:
    """The dtype that values have in common."""
    return result_type(*values)
