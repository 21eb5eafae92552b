"""What tracing costs: small operations under plain ``grad``, and a long program.

``python benchmarks/probes/tracing.py`` prints microseconds on top of NumPy's own, and
milliseconds for a program of 1,000 equations.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "np.tanh(x)": np.tanh,
    "np.sin(x)": np.sin,
    "x + x": lambda x: x + x,
    "x * 2.0": lambda x: x * 2.0,
    "np.sum(x)": np.sum,
    "x[1:]": lambda x: x[1:],
}
CALLS, REPEATS = 400, 15


def fastest(function: Callable[[], Any], calls: int) -> float:
    """Seconds of one call: the mean over some calls, the least over repeats."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(calls):
            function()
        best = min(best, (time.perf_counter() - start) / calls)
    return best


def chain(x: Any) -> Any:
    """A function of 1,000 operations, and a sum."""
    for _ in range(500):
        x = np.tanh(x) + x
    return np.sum(x)


def main() -> None:
    """Measure and print."""
    x = np.ones(3)
    traced: dict[str, float] = {}

    def watched(t: Any) -> Any:
        for name, operation in OPERATIONS.items():
            traced[name] = fastest(lambda f=operation: f(t), CALLS)
        return np.sum(t)

    cr.grad(watched)(x)
    print("| operation | µs beyond NumPy's own |\n| --- | --- |")
    for name, operation in OPERATIONS.items():
        own = fastest(lambda f=operation: f(x), CALLS)
        print(f"| `{name}` | {1e6 * (traced[name] - own):.1f} |")
    seconds = fastest(lambda: cr.make_program(chain)(x), 3)
    print(f"| trace of 1,000 equations | {1e3 * seconds:.1f} ms |")


if __name__ == "__main__":
    main()
