r"""What holds at a minimum: the gradient is balanced by what holds x back.

With constraints ``l <= c(x) <= h``, bounds and multipliers λ, Karush's, Kuhn's and
Tucker's conditions are one system of equations in x and λ,

.. math:: x - \Pi_{[lower, upper]}(x - \nabla f + c'^{\top} \lambda) = 0, \qquad
    c - \Pi_{[l, h]}(c - \lambda) = 0,

where Π puts a number between two. Source: Nocedal and Wright, Numerical Optimization,
2nd ed., 2006, chapter 12; Facchinei and Pang, Finite-Dimensional Variational
Inequalities and Complementarity Problems, 2003, proposition 1.5.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.calculus.reverse import vjp
from chainrule.numpy import concatenate
from chainrule.solvers.constraints import Constraint

Box = tuple[Any, Any] | None

NEAR = 1e-5
"""How near to its side a value must be, relative to its size, to be held by it."""


def condition_of(
    gradient: Function, box: Box, constraints: Sequence[Constraint], count: int
) -> Function:
    """The equations, of ``(x, λ)`` in one vector and of the operands of all."""

    def condition(solution: Any, *operands: Any) -> Any:
        size = solution.shape[0] - count
        x, multipliers = solution[:size], solution[size:]
        own = len(operands) - sum(len(one.operands) for one in constraints)
        slope = gradient(x, *operands[:own])
        rows: list[Any] = []
        for one in constraints:
            given = operands[own : own + len(one.operands)]
            own += len(one.operands)
            values, pull = vjp(lambda x, c=one, g=given: c.values(x, *g), x)
            weights = multipliers[: len(one.low)]
            multipliers = multipliers[len(one.low) :]
            slope = slope - pull(weights)[0]
            rows.append(values - np.clip(values - weights, one.low, one.high))
        rest = slope if box is None else x - np.clip(x - slope, *box)
        return concatenate([rest, *rows])

    return condition


def multipliers_at(
    x: Any, slope: Any, box: Box, constraints: Sequence[Constraint], operands: Any
) -> Any:
    """The multipliers that balance the gradient best; 0 where a value is free.

    The sign of each is that of the side which holds the value; at an equation, any.
    """
    from scipy.optimize import lsq_linear

    parts = [_held(x, np.eye(x.size), *((-np.inf, np.inf) if box is None else box))]
    for one, given in zip(constraints, operands, strict=True):
        values, rows = one.evaluate(x, *given), one.jacobian(x, *given)
        parts.append(_held(values, rows, one.low, one.high))
    matrix, least, most = [
        np.concatenate(column) for column in zip(*parts, strict=True)
    ]
    held = least < most
    found = np.zeros(held.size)
    if np.any(held):
        sides = least[held], most[held]
        found[held] = lsq_linear(matrix[held].T, slope, sides).x
    return found[x.size :]


def _held(values: Any, rows: Any, low: Any, high: Any) -> tuple[Any, Any, Any]:
    """Derivatives of values, and the least and most that multipliers may be."""
    room = NEAR * (1 + np.abs(values))
    least = np.where(high - values <= room, -np.inf, 0.0)
    most = np.where(values - low <= room, np.inf, 0.0)
    return rows, least, most
