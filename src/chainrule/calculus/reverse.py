"""Reverse mode: gradients, and the pullback that they are made of.

Source of the method: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM 2008;
reverse mode as the transpose of the linearised program: Radul et al., You Only
Linearize Once, POPL 2023, https://arxiv.org/abs/2204.10923.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

from chainrule.calculus.arguments import (
    Arguments,
    Function,
    expect_floating,
    expect_function,
    matching_leaves,
    own_result,
    result_value,
    zero_like,
)
from chainrule.calculus.forward import linearize_arguments
from chainrule.calculus.holomorphic import expect_real_result
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tree import unflatten
from chainrule.core.types import is_differentiable, type_of
from chainrule.transforms.jvp import LinearMap
from chainrule.transforms.transpose import pull_back


def value_and_grad(
    function: Function,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""A function that returns the value and the gradient of a scalar function.

    .. math:: x \mapsto (f(x), \nabla f(x))

    Shapes:
        The gradient has the container structure, shapes and dtypes of the argument.

    Args:
        function: NumPy code with one floating-point scalar result.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(value, aux)``; aux is passed through.
        holomorphic: The function is analytic, of complex numbers: see ``grad``.

    Returns:
        A function of the same arguments, giving ``(value, gradient)``, or
        ``((value, aux), gradient)`` with ``has_aux``.

    Raises:
        TypeError: If an argument to differentiate by is not floating-point, or the
            result is complex without ``holomorphic``.
        ShapeError: If the result is not a scalar.

    Examples:
        >>> import numpy as np
        >>> value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
        (np.float64(5.0), array([2., 4.]))

    Source: Griewank and Walther (2008), chapter 3.
    """

    expect_function(function, "grad")

    @wraps(function)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        arguments = Arguments(args, argnums, "grad")
        _, outputs, linear, aux = linearize_arguments(
            function, arguments, has_aux, kwargs
        )
        _expect_scalar(outputs)
        expect_real_result("grad", arguments.values, outputs, holomorphic)
        seeds = [np.ones((), outputs[0].dtype)]
        gradient = arguments.answer(pull_back_leaves(arguments, linear, seeds))
        value = result_value(outputs[0])
        return ((value, aux) if has_aux else value), gradient

    return value_and_gradient


def grad(
    function: Function,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""The gradient of a scalar function, as a function.

    .. math:: (\nabla f)_i = \frac{\partial f}{\partial x_i}

    Shapes:
        The gradient has the container structure, shapes and dtypes of the argument.

    Args:
        function: NumPy code with one floating-point scalar result.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(value, aux)``; the result is ``(grad, aux)``.
        holomorphic: The function is analytic, of complex numbers with complex
            results: the derivative is the complex one. Without it the result must be
            real, and the gradient by z = x + iy is ∂f/∂x - i ∂f/∂y.

    Returns:
        A function of the same arguments.

    Raises:
        TypeError: If an argument to differentiate by is not floating-point, or the
            result is complex without ``holomorphic``.
        ShapeError: If the result is not a scalar.

    Examples:
        >>> import numpy as np
        >>> grad(np.tanh)(0.0)
        np.float64(1.0)
        >>> grad(grad(np.sin))(np.pi / 2)
        np.float64(-1.0)

    Source: Griewank and Walther (2008), chapter 3.
    """
    both = value_and_grad(function, argnums, has_aux, holomorphic=holomorphic)

    @wraps(function)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return gradient


def vjp(function: Function, *primals: Any, has_aux: bool = False) -> Any:
    r"""The value and the pullback: from a cotangent of the result to the arguments'.

    .. math:: x \mapsto (f(x),\; \bar y \mapsto f'(x)^{\top} \bar y)

    Shapes:
        A cotangent has the shape and dtype of the value that it goes with.

    Args:
        function: NumPy code; its arguments and results may be containers.
        primals: Its arguments.
        has_aux: The function returns ``(y, aux)``; aux is passed through.

    Returns:
        ``(y, pullback)``, or ``(y, pullback, aux)`` with ``has_aux``;
        ``pullback(y_bar)`` is a tuple with one entry for each primal, and may be
        called often.

    Raises:
        TypeError: If a primal is not floating-point.

    Examples:
        >>> import numpy as np
        >>> y, pullback = vjp(np.multiply, 3.0, 5.0)
        >>> pullback(1.0)
        (np.float64(5.0), np.float64(3.0))

    Source: Griewank and Walther (2008), chapter 3.2.
    """
    arguments = Arguments(primals, range(len(primals)), "vjp").keep()
    structure, outputs, linear, aux = linearize_arguments(function, arguments, has_aux)

    def pullback(y_bar: Any) -> tuple[Any, ...]:
        bars = matching_leaves(y_bar, structure, outputs, "a cotangent")
        return arguments.answer(pull_back_leaves(arguments, linear, bars))

    y = unflatten(structure, [own_result(y) for y in outputs])
    return (y, pullback, aux) if has_aux else (y, pullback)


def pull_back_leaves(
    arguments: Arguments, linear: LinearMap, bars: Sequence[Any]
) -> list[Any]:
    """Cotangents of the arguments' leaves, zeros written out."""
    moving = [bar for bar, moves in zip(bars, linear.nonzero, strict=True) if moves]
    x_bars = pull_back(linear.program, linear.residuals, moving)
    pairs = zip(x_bars, arguments.values, strict=True)
    return [result_value(zero_like(bar, x)) for bar, x in pairs]


def elementwise_grad(function: Function, argnums: int | Sequence[int] = 0) -> Function:
    r"""The derivative of a function that works element by element, in each element.

    .. math:: x \mapsto \nabla_x \sum_i f_i(x)

    Where each result depends on one element of the argument alone, this is the
    derivative there, for the cost of one gradient; otherwise it is the sum of the
    Jacobian's rows.

    Shapes:
        As the argument.

    Args:
        function: NumPy code with floating-point results of any shape.
        argnums: The positional argument, or arguments, to differentiate by.

    Returns:
        A function of the same arguments.

    Raises:
        TypeError: If an argument or a result is not floating-point.

    Examples:
        >>> import numpy as np
        >>> slope = elementwise_grad(np.square)
        >>> slope(np.array([1.0, 2.0]))
        array([2., 4.])
        >>> elementwise_grad(slope)(np.array([1.0, 2.0]))
        array([2., 2.])

    Source: ``autograd.elementwise_grad``.
    """

    expect_function(function, "elementwise_grad")

    @wraps(function)
    def slopes(*args: Any, **kwargs: Any) -> Any:
        arguments = Arguments(args, argnums, "elementwise_grad")
        _, outputs, linear, _ = linearize_arguments(function, arguments, False, kwargs)
        expect_floating(outputs, "elementwise_grad")
        bars = [np.broadcast_to(np.ones((), y.dtype), y.shape) for y in outputs]
        return arguments.answer(pull_back_leaves(arguments, linear, bars))

    return slopes


def _expect_scalar(outputs: Sequence[Any]) -> None:
    if len(outputs) != 1 or outputs[0].shape != ():
        got = type_of(outputs[0]) if len(outputs) == 1 else f"{len(outputs)} results"
        raise ShapeError(
            f"Expected a function with one scalar result for grad, got {got} at "
            f"{user_line()}: reduce it, for example with np.sum or np.mean, or use "
            "jacobian."
        )
    if not is_differentiable(outputs[0].dtype):
        raise TypeError(
            f"Expected a floating-point result for grad, got {type_of(outputs[0])} at "
            f"{user_line()}: return a float."
        )
