"""Roots and fixed points: loops that compile, solutions that differentiate."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.calculus.control import while_loop
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.types import type_of
from chainrule.primitives.host import host_call
from chainrule.solvers.convergence import ConvergenceError
from chainrule.solvers.implicit import implicit_solution
from chainrule.solvers.linear import solve_derivative
from chainrule.solvers.problem import Closed, Variables

_SHORTEST = 2.0**-20
"""Of a Newton step: what is tried last where the residual does not fall."""


def root(
    function: Function,
    x0: Any,
    *args: Any,
    tol: float | None = None,
    max_steps: int = 100,
) -> Any:
    r"""The x at which a function is zero, by Newton's method; differentiable.

    .. math:: f(x, a) = 0, \qquad
        \dot x = -(\partial_x f)^{-1}\,\partial_a f\,\dot a

    Steps are halved while they do not bring the residual down. The derivative is that
    of the solution, not of the steps, in every mode and order; values that the
    function closes over count like ``args``.

    Shapes:
        f(x): as many numbers as x has, in any containers.

    Args:
        function: NumPy code, ``f(x, *args)``.
        x0: Where to start, in any container.
        args: Its further arguments.
        tol: The largest residual at which to end; by default near the rounding of x.
        max_steps: Steps after which it is an error not to have ended.

    Returns:
        x in the container of ``x0``.

    Raises:
        ConvergenceError: If there is no such x within the steps.
        ShapeError: If f(x) has more or fewer numbers than x.

    Examples:
        >>> from chainrule import grad
        >>> root(lambda x, a: x * x - a, 1.0, 9.0)
        np.float64(3.0)
        >>> grad(lambda a: root(lambda x: x * x - a, 1.0))(9.0)
        np.float64(0.16666666666666666)

    Source: Nocedal and Wright, Numerical Optimization, 2nd ed., 2006, chapter 11.
    """
    return _solve("root", function, x0, args, _newton, (tol, max_steps))


def fixed_point(
    function: Function,
    x0: Any,
    *args: Any,
    tol: float | None = None,
    max_steps: int = 1000,
) -> Any:
    r"""The x that a function leaves as it is, by iteration; differentiable.

    .. math:: x = f(x, a), \qquad
        \dot x = (I - \partial_x f)^{-1}\,\partial_a f\,\dot a

    The derivative is that of the solution, not of the steps, in every mode and order;
    values that the function closes over count like ``args``.

    Shapes:
        f(x): the shapes and containers of x.

    Args:
        function: NumPy code, ``f(x, *args)``, a contraction near the solution.
        x0: Where to start, in any container.
        args: Its further arguments.
        tol: The largest change at which to end; by default near the rounding of x.
        max_steps: Steps after which it is an error not to have ended.

    Returns:
        x in the container of ``x0``.

    Raises:
        ConvergenceError: If the iteration does not settle within the steps.
        ShapeError: If f(x) has more or fewer numbers than x.

    Examples:
        >>> import numpy as np
        >>> fixed_point(np.cos, 1.0)
        np.float64(0.73908513)

    Source: Bai, Kolter and Koltun, Deep Equilibrium Models, NeurIPS 2019.
    """
    return _solve("fixed_point", function, x0, args, _iterate, (tol, max_steps))


def _solve(
    verb: str,
    function: Function,
    x0: Any,
    args: tuple[Any, ...],
    method: Callable[..., Any],
    limits: tuple[float | None, int],
) -> Any:
    variables = Variables(x0, verb)
    closed = Closed(function, variables, args)
    expected, found = variables.type.size, sum(type.size for type in closed.types)
    if found != expected:
        raise ShapeError(
            f"Expected a function for {verb} with as many results as unknowns, "
            f"{expected}, got {found} at {user_line()}: give one equation for each."
        )
    tol, max_steps = limits
    eps = float(np.finfo(variables.dtype).eps)
    known = (eps ** (2 / 3) if tol is None else tol, max_steps)
    run = closed.vector()
    if method is _iterate:
        step, run = run, lambda x, *a: step(x, *a) - x

    def solve(start: Any, *operands: Any) -> Any:
        x, size, steps = method(lambda x: run(x, *operands), start, *known)
        report = partial(_expect_converged, verb, known[0])
        (x,) = host_call(x, size, steps, function=report, types=(type_of(x),))
        return x

    x = implicit_solution(solve, run, variables.start, closed.operands)
    return variables.tree(x)


def _expect_converged(verb: str, tol: float, x: Any, size: Any, steps: Any) -> Any:
    if not size <= tol:
        raise ConvergenceError(
            f"Expected {verb} to end with a residual of at most {tol:.3g}, got "
            f"{float(size):.3g} after {int(steps)} steps at {user_line()}: start "
            "nearer to the solution, or allow more with tol and max_steps."
        )
    return (x,)


def _size(residual: Any) -> Any:
    """The largest element; NaN where one is NaN."""
    if not residual.size:
        return np.zeros((), residual.dtype)
    return np.max(np.abs(residual))


def _newton(run: Function, start: Any, tol: float, max_steps: int) -> Any:
    """x, its residual and the number of steps."""

    def unfinished(state: Any) -> Any:
        _, size, steps = state
        return (size > tol) & (steps < max_steps)

    def step(state: Any) -> Any:
        x, size, steps = state
        move = solve_derivative(run, x, run(x))

        def too_long(trial: Any) -> Any:
            length, new = trial
            return ~(new < (1 - 1e-4 * length) * size) & (length > _SHORTEST)

        def halve(trial: Any) -> Any:
            length = 0.5 * trial[0]
            return length, _size(run(x - length * move))

        whole = np.ones((), x.dtype), _size(run(x - move))
        length, new = while_loop(too_long, halve, whole)
        return x - length * move, new, steps + 1

    state = (start, _size(run(start)), np.int64(0))
    return while_loop(unfinished, step, state)


def _iterate(change: Function, start: Any, tol: float, max_steps: int) -> Any:
    """x, its change and the number of steps."""

    def unfinished(state: Any) -> Any:
        _, size, steps = state
        return (size > tol) & (steps < max_steps)

    def step(state: Any) -> Any:
        x, _, steps = state
        x = x + change(x)
        return x, _size(change(x)), steps + 1

    state = (start, _size(change(start)), np.int64(0))
    return while_loop(unfinished, step, state)
