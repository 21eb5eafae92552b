"""Whole matrices of derivatives: Jacobians by columns or by rows, and Hessians."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NamedTuple

import numpy as np

from chainrule.calculus.arguments import (
    Arguments,
    Function,
    expect_floating,
    expect_function,
    result_value,
)
from chainrule.calculus.forward import Linearized, linearize_arguments
from chainrule.calculus.holomorphic import expect_one_real_side, is_complex
from chainrule.calculus.images import columns, rows
from chainrule.calculus.reverse import grad
from chainrule.core.errors import user_line
from chainrule.core.tree import unflatten

Blocks = list[list[Any]]
Build = Callable[[Linearized, Sequence[Any]], Blocks]


def jacobian(
    function: Function,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""The matrix of all first derivatives, as a function.

    .. math:: J_{ij} = \frac{\partial f_i}{\partial x_j}

    A column for each input in forward mode (:func:`jacfwd`), or a row for each output
    in reverse mode (:func:`jacrev`): whichever are fewer.

    Shapes:
        ``f(x).shape + x.shape``, for each result and each argument.

    Args:
        function: NumPy code with floating-point results.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(y, aux)``; the result is ``(jacobian, aux)``.
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
    return _Matrix(_by_the_fewer, argnums, has_aux, holomorphic).of(function)


def jacfwd(
    function: Function,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""The Jacobian by its columns, in forward mode.

    .. math:: J e_j = \frac{\partial f}{\partial x_j}

    The function is evaluated once, its derivative for all columns together: best
    where there are fewer inputs than outputs.

    Shapes:
        ``f(x).shape + x.shape``, for each result and each argument.

    Args:
        function: NumPy code with floating-point results.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(y, aux)``; the result is ``(jacobian, aux)``.
        holomorphic: The function is analytic, of complex numbers: see ``grad``.

    Returns:
        A function of the same arguments; see :func:`jacobian`.

    Raises:
        TypeError: If an argument or a result is not floating-point, or arguments are
            complex without ``holomorphic``.

    Examples:
        >>> import numpy as np
        >>> jacfwd(lambda t: np.stack([np.cos(t), np.sin(t)]))(0.0)
        array([-0.,  1.])

    Source: Griewank and Walther (2008), chapter 3.1.
    """
    return _Matrix(_by_columns, argnums, has_aux, holomorphic).of(function)


