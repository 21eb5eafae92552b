"""The derivative of a solution: what its equation says of it, however it was found.

Where F(x, a) = 0 for x = x(a), the derivative is that of the implicit function theorem.
Source: Blondel et al., Efficient and Modular Implicit Differentiation, NeurIPS 2022.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.calculus.arguments import Function
from chainrule.calculus.custom import custom_jvp
from chainrule.calculus.forward import jvp
from chainrule.core.types import is_differentiable
from chainrule.solvers.linear import solve_derivative


def implicit_solution(
    solve: Callable[..., Any], condition: Function, start: Any, operands: Sequence[Any]
) -> Any:
    """What ``solve`` gives from the start: an x with ``condition(x, *operands) = 0``.

    Its derivative by the operands solves a linear system; by the start it is zero.
    """

    @custom_jvp
    def solution(start: Any, operands: tuple[Any, ...]) -> Any:
        return solve(start, *operands)

    @solution.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        start, operands = primals
        x = solution(start, operands)
        b = _along(condition, x, operands, tangents[1])
        return x, -solve_derivative(lambda x: condition(x, *operands), x, b)

    return solution(start, tuple(operands))


def _along(
    condition: Function, x: Any, operands: Sequence[Any], tangents: Sequence[Any]
) -> Any:
    """How the condition changes, at the same x, where the operands move."""
    moving = [i for i, a in enumerate(operands) if is_differentiable(a.dtype)]

    def at(*values: Any) -> Any:
        full = list(operands)
        for place, value in zip(moving, values, strict=True):
            full[place] = value
        return condition(x, *full)

    primals = tuple([operands[i] for i in moving])
    return jvp(at, primals, tuple([tangents[i] for i in moving]))[1]
