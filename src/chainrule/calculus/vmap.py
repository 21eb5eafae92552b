"""``vmap``: a function of one example, applied to many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from chainrule.calculus.arguments import (
    Function,
    as_value,
    expect_function,
    result_value,
)
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tree import Structure, flatten, open_container, paths, unflatten
from chainrule.core.types import type_of
from chainrule.primitives.structure import repeated
from chainrule.transforms.batch import evaluate_batched
from chainrule.transforms.trace import is_array, trace

Axis = int | None


def vmap(
    function: Function,
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_size: int | None = None,
) -> Function:
    r"""A function of one example as a function of a batch of them.

    .. math:: (x_1, \dots, x_n) \mapsto (f(x_1), \dots, f(x_n))

    The function is traced once, with the type of one example, and evaluated for all
    together: products of matrices and vectors become larger products, loops become
    one loop. It nests with itself and with every other transform.

    Shapes:
        An argument with an axis of extent n more than f takes, at the place that
        ``in_axes`` says; results with an axis of extent n at ``out_axes``.

    Args:
        function: NumPy code of one example; arguments and results may be containers.
        in_axes: The axis of the batch in every array: an integer, or None for what
            all examples share; or a tuple with an entry for each positional argument,
            each an integer, None, or a container of these that begins like the
            argument. Keyword arguments are batched along their first axis.
        out_axes: The same for the results; None where a result is the same for all.
        axis_size: The extent n, needed where no argument is batched.

    Returns:
        A function of the same arguments, with the batch in them.

    Raises:
        ValueError: If extents disagree, if axes do not fit the arguments, or if a
            result that depends on the example has ``out_axes`` None.
        TracerError: If Python's ``if`` asks for a value that differs by example.

    Examples:
        >>> import numpy as np
        >>> from chainrule import grad
        >>> vmap(np.dot)(np.eye(2), np.array([[3.0, 4.0], [5.0, 6.0]]))
        array([3., 6.])
        >>> vmap(grad(lambda w, x: np.tanh(w * x)), (None, 0))(0.0, np.arange(3.0))
        array([0., 1., 2.])

    Source: the meaning is that of ``jax.vmap``.
    """

    expect_function(function, "vmap")

    @wraps(function)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        batch = _Batch(args, kwargs, in_axes, axis_size)
        traced = trace(batch.one_example(function), batch.types)
        flags = [True] * len(batch.values)
        ys, found = evaluate_batched(
            traced.program, traced.constants, batch.values, flags, batch.size
        )
        axes = _spread(out_axes, traced.structure, "out_axes", "results")
        places = paths(traced.structure)
        rows = zip(ys, found, axes, places, strict=True)
        results = [_placed(y, f, axis, batch.size, at) for y, f, axis, at in rows]
        return unflatten(traced.structure, [result_value(y) for y in results])

    return mapped


class _Batch:
    """The arguments of one call: those of the batch in front, those all share."""

    def __init__(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        in_axes: Any,
        axis_size: int | None,
    ) -> None:
        self._leaves, self._structure = flatten((args, kwargs))
        axes = _argument_axes(in_axes, args, kwargs)
        names = _names(args, kwargs)
        rows = zip(self._leaves, axes, names, strict=True)
        self._batched = [axis is not None for axis in axes]
        batched = [(as_value(x), a, n) for x, a, n in rows if a is not None]
        checked = [(x, _checked_axis(x, axis, name)) for x, axis, name in batched]
        self.size = _common_size(
            [
                (name, x.shape[axis])
                for (x, axis), (_, _, name) in zip(checked, batched)
            ],
            axis_size,
        )
        self.values = [np.moveaxis(x, axis, 0) if axis else x for x, axis in checked]
        self.types = [
            type.with_shape(type.shape[1:]) for type in map(type_of, self.values)
        ]

    def one_example(self, function: Function) -> Callable[..., Any]:
        """The function as one of the leaves of one example; what is shared is there."""

        def call(*leaves: Any) -> Any:
            supply = iter(leaves)
            pairs = zip(self._leaves, self._batched, strict=True)
            full = [next(supply) if flag else leaf for leaf, flag in pairs]
            args, kwargs = unflatten(self._structure, full)
            return function(*args, **kwargs)

        return call


def _argument_axes(
    in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Axis]:
    """The axis of each leaf of the arguments; of each keyword's, the first."""
    _, structure = flatten(args)
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)
    if isinstance(in_axes, tuple) and len(in_axes) != len(args):
        raise ValueError(
            f"Expected in_axes of vmap with an entry for each of the {len(args)} "
            f"positional arguments, got {len(in_axes)} at {user_line()}: give one "
            "each, or one integer for all."
        )
    axes = _spread(in_axes, structure, "in_axes", "arguments")
    return [*axes, *[0] * flatten(kwargs)[1].count]


