"""What each reduction starts from and how it combines two values."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.backends.native.node import Node
from chainrule.backends.native.ir import Function, Value
from chainrule.backends.native.lowerings import extreme, is_float
from chainrule.core.types import ArrayType


def identity(core: Node) -> Any:
    """The value that changes nothing: 0, 1, the least or the greatest."""
    dtype = core.type.dtype
    if core.op in ("reduce_sum", "reduce_or"):
        return -0.0 if dtype.kind == "f" else 0
    if core.op in ("reduce_prod", "reduce_and"):
        return 1
    if dtype.kind == "f":
        return -np.inf if core.op == "reduce_max" else np.inf
    if dtype.kind == "b":
        return core.op == "reduce_min"
    limits = np.iinfo(dtype)
    return limits.min if core.op == "reduce_max" else limits.max


def combine(f: Function, op: str, type: ArrayType, x: Value, y: Value) -> Value:
    """One step of a reduction."""
    if op == "reduce_sum":
        return f.fadd(x, y) if is_float(type) else f.add(x, y)
    if op == "reduce_prod":
        return f.fmul(x, y) if is_float(type) else f.mul(x, y)
    if op == "reduce_and":
        return f.bit_and(x, y)
    if op == "reduce_or":
        return f.bit_or(x, y)
    if type.dtype.kind == "b":
        return f.bit_or(x, y) if op == "reduce_max" else f.bit_and(x, y)
    return extreme(f, type, x, y, op == "reduce_max")
