"""Minima by SciPy's methods, with exact compiled derivatives; differentiable."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.calculus.compile import jit
from chainrule.calculus.forward import jvp
from chainrule.calculus.matrices import hessian
from chainrule.calculus.reverse import grad, value_and_grad
from chainrule.core.errors import user_line
from chainrule.core.tracer import Tracer
from chainrule.primitives.host import host_call
from chainrule.solvers.constraints import Constraint, constraints_for, limits
from chainrule.solvers.convergence import ConvergenceWarning
from chainrule.solvers.implicit import implicit_solution
from chainrule.solvers.problem import Closed, Variables
from chainrule.solvers.stationary import condition_of, multipliers_at

HESSIAN = ("dogleg", "trust-exact")
PRODUCT = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
VALUES = ("nelder-mead", "powell", "cobyla", "cobyqa")
GRADIENT = ("bfgs", "l-bfgs-b", "cg", "slsqp", "tnc")
METHODS = (*GRADIENT, *HESSIAN, *PRODUCT, *VALUES)
"""What SciPy's methods ask for: beside the gradient a Hessian or its products, or no
derivative at all."""


def _expect_method(method: Any) -> None:
    """Refuse a name that SciPy has no method of, before any work."""
    if not isinstance(method, str) or method.lower() in METHODS:
        return
    near = difflib.get_close_matches(method.lower(), METHODS, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose among {METHODS}."
    raise ValueError(
        f"Expected one of SciPy's methods for minimize, got {method!r} at "
        f"{user_line()}: {hint}"
    )


def minimize(  # noqa: PLR0913  (the parameters are SciPy's)
    function: Function,
    x0: Any,
    args: Any = (),
    method: str | None = None,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    r"""The minimum of a scalar function, by ``scipy.optimize.minimize``.

    .. math:: x(a) = \arg\min_x f(x, a), \qquad
        \dot x = -(\nabla_x^2 f)^{-1}\,\partial_a \nabla_x f\,\dot a

    Gradients, Hessians and their products are exact and compiled (once for functions
    that trace to the same program), and each method gets those that it can use. The
    minimum is differentiable by ``args`` and by what the functions close over, in every
    mode and order, within bounds and constraints too: by the conditions of Karush, Kuhn
    and Tucker. There, gradients of the constraints that hold x back must be linearly
    independent, and none of their multipliers 0 (strict complementarity).

    Shapes:
        x: the containers, shapes and dtypes of ``x0``. SciPy computes in float64.

    Args:
        function: NumPy code with one scalar result, ``f(x, *args)``.
        x0: Where to start, in any container.
        args: A tuple of further arguments.
        method: One of SciPy's: ``"BFGS"``, ``"L-BFGS-B"``, ``"Newton-CG"``,
            ``"trust-exact"``, ``"SLSQP"`` …; by default BFGS, or what suits bounds or
            constraints.
        bounds: ``(lower, upper)``, each a number or a container like ``x0``; or
            SciPy's own forms where ``x0`` is one array.
        constraints: SciPy's, with functions of the container and no derivatives.
        tol: As SciPy's.
        options: As SciPy's, for the method.

    Returns:
        SciPy's ``OptimizeResult``, its ``x`` and gradient ``jac`` in the container;
        under a transform ``x`` and ``fun`` alone.

    Raises:
        ShapeError: If the result is not a scalar.
        ValueError: If SciPy has no method of this name.
        TypeError: If a side of a constraint is traced.
        LinAlgError: If the minimum is differentiated where these gradients are not
            independent, or the curvature along them vanishes.

    Examples:
        >>> import numpy as np
        >>> from chainrule import grad
        >>> result = minimize(lambda p: (p["a"] - 1) ** 2 + p["b"] ** 2,
        ...                   {"a": 0.0, "b": 3.0})
        >>> bool(abs(result.x["a"] - 1.0) < 1e-6)
        True
        >>> slope = grad(lambda t: minimize(lambda x: (x - t) ** 2, 0.0).x)
        >>> slope(2.0)
        np.float64(1.0)

    Source: Nocedal and Wright, Numerical Optimization, 2nd ed., 2006.
    """
    _expect_method(method)
    variables = Variables(x0, "minimize", np.float64)
    closed = Closed(function, variables, args if isinstance(args, tuple) else (args,))
    objective = closed.scalar("minimize")
    solver = _Minimizer(
        closed,
        objective,
        constraints_for(constraints, variables, method),
        method=method,
        bounds=limits(bounds, variables),
        tol=tol,
        options=options,
    )
    operands, traced = list(closed.operands), closed.is_traced
    for one in solver.constraints:
        operands, traced = operands + one.operands, traced or one.is_traced
    if not traced and not isinstance(variables.start, Tracer):
        return solver.result(variables, operands)
    x = differentiable_minimum(solver, grad(objective), variables, operands)
    return packed(x=variables.tree(x), fun=objective(x, *closed.operands))


def differentiable_minimum(
    solver: Remembering, gradient: Function, variables: Variables, operands: Any
) -> Any:
    """The minimum as a vector that transforms know, by what holds there."""
    size = variables.type.size
    count = sum(len(one.low) for one in solver.constraints)
    types = (variables.type.with_shape((size + count,)),)
    condition = condition_of(gradient, solver.bounds, solver.constraints, count)

    def solve(start: Any, *operands: Any) -> Any:
        return host_call(start, *operands, function=solver, types=types)[0]

    return implicit_solution(solve, condition, variables.start, operands)[:size]


def packed(**fields: Any) -> Any:
    """SciPy's kind of result, with these fields."""
    from scipy.optimize import OptimizeResult

    return OptimizeResult(**fields)


