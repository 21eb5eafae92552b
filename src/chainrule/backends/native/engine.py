"""From LLVM IR to machine code in memory, through a cache of objects on disk.

The key of the cache is the IR itself with the target and the versions; what is loaded
is checked against a digest written beside it, and compiled anew if it does not match.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from chainrule import config
from chainrule._version import __version__
from chainrule.backends.native.target import Target, initialize, machine

DIGEST_BYTES = 32

statistics = {"compiled": 0, "loaded": 0}
"""How many objects this process compiled, and how many it took from the cache."""


def optimized(text: str, target: Target) -> Any:
    """Parse and optimise a module: registers for cells, common values."""
    module = llvm.parse_assembly(text)
    module.triple = target.triple
    module.data_layout = str(machine(target).target_data)
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = False
    tuning.slp_vectorization = False
    tuning.loop_unrolling = False
    tuning.loop_interleaving = False
    builder = llvm.create_pass_builder(machine(target), tuning)
    builder.getModulePassManager().run(module, builder)
    return module


def assembly(text: str, target: Target) -> str:
    """The assembly that a module becomes, for reading and for tests."""
    return machine(target).emit_assembly(optimized(text, target))


def object_code(text: str, target: Target) -> bytes:
    """Machine code of a module: from the cache, or compiled and put there."""
    path = _cache_path(text, target)
    cached = _read_checked(path)
    if cached is not None:
        statistics["loaded"] += 1
        return cached
    statistics["compiled"] += 1
    code: bytes = machine(target).emit_object(optimized(text, target))
    _write_checked(path, code)
    return code


def _cache_path(text: str, target: Target) -> Path:
    versions = f"{__version__} {llvmlite.__version__} {llvm.llvm_version_info} {target}"
    key = hashlib.sha256(f"{versions}\n{text}".encode()).hexdigest()
    return Path(config.get_cache_dir()) / "native" / f"{key}.o"


def _read_checked(path: Path) -> bytes | None:
    """A cached object, if it is there and whole."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write_checked(path: Path, code: bytes) -> None:
    """Put an object into the cache, whole or not at all; a full disk is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(name, path)
    except OSError:
        return


class Loaded:
    """Machine code in memory; its function lives as long as this object."""

    def __init__(self, code: bytes, target: Target, name: str = "run") -> None:
        empty = llvm.parse_assembly("")
        empty.triple = target.triple
        self._engine = llvm.create_mcjit_compiler(empty, _fresh_machine(target))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.address: int = self._engine.get_function_address(name)


def _fresh_machine(target: Target) -> Any:
    """An engine takes its machine for itself."""
    initialize()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=2, jit=True
    )


Run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
"""The signature of ``run(table, thread, threads)``."""

Callback = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)
"""The signature of the callback to NumPy: number, addresses."""
