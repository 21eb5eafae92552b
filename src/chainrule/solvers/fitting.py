"""Least squares by SciPy's methods, with the exact compiled Jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.calculus.compile import jit
from chainrule.calculus.matrices import jacobian
from chainrule.calculus.reverse import grad
from chainrule.core.tracer import Tracer
from chainrule.solvers.constraints import limits
from chainrule.solvers.minimizing import (
    Remembering,
    differentiable_minimum,
    packed,
    report,
)
from chainrule.solvers.problem import Closed, Variables


def least_squares(
    function: Function,
    x0: Any,
    args: Any = (),
    method: str = "trf",
    bounds: Any = None,
    options: dict[str, Any] | None = None,
) -> Any:
    r"""The least sum of squared residuals, by ``scipy.optimize.least_squares``.

    .. math:: x(a) = \arg\min_x \tfrac{1}{2} \sum_i r_i(x, a)^2

    The Jacobian is exact and compiled. The solution is differentiable by ``args`` and
    by what the function closes over, in every mode and order.

    Shapes:
        x: the containers, shapes and dtypes of ``x0``; residuals in any containers.

    Args:
        function: NumPy code, ``r(x, *args)``: the residuals.
        x0: Where to start, in any container.
        args: A tuple of further arguments.
        method: ``"trf"``, ``"dogbox"`` or ``"lm"``.
        bounds: ``(lower, upper)``, each a number or a container like ``x0``.
        options: Further arguments of SciPy's: ``ftol``, ``xtol``, ``max_nfev`` …

    Returns:
        SciPy's ``OptimizeResult``, its ``x`` in the container; ``fun`` are the
        residuals and ``jac`` the Jacobian, by the elements of x in order. Under a
        transform ``x`` and ``fun`` alone.

    Examples:
        >>> import numpy as np
        >>> t = np.arange(4.0)
        >>> fit = least_squares(lambda p: p["a"] * t + p["b"] - (2.0 * t + 1.0),
        ...                     {"a": 0.0, "b": 0.0})
        >>> float(np.round(fit.x["a"], 6)), float(np.round(fit.x["b"], 6))
        (2.0, 1.0)

    Source: Nocedal and Wright, Numerical Optimization, 2nd ed., 2006, chapter 10.
    """
    variables = Variables(x0, "least_squares", np.float64)
    closed = Closed(function, variables, args if isinstance(args, tuple) else (args,))
    run = closed.vector()
    settings = {"method": method, **(options or {})}
    solver = _Fitter(closed, limits(bounds, variables), settings)
    if not closed.is_traced and not isinstance(variables.start, Tracer):
        result = solver.run(variables.start, *closed.operands)
        result.x = variables.tree(result.x)
        return result

    def cost(x: Any, *operands: Any) -> Any:
        return 0.5 * np.sum(run(x, *operands) ** 2)

    x = differentiable_minimum(solver, grad(cost), variables, closed.operands)
    return packed(x=variables.tree(x), fun=run(x, *closed.operands))


class _Fitter(Remembering):
    """One problem for ``scipy.optimize.least_squares``."""

    def __init__(self, closed: Closed, bounds: Any, settings: dict[str, Any]) -> None:
        super().__init__()
        run = closed.vector()
        self.bounds = bounds
        self._fun = closed.compiled("values", lambda: jit(run))
        self._jac: Any = closed.compiled("jacobian", lambda: jit(jacobian(run)))
        self._settings = settings

    def run(self, start: Any, *operands: Any) -> Any:
        """SciPy's result, with a warning where it did not converge."""
        from scipy import optimize

        more = self._settings
        if self.bounds is not None:
            more = {**more, "bounds": self.bounds}
        result = optimize.least_squares(
            self._fun, np.array(start), self._jac, args=tuple(operands), **more
        )
        report("least_squares", result, float(result.optimality))
        return result