class Remembering:
    """A solver that solves the same problem once.

    Differentiation asks for a solution where it is found and again in its rule.
    """

    bounds: Any
    constraints: Sequence[Constraint] = ()

    def __init__(self) -> None:
        self._last: tuple[list[Any], Any] | None = None

    def __call__(self, *operands: Any) -> tuple[Any]:
        """The solution as a vector, multipliers behind x, from start and operands."""
        if self._last is not None:
            before, x = self._last
            if all(np.array_equal(a, b) for a, b in zip(before, operands, strict=True)):
                return (x,)
        x = self.solution(*operands)
        self._last = [np.array(a) for a in operands], x
        return (x,)

    def solution(self, start: Any, *operands: Any) -> Any:
        """The solution as a vector, found anew."""
        return self.run(start, *operands).x

    def run(self, start: Any, *operands: Any) -> Any:
        """SciPy's result."""
        raise NotImplementedError


def report(name: str, result: Any, residual: float) -> None:
    """Warn where SciPy says that a method did not converge."""
    if result.success:
        return
    steps = result.get("nit", result.get("nfev"))
    warnings.warn(
        f"Expected {name} to converge, got a residual of {residual:.3g} after {steps} "
        f"steps at {user_line()} ({str(result.message).strip()}): start nearer, allow "
        "more steps in options, or take another method.",
        ConvergenceWarning,
        stacklevel=2,
    )


class _Minimizer(Remembering):
    """One problem for ``scipy.optimize.minimize``, with its derivatives compiled."""

    def __init__(
        self,
        closed: Closed,
        objective: Function,
        constraints: Sequence[Constraint],
        **settings: Any,
    ) -> None:
        super().__init__()
        self.bounds = settings.pop("bounds")
        self.constraints = constraints
        self._settings = settings
        self._derivatives = self._for_method(closed, objective, settings["method"])
        self._slope = closed.compiled("slope", lambda: jit(grad(objective)))

    def _for_method(
        self, closed: Closed, objective: Function, method: Any
    ) -> dict[str, Any]:
        name = method.lower() if isinstance(method, str) else ""
        if name in VALUES:
            return {"fun": closed.compiled("value", lambda: jit(objective))}
        both = closed.compiled("both", lambda: jit(value_and_grad(objective)))
        supplied: dict[str, Callable[..., Any]] = {"fun": both}
        if name in HESSIAN:
            hess = closed.compiled("hessian", lambda: jit(hessian(objective)))
            supplied["hess"] = hess
        if name in PRODUCT:
            hessp = closed.compiled("product", lambda: jit(_product(objective)))
            supplied["hessp"] = hessp
        return {**supplied, "jac": True}

    def solution(self, start: Any, *operands: Any) -> Any:
        """The solution, and the multipliers of the constraints behind it."""
        x = self.run(start, *operands).x
        if not self.constraints:
            return x
        own, given = self._parted(operands)
        slope = self._slope(x, *own)
        balance = multipliers_at(x, slope, self.bounds, self.constraints, given)
        return np.concatenate([x, balance])

    def _parted(self, operands: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The operands of the objective, and those of each constraint."""
        counts = [len(one.operands) for one in self.constraints]
        stops = len(operands) - np.cumsum([0, *counts[::-1]])[::-1]
        pairs = pairwise(stops.tolist())
        return operands[: stops[0]], [operands[low:high] for low, high in pairs]

    def run(self, start: Any, *operands: Any) -> Any:
        """SciPy's result, with a warning where it did not converge."""
        from scipy import optimize

        bounds = None if self.bounds is None else optimize.Bounds(*self.bounds)
        own, given = self._parted(operands)
        pairs = zip(self.constraints, given, strict=True)
        result = optimize.minimize(
            x0=np.array(start),
            args=tuple(own),
            bounds=bounds,
            constraints=[one.of_scipy(one, *numbers) for one, numbers in pairs],
            **self._derivatives,
            **self._settings,
        )
        slope = result.get("jac", np.nan)
        report("minimize", result, float(np.max(np.abs(slope), initial=0.0)))
        return result

    def result(self, variables: Variables, operands: Any) -> Any:
        """SciPy's result with x and the gradient in the container."""
        result = self.run(variables.start, *operands)
        for name in ("x", "jac"):
            if np.shape(result.get(name)) == variables.type.shape:
                result[name] = variables.tree(result[name])
        return result


def _product(objective: Function) -> Function:
    """The Hessian times a vector: ``(x, v, *operands)``."""

    def product(x: Any, v: Any, *operands: Any) -> Any:
        v = v.astype(x.dtype)  # SciPy probes with small integers
        return jvp(lambda x: grad(objective)(x, *operands), (x,), (v,))[1]

    return product
