"""Values of one dtype as another, as ``ndarray.astype`` gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.backends.native.complex_numbers import emit_join, split
from chainrule.backends.native.half_precision import (
    HALF,
    SINGLE,
    half_of,
    odd_single_of,
    single_of,
)
from chainrule.backends.native.ir import BITS, Function, Value, const, element_of, like
from chainrule.backends.native.lowerings import llvm_element


def convert(
    f: Function, source: np.dtype[Any], wanted: np.dtype[Any], x: Value
) -> Value:
    """A value of one dtype as another, as ``ndarray.astype``."""
    if source == HALF:
        return convert(f, SINGLE, wanted, single_of(f, x))
    if wanted == HALF:
        double = source == np.float64
        single = odd_single_of(f, x) if double else convert(f, source, SINGLE, x)
        return half_of(f, single)
    if "c" in (source.kind, wanted.kind):
        return _convert_complex(f, source, wanted, x)
    type = like(x.type, llvm_element(wanted))
    if wanted.kind == "b":
        zero = const(x.type, 0)
        return f.fcmp("une", x, zero) if source.kind == "f" else f.icmp("ne", x, zero)
    if source.kind == "f" and wanted.kind == "f":
        return f.cast(
            "fpext" if wanted.itemsize > source.itemsize else "fptrunc", x, type
        )
    if source.kind == "f":
        return _float_to_int(f, wanted, x, type)
    signed = source.kind == "i"
    if wanted.kind == "f":
        return f.cast("sitofp" if signed else "uitofp", x, type)
    if BITS[element_of(x.type)] > BITS[element_of(type)]:
        return f.cast("trunc", x, type)
    return f.cast("sext" if signed else "zext", x, type)


def _convert_complex(
    f: Function, source: np.dtype[Any], wanted: np.dtype[Any], x: Value
) -> Value:
    """Part by part; the imaginary one is 0 if there is none, and dropped at the end."""
    if source.kind != "c":
        part = np.dtype(wanted.char.lower())
        real = convert(f, source, part, x)
        return emit_join(f, real, const(real.type, 0))
    part = np.dtype(source.char.lower())
    kind = np.dtype(wanted.char.lower()) if wanted.kind == "c" else wanted
    real, imag = [convert(f, part, kind, lanes.v) for lanes in split(f, x)]
    if wanted.kind == "b":
        return f.bit_or(real, imag)
    return emit_join(f, real, imag) if wanted.kind == "c" else real


def _float_to_int(f: Function, wanted: np.dtype[Any], x: Value, type: str) -> Value:
    """Through i32 or i64, as C compilers do on x86; NumPy defines only what fits."""
    if wanted == np.uint64:
        return _float_to_uint64(f, x)
    small = wanted.itemsize < 4 or wanted == np.int32
    whole = _cut(f, x, "i32" if small else "i64")
    return whole if whole.type == type else f.cast("trunc", whole, type)


def _float_to_uint64(f: Function, x: Value) -> Value:
    """Numbers from 2^63 on are cut without it, and have its bit set after."""
    half = const(x.type, 2.0**63)
    large = f.fcmp("oge", x, half)
    whole = _cut(f, f.select(large, f.fsub(x, half), x), "i64")
    flipped = f.bit_xor(whole, const(whole.type, -(1 << 63)))
    return f.select(large, flipped, whole)


def _cut(f: Function, x: Value, element: str) -> Value:
    """Without the fraction; any number where it does not fit."""
    type = like(x.type, element)
    whole = f.cast("fptosi", x, type)
    return f.value(f"freeze {whole.typed}", type)
