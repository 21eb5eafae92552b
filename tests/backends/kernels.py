"""Loop kernels over the elementary functions, compiled as the backend would."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from llvmlite import binding

from chainrule.backends.native import ir
from chainrule.backends.native.elementary import ELEMENTARY

ELEMENT = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}
BINARY = ("arctan2", "power")


def arity(name: str) -> int:
    """How many arguments a function takes."""
    return 2 if name in BINARY else 1


def loop_kernel(module: ir.Module, name: str, element: str, lanes: int) -> str:
    """``void kernel(x..., out, count)``, ``count`` a multiple of ``lanes``."""
    label = f"{name}.{element}.{lanes}"
    arrays = [("ptr", f"x{i}") for i in range(arity(name) + 1)]
    f = ir.Function(module, label, [*arrays, ("i64", "count")])
    *sources, out, count = f.parameters
    type_ = ir.vector(element, lanes)
    with f.loop(0, count, lanes) as i:
        values = [f.load(type_, f.gep(element, source, i)) for source in sources]
        f.store(ELEMENTARY[name](f, *values), f.gep(element, out, i))
    f.ret()
    return label


def target_machine(cpu: str, triple: str | None = None):
    """A machine that generates code for one CPU."""
    if triple is None:
        target = binding.Target.from_default_triple()
    else:
        target = binding.Target.from_triple(triple)
    return target.create_target_machine(cpu=cpu, opt=2)


def optimized(module: ir.Module, machine):
    """The module, parsed, checked and optimised."""
    parsed = binding.parse_assembly(module.text())
    parsed.triple = machine.triple
    parsed.data_layout = str(machine.target_data)
    parsed.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = False
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return parsed


class Compiled(NamedTuple):
    """Machine code, and the machine it is for."""

    engine: binding.ExecutionEngine
    machine: binding.TargetMachine
    optimized: binding.ModuleRef

    def prepare(self, name: str, *arguments: np.ndarray | int) -> Callable[[], None]:
        """A call of a function with pointers to arrays, and integers."""
        raw = [a if isinstance(a, int) else a.ctypes.data for a in arguments]
        types = [
            ctypes.c_int64 if isinstance(a, int) else ctypes.c_void_p for a in arguments
        ]
        address = self.engine.get_function_address(name)
        function = ctypes.CFUNCTYPE(None, *types)(address)

        # The default keeps the code and the arrays alive as long as the call.
        def run(_alive: tuple[object, ...] = (self, arguments)) -> None:
            function(*raw)

        return run


def compiled(module: ir.Module, cpu: str) -> Compiled:
    """The module's machine code."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = target_machine(cpu)
    parsed = optimized(module, machine)
    engine = binding.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    return Compiled(engine, machine, parsed)


class Kernels:
    """Every function of the table at one CPU, element type and lane count."""

    def __init__(
        self, cpu: str, dtype: np.dtype, lanes: int, names: Sequence[str] = ()
    ) -> None:
        self.dtype = dtype
        self.lanes = lanes
        self.labels: dict[str, str] = {}
        module = ir.Module()
        for name in names or ELEMENTARY:
            self.labels[name] = loop_kernel(module, name, ELEMENT[dtype], lanes)
        self.code = compiled(module, cpu)

    def assembly(self) -> str:
        """The machine code as text."""
        return self.code.machine.emit_assembly(self.code.optimized)

    def prepare(self, name: str, *arrays: np.ndarray) -> Callable[[], None]:
        """A call over arrays whose length is a multiple of the lanes."""
        return self.code.prepare(self.labels[name], *arrays, arrays[0].size)

    def __call__(self, name: str, *xs: np.ndarray) -> np.ndarray:
        """The function over arrays of any equal length."""
        count = -(-xs[0].size // self.lanes) * self.lanes
        padded = [np.ones(count, self.dtype) for _ in xs]
        for row, x in zip(padded, xs, strict=True):
            row[: x.size] = x
        out = np.empty(count, self.dtype)
        self.prepare(name, *padded, out)()
        return out[: xs[0].size]