def _spread(axes: Any, structure: Structure, name: str, what: str) -> list[Axis]:
    """One axis for each leaf, from a container that begins like the structure."""
    if axes is None or type(axes) is int:
        return [axes] * structure.count
    parts = open_container(axes)
    inner = None if parts is None else parts[:2]
    if inner is None or inner != (structure.kind, structure.keys):
        raise ValueError(
            f"Expected {name} of vmap as integers, None, or containers that begin like "
            f"the {what} {structure}, got {axes!r} at {user_line()}: write None for "
            "what all examples share."
        )
    assert parts is not None
    pairs = zip(parts[2], structure.children, strict=True)
    return [axis for part, child in pairs for axis in _spread(part, child, name, what)]


def _names(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """What to call each leaf in an error."""
    named = [(f"argument {i}", arg) for i, arg in enumerate(args)]
    named += [(f"argument {key!r}", kwargs[key]) for key in sorted(kwargs)]
    return [f"{name}{path}" for name, arg in named for path in paths(flatten(arg)[1])]


def _checked_axis(x: Any, axis: int, name: str) -> int:
    """The axis counted from 0."""
    if not is_array(x):
        raise TypeError(
            f"Expected arrays to batch by vmap, got {name} of {type(x).__name__} at "
            f"{user_line()}: give it None in in_axes, so that it is passed as it is."
        )
    ndim = len(x.shape)
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"Expected an axis of {name} with shape {tuple(x.shape)}, got {axis} in "
            f"in_axes at {user_line()}: name one of its {ndim} axes, or None where all "
            "examples share it."
        )
    return axis % ndim


def _common_size(found: Sequence[tuple[str, int]], axis_size: int | None) -> int:
    sizes = {extent for _, extent in found}
    if axis_size is not None:
        sizes.add(int(axis_size))
    if len(sizes) == 1:
        return sizes.pop()
    if not sizes:
        raise ValueError(
            "Expected at least one batched argument for vmap, or axis_size, got "
            f"neither at {user_line()}: give the number of examples as axis_size."
        )
    told = [f"{extent} in {name}" for name, extent in found]
    told += [] if axis_size is None else [f"{axis_size} as axis_size"]
    raise ShapeError(
        f"Expected one extent of the batch for vmap, got {', '.join(told)} at "
        f"{user_line()}: give arrays with as many examples, or None in in_axes for "
        "what all share."
    )


def _placed(y: Any, batched: bool, axis: Axis, size: int, path: str) -> Any:
    """A result with the batch where ``out_axes`` wants it."""
    where = f"result {path}" if path else "the result"
    y = as_value(y)
    if axis is None:
        if batched:
            raise ValueError(
                f"Expected {where} to be the same for all examples since its out_axes "
                f"is None, got one that differs at {user_line()}: give it an axis."
            )
        return y
    wide = y if batched else repeated(y, size)
    ndim = len(wide.shape)
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"Expected an axis among the {ndim} of {where} and its batch, got {axis} "
            f"in out_axes at {user_line()}: count from 0."
        )
    return np.moveaxis(wide, 0, axis) if axis % ndim else wide
