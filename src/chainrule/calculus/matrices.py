"""Whole matrices of derivatives, and products with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Arguments, Function, result_value
from chainrule.calculus.forward import (
    as_tuple,
    jvp,
    run_linearize,
    trace_arguments,
)
from chainrule.calculus.holomorphic import expect_one_real_side, is_complex
from chainrule.calculus.loops import scan
from chainrule.calculus.reverse import grad
from chainrule.core.errors import user_line
from chainrule.core.program import evaluate
from chainrule.core.tree import unflatten
from chainrule.core.types import is_differentiable
from chainrule.transforms.jvp import LinearMap
from chainrule.transforms.transpose import pull_back


def jacobian(
    function: Function,
    argnums: int | Sequence[int] = 0,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""The matrix of all first derivatives, as a function.

    .. math:: J_{ij} = \frac{\partial f_i}{\partial x_j}

    A column for each input in forward mode, or a row for each output in reverse mode:
    whichever are fewer. The function itself is evaluated once.

    Shapes:
        ``f(x).shape + x.shape``, for each result and each argument.

    Args:
        function: NumPy code with floating-point results.
        argnums: The positional argument, or arguments, to differentiate by.
        holomorphic: The function is analytic, of complex numbers: see ``grad``.

    Returns:
        A function of the same arguments. Its result has the containers of the
        function's result, and inside each leaf those of the argument.

    Raises:
        TypeError: If an argument or a result is not floating-point, or both are
            complex without ``holomorphic``.

    Examples:
        >>> import numpy as np
        >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
        array([[2., 0.],
               [0., 4.]])

    Source: Griewank and Walther (2008), chapter 3.
    """

    @wraps(function)
    def jacobian_at(*args: Any) -> Any:
        arguments = Arguments(args, argnums, "jacobian")
        traced = trace_arguments(function, arguments)
        outputs, linear = run_linearize(traced, arguments.values)
        _expect_floating(outputs)
        expect_one_real_side("jacobian", arguments.values, outputs, holomorphic)
        build = _by_columns if _in_columns(arguments.values, outputs) else _by_rows
        blocks = build(linear, arguments.values, outputs)
        rows = [
            arguments.answer([result_value(block) for block in row]) for row in blocks
        ]
        return unflatten(traced.structure, rows)

    return jacobian_at


def hessian(
    function: Function,
    argnums: int | Sequence[int] = 0,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""The matrix of all second derivatives of a scalar function, as a function.

    .. math:: H_{ij} = \frac{\partial^2 f}{\partial x_i\,\partial x_j}

    Shapes:
        ``x.shape + x.shape``; for containers, one such block for each pair of leaves.

    Args:
        function: NumPy code with one floating-point scalar result.
        argnums: The positional argument, or arguments, to differentiate by.
        holomorphic: The function is analytic, of complex numbers: see ``grad``.

    Returns:
        A function of the same arguments.

    Raises:
        TypeError: If an argument to differentiate by is not floating-point.
        ShapeError: If the result is not a scalar.

    Examples:
        >>> import numpy as np
        >>> hessian(lambda x: x[0] * x[1])(np.array([3.0, 5.0]))
        array([[0., 1.],
               [1., 0.]])

    Source: Griewank and Walther (2008), chapter 5.
    """
    gradient = grad(function, argnums, holomorphic=holomorphic)
    return jacobian(gradient, argnums, holomorphic=holomorphic)


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


def _in_columns(inputs: Sequence[Any], outputs: Sequence[Any]) -> bool:
    """Whether to go forward: where inputs are fewer, or they alone are real."""
    if is_complex(inputs) != is_complex(outputs):
        return is_complex(outputs)
    return sum(x.size for x in inputs) <= sum(y.size for y in outputs)


def _expect_floating(outputs: Sequence[Any]) -> None:
    for y in outputs:
        if not is_differentiable(y.dtype):
            raise TypeError(
                f"Expected floating-point results for jacobian, got dtype {y.dtype} at "
                f"{user_line()}: return floats only."
            )


def _by_columns(
    linear: LinearMap, inputs: Sequence[Any], outputs: Sequence[Any]
) -> list[list[Any]]:
    """A block for each output and input, from the images of the unit tangents."""

    def image(tangents: list[Any]) -> list[Any]:
        return evaluate(linear.program, linear.residuals, tangents)

    blocks: list[list[Any]] = [[] for _ in outputs]
    for place, x in enumerate(inputs):
        columns = iter(_images(image, inputs, place))
        for row, y, nonzero in zip(blocks, outputs, linear.nonzero, strict=True):
            column = next(columns) if nonzero else np.zeros((x.size, *y.shape), y.dtype)
            turned = np.moveaxis(column, 0, -1)
            row.append(np.reshape(turned, (*y.shape, *x.shape)))
    return blocks


def _by_rows(
    linear: LinearMap, inputs: Sequence[Any], outputs: Sequence[Any]
) -> list[list[Any]]:
    """A block for each output and input, from the images of the unit cotangents."""

    def image(cotangents: list[Any]) -> list[Any]:
        bars = pull_back(linear.program, linear.residuals, cotangents)
        pairs = zip(bars, inputs, strict=True)
        return [np.zeros(x.shape, x.dtype) if b is None else b for b, x in pairs]

    nonzero = [y for y, moves in zip(outputs, linear.nonzero, strict=True) if moves]
    blocks: list[list[Any]] = []
    place = 0
    for y, moves in zip(outputs, linear.nonzero, strict=True):
        if moves:
            rows = _images(image, nonzero, place)
            place += 1
        else:
            rows = [np.zeros((y.size, *x.shape), y.dtype) for x in inputs]
        pairs = zip(rows, inputs, strict=True)
        blocks.append([np.reshape(row, (*y.shape, *x.shape)) for row, x in pairs])
    return blocks


def _images(
    image: Callable[[list[Any]], list[Any]], values: Sequence[Any], place: int
) -> list[Any]:
    """A linear map's results for every unit vector of one argument, stacked."""
    moving = values[place]
    still = [np.zeros(x.shape, x.dtype) for x in values]

    def step(carry: None, unit: Any) -> tuple[None, list[Any]]:
        arguments = [
            *still[:place],
            np.reshape(unit, moving.shape),
            *still[place + 1 :],
        ]
        return None, image(arguments)

    units = np.eye(moving.size, dtype=moving.dtype)
    return scan(step, None, units)[1]
