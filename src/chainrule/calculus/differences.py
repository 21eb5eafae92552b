"""Derivatives by differences, with an estimate of their own error.

Central differences for a sequence of halved steps, extrapolated to step zero: Ridders,
Accurate computation of F'(x) and F'(x) F''(x), Advances in Engineering Software 4(2),
1982. Of all entries in the table, each element takes the one with the least error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]

TOLERANCE = 1e-6
STEPS = tuple([0.1 * 2.0**-k for k in range(13)])
COLUMNS = 5


class Estimate(NamedTuple):
    """A derivative by differences.

    Attributes:
        value: The derivative of each element.
        error: How far off it can be, by truncation and rounding; inf where the function
            is not finite near the point.
    """

    value: Vector
    error: Vector


def central_difference(along: Callable[[float], Vector], eps: float) -> Estimate:
    """The derivative at 0 of a curve.

    Args:
        along: The curve: a vector for each number.
        eps: Relative rounding error of its values.

    Returns:
        The derivative, and what it can be off by.
    """
    best: Estimate | None = None
    previous: list[Vector] = []
    with np.errstate(all="ignore"):
        for step in STEPS:
            ahead, behind = along(step), along(-step)
            size = np.max(np.abs([ahead, behind]), initial=0.0)
            rounding = 2 * eps * size / step
            row = _row((ahead - behind) / (2 * step), previous)
            for column in range(1, len(row)):
                newer, older = row[column - 1], previous[column - 1]
                change = np.maximum(
                    np.abs(row[column] - newer), np.abs(row[column] - older)
                )
                best = _better(best, Estimate(row[column], change + rounding))
            previous = row
    assert best is not None
    return best


def _row(first: Vector, previous: list[Vector]) -> list[Vector]:
    """The next row of Richardson's table: errors of order step^2, step^4, and so on."""
    row = [first]
    for column, older in enumerate(previous[:COLUMNS], start=1):
        row.append(row[-1] + (row[-1] - older) / (4.0**column - 1))
    return row


def _better(best: Estimate | None, new: Estimate) -> Estimate:
    error = np.where(np.isfinite(new.error), new.error, np.inf)
    if best is None:
        return Estimate(new.value, error)
    closer = error < best.error
    return Estimate(
        np.where(closer, new.value, best.value), np.where(closer, error, best.error)
    )


def disagreement(got: Vector, expected: Estimate) -> int | None:
    """The element that differs most, by more than differences can be off; or None."""
    if not got.size:
        return None
    margin = TOLERANCE * np.maximum(np.abs(got), np.abs(expected.value))
    excess = np.abs(got - expected.value) - margin - 10 * expected.error
    worst = int(np.argmax(np.where(np.isnan(excess), np.inf, excess)))
    return None if excess[worst] <= 0 else worst


def as_vector(leaves: Sequence[Any]) -> Vector:
    """Arrays one after the other as real numbers; imaginary parts behind the real."""
    flat = [np.ravel(np.asarray(leaf)) for leaf in leaves]
    parts = [
        np.concatenate([np.real(x), np.imag(x)]) if x.dtype.kind == "c" else x
        for x in flat
    ]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float64)


def one_sided(along: Callable[[float], Vector]) -> tuple[Vector, Vector]:
    """Slopes to the right and to the left of 0, where a kink makes them differ."""
    step = 1e-6
    with np.errstate(all="ignore"):
        middle = along(0.0)
        return (along(step) - middle) / step, (middle - along(-step)) / step
