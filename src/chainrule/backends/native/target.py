"""The processor that code is made for: its features, vector width and registers."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import llvmlite.binding as llvm

from chainrule import config

LEVELS = ("x86-64-v2", "x86-64-v3", "x86-64-v4")


class Target(NamedTuple):
    """What the emitter needs to know of a processor.

    Attributes:
        triple: LLVM's name of architecture and system.
        cpu: LLVM's name of the processor, or a feature level.
        features: LLVM feature string.
        vector_bytes: Bytes in a vector register.
        registers: Number of vector registers.
        fma: Whether multiply-add is one instruction.
    """

    triple: str
    cpu: str
    features: str
    vector_bytes: int
    registers: int
    fma: bool

    @property
    def is_x86(self) -> bool:
        """Whether it is one of Intel's or AMD's."""
        return self.triple.startswith(("x86_64", "i686"))

    def lanes(self, itemsize: int) -> int:
        """Lanes of a full vector register for elements of this size."""
        return max(1, self.vector_bytes // max(itemsize, 1))


@functools.cache
def host_features() -> dict[str, bool]:
    """Features of the processor that this runs on."""
    return dict(llvm.get_host_cpu_features())


def supported_levels() -> list[str]:
    """The x86-64 levels that this processor can run, lowest first."""
    features = host_features()
    needs = ("sse4.2", "avx2", "avx512f")
    pairs = zip(LEVELS, needs, strict=True)
    return [level for level, need in pairs if features.get(need)]


@functools.cache
def target_for(level: str | None) -> Target:
    """The host processor, or the host held to a feature level."""
    triple = llvm.get_process_triple()
    if level is None:
        features = host_features()
        text = ",".join(("+" if on else "-") + key for key, on in features.items())
        return _describe(triple, llvm.get_host_cpu_name(), text, features)
    return cross_target(triple, level)


def cross_target(triple: str, cpu: str) -> Target:
    """A target by name, for code that this machine need not be able to run."""
    levels = {
        "x86-64-v2": {"sse4.2": True},
        "x86-64-v3": {"sse4.2": True, "avx2": True, "fma": True},
        "x86-64-v4": {"avx2": True, "fma": True, "avx512f": True, "avx512vl": True},
    }
    if triple.startswith(("aarch64", "arm64")):
        return _describe(triple, cpu, "", {})
    if cpu not in levels:
        raise ValueError(
            f"Expected a target among {', '.join(LEVELS)}, got {cpu!r}: set "
            "CHAINRULE_TARGET to one of these, or unset it for this processor."
        )
    wide = "+prefer-256-bit" if cpu == "x86-64-v3" else "-prefer-256-bit"
    return _describe(triple, cpu, wide, levels[cpu])


def _describe(triple: str, cpu: str, features: str, has: dict[str, bool]) -> Target:
    if triple.startswith(("aarch64", "arm64")):
        return Target(triple, cpu, features, 16, 32, True)
    fma = bool(has.get("fma") or has.get("avx512f"))
    if has.get("avx512f") and has.get("avx512vl", True):
        wide = features.replace("+prefer-256-bit", "-prefer-256-bit")
        return Target(triple, cpu, wide, 64, 32, fma)
    if has.get("avx2"):
        return Target(triple, cpu, features, 32, 16, fma)
    return Target(triple, cpu, features, 16, 16, fma)


def current_target() -> Target:
    """The target in force: the host, or ``CHAINRULE_TARGET``'s level of it."""
    return target_for(config.get_target())


@functools.cache
def initialize() -> None:
    """Make LLVM's code generators known, once."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


@functools.cache
def machine(target: Target) -> Any:
    """LLVM's code generator for the target."""
    initialize()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu,
        features=target.features,
        opt=2,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )
