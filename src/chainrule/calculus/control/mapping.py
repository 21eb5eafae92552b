"""``map`` and ``associative_scan``: loops that are made of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.calculus.arguments import as_value
from chainrule.calculus.loops import common_length, scan
from chainrule.calculus.vmap import vmap
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tree import flatten, map_leaves, unflatten


def map(f: Callable[[Any], Any], xs: Any, *, batch_size: int | None = None) -> Any:
    r"""Apply a function to each slice along the leading axes, one after the other.

    .. math:: y_t = f(x_t), \qquad t = 0, \dots, n - 1

    Shapes:
        xs: ``(n, ...)`` each; ys: ``(n, ...)`` each.

    Args:
        f: Takes a slice of ``xs``, in its containers; NumPy code, traced once.
        xs: Arrays to walk along their first axis, in any containers.
        batch_size: How many slices to take at once, by ``vmap``; one, where None.

    Returns:
        The results, stacked along a new first axis.

    Raises:
        ValueError: If leading extents do not agree, or batch_size is not positive.

    Examples:
        >>> import numpy as np
        >>> map(lambda x: np.sum(x) ** 2, np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([ 9., 49.])

    Source: the meaning is that of ``jax.lax.map``.
    """
    if batch_size is None:
        return scan(lambda carry, x: (carry, f(x)), (), xs)[1]
    if batch_size < 1:
        raise ValueError(
            f"Expected a positive batch_size of map, got {batch_size} at "
            f"{user_line()}: give the number of slices to take at once, or None."
        )
    values = map_leaves(as_value, xs)
    count = common_length(flatten(values)[0], None)
    whole = count - count % batch_size
    if not whole:
        return vmap(f)(values) if count else map(f, values)

    def rows(x: Any) -> Any:
        shape = (whole // batch_size, batch_size, *x.shape[1:])
        return np.reshape(x[:whole], shape)

    def flat(y: Any) -> Any:
        return np.reshape(y, (whole, *y.shape[2:]))

    ys = map_leaves(flat, map(vmap(f), map_leaves(rows, values)))
    if whole == count:
        return ys
    rest = vmap(f)(map_leaves(lambda x: x[whole:], values))
    return map_leaves(lambda *parts: np.concatenate(parts), ys, rest)


def associative_scan(
    fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    r"""All running results of an associative function, in logarithmic depth.

    .. math:: y_t = x_0 \circ x_1 \circ \dots \circ x_t

    Shapes:
        elems: ``(..., n, ...)`` each; the result has the same shapes.

    Args:
        fn: ``fn(a, b)`` joins slices of elems elementwise along the axis; it must be
            associative, and need not commute.
        elems: Arrays of one extent along the axis, in any containers.
        reverse: Run from the last to the first; ``fn(a, b)`` then has the later in a.
        axis: The axis to run along.

    Returns:
        The running results, in the containers of elems.

    Raises:
        ValueError: If extents along the axis do not agree, or fn changes a shape.

    Examples:
        >>> import numpy as np
        >>> associative_scan(np.multiply, np.array([1.0, 2.0, 3.0, 4.0]))
        array([ 1.,  2.,  6., 24.])

    Source: Blelloch (1990), "Prefix sums and their applications"; the meaning is that
    of ``jax.lax.associative_scan``.
    """
    leaves, structure = flatten(elems)
    values = [as_value(leaf) for leaf in leaves]
    extents = {_extent(value, axis) for value in values}
    if len(extents) != 1:
        raise ShapeError(
            "Expected arrays of one extent along the axis, got extents "
            f"{sorted(extents)} at {user_line()}: give arrays that run together."
        )

    def join(a: list[Any], b: list[Any]) -> list[Any]:
        joined, found = flatten(fn(unflatten(structure, a), unflatten(structure, b)))
        if found != structure:
            raise TypeError(
                f"Expected a function that returns {structure}, as it takes, got "
                f"{found} at {user_line()}: return the same containers."
            )
        joined = [as_value(y) for y in joined]
        for x, y in zip(a, joined, strict=True):
            if x.shape != y.shape:
                raise ShapeError(
                    f"Expected a function that joins arrays of shape {x.shape} to one "
                    f"like them, got {y.shape} at {user_line()}: work by elements."
                )
        return joined

    places = [axis % value.ndim for value in values]
    if reverse:
        values = [np.flip(v, place) for v, place in zip(values, places, strict=True)]
    results = _Running(join, places).of(values)
    if reverse:
        results = [np.flip(y, place) for y, place in zip(results, places, strict=True)]
    return unflatten(structure, results)


def _extent(value: Any, axis: int) -> int:
    ndim = len(value.shape)
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"Expected an axis of arrays with {ndim} axes, got {axis} at "
            f"{user_line()}: count from 0, or from -1 backwards."
        )
    return int(value.shape[axis])


class _Running:
    """Running results of lists of arrays, each along an axis of its own."""

    def __init__(
        self, join: Callable[[list[Any], list[Any]], list[Any]], axes: list[int]
    ) -> None:
        self._join = join
        self._axes = axes

    def of(self, xs: list[Any]) -> list[Any]:
        """Pairs are joined, run, and joined with what stands between them."""
        count = xs[0].shape[self._axes[0]]
        if count < 2:
            return xs
        pairs = self._join(self._cut(xs, 0, -1, 2), self._cut(xs, 1, None, 2))
        odd = self.of(pairs)
        before = self._cut(odd, 0, -1 if count % 2 == 0 else None, 1)
        even = self._cut(xs, 0, 1, 1)
        if count > 2:
            later = self._join(before, self._cut(xs, 2, None, 2))
            columns = zip(even, later, self._axes, strict=True)
            even = [np.concatenate(parts, a) for *parts, a in columns]
        rows = zip(even, odd, self._axes, strict=True)
        return [_interleaved(x, y, axis) for x, y, axis in rows]

    def _cut(self, xs: list[Any], start: int, stop: int | None, step: int) -> list[Any]:
        pairs = zip(xs, self._axes, strict=True)
        return [
            x[(slice(None),) * axis + (slice(start, stop, step),)] for x, axis in pairs
        ]


def _interleaved(even: Any, odd: Any, axis: int) -> Any:
    """Elements of both by turns; there may be one more of the even."""
    count = odd.shape[axis]
    here = (slice(None),) * axis
    both = np.stack([even[(*here, slice(0, count))], odd], axis + 1)
    shape = (*odd.shape[:axis], 2 * count, *odd.shape[axis + 1 :])
    both = np.reshape(both, shape)
    if even.shape[axis] == count:
        return both
    return np.concatenate([both, even[(*here, slice(count, None))]], axis)
