"""Bounds and constraints on containers, as SciPy takes them on vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.calculus.compile import jit
from chainrule.calculus.matrices import hessian, jacobian
from chainrule.core.errors import user_line
from chainrule.core.tree import flatten
from chainrule.solvers.problem import Closed, Variables


def limits(bounds: Any, variables: Variables) -> tuple[Any, Any] | None:
    """Lower and upper bounds as vectors.

    Args:
        bounds: None; a pair of containers like x, or of numbers; SciPy's ``Bounds``;
            or, where x is one array, a pair for each of its elements.
        variables: What is solved for.

    Raises:
        ValueError: If they are none of these.
    """
    if bounds is None:
        return None
    if hasattr(bounds, "lb") and hasattr(bounds, "ub"):
        pair = (bounds.lb, bounds.ub)
    else:
        pair = _pair(list(bounds), variables)
    return _side(pair[0], variables), _side(pair[1], variables)


def _pair(bounds: list[Any], variables: Variables) -> Sequence[Any]:
    size = variables.type.size
    each = [np.shape(pair) == (2,) for pair in bounds]
    if variables.structure.build is None and len(bounds) == size and all(each):
        return [
            np.array([fill if pair[k] is None else pair[k] for pair in bounds], float)
            for k, fill in enumerate((-np.inf, np.inf))
        ]
    if len(bounds) != 2:
        raise ValueError(
            f"Expected bounds as a pair (lower, upper), or one for each of {size} "
            f"elements, got {len(bounds)} at {user_line()}: use -np.inf and np.inf "
            "where there is none."
        )
    return bounds


def _side(side: Any, variables: Variables) -> Any:
    """One bound of each element."""
    size = variables.type.size
    leaves, structure = flatten(side)
    if structure == variables.structure:
        shapes = flatten(variables.tree(variables.start))[0]
        pairs = zip(leaves, shapes, strict=True)
        rows = [np.broadcast_to(np.asarray(b, float), np.shape(x)) for b, x in pairs]
        return np.concatenate([np.zeros(0), *[np.ravel(row) for row in rows]])
    if np.shape(side) in ((), (size,)):
        return np.broadcast_to(np.asarray(side, float), (size,))
    raise ValueError(
        f"Expected bounds in the containers {variables.structure}, got {structure} at "
        f"{user_line()}: give a number for all, or one for each array."
    )


CURVED = "trust-constr"
"""The method that asks for second derivatives of constraints."""


def constraints_for(constraints: Any, variables: Variables, method: Any) -> Any:
    """SciPy's constraints, on vectors and with exact derivatives.

    Args:
        constraints: One or several of SciPy's dicts (``type``, ``fun``, ``args``),
            ``NonlinearConstraint`` and ``LinearConstraint``.
        variables: What is solved for.
        method: SciPy's method, which says what derivatives are wanted.
    """
    curved = isinstance(method, str) and method.lower() == CURVED
    if isinstance(constraints, (list, tuple)):
        return [_constraint(one, variables, curved) for one in constraints]
    return _constraint(constraints, variables, curved)


def _constraint(constraint: Any, variables: Variables, curved: bool) -> Any:
    if isinstance(constraint, dict):
        args = constraint.get("args", ())
        fun, jac, _, operands = _derived(constraint["fun"], variables, args)
        return {
            "type": constraint["type"],
            "fun": lambda x: fun(x, *operands),
            "jac": lambda x: jac(x, *operands),
        }
    if not hasattr(constraint, "fun"):
        return constraint  # linear: SciPy knows its derivative
    fun, jac, hess, operands = _derived(constraint.fun, variables, ())
    more = {"hess": lambda x, v: hess(x, v, *operands)} if curved else {}
    return type(constraint)(
        lambda x: fun(x, *operands),
        constraint.lb,
        constraint.ub,
        jac=lambda x: jac(x, *operands),
        **more,
    )


def _derived(function: Function, variables: Variables, args: Any) -> Any:
    """A function, its Jacobian, the Hessian of v times it, and their operands."""
    closed = Closed(function, variables, args)
    run = closed.vector()

    def weighed(x: Any, v: Any, *operands: Any) -> Any:
        return np.sum(v * run(x, *operands))

    return jit(run), jit(jacobian(run)), jit(hessian(weighed)), closed.operands
