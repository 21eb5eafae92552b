"""What a compiled function is chosen by: the containers and types of its arguments.

One walk gives the leaves, in the order of ``core.tree.flatten``, and a flat key that
tells apart all that a trace depends on. It runs at every call, so it is kept quick.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.tracer import Tracer
from chainrule.core.tree import LEAF, Structure, open_container, sorted_keys


class TracedArgument(Exception):
    """A traced value is among the arguments: there is nothing to compile."""


_ORDERS: dict[tuple[Any, ...], tuple[Any, ...]] = {}
"""Keys of a dict as they stand -> the same keys in the order of flattening."""

_NUMBERS = (float, int, bool, complex)


def read(tree: Any, leaves: list[Any], key: list[Any]) -> None:
    """Append a container's leaves, and to the key what tells their types.

    Args:
        tree: Arrays and numbers in containers.
        leaves: Receives arrays and Python numbers.
        key: Receives dtypes, shapes, kinds of containers and their keys.

    Raises:
        TracedArgument: If a leaf is a traced value.
        TypeError: If a leaf is not an array or a number.
    """
    kind = type(tree)
    if kind is dict:
        given = tuple(tree)
        order = _ORDERS.get(given)
        if order is None:
            order = _ORDERS[given] = tuple(sorted_keys(tree))
        key.append(order)
        items = tree.values() if order == given else [tree[name] for name in order]
    elif kind is tuple or kind is list:
        key.append(kind)
        key.append(len(tree))
        items = tree
    else:
        items = (tree,) if kind is np.ndarray else _open(tree, leaves, key)
    for item in items:
        if type(item) is np.ndarray:
            leaves.append(item)
            key.append(item.dtype)
            key.append(item.shape)
        else:
            read(item, leaves, key)


def _open(tree: Any, leaves: list[Any], key: list[Any]) -> Sequence[Any]:
    """Read numbers, NumPy's scalars and what converts to an array; open the rest."""
    kind = type(tree)
    if kind in _NUMBERS or tree is None:
        key.append(kind)
        if tree is not None:
            leaves.append(tree)
        return ()
    if isinstance(tree, Tracer):
        raise TracedArgument
    parts = open_container(tree)
    if parts is not None:
        kind, names, items, _ = parts
        key.append(kind)
        key.append(names)
        return list(items)
    if not hasattr(tree, "__array__"):
        raise TypeError(
            f"Expected arrays and numbers, got {type(tree).__name__} at {user_line()}: "
            "name any other argument in static_argnums or static_argnames."
        )
    return (np.asarray(tree),)


def assembler(structure: Structure, start: int = 0) -> Callable[[Sequence[Any]], Any]:
    """A quick ``unflatten``: from all leaves, the container of those from ``start``."""
    if structure.kind is LEAF:
        return itemgetter(start)
    stop = start + structure.count
    build = structure.build
    assert build is not None
    if all(child.kind is LEAF for child in structure.children):
        if structure.kind is tuple and structure.count > 1:
            return itemgetter(*range(start, stop))
        return lambda leaves: build(list(leaves[start:stop]))
    parts: list[Callable[[Sequence[Any]], Any]] = []
    for child in structure.children:
        parts.append(assembler(child, start))
        start += child.count
    return lambda leaves: build([part(leaves) for part in parts])
