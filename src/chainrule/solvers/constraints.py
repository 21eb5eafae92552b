"""Bounds and constraints on containers, as SciPy takes them on vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.calculus.compile import jit
from chainrule.calculus.matrices import hessian, jacobian
from chainrule.core.errors import user_line
from chainrule.core.tracer import Tracer
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


class Constraint:
    """Values of a function of x, one or many, each between two numbers.

    Attributes:
        values: The function of the vector x and of its operands, a vector.
        evaluate: The same, compiled.
        jacobian: Its derivative by x, compiled.
        operands: Arrays that it takes: its arguments, and what it closes over.
        low: The numbers that the values are at least.
        high: Those that they are at most.
        of_scipy: SciPy's form of it on vectors, of itself and its operands' numbers.
    """

    def __init__(
        self, closed: Closed, sides: tuple[Any, Any], of_scipy: Callable[..., Any]
    ) -> None:
        run = closed.vector()
        self.values = run
        self.evaluate = closed.compiled("values", lambda: jit(run))
        self.jacobian = closed.compiled("jacobian", lambda: jit(jacobian(run)))
        self.operands = closed.operands
        self.is_traced = closed.is_traced
        count = sum(type.size for type in closed.types)
        self.low, self.high = [_known(side, count) for side in sides]
        self.of_scipy = of_scipy


def _known(side: Any, count: int) -> Any:
    """One side of the values as a vector."""
    if isinstance(side, Tracer):
        raise TypeError(
            f"Expected known numbers as the sides of a constraint, got {side!r} at "
            f"{user_line()}: subtract what is traced from the function's values."
        )
    return np.broadcast_to(np.asarray(side, float), (count,))


def constraints_for(
    constraints: Any, variables: Variables, method: Any
) -> list[Constraint]:
    """SciPy's constraints, on vectors and with exact derivatives.

    Args:
        constraints: One or several of SciPy's dicts (``type``, ``fun``, ``args``),
            ``NonlinearConstraint`` and ``LinearConstraint``.
        variables: What is solved for.
        method: SciPy's method, which says what derivatives are wanted.
    """
    curved = isinstance(method, str) and method.lower() == CURVED
    many = isinstance(constraints, (list, tuple))
    return [
        _constraint(one, variables, curved)
        for one in (constraints if many else [constraints])
    ]


def _constraint(constraint: Any, variables: Variables, curved: bool) -> Constraint:
    if isinstance(constraint, dict):
        return _from_dict(constraint, variables)
    sides = constraint.lb, constraint.ub
    if not hasattr(constraint, "fun"):
        closed = Closed(_product_with(constraint.A, variables), variables, ())
        return Constraint(closed, sides, lambda one, *operands: constraint)
    closed = Closed(constraint.fun, variables, ())
    run = closed.vector()

    def weighed(x: Any, v: Any, *operands: Any) -> Any:
        return np.sum(v * run(x, *operands))

    def of_scipy(one: Constraint, *operands: Any) -> Any:
        more: dict[str, Any] = {}
        if curved:
            hess = closed.compiled("curvature", lambda: jit(hessian(weighed)))
            more["hess"] = lambda x, v: hess(x, v, *operands)
        return type(constraint)(
            lambda x: one.evaluate(x, *operands),
            *sides,
            jac=lambda x: one.jacobian(x, *operands),
            **more,
        )

    return Constraint(closed, sides, of_scipy)


def _from_dict(constraint: dict[str, Any], variables: Variables) -> Constraint:
    def of_scipy(one: Constraint, *operands: Any) -> Any:
        return {
            "type": constraint["type"],
            "fun": lambda x: one.evaluate(x, *operands),
            "jac": lambda x: one.jacobian(x, *operands),
        }

    closed = Closed(constraint["fun"], variables, constraint.get("args", ()))
    high = 0.0 if constraint["type"] == "eq" else np.inf
    return Constraint(closed, (0.0, high), of_scipy)


def _product_with(matrix: Any, variables: Variables) -> Callable[[Any], Any]:
    """The function of a linear constraint, whose derivative SciPy knows itself."""
    dense = matrix.toarray() if hasattr(matrix, "toarray") else np.asarray(matrix)
    return lambda tree: np.atleast_2d(dense) @ variables.vector(flatten(tree)[0])
