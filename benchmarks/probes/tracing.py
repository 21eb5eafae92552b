"""What tracing costs: small operations under plain ``grad``, and whole programs.

``python benchmarks/probes/tracing.py`` prints, for each operation on three elements (or
three by three), microseconds on top of NumPy's own for the same operation on arrays,
with Python's garbage collector on as it is; then what longer programs take.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr

X, M = np.linspace(0.1, 1.0, 3), np.ones((3, 3))
Y, MASK, INDICES = X + 1.0, X > 0.5, np.array([0, 2])
SCALAR = np.float64(2.0)

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "np.tanh(x)": lambda x, m: np.tanh(x),
    "np.sin(x)": lambda x, m: np.sin(x),
    "-x": lambda x, m: -x,
    "x + x": lambda x, m: x + x,
    "x * 2.0": lambda x, m: x * 2.0,
    "x * np.float64(2.0)": lambda x, m: x * SCALAR,
    "x * data": lambda x, m: x * Y,
    "x ** 2": lambda x, m: x**2,
    "x > 0.5": lambda x, m: x > 0.5,
    "m + x": lambda x, m: m + x,
    "np.maximum(x, 0.0)": lambda x, m: np.maximum(x, 0.0),
    "np.where(mask, x, 0.0)": lambda x, m: np.where(MASK, x, 0.0),
    "np.exp(-x)": lambda x, m: np.exp(-x),
    "np.sum(x)": lambda x, m: np.sum(x),
    "x.sum()": lambda x, m: x.sum(),
    "m.sum(1)": lambda x, m: m.sum(1),
    "np.sum(m, axis=1, keepdims=True)": lambda x, m: np.sum(m, axis=1, keepdims=True),
    "np.mean(x)": lambda x, m: np.mean(x),
    "np.max(x)": lambda x, m: np.max(x),
    "x[0]": lambda x, m: x[0],
    "x[1:]": lambda x, m: x[1:],
    "x[::2]": lambda x, m: x[::2],
    "m[0]": lambda x, m: m[0],
    "m[:, 0]": lambda x, m: m[:, 0],
    "m[0, 1]": lambda x, m: m[0, 1],
    "m[1:, :2]": lambda x, m: m[1:, :2],
    "x[:, None]": lambda x, m: x[:, None],
    "x[indices]": lambda x, m: x[INDICES],
    "m.T": lambda x, m: m.T,
    "m.reshape(9)": lambda x, m: m.reshape(9),
    "np.concatenate((x, x))": lambda x, m: np.concatenate((x, x)),
    "np.stack((x, x))": lambda x, m: np.stack((x, x)),
    "m @ m": lambda x, m: m @ m,
    "m @ x": lambda x, m: m @ x,
    "x @ x": lambda x, m: x @ x,
    "np.dot(x, x)": lambda x, m: np.dot(x, x),
}
CALLS, REPEATS = 400, 15


def fastest(function: Callable[[], Any], calls: int) -> float:
    """Microseconds of one call: the mean over some calls, the least over repeats."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(calls):
            function()
        best = min(best, (time.perf_counter() - start) / calls)
    return 1e6 * best


def chain(x: Any) -> Any:
    """A function of 1,000 operations, and a sum."""
    for _ in range(500):
        x = np.tanh(x) + x
    return np.sum(x)


def valley(x: Any) -> Any:
    """Rosenbrock's function."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def under_grad(operation: Callable[[Any, Any], Any]) -> float:
    """Microseconds of an operation on traced values, in a gradient of its own."""
    found = 0.0

    def watched(x: Any, m: Any) -> Any:
        nonlocal found
        found = fastest(lambda: operation(x, m), CALLS)
        return np.sum(x) + np.sum(m)

    cr.grad(watched, argnums=(0, 1))(X, M)
    return found


def main() -> None:
    """Measure and print."""
    print("| operation | NumPy, µs | under grad, µs | beyond, µs |")
    print("| --- | --- | --- | --- |")
    for name, operation in OPERATIONS.items():
        own = fastest(lambda f=operation: f(X, M), CALLS)
        traced = under_grad(operation)
        row = (own, traced, traced - own)
        print(f"| `{name}` | {' | '.join(f'{each:.1f}' for each in row)} |")
    fast = cr.jit(cr.grad(valley))
    programs = {
        "trace of 1,000 equations": (lambda: cr.make_program(chain)(X), 3),
        "their gradient": (lambda: cr.grad(chain)(X), 1),
        "gradient of Rosenbrock's function, 10": (lambda: cr.grad(valley)(X), 100),
        "the same under jit": (lambda: fast(X), 2000),
    }
    print("\n| program | µs |\n| --- | --- |")
    for name, (run, calls) in programs.items():
        print(f"| {name} | {fastest(run, calls):.1f} |")


if __name__ == "__main__":
    main()
