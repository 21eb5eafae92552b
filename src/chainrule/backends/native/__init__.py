"""The LLVM compiler for CPUs: the only room that imports llvmlite."""

from __future__ import annotations

from typing import Any

import llvmlite

from chainrule.backends.native.compile import compile_program
from chainrule.backends.native.engine import statistics
from chainrule.backends.native.executable import Executable
from chainrule.backends.native.graph import build_graph, foreign_names
from chainrule.backends.native.target import current_target
from chainrule.core.program import Program


class NativeBackend:
    """Compiles programs to machine code."""

    name = "native"

    def compile(
        self,
        program: Program,
        donated: tuple[int, ...],
        name: str,
        flush_denormals: bool = False,
    ) -> Executable:
        """Make a program ready to run; see :class:`chainrule.backends.Backend`."""
        return compile_program(program, donated, flush=flush_denormals)

    def foreign(self, program: Program) -> tuple[str, ...]:
        """Primitives without a lowering; see :class:`chainrule.backends.Backend`."""
        return foreign_names(build_graph(program))

    def info(self) -> dict[str, Any]:
        """The processor as the compiler sees it, and what the cache has saved."""
        target = current_target()
        return {
            "cpu": target.cpu,
            "vector": f"{8 * target.vector_bytes} bits, {target.registers} registers",
            "llvmlite": llvmlite.__version__,
            **statistics,
        }


BACKEND = NativeBackend()
