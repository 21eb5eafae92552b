"""``cond`` and ``switch``: one of several functions, chosen by a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.calculus.arguments import as_value, result_value
from chainrule.core.errors import user_line
from chainrule.core.program import Program, Var, evaluate
from chainrule.core.trace import is_weak, plain
from chainrule.core.tree import flatten, map_leaves, paths, unflatten
from chainrule.core.types import ArrayType, type_of
from chainrule.primitives import branches as records
from chainrule.primitives.conversion import convert
from chainrule.transforms.trace import Traced, trace

Function = Callable[..., Any]


def cond(pred: Any, true_fun: Function, false_fun: Function, *operands: Any) -> Any:
    r"""One function where a condition holds, another where it does not.

    .. math:: y = \begin{cases} f(x) & p \\ g(x) & \text{otherwise} \end{cases}

    Where the condition is a known number (in eager code and under plain ``grad``) this
    is Python's ``if``: only the function that is taken is called. Where it is not
    (under ``jit`` and in loop bodies) both are traced, and one of them runs.

    Shapes:
        pred: ``()``; both functions return the same containers, shapes and dtypes.

    Args:
        pred: A boolean scalar; possibly traced.
        true_fun: Takes the operands where the condition holds.
        false_fun: Takes them where it does not.
        operands: Arrays, in any containers; more can be closed over.

    Returns:
        What the function that is taken returns. Its derivative is that function's.

    Raises:
        TypeError: If pred is not a boolean scalar, or the results differ in type.

    Examples:
        >>> cond(True, lambda x: x + 1.0, lambda x: x * 2.0, 5.0)
        np.float64(6.0)

    Source: the meaning is that of ``jax.lax.cond``.
    """
    value = as_value(pred)
    type = _type_of_choice(value, "cond")
    if type.shape or type.dtype.kind != "b":
        raise TypeError(
            f"Expected a boolean scalar as the condition of cond, got {type} at "
            f"{user_line()}: compare (x > 0), and reduce arrays by np.any or np.all."
        )
    functions = {"false": false_fun, "true": true_fun}
    return _choose(value, functions, operands)


def switch(index: Any, branches: Sequence[Function], *operands: Any) -> Any:
    r"""One function of several, chosen by a number.

    .. math:: y = f_j(x), \qquad j = \min(\max(i, 0), n - 1)

    Where the number is known (in eager code and under plain ``grad``) only the
    function that is taken is called; where it is not (under ``jit`` and in loop
    bodies) all are traced, and one of them runs.

    Shapes:
        index: ``()``; all functions return the same containers, shapes and dtypes.

    Args:
        index: An integer scalar, possibly traced. Outside, the nearest is taken.
        branches: The functions, at least one.
        operands: Arrays, in any containers; more can be closed over.

    Returns:
        What the function that is taken returns. Its derivative is that function's.

    Raises:
        TypeError: If index is not an integer scalar, branches not a list, or the
            results differ in type.
        ValueError: If there are no branches.

    Examples:
        >>> import numpy as np
        >>> switch(1, [np.sin, np.square, np.cos], 3.0)
        np.float64(9.0)

    Source: the meaning is that of ``jax.lax.switch``.
    """
    if not isinstance(branches, (tuple, list)):
        raise TypeError(
            f"Expected the branches of switch as a list, got {branches!r} at "
            f"{user_line()}: write [f, g]."
        )
    functions = {f"branch{place}": branch for place, branch in enumerate(branches)}
    if not functions:
        raise ValueError(
            f"Expected at least one branch for switch, got none at {user_line()}: "
            "give a list of functions."
        )
    value = as_value(index)
    type = _type_of_choice(value, "switch")
    if type.shape or type.dtype.kind not in "iu":
        raise TypeError(
            f"Expected an integer scalar as the index of switch, got {type} at "
            f"{user_line()}: convert it with .astype(int), or use cond for a boolean."
        )
    return _choose(value, functions, operands)


def _type_of_choice(value: Any, verb: str) -> ArrayType:
    if not hasattr(value, "dtype"):
        raise TypeError(
            f"Expected a number to choose a branch of {verb} by, got "
            f"{type(value).__name__} at {user_line()}: pass it before the functions."
        )
    return type_of(value)


def _choose(value: Any, functions: dict[str, Function], operands: Any) -> Any:
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(
                f"Expected functions to choose from, got {type(function).__name__} as "
                f"{name} at {user_line()}: wrap it as a lambda of the operands."
            )
    known = plain(value)
    if known is not None:
        taken = list(functions.values())[records.chosen(known, len(functions))]
        return map_leaves(lambda x: result_value(as_value(x)), taken(*operands))
    leaves, structure = flatten(operands)
    types = [type_of(as_value(leaf)) for leaf in leaves]
    weak = [is_weak(leaf) for leaf in leaves]
    traced = {
        name: trace(lambda *xs, f=function: f(*unflatten(structure, xs)), types, weak)
        for name, function in functions.items()
    }
    wanted = _common_types(traced)
    constants = {id(x): x for one in traced.values() for x in one.constants}
    programs = {
        name: _converted(_with_constants(one, constants), wanted)
        for name, one in traced.items()
    }
    values = [as_value(leaf) for leaf in leaves]
    results = records.switch(value, *constants.values(), *values, **programs)
    first = next(iter(traced.values()))
    return unflatten(first.structure, [result_value(y) for y in results])


def _common_types(traced: dict[str, Traced]) -> list[ArrayType]:
    """The types of the results, where Python numbers take those of other branches."""
    (first, one), *others = traced.items()
    for name, other in others:
        if other.structure != one.structure:
            raise TypeError(
                f"Expected branches that return the same containers, got "
                f"{one.structure} from {first} and {other.structure} from {name} at "
                f"{user_line()}: return the same containers from each."
            )
    columns = zip(*[one.results for one in traced.values()], strict=True)
    places = paths(one.structure)
    names = list(traced)
    return [_common(list(c), p, names) for c, p in zip(columns, places, strict=True)]


def _common(results: list[Any], path: str, names: list[str]) -> ArrayType:
    found = [type_of(as_value(x)) for x in results]
    firm = [k for k, x in enumerate(results) if not is_weak(x)]
    if firm:
        dtype = found[firm[0]].dtype
    else:
        dtype = np.result_type(*[type.dtype for type in found])
    wanted = found[firm[0] if firm else 0].with_dtype(dtype)
    for place, (type, result) in enumerate(zip(found, results, strict=True)):
        fits = is_weak(result) and np.can_cast(type.dtype, dtype, "same_kind")
        if type.shape != wanted.shape or not (type == wanted or fits):
            where = f" at leaf {path}" if path else ""
            raise TypeError(
                f"Expected branches that return one type{where}, got {wanted} from "
                f"{names[firm[0] if firm else 0]} and {type} from {names[place]} at "
                f"{user_line()}: convert with .astype, or broadcast to one shape."
            )
    return wanted


def _with_constants(traced: Traced, constants: dict[int, Any]) -> Program:
    """The program with the constants of all branches as its first inputs."""
    values = [id(value) for value in traced.constants]
    own = dict(zip(values, traced.program.constants, strict=True))
    shared = [own.get(key) or Var(type_of(x)) for key, x in constants.items()]
    program = traced.program
    return replace(program, constants=(), inputs=(*shared, *program.inputs))


def _converted(program: Program, types: Sequence[ArrayType]) -> Program:
    """The program with its results as these dtypes."""
    if list(program.output_types) == list(types):
        return program

    def function(*xs: Any) -> list[Any]:
        ys = evaluate(program, (), xs)
        pairs = zip(ys, types, strict=True)
        return [
            y if y.dtype == t.dtype else convert(y, dtype=t.dtype) for y, t in pairs
        ]

    return trace(function, program.input_types).program