def jacrev(
    function: Function,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""The Jacobian by its rows, in reverse mode.

    .. math:: e_i^{\top} J = (\nabla f_i)^{\top}

    The function is evaluated once, its derivative for all rows together: best where
    there are fewer outputs than inputs.

    Shapes:
        ``f(x).shape + x.shape``, for each result and each argument.

    Args:
        function: NumPy code with floating-point results.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(y, aux)``; the result is ``(jacobian, aux)``.
        holomorphic: The function is analytic, of complex numbers: see ``grad``.

    Returns:
        A function of the same arguments; see :func:`jacobian`.

    Raises:
        TypeError: If an argument or a result is not floating-point, or results are
            complex without ``holomorphic``.

    Examples:
        >>> import numpy as np
        >>> jacrev(np.sum)(np.ones((2, 3)))
        array([[1., 1., 1.],
               [1., 1., 1.]])

    Source: Griewank and Walther (2008), chapter 3.2.
    """
    return _Matrix(_by_rows, argnums, has_aux, holomorphic).of(function)


def hessian(
    function: Function,
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Function:
    r"""The matrix of all second derivatives of a scalar function, as a function.

    .. math:: H_{ij} = \frac{\partial^2 f}{\partial x_i\,\partial x_j}

    Forward over reverse: the gradient's derivative along all unit vectors together.

    Shapes:
        ``x.shape + x.shape``; for containers, one such block for each pair of leaves.

    Args:
        function: NumPy code with one floating-point scalar result.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(value, aux)``; the result is
            ``(hessian, aux)``.
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
    gradient = grad(function, argnums, has_aux, holomorphic=holomorphic)
    return _Matrix(_symmetric, argnums, has_aux, holomorphic).of(gradient)


class _Matrix(NamedTuple):
    """What the verbs differ in: which way to build the blocks, and what is asked."""

    build: Build
    argnums: int | Sequence[int]
    has_aux: bool
    holomorphic: bool

    def of(self, function: Function) -> Function:
        expect_function(function, "jacobian")

        @wraps(function)
        def matrix_at(*args: Any, **kwargs: Any) -> Any:
            arguments = Arguments(args, self.argnums, "jacobian")
            ran = linearize_arguments(function, arguments, self.has_aux, kwargs)
            inputs = arguments.values
            expect_floating(ran.outputs, "jacobian")
            expect_one_real_side("jacobian", inputs, ran.outputs, self.holomorphic)
            if not self.holomorphic:
                _expect_real_seeds(self.build, inputs, ran.outputs)
            blocks = [
                arguments.answer([result_value(block) for block in row])
                for row in self.build(ran, inputs)
            ]
            matrix = unflatten(ran.structure, blocks)
            return (matrix, ran.aux) if self.has_aux else matrix

        return matrix_at


def _expect_real_seeds(
    build: Build, inputs: Sequence[Any], outputs: Sequence[Any]
) -> None:
    """Unit vectors tell all of a derivative only where they are real."""
    if build is _by_columns and is_complex(inputs):
        raise TypeError(
            f"Expected real inputs for jacfwd, got complex ones at {user_line()}: use "
            "jacrev where the results are real."
        )
    if build is _by_rows and is_complex(outputs):
        raise TypeError(
            f"Expected real results for jacrev, got complex ones at {user_line()}: use "
            "jacfwd where the inputs are real."
        )


def _by_the_fewer(ran: Linearized, inputs: Sequence[Any]) -> Blocks:
    build = _by_columns if _in_columns(inputs, ran.outputs) else _by_rows
    return build(ran, inputs)


def _in_columns(inputs: Sequence[Any], outputs: Sequence[Any]) -> bool:
    """Whether to go forward: where inputs are fewer, or they alone are real."""
    if is_complex(inputs) != is_complex(outputs):
        return is_complex(outputs)
    return sum(x.size for x in inputs) <= sum(y.size for y in outputs)


def _by_columns(ran: Linearized, inputs: Sequence[Any]) -> Blocks:
    """A block for each output and input, from the images of the unit tangents."""
    blocks: Blocks = [[] for _ in ran.outputs]
    for place, x in enumerate(inputs):
        images = columns(ran.linear, inputs, place, ran.outputs)
        for row, y, image in zip(blocks, ran.outputs, images, strict=True):
            row.append(np.reshape(np.moveaxis(image, 0, -1), (*y.shape, *x.shape)))
    return blocks


def _by_rows(ran: Linearized, inputs: Sequence[Any]) -> Blocks:
    """A block for each output and input, from the images of the unit cotangents."""
    blocks: Blocks = []
    for place, (y, moves) in enumerate(zip(ran.outputs, ran.linear.nonzero)):
        shapes = [(*y.shape, *x.shape) for x in inputs]
        if moves:
            images = rows(ran.linear, inputs, place, ran.outputs)
            blocks.append(list(map(np.reshape, images, shapes)))
        else:
            blocks.append([np.zeros(shape, y.dtype) for shape in shapes])
    return blocks


def _symmetric(ran: Linearized, inputs: Sequence[Any]) -> Blocks:
    """The columns of a Hessian, which are its rows: nothing to turn."""
    blocks: Blocks = []
    for place, x in enumerate(inputs):
        images = columns(ran.linear, inputs, place, ran.outputs)
        pairs = zip(images, ran.outputs, strict=True)
        blocks.append([np.reshape(image, (*x.shape, *y.shape)) for image, y in pairs])
    return blocks
