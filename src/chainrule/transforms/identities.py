"""Equations that can be written shorter, each rule exact in IEEE arithmetic.

The table says, for a primitive, how an equation of it may be replaced. Every rule
keeps each bit of every result, signed zeros, NaN and inf too: ``x * 1`` is ``x``, but
``x + 0`` is not (it turns -0 into 0), and ``x * 0`` is not 0 (for NaN and inf).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.core.program import Atom, Equation, Literal, Var
from chainrule.core.types import ArrayType
from chainrule.primitives import (
    bitwise,
    comparison,
    conversion,
    elementwise,
    reduction,
    slicing,
    structure,
)

Made = dict[Var, Equation]


class Rewrite(NamedTuple):
    """An equation to write in place of another."""

    primitive: Primitive
    inputs: tuple[Atom, ...]
    params: dict[str, Any] = {}  # noqa: RUF012  # never changed


Found = Atom | Rewrite | None
Rule = Callable[[tuple[Atom, ...], dict[str, Any], ArrayType, Made], Found]

RULES: dict[Primitive, Rule] = {}


def rewrites(*primitives: Primitive) -> Callable[[Rule], Rule]:
    """Declare a rule for equations of these primitives."""

    def declare(rule: Rule) -> Rule:
        for primitive in primitives:
            RULES[primitive] = rule
        return rule

    return declare


def _argument(atom: Atom, primitive: Primitive, made: Made) -> Equation | None:
    """The equation of this primitive that made an atom, if one did."""
    equation = made.get(atom) if isinstance(atom, Var) else None
    return equation if equation and equation.primitive is primitive else None


def _is(atom: Atom, number: float) -> bool:
    """Whether an atom is this real number, sign of zero included, in every element.

    Never of complex ones: their product with 1 turns inf into NaN, and signs of zeros.
    """
    if not isinstance(atom, Literal) or atom.value != number:
        return False
    if atom.type.dtype.kind == "c":
        return False
    return bool(np.signbit(atom.value) == np.signbit(number)) or number != 0


def _is_integer(type: ArrayType) -> bool:
    return type.dtype.kind in "biu"


@rewrites(elementwise.neg)
def _neg(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    inner = _argument(inputs[0], elementwise.neg, made)
    if inner:
        return inner.inputs[0]
    product = _argument(inputs[0], elementwise.mul, made)
    for x, y in (product.inputs, product.inputs[::-1]) if product else ():
        if isinstance(y, Literal) and out.dtype.kind == "f":
            return Rewrite(elementwise.mul, (x, Literal(-y.value, out)))
    return None


@rewrites(elementwise.add)
def _add(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    nothing = 0.0 if _is_integer(out) else -0.0
    for x, y in (inputs, inputs[::-1]):
        if _is(y, nothing):
            return x
        negated = _argument(y, elementwise.neg, made)
        if negated:
            return Rewrite(elementwise.sub, (x, negated.inputs[0]))
    return None


@rewrites(elementwise.sub)
def _sub(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    x, y = inputs
    if _is(y, 0.0):
        return x
    negated = _argument(y, elementwise.neg, made)
    return Rewrite(elementwise.add, (x, negated.inputs[0])) if negated else None


@rewrites(elementwise.mul)
def _mul(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    for x, y in (inputs, inputs[::-1]):
        if _is(y, 1.0):
            return x
        if _is(y, -1.0) and out.dtype.kind == "f":
            return Rewrite(elementwise.neg, (x,))
        if _is(y, 0.0) and _is_integer(out):
            return y
    first, second = [_argument(x, elementwise.neg, made) for x in inputs]
    if first and second:
        return Rewrite(elementwise.mul, (first.inputs[0], second.inputs[0]))
    return None


@rewrites(elementwise.div)
def _div(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    x, y = inputs
    if _is(y, 1.0):
        return x
    if not isinstance(y, Literal) or out.dtype.kind != "f":
        return None
    # By a power of two, the product with its reciprocal is as exact and far quicker.
    mantissa, exponent = np.frexp(np.asarray(y.value, out.dtype))
    if abs(mantissa) == 0.5 and abs(int(exponent)) < np.finfo(out.dtype).maxexp - 1:
        return Rewrite(elementwise.mul, (x, Literal(1 / y.value, out)))
    return None


@rewrites(elementwise.square)
def _square(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    inner = _argument(inputs[0], elementwise.neg, made)
    return Rewrite(elementwise.square, inner.inputs) if inner else None


@rewrites(elementwise.abs)
def _abs(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    inner = _argument(inputs[0], elementwise.neg, made)
    return Rewrite(elementwise.abs, inner.inputs) if inner else None


@rewrites(elementwise.maximum, elementwise.minimum)
def _extreme(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    return inputs[0] if inputs[0] is inputs[1] else None


@rewrites(comparison.select)
def _select(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    condition, x, y = inputs
    if isinstance(condition, Literal):
        return x if condition.value else y
    if x is y:
        return x
    negated = _argument(condition, bitwise.bitwise_not, made)
    return Rewrite(comparison.select, (*negated.inputs, y, x)) if negated else None


@rewrites(bitwise.bitwise_not)
def _not(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    inner = _argument(inputs[0], bitwise.bitwise_not, made)
    return inner.inputs[0] if inner else None


@rewrites(bitwise.bitwise_and, bitwise.bitwise_or)
def _same(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    return inputs[0] if inputs[0] is inputs[1] else None


@rewrites(conversion.stop_gradient)
def _pass(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    return inputs[0]


@rewrites(conversion.convert)
def _convert(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    (x,) = inputs
    if x.type.dtype == out.dtype:
        return x
    inner = _argument(x, conversion.convert, made)
    if inner and _keeps_all(inner.inputs[0].type.dtype, x.type.dtype):
        return Rewrite(conversion.convert, inner.inputs, params)
    return None


def _keeps_all(first: np.dtype[Any], second: np.dtype[Any]) -> bool:
    """Whether a dtype holds every number of another, so that it can be left out."""
    if first.kind in "iu" and second.kind == "f":
        bits = first.itemsize * 8 - (first.kind == "i")
        return bits <= np.finfo(second).nmant + 1
    return second.kind in "iuf" and np.can_cast(first, second, "safe")


@rewrites(structure.reshape)
def _reshape(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    (x,) = inputs
    if x.type.shape == out.shape:
        return x
    inner = _argument(x, structure.reshape, made)
    return Rewrite(structure.reshape, inner.inputs, params) if inner else None


@rewrites(structure.broadcast_to)
def _broadcast_to(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    (x,) = inputs
    if x.type.shape == out.shape:
        return x
    inner = _argument(x, structure.broadcast_to, made)
    if inner:
        return Rewrite(structure.broadcast_to, inner.inputs, params)
    inner = _argument(x, structure.reshape, made)
    if inner and _adds_leading_axes(inner.inputs[0].type.shape, x.type.shape):
        return Rewrite(structure.broadcast_to, inner.inputs, params)
    return None


def _adds_leading_axes(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    added = len(after) - len(before)
    return added >= 0 and after[:added] == (1,) * added and after[added:] == before


@rewrites(structure.transpose)
def _transpose(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    (x,) = inputs
    axes = params["axes"]
    if axes == tuple(range(len(axes))):
        return x
    inner = _argument(x, structure.transpose, made)
    if inner is None:
        return None
    merged = tuple([inner.params["axes"][axis] for axis in axes])
    return Rewrite(structure.transpose, inner.inputs, {"axes": merged})


@rewrites(
    structure.reduce_sum,
    reduction.reduce_prod,
    reduction.reduce_max,
    reduction.reduce_min,
    reduction.reduce_and,
    reduction.reduce_or,
)
def _reduce(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    return inputs[0] if not params["axes"] else None


@rewrites(slicing.slice)
def _slice(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    (x,) = inputs
    whole = x.type.shape == out.shape and all(step == 1 for step in params["step"])
    return x if whole else None


@rewrites(slicing.pad)
def _pad(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    (x,) = inputs
    return x if x.type.shape == out.shape else None


@rewrites(slicing.concatenate)
def _concatenate(inputs: Any, params: Any, out: ArrayType, made: Made) -> Found:
    return inputs[0] if len(inputs) == 1 else None


UNIFORM = frozenset(
    {
        structure.broadcast_to,
        structure.reshape,
        structure.transpose,
        slicing.slice,
        reduction.reduce_max,
        reduction.reduce_min,
        reduction.reduce_and,
        reduction.reduce_or,
    }
)
"""Primitives whose result, from one number in every element, is that number again."""

VIEWS = frozenset({structure.broadcast_to, structure.reshape, structure.transpose})
"""Primitives that move no data: a backend reads through them."""
