"""Flushing denormals: a mode of the processor's, on while a compiled function runs.

A number below the smallest normal one costs some processors a hundred cycles or more,
and training makes many: a moment of Adam's whose gradient is zero halves its way there.
With flushing they are zeros, as operands and as results. The mode belongs to a thread,
so it is put back before anyone else's code runs.

Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, 10.2.3
(MXCSR); Arm Architecture Reference Manual, FPCR.
"""

from __future__ import annotations

from chainrule.backends.native.ir import Function, Module, Value, const
from chainrule.backends.native.target import Target

X86_FLUSH, X86_MODE = 1 << 15 | 1 << 6, "i32"
ARM_FLUSH, ARM_MODE = 1 << 24, "i64"

PARAMETERS = [("ptr", "table"), ("i64", "thread"), ("i64", "threads")]


def add_run(module: Module, target: Target, inner: str) -> None:
    """The function ``run``: the function ``inner`` with denormals flushed."""
    f = Function(module, "run", PARAMETERS)
    mode = change_mode(f, target, flush=True)
    arguments = ", ".join(value.typed for value in f.parameters)
    f.line(f"call void @{inner}({arguments})")
    restore_mode(f, target, mode)
    f.ret()


def change_mode(f: Function, target: Target, flush: bool) -> Value:
    """Set or clear flushing; the mode before, for :func:`restore_mode`."""
    flag = X86_FLUSH if target.is_x86 else ARM_FLUSH
    before = _mode(f, target)
    wanted = const(before.type, flag if flush else ~flag)
    operation = "or" if flush else "and"
    restore_mode(f, target, f.binary(operation, before, wanted))
    return before


def _mode(f: Function, target: Target) -> Value:
    if not target.is_x86:
        f.module.declare("llvm.aarch64.get.fpcr", ARM_MODE, [])
        return f.value(f"call {ARM_MODE} @llvm.aarch64.get.fpcr()", ARM_MODE)
    place = f.alloca(X86_MODE)
    f.module.declare("llvm.x86.sse.stmxcsr", "void", ["ptr"])
    f.line(f"call void @llvm.x86.sse.stmxcsr({place.typed})")
    return f.load(X86_MODE, place)


def restore_mode(f: Function, target: Target, mode: Value) -> None:
    """Put a mode in force."""
    if not target.is_x86:
        f.module.declare("llvm.aarch64.set.fpcr", "void", [ARM_MODE])
        f.line(f"call void @llvm.aarch64.set.fpcr({mode.typed})")
        return
    place = f.alloca(X86_MODE)
    f.store(mode, place, align=4)
    f.module.declare("llvm.x86.sse.ldmxcsr", "void", ["ptr"])
    f.line(f"call void @llvm.x86.sse.ldmxcsr({place.typed})")
