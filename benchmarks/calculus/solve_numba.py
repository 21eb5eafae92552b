"""Numba, which does not differentiate: gradients derived and written by hand."""

from typing import Any

import numba
import numpy as np
from numba import njit, prange

from calculus import problems as p


@njit(fastmath=False)
def _valley(x: Any) -> Any:
    n = x.size
    slope = np.zeros(n)
    for i in range(n - 1):
        bend = x[i + 1] - x[i] ** 2
        slope[i] += -400.0 * x[i] * bend - 2.0 * (1.0 - x[i])
        slope[i + 1] += 200.0 * bend
    return slope


@njit(parallel=True, fastmath=False)
def _forces(x: Any, masses: Any) -> Any:
    n = x.shape[0]
    slope = np.zeros((n, 3))
    for i in prange(n):
        a = b = c = 0.0
        for j in range(n):
            u, v, w = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
            square = u * u + v * v + w * w + p.SOFTENING
            pull = masses[i] * masses[j] / (square * np.sqrt(square))
            a += pull * u
            b += pull * v
            c += pull * w
        slope[i, 0], slope[i, 1], slope[i, 2] = a, b, c
    return slope


def solvers(threads: int) -> dict[str, Any]:
    """The two problems whose gradient a person writes down."""
    numba.set_num_threads(threads)
    return {
        "rosenbrock_2": _valley,
        "rosenbrock_100": _valley,
        "rosenbrock_100k": _valley,
        "bodies": _forces,
    }


def ready(result: Any) -> Any:
    """Arrays are computed when the call returns."""
    return result
