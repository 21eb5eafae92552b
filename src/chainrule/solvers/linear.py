"""Linear systems whose matrix is the derivative of a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.core.errors import user_line
from chainrule.primitives.krylov import linear_solve
from chainrule.transforms.jvp import linearize
from chainrule.transforms.trace import trace_with_values


def solve_derivative(function: Function, x: Any, b: Any) -> Any:
    """The v with ``f'(x) v = b``, where f takes vectors to vectors.

    Differentiable in all that f'(x) is made of, and in b.
    """
    traced = trace_with_values(lambda x: [function(x)], [x])
    program, constants = traced.program, traced.constants
    _, linear = linearize(program, constants, [x], [True], traced.known)
    if not linear.nonzero[0]:
        raise np.linalg.LinAlgError(
            "Expected equations that depend on their unknowns, got some that do not "
            f"at {user_line()}: their derivative is zero everywhere."
        )
    count = len(linear.residuals)
    matvec = linear.program.without_constants()
    return linear_solve(*linear.residuals, b, matvec=matvec, residuals=count)
