"""Arguments and results of the verbs: leaves in, containers out, checked."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.captured import native, snapshot
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import Tracer
from chainrule.core.tree import Structure, flatten, paths, unflatten
from chainrule.core.types import PYTHON_SCALARS, is_differentiable, is_number
from chainrule.transforms.trace import is_array

Function = Callable[..., Any]


def expect_function(function: Any, verb: str) -> None:
    """Refuse what cannot be called, such as a result in place of its function."""
    if not callable(function):
        raise TypeError(
            f"Expected a function for {verb}, got {type(function).__name__} at "
            f"{user_line()}: write {verb}(f)(x), not {verb}(f(x))."
        )


def positions(numbers: Any, name: str) -> tuple[int, ...]:
    """Argument numbers, one or several, as a tuple."""
    several = numbers if isinstance(numbers, (tuple, list, range)) else (numbers,)
    try:
        return tuple([operator.index(number) for number in several])
    except TypeError:
        raise TypeError(
            f"Expected {name} as an integer or a tuple of integers, got {numbers!r} at "
            f"{user_line()}: count the positional arguments from 0."
        ) from None


def as_value(leaf: Any) -> Any:
    """A leaf as an array or traced value; Python numbers become NumPy scalars."""
    if isinstance(leaf, Tracer):
        return leaf
    if isinstance(leaf, np.ndarray):
        return native(leaf)
    if isinstance(leaf, (np.generic, *PYTHON_SCALARS)) or hasattr(leaf, "__array__"):
        return np.asarray(leaf)
    return leaf


def result_value(value: Any) -> Any:
    """A plain result, as NumPy returns it: 0-d as a scalar, and free to be changed."""
    if not isinstance(value, np.ndarray):
        return value
    if value.ndim == 0:
        return value[()]
    return value if value.flags.writeable else value.copy()


def own_result(value: Any) -> Any:
    """A plain result that shares no memory with what is kept for later."""
    value = result_value(value)
    return value.copy() if isinstance(value, np.ndarray) else value


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
                f"{user_line()}: convert it (3.0 for 3, x.astype(float)), or choose "
                "other arguments with argnums."
            )
    return values, structure


class Arguments:
    """Positional arguments parted into those that move and those that stay."""

    def __init__(
        self, args: tuple[Any, ...], argnums: int | Sequence[int], verb: str
    ) -> None:
        self.args = args
        self.single = not isinstance(argnums, (tuple, list, range))
        chosen = positions(argnums, "argnums")
        for number in chosen:
            if not -len(args) <= number < len(args):
                raise ValueError(
                    f"Expected argnums among the {len(args)} positional arguments, got "
                    f"{number} at {user_line()}: count from 0."
                )
        self.chosen = tuple(number % len(args) for number in chosen)
        if len(set(self.chosen)) != len(self.chosen):
            raise ValueError(
                f"Expected argnums that differ, got {chosen} at {user_line()}: name "
                "each argument once."
            )
        self.values: list[Any] = []
        self.structures: list[Structure] = []
        for number in self.chosen:
            values, structure = differentiable_leaves(args[number], verb)
            self.values += values
            self.structures.append(structure)

    def keep(self) -> Arguments:
        """The same with values that stay as they are when the arrays change."""
        values = self.values
        self.values = [v if isinstance(v, Tracer) else snapshot(v) for v in values]
        return self

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


def matching_leaves(
    tree: Any, structure: Structure, values: Sequence[Any], what: str
) -> list[Any]:
    """Leaves of a container of tangents or cotangents, checked against their values.

    Python numbers take the dtype of the value that they go with.
    """
    leaves, given = flatten(tree)
    if given != structure:
        raise ValueError(
            f"Expected {what} in the containers {structure}, got {given} at "
            f"{user_line()}: give one array for each array, in the same places."
        )
    result: list[Any] = []
    for leaf, value, path in zip(leaves, values, paths(structure), strict=True):
        weak = is_number(leaf)
        leaf = np.asarray(leaf, value.dtype) if weak else as_value(leaf)
        if tuple(leaf.shape) != tuple(value.shape) or leaf.dtype != value.dtype:
            where = f" at leaf {path}" if path else ""
            raise ShapeError(
                f"Expected {what} of shape {tuple(value.shape)} and dtype "
                f"{value.dtype}{where}, got {tuple(leaf.shape)} and {leaf.dtype} in "
                f"{user_line()}: give it the shape and dtype of the value."
            )
        result.append(leaf)
    return result


def zero_like(tangent: Any, value: Any) -> Any:
    """A tangent or cotangent, with None (known to be zero) written out."""
    return np.zeros(value.shape, value.dtype) if tangent is None else tangent


def expect_floating(outputs: Sequence[Any], verb: str) -> None:
    """Refuse results that have no derivative."""
    for y in outputs:
        if not is_differentiable(y.dtype):
            raise TypeError(
                f"Expected floating-point results for {verb}, got dtype {y.dtype} at "
                f"{user_line()}: return floats only."
            )


class Aux:
    """What a function returns beside its value: arrays are traced, the rest passes.

    Args:
        wanted: Whether the function returns ``(value, aux)``, or a value alone.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._leaves: list[Any] = []
        self._structure: Structure | None = None

    def take(self, result: Any) -> Any:
        """The value, and behind it the arrays of aux."""
        if not self._wanted:
            return result
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(
                "Expected a function that returns (value, aux) since has_aux=True, "
                f"got {type(result).__name__} at {user_line()}: return a pair, or "
                "leave has_aux out."
            )
        self._leaves, self._structure = flatten(result[1])
        return [result[0], [leaf for leaf in self._leaves if is_array(leaf)]]

    def part(
        self, structure: Structure, values: Sequence[Any]
    ) -> tuple[Structure, list[Any], Any]:
        """The value's structure and leaves, and aux in its containers."""
        if self._structure is None:
            return structure, list(values), None
        first = structure.children[0]
        supply = iter(values[first.count :])
        leaves = [
            result_value(next(supply)) if is_array(leaf) else leaf
            for leaf in self._leaves
        ]
        aux = unflatten(self._structure, leaves)
        return first, list(values[: first.count]), aux
