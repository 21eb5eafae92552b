"""More of NumPy for traced values, each written in NumPy: signs, remainders, grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import (
    cast,
    lifted,
    promoted,
    refuse,
    refuse_complex,
    result_type,
)
from chainrule.primitives import neighbours
from chainrule.primitives.conversion import stop_gradient
from chainrule.primitives.special import bessel


@implements(np.heaviside)
def heaviside(x: Any, middle: Any, **options: Any) -> Any:
    """0 below zero, 1 above, and a value of its own at zero."""
    refuse(np.heaviside, options)
    x, middle = promoted(np.heaviside, x, middle)
    step = np.where(x > 0, 1.0, np.where(x == 0, middle, 0.0))
    return cast(lifted(np.where(np.isnan(x), x, step)), x.dtype)


@implements(np.fmod)
def fmod(x: Any, y: Any, **options: Any) -> Any:
    """The remainder with the sign of the first operand."""
    refuse(np.fmod, options)
    x, y = promoted(np.fmod, x, y)
    size = np.remainder(np.abs(x), np.abs(y))
    signed = np.where(np.less(x, 0), -size, size)
    return np.where(np.logical_and(np.equal(x, 0), np.equal(size, 0)), x, signed)


@implements(np.copysign)
def copysign(x: Any, y: Any, **options: Any) -> Any:
    """The size of the first operand with the sign of the second."""
    refuse(np.copysign, options)
    x, y = promoted(np.copysign, x, y)
    size = np.abs(x)
    return np.where(np.signbit(stop_gradient(y)), -size, size)


@implements(np.cross)
def cross(
    x: Any,
    y: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Any:
    """The vector product of vectors of three."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = np.moveaxis(lifted(x), axisa, -1), np.moveaxis(lifted(y), axisb, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise ShapeError(
            f"Expected vectors of three elements, got shapes {x.shape} and {y.shape} "
            f"at {user_line()}: name the axis that has three."
        )
    ahead, behind = [1, 2, 0], [2, 0, 1]
    forward = x[..., ahead] * y[..., behind]
    backward = x[..., behind] * y[..., ahead]
    return np.moveaxis(forward - backward, -1, axisc)


@implements(np.logaddexp2)
def logaddexp2(x: Any, y: Any, **options: Any) -> Any:
    """The logarithm to base 2 of a sum of powers of 2, none of which overflows."""
    refuse(np.logaddexp2, options)
    x, y = promoted(np.logaddexp2, x, y)
    unit = np.log(x.dtype.type(2))
    return np.logaddexp(x * unit, y * unit) / unit


@implements(np.modf)
def modf(x: Any, **options: Any) -> tuple[Any, Any]:
    """What is behind the point, and what is before it."""
    refuse(np.modf, options)
    (x,) = promoted(np.modf, x)
    whole = np.trunc(x)
    part = np.where(np.isinf(x), 0, x - whole)
    return np.copysign(part, x), whole


@implements(np.frexp)
def frexp(x: Any, **options: Any) -> tuple[Any, Any]:
    """Mantissa, from 1/2 up to 1, and exponent of 2; the exponent stands still."""
    refuse(np.frexp, options)
    (x,) = promoted(np.frexp, x)
    power = neighbours.exponent(x)
    return neighbours.ldexp(x, np.negative(power.astype(np.int64))), power


@implements(np.ldexp)
def ldexp(x: Any, n: Any, **options: Any) -> Any:
    """A number times a power of 2."""
    refuse(np.ldexp, options)
    refuse_complex("ldexp", x)
    if result_type(n).kind not in "biu":
        raise TypeError(
            f"Expected integers as exponents of np.ldexp, got {result_type(n)} at "
            f"{user_line()}: use x * 2.0**n."
        )
    x, n = np.broadcast_arrays(lifted(x), lifted(n))
    x = x if x.dtype.kind == "f" else x.astype(np.ldexp(x.dtype.type(0), 1).dtype)
    return neighbours.ldexp(x, n.astype(np.int64))


@implements(np.spacing)
def spacing(x: Any, **options: Any) -> Any:
    """How far the next number lies, away from 0; its derivative is 0."""
    refuse(np.spacing, options)
    (x,) = promoted(np.spacing, x)
    size = np.abs(stop_gradient(x))
    apart = np.nextafter(size, np.inf) - size
    last = np.logical_and(np.isinf(apart), np.isfinite(size))
    apart = np.where(last, size - np.nextafter(size, 0), apart)
    return np.where(x < 0, -apart, apart)


@implements(np.i0)
def i0(x: Any) -> Any:
    """The modified Bessel function of order 0."""
    refuse_complex("i0", x)
    return bessel.i0(x if x.dtype.kind == "f" else cast(x, np.dtype(float)))


@implements(np.isposinf)
def isposinf(x: Any) -> Any:
    """Whether each element is the positive infinity."""
    refuse_complex("isposinf", x)
    return np.equal(x, np.inf)


@implements(np.isneginf)
def isneginf(x: Any) -> Any:
    """Whether each element is the negative infinity."""
    refuse_complex("isneginf", x)
    return np.equal(x, -np.inf)


@implements(np.array_equiv)
def array_equiv(x: Any, y: Any) -> Any:
    """Whether arrays are equal when one is repeated to the shape of the other."""
    try:
        return np.all(np.equal(x, y))
    except ShapeError:
        return False


@implements(np.geomspace)
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers of equal ratios between two ends of one sign."""
    wide = np.float64(1.0)
    start, stop = np.broadcast_arrays(np.multiply(start, wide), np.multiply(stop, wide))
    sign = np.sign(start)
    low, high = start / sign, stop / sign
    points = np.power(10.0, np.linspace(np.log10(low), np.log10(high), num, endpoint))
    count = len(points)
    ends = [low[None]] * (count > 0), [high[None]] * (endpoint and count > 1)
    inner = points[len(ends[0]) : count - len(ends[1])]
    points = np.moveaxis(np.concatenate([*ends[0], inner, *ends[1]]) * sign, 0, axis)
    return points if dtype is None else lifted(points).astype(dtype)


@implements(np.logspace)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Powers of a base at equal distances of the exponent."""
    if np.ndim(base):
        ndim = max(np.ndim(start), np.ndim(stop), np.ndim(base))
        start, stop, base = [
            np.reshape(lifted(v), (*[1] * (ndim - np.ndim(v)), *np.shape(v)))
            for v in (start, stop, base)
        ]
        base = np.expand_dims(base, axis)
    points = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return points if dtype is None else lifted(points).astype(dtype)
