"""Products with matrices of second derivatives, which are never made."""

from __future__ import annotations

from typing import Any

from chainrule.calculus.arguments import Arguments, Function, zero_like
from chainrule.calculus.forward import (
    as_tuple,
    directions_of,
    jvp,
    linearize_arguments,
)
from chainrule.calculus.reverse import grad, pull_back_leaves
from chainrule.core.program import evaluate
from chainrule.core.tree import flatten, unflatten


def hvp(function: Function, primals: Any, tangents: Any) -> Any:
    r"""The Hessian of a scalar function times a vector, without the Hessian.

    .. math:: \dot x \mapsto \nabla^2 f(x)\,\dot x

    Forward over reverse: a few times the cost of the function itself.

    Shapes:
        As the primals.

    Args:
        function: NumPy code with one floating-point scalar result.
        primals: A tuple of the arguments.
        tangents: A tuple of directions, in the same containers.

    Returns:
        The product, in the container of the primal; for several primals a tuple, from
        the Hessian by all of them together.

    Raises:
        TypeError: If a primal is not floating-point.
        ShapeError: If the result is not a scalar.

    Examples:
        >>> import numpy as np
        >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.ones(2),))
        array([ 6., 12.])

    Source: Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation
    6(1), 1994.
    """
    args = as_tuple(primals, "primals", "hvp")
    numbers = 0 if len(args) == 1 else tuple(range(len(args)))
    _, product = jvp(grad(function, numbers), args, tangents)
    return product


def ggnvp(function: Function, loss: Function, primals: Any, tangents: Any) -> Any:
    r"""The Gauss-Newton matrix of a model under a loss times a vector.

    .. math:: \dot x \mapsto J^{\top} H J \dot x, \quad J = f'(x),
        \ H = \nabla^2 \ell(f(x))

    What remains of the Hessian of ``loss(function(x))`` without the curvature of the
    function itself; positive semidefinite where the loss is convex. The function is
    evaluated once, forward and back along the direction.

    Shapes:
        As the primals.

    Args:
        function: The model, NumPy code of what is moved: ``z = function(*primals)``.
        loss: NumPy code with one floating-point scalar result, of ``z`` alone.
        primals: A tuple of the function's arguments.
        tangents: A tuple of directions, in the same containers.

    Returns:
        The product, in the container of the primal; for several primals a tuple.

    Raises:
        TypeError: If a primal is not floating-point.
        ShapeError: If the loss is not a scalar.

    Examples:
        >>> import numpy as np
        >>> def model(w):
        ...     return np.exp(w)
        >>> ggnvp(model, lambda z: np.sum(z**2), (np.zeros(2),), (np.ones(2),))
        array([2., 2.])

    Source: Schraudolph, Fast curvature matrix-vector products for second-order
    gradient descent, Neural Computation 14(7), 2002.
    """
    args = as_tuple(primals, "primals", "ggnvp")
    numbers = 0 if len(args) == 1 else tuple(range(len(args)))
    arguments = Arguments(args, numbers, "ggnvp")
    directions = directions_of(arguments, as_tuple(tangents, "tangents", "ggnvp"))
    structure, outputs, linear, _ = linearize_arguments(function, arguments)
    moved = iter(evaluate(linear.program, linear.residuals, directions))
    pairs = zip(outputs, linear.nonzero, strict=True)
    dz = [next(moved) if moves else zero_like(None, y) for y, moves in pairs]
    z = unflatten(structure, outputs)
    curved = hvp(loss, (z,), (unflatten(structure, dz),))
    return arguments.answer(pull_back_leaves(arguments, linear, flatten(curved)[0]))
