"""NumPy's functions of single elements for traced values: promote, broadcast, apply."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.core.program import Literal
from chainrule.core.tracer import HANDLERS, NAMED, Tracer, implements
from chainrule.numpy.promotion import (
    BOOL,
    cast,
    fitted,
    lifted,
    loop_dtype,
    operand,
    operands,
    promoted,
    refuse,
    witness,
)
from chainrule.numpy.replay import replay
from chainrule.primitives import bitwise as bits
from chainrule.primitives import comparison as compare
from chainrule.primitives import elementwise as p
from chainrule.primitives import exponential as e
from chainrule.primitives import rounding as steps
from chainrule.primitives import trigonometric as t
from chainrule.primitives.conversion import stop_gradient

UNARY: dict[np.ufunc, Primitive] = {
    np.negative: p.neg,
    np.signbit: steps.signbit,
    np.absolute: p.abs,
    np.fabs: p.abs,
    np.sign: p.sign,
    np.square: p.square,
    np.sqrt: e.sqrt,
    np.cbrt: e.cbrt,
    np.exp: e.exp,
    np.exp2: e.exp2,
    np.expm1: e.expm1,
    np.log: e.log,
    np.log2: e.log2,
    np.log10: e.log10,
    np.log1p: e.log1p,
    np.sin: t.sin,
    np.cos: t.cos,
    np.tan: t.tan,
    np.arcsin: t.arcsin,
    np.arccos: t.arccos,
    np.arctan: t.arctan,
    np.sinh: t.sinh,
    np.cosh: t.cosh,
    np.tanh: t.tanh,
    np.arcsinh: t.arcsinh,
    np.arccosh: t.arccosh,
    np.arctanh: t.arctanh,
    np.invert: bits.bitwise_not,
}

# For integers these are the identity, and without meaning for the primitive.
WHOLE: dict[np.ufunc, Primitive] = {
    np.floor: steps.floor,
    np.ceil: steps.ceil,
    np.trunc: steps.trunc,
    np.rint: steps.rint,
}

# For integers the answer is known: the second entry.
TESTS: dict[np.ufunc, tuple[Primitive, bool]] = {
    np.isfinite: (steps.isfinite, True),
    np.isinf: (steps.isinf, False),
    np.isnan: (steps.isnan, False),
}

BINARY: dict[np.ufunc, Primitive] = {
    np.add: p.add,
    np.subtract: p.sub,
    np.multiply: p.mul,
    np.divide: p.div,
    np.floor_divide: p.floor_divide,
    np.remainder: p.remainder,
    np.maximum: p.maximum,
    np.minimum: p.minimum,
    np.arctan2: t.arctan2,
    np.equal: compare.equal,
    np.not_equal: compare.not_equal,
    np.less: compare.less,
    np.less_equal: compare.less_equal,
    np.greater: compare.greater,
    np.greater_equal: compare.greater_equal,
    np.bitwise_and: bits.bitwise_and,
    np.bitwise_or: bits.bitwise_or,
    np.bitwise_xor: bits.bitwise_xor,
    np.left_shift: bits.shift_left,
    np.right_shift: bits.shift_right,
}

LOGICAL: dict[np.ufunc, Primitive] = {
    np.logical_and: bits.bitwise_and,
    np.logical_or: bits.bitwise_or,
    np.logical_xor: bits.bitwise_xor,
}

# What arithmetic on booleans means.
ON_BOOLEANS: dict[np.ufunc, Primitive] = {
    np.add: bits.bitwise_or,
    np.multiply: bits.bitwise_and,
    np.maximum: bits.bitwise_or,
    np.minimum: bits.bitwise_and,
}

NUMBERS = (float, int)

SINC_TERMS = 10
"""Enough for double precision where the argument is below 1."""

Handler = Callable[..., Any]


def _unary(ufunc: np.ufunc, primitive: Primitive) -> Handler:
    def handler(x: Any, **options: Any) -> Any:
        if options:
            refuse(ufunc, options)
        return primitive(operand(ufunc, x))

    return handler


def _whole(ufunc: np.ufunc, primitive: Primitive) -> Handler:
    def handler(x: Any, **options: Any) -> Any:
        refuse(ufunc, options)
        promoted = operand(ufunc, x)
        return primitive(promoted) if promoted.dtype.kind in "fc" else promoted

    return handler


def _test(ufunc: np.ufunc, primitive: Primitive, of_integers: bool) -> Handler:
    def handler(x: Any, **options: Any) -> Any:
        refuse(ufunc, options)
        return primitive(x) if x.dtype.kind in "fc" else _full(of_integers, x.shape)

    return handler


def _full(value: Any, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(np.asarray(value), shape)


def beside(x: Any, y: Any) -> tuple[Any, Any] | None:
    """Operands that need no promotion: alike, or one a float and one a bare number."""
    if type(x) is Tracer:
        other = _alike(y, x)
        return None if other is None else (x, other)
    if type(y) is Tracer:
        other = _alike(x, y)
        return None if other is None else (other, y)
    return None


def _alike(value: Any, x: Tracer) -> Any:
    """A value as the other operand, where it is that without promotion; else None."""
    type_ = x.type
    dtype = type_.dtype
    if dtype.kind != "f":
        return None
    kind = type(value)
    if kind is Tracer or kind is np.ndarray:
        fits = value.dtype is dtype and value.shape == type_.shape
        return value if fits else None
    if kind in NUMBERS or (kind is dtype.type and not x.weak):
        return Literal(dtype.type(value), type_)
    return None


def _binary(ufunc: np.ufunc, primitive: Primitive) -> Handler:
    booleans = ON_BOOLEANS.get(ufunc, primitive)

    def general(x: Any, y: Any) -> Any:
        dtype = loop_dtype(ufunc, witness(x), witness(y))
        chosen = booleans if dtype.kind == "b" else primitive
        return chosen(*fitted((x, y), dtype))

    def handler(x: Any, y: Any, **options: Any) -> Any:
        if options:
            refuse(ufunc, options)
        quick = beside(x, y)
        return replay(general, (x, y)) if quick is None else primitive(*quick)

    return handler


def _logical(ufunc: np.ufunc, primitive: Primitive) -> Handler:
    def handler(x: Any, y: Any, **options: Any) -> Any:
        refuse(ufunc, options)
        return primitive(*fitted((truth(x), truth(y)), BOOL))

    return handler


def outer_of(ufunc: np.ufunc) -> Handler:
    """The ufunc of each element of the one and each of the other."""

    def handler(x: Any, y: Any, **options: Any) -> Any:
        refuse(ufunc, options)
        return ufunc(np.reshape(x, (*np.shape(x), *[1] * np.ndim(y))), y)

    return handler


# Of scipy.special, which is imported only to compute them.
NAMED["erf"] = _unary(np.tanh, e.erf)
NAMED["expit"] = _unary(np.tanh, e.logistic)

for _ufunc, _primitive in UNARY.items():
    HANDLERS[_ufunc] = _unary(_ufunc, _primitive)
for _ufunc, _primitive in WHOLE.items():
    HANDLERS[_ufunc] = _whole(_ufunc, _primitive)
for _ufunc, (_primitive, _answer) in TESTS.items():
    HANDLERS[_ufunc] = _test(_ufunc, _primitive, _answer)
for _ufunc, _primitive in BINARY.items():
    HANDLERS[_ufunc] = _binary(_ufunc, _primitive)
    HANDLERS[_ufunc, "outer"] = outer_of(_ufunc)
for _ufunc, _primitive in LOGICAL.items():
    HANDLERS[_ufunc] = _logical(_ufunc, _primitive)
HANDLERS[np.fix] = HANDLERS[np.trunc]


def truth(x: Any) -> Any:
    """Whether each element is other than zero."""
    return cast(lifted(x), BOOL) if isinstance(x, Tracer) else np.asarray(x, bool)


@implements(np.logical_not)
def logical_not(x: Any, **options: Any) -> Any:
    """Whether each element is zero."""
    refuse(np.logical_not, options)
    return bits.bitwise_not(truth(x))


@implements(np.positive)
def positive(x: Any, **options: Any) -> Any:
    """The operand itself, but for booleans, which NumPy refuses."""
    refuse(np.positive, options)
    return operand(np.positive, x)


@implements(np.copy)
def copy(x: Any, order: str = "K", subok: bool = False) -> Any:
    """The operand itself: traced values never change."""
    return x


@implements(np.reciprocal)
def reciprocal(x: Any, **options: Any) -> Any:
    """One over each element; of integers, the whole part."""
    refuse(np.reciprocal, options)
    typed = operand(np.reciprocal, x)
    return p.div(1, typed) if typed.dtype.kind in "fc" else p.floor_divide(1, typed)


SMALL_POWER = 8


@implements(np.power)
def power(x: Any, y: Any, **options: Any) -> Any:
    """Powers; small whole ones by multiplication, exact and differentiable at 0."""
    refuse(np.power, options)
    if isinstance(x, Tracer) and type(y) in (int, float) and x.dtype.kind in "fc":
        if y == 0.5:
            return e.sqrt(x)
        if y == int(y) and abs(y) <= SMALL_POWER:
            return _small_power(x, int(y))
    if _negative_whole(x, y):
        raise ValueError(
            f"Expected a power from 0 for integers, got {y}: make the base a float, "
            "for example with .astype(float)."
        )
    return e.power(*operands(np.power, x, y))


def _negative_whole(x: Any, y: Any) -> bool:
    return type(y) is int and y < 0 and lifted(x).dtype.kind in "iu"


def _small_power(x: Any, n: int) -> Any:
    """Repeated squaring."""
    if n == 0:
        return np.ones_like(x)
    if n < 0:
        return p.div(1, _small_power(x, -n))
    if n == 1:
        return x
    half = p.square(_small_power(x, n // 2))
    return p.mul(half, x) if n % 2 else half


@implements(np.float_power)
def float_power(x: Any, y: Any, **options: Any) -> Any:
    """Powers in float64."""
    refuse(np.float_power, options)
    return e.power(*operands(np.float_power, x, y))


@implements(np.divmod)
def divmod_(x: Any, y: Any, **options: Any) -> tuple[Any, Any]:
    """Whole quotients and remainders."""
    refuse(np.divmod, options)
    return np.floor_divide(x, y), np.remainder(x, y)


@implements(np.hypot)
def hypot(x: Any, y: Any, **options: Any) -> Any:
    """The length of (x, y), scaled so that nothing overflows; derivative 0 at 0."""
    refuse(np.hypot, options)
    x, y = promoted(np.hypot, x, y)
    largest = stop_gradient(np.maximum(np.abs(x), np.abs(y)))
    infinite = np.logical_or(np.isinf(x), np.isinf(y))
    largest = np.where(infinite, np.inf, largest)
    ordinary = np.logical_and(largest > 0, np.isfinite(largest))
    scale = np.where(ordinary, largest, 1)
    root = np.sqrt(np.where(ordinary, np.square(x / scale) + np.square(y / scale), 1))
    return np.where(ordinary, scale * root, largest)


@implements(np.logaddexp)
def logaddexp(x: Any, y: Any, **options: Any) -> Any:
    """The logarithm of a sum of exponentials, with no exponential that overflows."""
    refuse(np.logaddexp, options)
    return e.logaddexp(*operands(np.logaddexp, x, y))


@implements(np.deg2rad, np.radians)
def deg2rad(x: Any, **options: Any) -> Any:
    """Degrees as radians."""
    refuse(np.deg2rad, options)
    return p.mul(operand(np.deg2rad, x), math.pi / 180)


@implements(np.rad2deg, np.degrees)
def rad2deg(x: Any, **options: Any) -> Any:
    """Radians as degrees."""
    refuse(np.rad2deg, options)
    return p.mul(operand(np.rad2deg, x), 180 / math.pi)


@implements(np.sinc)
def sinc(x: Any) -> Any:
    """sin(πx) / πx; near 0 by its series, whose derivatives hold there too."""
    y = np.pi * x
    near = np.abs(y) < 1
    square = np.square(np.where(near, y, 0))
    series = np.ones_like(square)
    for k in range(SINC_TERMS, 0, -1):
        series = 1 - square / (2 * k * (2 * k + 1)) * series
    y = np.where(near, 1, y)
    return np.where(near, series, np.sin(y) / y)
