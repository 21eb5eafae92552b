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
)
from chainrule.primitives.conversion import stop_gradient


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
def cross(x: Any, y: Any, axis: int = -1, **options: Any) -> Any:
    """The vector product of vectors of three."""
    refuse("cross", options)
    x, y = np.moveaxis(lifted(x), axis, -1), np.moveaxis(lifted(y), axis, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise ShapeError(
            f"Expected vectors of three elements, got shapes {x.shape} and {y.shape} "
            f"at {user_line()}: name the axis that has three."
        )
    ahead, behind = [1, 2, 0], [2, 0, 1]
    forward = x[..., ahead] * y[..., behind]
    backward = x[..., behind] * y[..., ahead]
    return np.moveaxis(forward - backward, -1, axis)


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
    return np.all(np.equal(x, y))


@implements(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, **options: Any) -> Any:
    """Numbers of equal ratios between two ends of one sign."""
    start, stop = np.float64(1) * start, np.float64(1) * stop
    sign = np.sign(start)
    logs = np.linspace(np.log(start / sign), np.log(stop / sign), num, **options)
    return np.exp(logs) * sign


@implements(np.logspace)
def logspace(start: Any, stop: Any, num: int = 50, **options: Any) -> Any:
    """Powers of a base, 10 unless told, at equal distances of the exponent."""
    base = options.pop("base", 10.0)
    return np.power(base, np.linspace(start, stop, num, **options))
