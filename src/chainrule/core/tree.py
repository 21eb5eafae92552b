"""Containers as arguments and results: pytrees of dict, list, tuple, dataclass, None.

``flatten`` gives the leaves in a fixed order and a structure; ``unflatten`` puts
leaves back. Structures compare, hash and print, so that a mismatch can be told.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Build = Callable[[list[Any]], Any]


class Structure:
    """The shape of a container: its kind, its keys and the structures inside."""

    __slots__ = ("_hash", "build", "children", "count", "keys", "kind")

    def __init__(
        self,
        kind: Any,
        keys: tuple[Any, ...],
        children: tuple[Structure, ...],
        build: Build | None,
    ) -> None:
        self.kind = kind
        self.keys = keys
        self.children = children
        self.build = build
        self.count = sum(c.count for c in children) if kind is not LEAF else 1
        self._hash = hash((kind, keys, children))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Structure)
            and self._hash == other._hash
            and self.kind == other.kind
            and self.keys == other.keys
            and self.children == other.children
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        if self.kind is LEAF:
            return "*"
        if self.kind is type(None):
            return "None"
        parts = [repr(child) for child in self.children]
        if self.kind is dict:
            pairs = zip(self.keys, parts, strict=True)
            return "{" + ", ".join(f"{k!r}: {p}" for k, p in pairs) + "}"
        if self.kind is list:
            return "[" + ", ".join(parts) + "]"
        if self.kind is tuple:
            return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"
        pairs = zip(self.keys, parts, strict=True)
        return f"{self.kind.__name__}(" + ", ".join(f"{k}={p}" for k, p in pairs) + ")"


LEAF = "leaf"
_LEAF = Structure(LEAF, (), (), None)
_NONE = Structure(type(None), (), (), lambda _: None)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a container, in order, and its structure."""
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> Structure:
    parts = open_container(tree)
    if parts is None:
        leaves.append(tree)
        return _LEAF
    kind, keys, items, build = parts
    if kind is type(None):
        return _NONE
    children = tuple(_flatten(item, leaves) for item in items)
    return Structure(kind, keys, children, build)


def open_container(
    tree: Any,
) -> tuple[Any, tuple[Any, ...], Iterable[Any], Build] | None:
    """One container: its kind, its keys in order, what is inside; None for a leaf."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return kind, (len(tree),), tree, kind
    if kind is dict:
        keys = tuple(sorted_keys(tree))
        return kind, keys, [tree[k] for k in keys], lambda xs: dict(zip(keys, xs))
    if kind is OrderedDict or kind is defaultdict:
        return _open_mapping(tree)
    if tree is None:
        return kind, (), (), lambda _: None
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return kind, tree._fields, tree, lambda xs: kind(*xs)  # type: ignore[attr-defined]
    if dataclasses.is_dataclass(kind):
        names = tuple(f.name for f in dataclasses.fields(kind) if f.init)
        items = [getattr(tree, name) for name in names]
        return kind, names, items, lambda xs: kind(**dict(zip(names, xs)))
    return None


def _open_mapping(tree: Any) -> tuple[Any, tuple[Any, ...], Iterable[Any], Build]:
    """The dicts of the standard library: one in its own order, one with defaults."""
    kind, keys = type(tree), tuple(tree)
    if kind is OrderedDict:
        return kind, keys, tree.values(), lambda xs: kind(zip(keys, xs))
    keys, default = tuple(sorted_keys(tree)), tree.default_factory
    items = [tree[key] for key in keys]
    return kind, keys, items, lambda xs: kind(default, zip(keys, xs))


def sorted_keys(mapping: dict[Any, Any]) -> list[Any]:
    """Keys in a fixed order; mixed kinds of keys go by their text."""
    try:
        return sorted(mapping)
    except TypeError:
        return sorted(mapping, key=repr)


def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """The container with these leaves; inverse of ``flatten``."""
    if len(leaves) != structure.count:
        raise ValueError(
            f"Expected {structure.count} leaves for {structure}, got {len(leaves)}."
        )
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Structure, leaves: Any) -> Any:
    if structure.build is None:
        return next(leaves)
    return structure.build([_unflatten(c, leaves) for c in structure.children])


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to each leaf, and to the leaves of alike containers beside it.

    Raises:
        ValueError: If the containers differ in structure.
    """
    leaves, structure = flatten(tree)
    columns = [leaves]
    for other in others:
        more, its_structure = flatten(other)
        if its_structure != structure:
            raise ValueError(
                f"Expected containers of one structure, {structure}, got "
                f"{its_structure}: give both the same keys and lengths."
            )
        columns.append(more)
    return unflatten(structure, [function(*row) for row in zip(*columns, strict=True)])


def paths(structure: Structure, prefix: str = "") -> list[str]:
    """A readable place for each leaf, such as ``['w'][0]``."""
    if structure.kind is LEAF:
        return [prefix]
    keys = structure.keys if structure.kind not in (tuple, list) else None
    result: list[str] = []
    for position, child in enumerate(structure.children):
        key = position if keys is None else keys[position]
        result += paths(child, f"{prefix}[{key!r}]")
    return result
