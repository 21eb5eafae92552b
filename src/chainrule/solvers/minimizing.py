"""Minima by SciPy's methods, with exact compiled derivatives; differentiable."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.calculus.compile import jit
from chainrule.calculus.forward import jvp
from chainrule.calculus.matrices import hessian
from chainrule.calculus.reverse import grad, value_and_grad
from chainrule.core.errors import MissingRuleError, user_line
from chainrule.core.tracer import Tracer
from chainrule.primitives.host import host_call
from chainrule.solvers.constraints import constraints_for, limits
from chainrule.solvers.convergence import ConvergenceWarning
from chainrule.solvers.implicit import implicit_solution
from chainrule.solvers.problem import Closed, Variables

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

    Gradients, Hessians and their products are exact and compiled, and each method gets
    those that it can use. The minimum is differentiable by ``args`` and by what the
    function closes over, in every mode and order, within its bounds too.

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
        MissingRuleError: If a solution with constraints is differentiated.

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
        objective,
        method=method,
        bounds=limits(bounds, variables),
        constraints=constraints_for(constraints, variables, method),
        tol=tol,
        options=options,
    )
    if not closed.is_traced and not isinstance(variables.start, Tracer):
        return solver.result(variables, closed.operands)
    x = differentiable_minimum(solver, grad(objective), variables, closed)
    return packed(x=variables.tree(x), fun=objective(x, *closed.operands))


def differentiable_minimum(
    solver: Any, gradient: Function, variables: Variables, closed: Closed
) -> Any:
    """The minimum as a vector that transforms know: zero of the gradient in bounds."""
    box = solver.bounds

    def condition(x: Any, *operands: Any) -> Any:
        slope = gradient(x, *operands)
        if solver.constrained:
            raise MissingRuleError(
                "Expected a problem without constraints, since its solution is "
                f"differentiated, got one with them at {user_line()}: use bounds, or "
                "a penalty in the function."
            )
        return slope if box is None else x - np.clip(x - slope, *box)

    def solve(start: Any, *operands: Any) -> Any:
        types = (variables.type,)
        return host_call(start, *operands, function=solver, types=types)[0]

    return implicit_solution(solve, condition, variables.start, closed.operands)


def packed(**fields: Any) -> Any:
    """SciPy's kind of result, with these fields."""
    from scipy.optimize import OptimizeResult

    return OptimizeResult(**fields)


class Remembering:
    """A solver that solves the same problem once.

    Differentiation asks for a solution where it is found and again in its rule.
    """

    def __init__(self) -> None:
        self._last: tuple[list[Any], Any] | None = None

    def __call__(self, *operands: Any) -> tuple[Any]:
        """The solution as a vector, from the start and the operands."""
        if self._last is not None:
            before, x = self._last
            if all(np.array_equal(a, b) for a, b in zip(before, operands, strict=True)):
                return (x,)
        x = self.run(*operands).x
        self._last = [np.array(a) for a in operands], x
        return (x,)

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

    def __init__(self, objective: Function, **settings: Any) -> None:
        super().__init__()
        self.bounds = settings.pop("bounds")
        self.constrained = bool(settings["constraints"])
        self._settings = settings
        self._derivatives = self._for_method(objective, settings["method"])

    def _for_method(self, objective: Function, method: Any) -> dict[str, Any]:
        name = method.lower() if isinstance(method, str) else ""
        if name in VALUES:
            return {"fun": jit(objective)}
        supplied: dict[str, Callable[..., Any]] = {
            "fun": jit(value_and_grad(objective))
        }
        if name in HESSIAN:
            supplied["hess"] = jit(hessian(objective))
        if name in PRODUCT:
            supplied["hessp"] = jit(_product(objective))
        return {**supplied, "jac": True}

    def run(self, start: Any, *operands: Any) -> Any:
        """SciPy's result, with a warning where it did not converge."""
        from scipy import optimize

        bounds = None if self.bounds is None else optimize.Bounds(*self.bounds)
        result = optimize.minimize(
            x0=np.array(start),
            args=tuple(operands),
            bounds=bounds,
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
