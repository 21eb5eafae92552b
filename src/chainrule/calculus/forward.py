"""Forward mode: the derivative along a direction, and the derivative as a map."""

from __future__ import annotations

from typing import Any, NamedTuple

from chainrule.calculus.arguments import (
    Arguments,
    Aux,
    Function,
    matching_leaves,
    own_result,
    result_value,
    zero_like,
)
from chainrule.core.errors import user_line
from chainrule.core.program import evaluate
from chainrule.core.tree import Structure, unflatten
from chainrule.transforms.jvp import LinearMap, push_forward
from chainrule.transforms.jvp import linearize as linearize_at
from chainrule.transforms.restrict import to_first_outputs
from chainrule.transforms.trace import Traced, trace_with_values


def as_tuple(values: Any, name: str, verb: str) -> tuple[Any, ...]:
    """The arguments given as one sequence, or an error for a bare array."""
    if not isinstance(values, (tuple, list)):
        raise TypeError(
            f"Expected {name} of {verb} as a tuple with one entry for each argument, "
            f"got {type(values).__name__} at {user_line()}: write ({name[:-1]},)."
        )
    return tuple(values)


def trace_arguments(
    function: Function, arguments: Arguments, aux: Aux, kwargs: dict[str, Any]
) -> Traced:
    """Trace a function as one of the leaves that move."""
    return trace_with_values(
        lambda *leaves: aux.take(function(*arguments.rebuild(leaves), **kwargs)),
        arguments.values,
    )


class Linearized(NamedTuple):
    """A function at a point: how its value is put together, its leaves, its derivative.

    Attributes:
        structure: The containers of the value.
        outputs: The leaves of the value.
        linear: From tangents of the arguments' leaves to those of the outputs.
        aux: What the function returns beside the value.
    """

    structure: Structure
    outputs: list[Any]
    linear: LinearMap
    aux: Any


def linearize_arguments(
    function: Function,
    arguments: Arguments,
    has_aux: bool = False,
    kwargs: dict[str, Any] | None = None,
) -> Linearized:
    """Trace a function and linearise it at the values it was traced with."""
    aux = Aux(has_aux)
    traced = trace_arguments(function, arguments, aux, kwargs or {})
    values = arguments.values
    results, linear = linearize_at(
        traced.program, traced.constants, values, [True] * len(values), traced.known
    )
    structure, outputs, beside = aux.part(traced.structure, results)
    return Linearized(
        structure, outputs, to_first_outputs(linear, len(outputs)), beside
    )


def jvp(function: Function, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    r"""The value and the derivative along a direction (forward mode).

    .. math:: (x, \dot x) \mapsto (f(x), f'(x)\,\dot x)

    Shapes:
        Each tangent has the shape and dtype of its primal; the results alike.

    Args:
        function: NumPy code; its arguments and results may be containers.
        primals: A tuple of the arguments.
        tangents: A tuple of directions, in the same containers.
        has_aux: The function returns ``(y, aux)``; aux is passed through.

    Returns:
        ``(y, dy)``, both in the containers that the function returns; with ``has_aux``
        ``(y, dy, aux)``.

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
    directions = directions_of(arguments, as_tuple(tangents, "tangents", "jvp"))
    aux = Aux(has_aux)
    traced = trace_arguments(function, arguments, aux, {})
    results, moved = push_forward(
        traced.program,
        traced.constants,
        arguments.values,
        directions,
        None,
        traced.known,
    )
    structure, ys, beside = aux.part(traced.structure, results)
    dys = [zero_like(dy, y) for dy, y in zip(moved, ys, strict=False)]
    y, dy = (unflatten(structure, list(map(result_value, part))) for part in (ys, dys))
    return (y, dy, beside) if has_aux else (y, dy)


def directions_of(arguments: Arguments, tangents: tuple[Any, ...]) -> list[Any]:
    """The leaves of the tangents, checked against the primals."""
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


def linearize(function: Function, *primals: Any, has_aux: bool = False) -> Any:
    r"""The value at a point and the derivative there, as a function to be used often.

    .. math:: x \mapsto (f(x),\; \dot x \mapsto f'(x)\,\dot x)

    Shapes:
        Each tangent has the shape and dtype of its primal.

    Args:
        function: NumPy code; its arguments and results may be containers.
        primals: Its arguments.
        has_aux: The function returns ``(y, aux)``; aux is passed through.

    Returns:
        ``(y, f_linear)``, or ``(y, f_linear, aux)`` with ``has_aux``;
        ``f_linear(*tangents)`` costs no second evaluation of ``f``.

    Raises:
        TypeError: If a primal is not floating-point.

    Examples:
        >>> import numpy as np
        >>> y, f_linear = linearize(lambda x: x * x * x, 2.0)
        >>> f_linear(1.0), f_linear(10.0)
        (np.float64(12.0), np.float64(120.0))

    Source: Radul et al., You Only Linearize Once, POPL 2023.
    """
    arguments = Arguments(primals, range(len(primals)), "linearize").keep()
    structure, outputs, linear, aux = linearize_arguments(function, arguments, has_aux)

    def f_linear(*tangents: Any) -> Any:
        directions = directions_of(arguments, tangents)
        moved = iter(evaluate(linear.program, linear.residuals, directions))
        results = [
            next(moved) if nonzero else zero_like(None, y)
            for nonzero, y in zip(linear.nonzero, outputs, strict=True)
        ]
        return unflatten(structure, [result_value(dy) for dy in results])

    y = unflatten(structure, [own_result(y) for y in outputs])
    return (y, f_linear, aux) if has_aux else (y, f_linear)
