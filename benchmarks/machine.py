"""The machine: its name, its cores, and the fused multiply-adds it can do.

``python benchmarks/machine.py`` prints them.
"""

import ctypes
import os
import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path

import llvmlite.binding as llvm

ACCUMULATORS = (8, 10, 12, 16)
ROUNDS = 8_000_000


def cpu_name() -> str:
    """The processor's own name, with the core count and the widest vectors."""
    name = platform.processor() or platform.machine()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        lines = listing.read_text().splitlines()
        names = [line.split(":")[1] for line in lines if line.startswith("model name")]
        name = names[0].strip() if names else name
    features = llvm.get_host_cpu_features()
    sets = ("avx512f", "avx2", "sse2", "neon")
    widest = next((each for each in sets if features.get(each)), "no vectors known")
    return f"{name} ({llvm.get_host_cpu_name()}, {os.cpu_count()} cores, {widest})"


def kernel(lanes: int, accumulators: int) -> str:
    """LLVM IR of a loop over independent multiply-adds, ``lanes`` wide.

    Each accumulator depends only on itself, so the loop runs at the rate at which
    the machine starts multiply-adds and not at the time that one takes.

    Args:
        lanes: Floats in a vector.
        accumulators: Independent chains.

    Returns:
        A module with ``void burn(i64 rounds, float* out)``.
    """
    vector = f"<{lanes} x float>"
    each = range(accumulators)
    phis = [f"  %a{i} = phi {vector} [ %seed, %entry ], [ %b{i}, %loop ]" for i in each]
    steps = [
        f"  %b{i} = call {vector} @llvm.fma.v{lanes}f32"
        f"({vector} %a{i}, {vector} %seed, {vector} %seed)"
        for i in each
    ]
    stores = [
        f"  %p{i} = getelementptr {vector}, ptr %out, i64 {i}\n"
        f"  store {vector} %b{i}, ptr %p{i}, align 4"
        for i in each
    ]
    return "\n".join(
        [
            f"declare {vector} @llvm.fma.v{lanes}f32({vector}, {vector}, {vector})",
            "define void @burn(i64 %rounds, ptr %out) {",
            "entry:",
            f"  %seed = load {vector}, ptr %out, align 4",
            "  br label %loop",
            "loop:",
            "  %n = phi i64 [ 0, %entry ], [ %m, %loop ]",
            *phis,
            *steps,
            "  %m = add i64 %n, 1",
            "  %more = icmp ult i64 %m, %rounds",
            "  br i1 %more, label %loop, label %done",
            "done:",
            *stores,
            "  ret void",
            "}",
        ]
    )


def compiled(source: str) -> llvm.ExecutionEngine:
    """Machine code of ``source`` for this very CPU."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(source), target)
    engine.finalize_object()
    return engine


def rate(lanes: int, accumulators: int, threads: int) -> float:
    """GFLOP/s of one such loop on ``threads`` threads at once, the best of five."""
    engine = compiled(kernel(lanes, accumulators))
    burn = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(
        engine.get_function_address("burn")
    )
    buffers = [(ctypes.c_float * (lanes * accumulators))() for _ in range(threads)]
    best = min(_seconds(burn, buffers) for _ in range(5))
    return 2 * lanes * accumulators * ROUNDS * threads / best / 1e9


def _seconds(
    burn: Callable[..., None], buffers: list[ctypes.Array[ctypes.c_float]]
) -> float:
    calls = [
        threading.Thread(target=burn, args=(ROUNDS, ctypes.addressof(buffer)))
        for buffer in buffers
    ]
    start = time.perf_counter()
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    return time.perf_counter() - start


def peak(threads: int) -> float:
    """Measured peak of float32 multiply-adds, in GFLOP/s.

    Args:
        threads: Threads at work at once.

    Returns:
        The fastest of a few loops: by vector width and number of accumulators.
    """
    features = llvm.get_host_cpu_features()
    widths = [4]
    widths += [8] if features.get("avx2") else []
    widths += [16] if features.get("avx512f") else []
    return max(rate(lanes, n, threads) for lanes in widths[-2:] for n in ACCUMULATORS)


if __name__ == "__main__":
    print(cpu_name())
    for count in sorted({1, os.cpu_count() or 1}):
        print(f"{count} threads: {peak(count):.0f} GFLOP/s of float32 multiply-adds")
