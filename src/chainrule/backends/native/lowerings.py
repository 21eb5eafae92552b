"""The lowering table: one line or short function for each elementwise primitive.

``lower(f, types, *values)`` gets the operand types (for signedness) and the operands
as LLVM values, all scalars or all vectors. What NumPy means is what must come out;
the tests hold each row to it on every sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.backends.native.complex_numbers import (
    FOLDING,
    FORMULAS,
    MOVING,
    bits_of,
    emit_complex,
    emit_join,
)
from chainrule.backends.native.elementary import ELEMENTARY
from chainrule.backends.native.elementary.division import (
    emit_floor_divide,
    emit_remainder,
    emit_whole_division,
)
from chainrule.backends.native.elementary.neighbours import (
    emit_exponent,
    emit_ldexp,
    emit_nextafter,
)
from chainrule.backends.native.half_precision import (
    HALF,
)
from chainrule.backends.native.ir import BITS, Function, Value, const, element_of
from chainrule.core.types import ArrayType

Lower = Callable[..., Value]
LOWERINGS: dict[str, Lower] = {}

_ELEMENTS = {"f2": "i16", "f4": "float", "f8": "double", "b1": "i1"}


def llvm_element(dtype: np.dtype[Any]) -> str:
    """LLVM's element type for a value of this dtype in a register."""
    if dtype.kind in "iuc":
        return f"i{8 * dtype.itemsize}"
    return _ELEMENTS[dtype.str[1:]]


def has_element(dtype: np.dtype[Any]) -> bool:
    """Whether values of this dtype have a native form."""
    whole = dtype.kind in "iu" or dtype.char in "FD"
    return (whole and dtype.isnative) or dtype.str[1:] in _ELEMENTS


def constant(dtype: np.dtype[Any], value: Any) -> Value:
    """A number of a dtype, as it stands in a register."""
    opaque = dtype.kind == "c" or dtype == HALF
    number = bits_of(dtype, value) if opaque else value
    return const(llvm_element(dtype), number)


def lowers(name: str, types: list[ArrayType]) -> bool:
    """Whether a primitive has a native form for operands of these types."""
    if not all(has_element(type.dtype) for type in types):
        return False
    if any(type.dtype == HALF for type in types):
        return name in MOVING
    if any(type.dtype.kind == "c" for type in types):
        return name in FORMULAS or name in MOVING or name in FOLDING
    floating = all(type.dtype.kind == "f" for type in types)
    return floating or (name not in ELEMENTARY and name != "div")


def lowering(*names: str) -> Callable[[Lower], Lower]:
    """Enter a lowering under these primitive names."""

    def enter(lower: Lower) -> Lower:
        LOWERINGS.update(dict.fromkeys(names, lower))
        return lower

    return enter


def is_float(type: ArrayType) -> bool:
    """Real floating-point elements."""
    return type.dtype.kind == "f"


def is_signed(type: ArrayType) -> bool:
    """Signed integer elements."""
    return type.dtype.kind == "i"


def _arithmetic(name: str, float_op: str, int_op: str) -> None:
    def lower(f: Function, types: list[ArrayType], x: Value, y: Value) -> Value:
        return f.binary(float_op if is_float(types[0]) else int_op, x, y)

    LOWERINGS[name] = lower


_arithmetic("add", "fadd", "add")
_arithmetic("sub", "fsub", "sub")
_arithmetic("mul", "fmul", "mul")


def _boolean_arithmetic(name: str, op: str) -> None:
    plain = LOWERINGS[name]

    def lower(f: Function, types: list[ArrayType], x: Value, y: Value) -> Value:
        if types[0].dtype.kind == "b":
            return f.binary(op, x, y)
        return plain(f, types, x, y)

    LOWERINGS[name] = lower


_boolean_arithmetic("add", "or")
_boolean_arithmetic("mul", "and")


@lowering("div")
def _div(f: Function, types: list[ArrayType], x: Value, y: Value) -> Value:
    return f.fdiv(x, y)


def _whole_quotients() -> None:
    for name, emit in (
        ("floor_divide", emit_floor_divide),
        ("remainder", emit_remainder),
    ):

        def lower(
            f: Function,
            types: list[ArrayType],
            x: Value,
            y: Value,
            emit: Lower = emit,
            quotient: bool = name == "floor_divide",
        ) -> Value:
            if is_float(types[0]):
                return emit(f, x, y)
            return emit_whole_division(f, x, y, is_signed(types[0]), quotient)

        LOWERINGS[name] = lower


_whole_quotients()


@lowering("neg")
def _neg(f: Function, types: list[ArrayType], x: Value) -> Value:
    return f.fneg(x) if is_float(types[0]) else f.sub(const(x.type, 0), x)


@lowering("square")
def _square(f: Function, types: list[ArrayType], x: Value) -> Value:
    return LOWERINGS["mul"](f, types, x, x)


@lowering("abs")
def _abs(f: Function, types: list[ArrayType], x: Value) -> Value:
    if is_float(types[0]):
        return f.intrinsic("fabs", x.type, x)
    if not is_signed(types[0]):
        return x
    negative = f.icmp("slt", x, const(x.type, 0))
    return f.select(negative, f.sub(const(x.type, 0), x), x)


@lowering("sign")
def _sign(f: Function, types: list[ArrayType], x: Value) -> Value:
    zero, one, minus = const(x.type, 0), const(x.type, 1), const(x.type, -1)
    if is_float(types[0]):
        up = f.select(f.fcmp("ogt", x, zero), one, x)
        signed = f.select(f.fcmp("olt", x, zero), minus, up)
        return f.select(f.fcmp("oeq", x, zero), zero, signed)
    positive = f.icmp("sgt" if is_signed(types[0]) else "ugt", x, zero)
    up = f.select(positive, one, zero)
    if not is_signed(types[0]):
        return up
    return f.select(f.icmp("slt", x, zero), minus, up)


def _intrinsics() -> None:
    table = {"floor": "floor", "ceil": "ceil", "rint": "nearbyint", "trunc": "trunc"}
    for name, intrinsic in {**table, "sqrt": "sqrt"}.items():

        def lower(
            f: Function, types: list[ArrayType], x: Value, call: str = intrinsic
        ) -> Value:
            return f.intrinsic(call, x.type, x) if is_float(types[0]) else x

        LOWERINGS[name] = lower


_intrinsics()


def extreme(f: Function, type: ArrayType, x: Value, y: Value, largest: bool) -> Value:
    """The larger (smaller) of two; NaN where either is NaN, as NumPy."""
    if is_float(type):
        better = f.fcmp("ogt" if largest else "olt", x, y)
        either = f.bit_or(better, f.fcmp("uno", x, x))
        return f.select(either, x, y)
    order = ("s" if is_signed(type) else "u") + ("gt" if largest else "lt")
    return f.select(f.icmp(order, x, y), x, y)


LOWERINGS["maximum"] = lambda f, types, x, y: extreme(f, types[0], x, y, True)
LOWERINGS["minimum"] = lambda f, types, x, y: extreme(f, types[0], x, y, False)


def _comparisons() -> None:
    table = {
        "equal": ("oeq", "eq", "eq"),
        "not_equal": ("une", "ne", "ne"),
        "less": ("olt", "slt", "ult"),
        "less_equal": ("ole", "sle", "ule"),
        "greater": ("ogt", "sgt", "ugt"),
        "greater_equal": ("oge", "sge", "uge"),
    }
    for name, (floating, signed, unsigned) in table.items():

        def lower(
            f: Function,
            types: list[ArrayType],
            x: Value,
            y: Value,
            orders: tuple[str, str, str] = (floating, signed, unsigned),
        ) -> Value:
            if is_float(types[0]):
                return f.fcmp(orders[0], x, y)
            return f.icmp(orders[1] if is_signed(types[0]) else orders[2], x, y)

        LOWERINGS[name] = lower


_comparisons()


@lowering("isnan")
def _isnan(f: Function, types: list[ArrayType], x: Value) -> Value:
    return f.fcmp("uno", x, x)


@lowering("isfinite")
def _isfinite(f: Function, types: list[ArrayType], x: Value) -> Value:
    size = f.intrinsic("fabs", x.type, x)
    return f.fcmp("olt", size, const(x.type, float("inf")))


@lowering("signbit")
def _signbit(f: Function, types: list[ArrayType], x: Value) -> Value:
    """A one that takes the sign is less than zero, whatever x is, NaN too."""
    one = f.intrinsic("copysign", x.type, const(x.type, 1), x)
    return f.fcmp("olt", one, const(x.type, 0))


LOWERINGS["nextafter"] = lambda f, types, x, y: emit_nextafter(f, x, y)
LOWERINGS["exponent"] = lambda f, types, x: emit_exponent(f, x)
LOWERINGS["ldexp"] = lambda f, types, x, n: emit_ldexp(f, x, n)


@lowering("isinf")
def _isinf(f: Function, types: list[ArrayType], x: Value) -> Value:
    size = f.intrinsic("fabs", x.type, x)
    return f.fcmp("oeq", size, const(x.type, float("inf")))


@lowering("bitwise_not")
def _bitwise_not(f: Function, types: list[ArrayType], x: Value) -> Value:
    ones = True if element_of(x.type) == "i1" else -1
    return f.bit_xor(x, const(x.type, ones))


for _name, _op in {"and": "and", "or": "or", "xor": "xor"}.items():
    LOWERINGS[f"bitwise_{_name}"] = lambda f, types, x, y, op=_op: f.binary(op, x, y)


def _shifted(
    f: Function, types: list[ArrayType], x: Value, y: Value, left: bool
) -> Value:
    """NumPy shifts everything out from the full width on; LLVM must be told."""
    width = const(x.type, BITS[element_of(x.type)] - 1)
    over = f.icmp("ugt", y, width)
    safe = f.select(over, width, y)
    if left:
        return f.select(over, const(x.type, 0), f.shl(x, safe))
    if is_signed(types[0]):
        return f.ashr(x, safe)
    return f.select(over, const(x.type, 0), f.lshr(x, safe))


LOWERINGS["shift_left"] = lambda f, types, x, y: _shifted(f, types, x, y, True)
LOWERINGS["shift_right"] = lambda f, types, x, y: _shifted(f, types, x, y, False)


@lowering("select")
def _select(f: Function, types: list[ArrayType], c: Value, x: Value, y: Value) -> Value:
    return f.select(c, x, y)


def _from_table(name: str) -> Lower:
    emit = ELEMENTARY[name]
    return lambda f, types, *values: emit(f, *values)


for _name in ELEMENTARY:
    LOWERINGS.setdefault(_name, _from_table(_name))
LOWERINGS["convert"] = lambda f, types, x: x  # the expression emitter knows both dtypes
LOWERINGS["complex"] = lambda f, types, x, y: emit_join(f, x, y)


def _with_complex(name: str) -> None:
    plain = LOWERINGS.get(name)

    def lower(f: Function, types: list[ArrayType], *values: Value) -> Value:
        if plain is None or types[0].dtype.kind == "c":
            return emit_complex(f, name, *values)
        return plain(f, types, *values)

    LOWERINGS[name] = lower


for _name in FORMULAS:
    _with_complex(_name)
