"""The verbs: derivatives of ordinary NumPy functions, of any order.

Source of the method: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM 2008;
reverse mode as the transpose of the linearised program: Radul et al., You Only
Linearize Once, POPL 2023, https://arxiv.org/abs/2204.10923.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import plain
from chainrule.core.tree import Structure, flatten, paths, unflatten
from chainrule.core.types import is_differentiable, type_of
from chainrule.transforms.jvp import LinearMap, linearize, push_forward
from chainrule.transforms.trace import Traced, is_array, trace_with_values
from chainrule.transforms.transpose import pull_back

Function = Callable[..., Any]


def as_value(leaf: Any) -> Any:
    """A leaf as an array or traced value; Python numbers become NumPy scalars."""
    return np.asarray(leaf) if isinstance(leaf, (bool, int, float, complex)) else leaf


def differentiable_leaves(tree: Any, verb: str) -> tuple[list[Any], Structure]:
    """Flatten an argument that is to be differentiated, and check its leaves."""
    leaves, structure = flatten(tree)
    values = [as_value(leaf) for leaf in leaves]
    for value, path in zip(values, paths(structure), strict=True):
        dtype = getattr(value, "dtype", None)
        if dtype is None or not is_differentiable(dtype):
            kind = type(value).__name__ if dtype is None else f"dtype {dtype}"
            where = f"leaf {path}" if path else "an argument"
            raise TypeError(
                f"Expected floating-point inputs to {verb}, got {where} of {kind} at "
                f"{user_line()}: convert it with .astype(float), or choose other "
                "arguments with argnums."
            )
    return values, structure


class _Arguments:
    """Positional arguments parted into those that move and those that stay."""

    def __init__(
        self, args: tuple[Any, ...], argnums: int | Sequence[int], verb: str
    ) -> None:
        self.args = args
        self.single = isinstance(argnums, int)
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for number in chosen:
            if not -len(args) <= number < len(args):
                raise ValueError(
                    f"Expected argnums among the {len(args)} positional arguments, got "
                    f"{number}: count from 0."
                )
        self.chosen = tuple(number % len(args) for number in chosen)
        self.values: list[Any] = []
        self.structures: list[Structure] = []
        for number in self.chosen:
            values, structure = differentiable_leaves(args[number], verb)
            self.values += values
            self.structures.append(structure)

    def rebuild(self, leaves: Sequence[Any]) -> list[Any]:
        """All positional arguments, the moving ones made of these leaves."""
        args = list(self.args)
        for number, tree in zip(self.chosen, self.trees(leaves), strict=True):
            args[number] = tree
        return args

    def trees(self, leaves: Sequence[Any]) -> list[Any]:
        """The moving arguments, in their containers."""
        result: list[Any] = []
        start = 0
        for structure in self.structures:
            result.append(unflatten(structure, leaves[start : start + structure.count]))
            start += structure.count
        return result

    def answer(self, leaves: Sequence[Any]) -> Any:
        """One container for one argument number, a tuple for several."""
        trees = self.trees(leaves)
        return trees[0] if self.single else tuple(trees)


def result_value(program_output: Any) -> Any:
    """A plain result: 0-d arrays as NumPy scalars, as NumPy itself returns them."""
    if isinstance(program_output, np.ndarray) and program_output.ndim == 0:
        return program_output[()]
    return program_output


def _scalar_output(traced: Traced, verb: str) -> None:
    outputs = traced.program.output_types
    if len(outputs) != 1 or outputs[0].shape != ():
        got = outputs[0] if len(outputs) == 1 else f"{len(outputs)} results"
        raise ShapeError(
            f"Expected a function with one scalar result for {verb}, got {got} at "
            f"{user_line()}: reduce it, for example with np.sum or np.mean, or use "
            "jacobian."
        )
    if not is_differentiable(outputs[0].dtype):
        raise TypeError(
            f"Expected a floating-point result for {verb}, got {outputs[0]} at "
            f"{user_line()}: return a float."
        )


def _zero_like(bar: Any, value: Any) -> Any:
    return np.zeros(value.shape, value.dtype) if bar is None else bar


def run_linearize(traced: Traced, values: Sequence[Any]) -> tuple[list[Any], LinearMap]:
    """Linearise what was traced at the values it was traced with."""
    active = [True] * len(values)
    program = traced.program
    return linearize(program, traced.constants, values, active, traced.known)


def value_and_grad(
    function: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Function:
    r"""A function that returns the value and the gradient of a scalar function.

    .. math:: x \mapsto (f(x), \nabla f(x))

    Shapes:
        The gradient has the container structure, shapes and dtypes of the argument.

    Args:
        function: NumPy code with one floating-point scalar result.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(value, aux)``; aux is passed through.

    Returns:
        A function of the same arguments, giving ``(value, gradient)``, or
        ``((value, aux), gradient)`` with ``has_aux``.

    Raises:
        TypeError: If an argument to differentiate by is not floating-point.
        ShapeError: If the result is not a scalar.

    Examples:
        >>> import numpy as np
        >>> value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
        (np.float64(5.0), array([2., 4.]))

    Source: Griewank and Walther (2008), chapter 3.
    """

    @wraps(function)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        arguments = _Arguments(args, argnums, "grad")
        aux: list[Any] = []

        def scalar(*leaves: Any) -> Any:
            result = function(*arguments.rebuild(leaves), **kwargs)
            if has_aux:
                result, extra = result
                aux.append(extra)
            return result

        traced = trace_with_values(scalar, arguments.values)
        _scalar_output(traced, "grad")
        outputs, linear = run_linearize(traced, arguments.values)
        if linear.nonzero[0]:
            seed = np.ones((), traced.program.outputs[0].type.dtype)
            bars = pull_back(linear.program, linear.residuals, [seed])
        else:
            bars = [None] * len(arguments.values)
        pairs = zip(bars, arguments.values, strict=True)
        gradient = arguments.answer([result_value(_zero_like(b, v)) for b, v in pairs])
        value = result_value(outputs[0])
        return ((value, _plain_aux(aux[0])), gradient) if has_aux else (value, gradient)

    return value_and_gradient


def _plain_aux(aux: Any) -> Any:
    leaves, structure = flatten(aux)
    return unflatten(structure, [result_value(plain(leaf)) for leaf in leaves])


def grad(
    function: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Function:
    r"""The gradient of a scalar function, as a function.

    .. math:: (\nabla f)_i = \frac{\partial f}{\partial x_i}

    Shapes:
        The gradient has the container structure, shapes and dtypes of the argument.

    Args:
        function: NumPy code with one floating-point scalar result.
        argnums: The positional argument, or arguments, to differentiate by.
        has_aux: The function returns ``(value, aux)``; the result is ``(grad, aux)``.

    Returns:
        A function of the same arguments.

    Raises:
        TypeError: If an argument to differentiate by is not floating-point.
        ShapeError: If the result is not a scalar.

    Examples:
        >>> import numpy as np
        >>> grad(np.tanh)(0.0)
        np.float64(1.0)
        >>> grad(grad(np.sin))(np.pi / 2)
        np.float64(-1.0)

    Source: Griewank and Walther (2008), chapter 3.
    """
    both = value_and_grad(function, argnums, has_aux)

    @wraps(function)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return gradient
