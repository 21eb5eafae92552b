"""Reverse mode: gradients, and the pullback that they are made of.

Source of the method: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM 2008;
reverse mode as the transpose of the linearised program: Radul et al., You Only
Linearize Once, POPL 2023, https://arxiv.org/abs/2204.10923.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from chainrule.calculus.arguments import (
    Arguments,
    Function,
    matching_leaves,
    result_value,
    zero_like,
)
from chainrule.calculus.forward import run_linearize, trace_arguments
from chainrule.calculus.holomorphic import expect_real_result
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tree import Structure, flatten, unflatten
from chainrule.core.types import ArrayType, is_differentiable
from chainrule.transforms.trace import is_array, trace_with_values
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

    @wraps(function)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        arguments = Arguments(args, argnums, "grad")
        aux = _Aux()

        def scalar(*leaves: Any) -> Any:
            result = function(*arguments.rebuild(leaves), **kwargs)
            return aux.take(result) if has_aux else result

        traced = trace_with_values(scalar, arguments.values)
        results = traced.program.output_types[: -aux.count or None]
        _expect_scalar(results)
        expect_real_result("grad", arguments.values, results, holomorphic)
        outputs, linear = run_linearize(traced, arguments.values)
        seeds: list[Any] = [None] * sum(linear.nonzero)
        if linear.nonzero[0]:
            seeds[0] = np.ones((), outputs[0].dtype)
        bars = pull_back(linear.program, linear.residuals, seeds)
        pairs = zip(bars, arguments.values, strict=True)
        gradient = arguments.answer([result_value(zero_like(b, v)) for b, v in pairs])
        value = result_value(outputs[0])
        return ((value, aux.give(outputs[1:])) if has_aux else value), gradient

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


def vjp(function: Function, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    r"""The value and the pullback: from a cotangent of the result to the arguments'.

    .. math:: x \mapsto (f(x),\; \bar y \mapsto f'(x)^{\top} \bar y)

    Shapes:
        A cotangent has the shape and dtype of the value that it goes with.

    Args:
        function: NumPy code; its arguments and results may be containers.
        primals: Its arguments.

    Returns:
        ``(y, pullback)``; ``pullback(y_bar)`` is a tuple with one entry for each
        primal, and may be called often.

    Raises:
        TypeError: If a primal is not floating-point.

    Examples:
        >>> import numpy as np
        >>> y, pullback = vjp(np.multiply, 3.0, 5.0)
        >>> pullback(1.0)
        (np.float64(5.0), np.float64(3.0))

    Source: Griewank and Walther (2008), chapter 3.2.
    """
    arguments = Arguments(primals, range(len(primals)), "vjp")
    traced = trace_arguments(function, arguments)
    outputs, linear = run_linearize(traced, arguments.values)

    def pullback(y_bar: Any) -> tuple[Any, ...]:
        bars = matching_leaves(y_bar, traced.structure, outputs, "a cotangent")
        moving = [bar for bar, moves in zip(bars, linear.nonzero, strict=True) if moves]
        x_bars = pull_back(linear.program, linear.residuals, moving)
        pairs = zip(x_bars, arguments.values, strict=True)
        return arguments.answer([result_value(zero_like(b, v)) for b, v in pairs])

    return unflatten(traced.structure, [result_value(y) for y in outputs]), pullback


def _expect_scalar(outputs: Sequence[ArrayType]) -> None:
    if len(outputs) != 1 or outputs[0].shape != ():
        got = outputs[0] if len(outputs) == 1 else f"{len(outputs)} results"
        raise ShapeError(
            f"Expected a function with one scalar result for grad, got {got} at "
            f"{user_line()}: reduce it, for example with np.sum or np.mean, or use "
            "jacobian."
        )
    if not is_differentiable(outputs[0].dtype):
        raise TypeError(
            f"Expected a floating-point result for grad, got {outputs[0]} at "
            f"{user_line()}: return a float."
        )


class _Aux:
    """What a function returns beside its value: arrays are traced, the rest passes."""

    def __init__(self) -> None:
        self._leaves: list[Any] = []
        self._structure: Structure | None = None
        self.count = 0

    def take(self, result: Any) -> list[Any]:
        """The value, and behind it the arrays of aux."""
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(
                "Expected a function that returns (value, aux) since has_aux=True, "
                f"got {type(result).__name__} at {user_line()}: return a pair, or "
                "leave has_aux out."
            )
        self._leaves, self._structure = flatten(result[1])
        arrays = [leaf for leaf in self._leaves if is_array(leaf)]
        self.count = len(arrays)
        return [result[0], arrays]

    def give(self, arrays: Sequence[Any]) -> Any:
        """Aux in its containers, with these values of its arrays."""
        assert self._structure is not None
        values = iter(arrays)
        leaves = [
            result_value(next(values)) if is_array(leaf) else leaf
            for leaf in self._leaves
        ]
        return unflatten(self._structure, leaves)
