"""Forward mode: the derivative along a direction, and the derivative as a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.calculus.arguments import (
    Arguments,
    Function,
    matching_leaves,
    result_value,
    zero_like,
)
from chainrule.core.errors import user_line
from chainrule.core.program import evaluate
from chainrule.core.tree import unflatten
from chainrule.transforms.jvp import LinearMap, push_forward
from chainrule.transforms.jvp import linearize as linearize_at
from chainrule.transforms.trace import Traced, trace_with_values


def as_tuple(values: Any, name: str, verb: str) -> tuple[Any, ...]:
    """The arguments given as one sequence, or an error for a bare array."""
    if not isinstance(values, (tuple, list)):
        raise TypeError(
            f"Expected {name} of {verb} as a tuple with one entry for each argument, "
            f"got {type(values).__name__} at {user_line()}: write ({name[:-1]},)."
        )
    return tuple(values)


def trace_arguments(function: Function, arguments: Arguments) -> Traced:
    """Trace a function as one of the leaves that move."""
    return trace_with_values(
        lambda *leaves: function(*arguments.rebuild(leaves)), arguments.values
    )


def run_linearize(traced: Traced, values: Sequence[Any]) -> tuple[list[Any], LinearMap]:
    """Linearise what was traced at the values it was traced with."""
    active = [True] * len(values)
    program = traced.program
    return linearize_at(program, traced.constants, values, active, traced.known)


def jvp(function: Function, primals: Any, tangents: Any) -> tuple[Any, Any]:
    r"""The value and the derivative along a direction (forward mode).

    .. math:: (x, \dot x) \mapsto (f(x), f'(x)\,\dot x)

    Shapes:
        Each tangent has the shape and dtype of its primal; the results alike.

    Args:
        function: NumPy code; its arguments and results may be containers.
        primals: A tuple of the arguments.
        tangents: A tuple of directions, in the same containers.

    Returns:
        ``(y, dy)``, both in the containers that the function returns.

    Raises:
        TypeError: If a primal is not floating-point.
        ValueError: If containers, shapes or dtypes of the tangents do not match.

    Examples:
        >>> import numpy as np
        >>> y, dy = jvp(np.sin, (0.0,), (2.0,))
        >>> float(y), float(dy)
        (0.0, 2.0)

    Source: Griewank and Walther (2008), chapter 3.1.
    """
    args = as_tuple(primals, "primals", "jvp")
    arguments = Arguments(args, range(len(args)), "jvp")
    directions = _directions(arguments, as_tuple(tangents, "tangents", "jvp"))
    traced = trace_arguments(function, arguments)
    ys, dys = push_forward(
        traced.program,
        traced.constants,
        arguments.values,
        directions,
        None,
        traced.known,
    )
    moved = [result_value(zero_like(dy, y)) for dy, y in zip(dys, ys, strict=True)]
    values = [result_value(y) for y in ys]
    return unflatten(traced.structure, values), unflatten(traced.structure, moved)


def _directions(arguments: Arguments, tangents: tuple[Any, ...]) -> list[Any]:
    if len(tangents) != len(arguments.args):
        raise ValueError(
            f"Expected one tangent for each of the {len(arguments.args)} primals, got "
            f"{len(tangents)} at {user_line()}: give as many."
        )
    result: list[Any] = []
    for tangent, structure in zip(tangents, arguments.structures, strict=True):
        start = len(result)
        values = arguments.values[start : start + structure.count]
        result += matching_leaves(tangent, structure, values, "a tangent")
    return result


def linearize(function: Function, *primals: Any) -> tuple[Any, Callable[..., Any]]:
    r"""The value at a point and the derivative there, as a function to be used often.

    .. math:: x \mapsto (f(x),\; \dot x \mapsto f'(x)\,\dot x)

    Shapes:
        Each tangent has the shape and dtype of its primal.

    Args:
        function: NumPy code; its arguments and results may be containers.
        primals: Its arguments.

    Returns:
        ``(y, f_linear)``; ``f_linear(*tangents)`` costs no second evaluation of ``f``.

    Raises:
        TypeError: If a primal is not floating-point.

    Examples:
        >>> import numpy as np
        >>> y, f_linear = linearize(lambda x: x * x * x, 2.0)
        >>> f_linear(1.0), f_linear(10.0)
        (np.float64(12.0), np.float64(120.0))

    Source: Radul et al., You Only Linearize Once, POPL 2023.
    """
    arguments = Arguments(primals, range(len(primals)), "linearize")
    traced = trace_arguments(function, arguments)
    outputs, linear = run_linearize(traced, arguments.values)

    def f_linear(*tangents: Any) -> Any:
        directions = _directions(arguments, tangents)
        moved = iter(evaluate(linear.program, linear.residuals, directions))
        results = [
            next(moved) if nonzero else zero_like(None, y)
            for nonzero, y in zip(linear.nonzero, outputs, strict=True)
        ]
        return unflatten(traced.structure, [result_value(dy) for dy in results])

    return unflatten(traced.structure, [result_value(y) for y in outputs]), f_linear
