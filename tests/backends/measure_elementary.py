"""Print each elementary function's greatest error and speed.

``python -m tests.backends.measure_elementary [cpu] [points]``
"""

from __future__ import annotations

import sys
import time

import numpy as np
from llvmlite import binding

from tests.backends.elementary_points import DOUBLE, RANGES, SINGLE, arguments
from tests.backends.kernels import Kernels, arity
from tests.backends.references import error_in_ulp, reference

LENGTH = 4096
SLOW = ("erf", "erfc", "erfcx", "ndtr")
REGISTER = 64


def nanoseconds(kernels: Kernels, name: str) -> float:
    """Time per element, the least of many runs over an array in cache."""
    rng = np.random.default_rng(0)
    low, high = RANGES[name].single if name in RANGES else (-4.0, 4.0)
    low = 0.1 if name == "power" else max(low, -8.0)
    x = rng.uniform(low, min(high, 8.0), LENGTH).astype(kernels.dtype)
    arrays = [x] * arity(name) + [np.empty_like(x)]
    run = kernels.prepare(name, *arrays)
    best = float("inf")
    for _ in range(2000):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best / LENGTH * 1e9


def measure(cpu: str, count: int) -> None:
    """One line for each function."""
    built = {t: Kernels(cpu, t, REGISTER // t.itemsize) for t in (SINGLE, DOUBLE)}
    print("function     float32: ulp  ns/element    float64: ulp  ns/element")
    for name in built[SINGLE].labels:
        row = f"{name:12}"
        for dtype, kernels in built.items():
            slow = name in SLOW and dtype == DOUBLE
            xs = arguments(name, dtype, min(count, 10_000) if slow else count)
            error = error_in_ulp(kernels(name, *xs), reference(name, *xs)).max()
            row += f"{error:13.2f}{nanoseconds(kernels, name):12.2f}"
        print(row, flush=True)


if __name__ == "__main__":
    binding.initialize_native_target()
    options = dict(enumerate(sys.argv[1:]))
    measure(options.get(0, binding.get_host_cpu_name()), int(options.get(1, "1000000")))
