"""Expressions: the value of a node at an index, emitted where it is needed.

Elementwise nodes ask their operands at the same index; views (broadcast, reshape,
transpose, slice) map the index; leaves load from memory. Nothing between a kernel's
inputs and its result is ever stored. A value that is the same in all lanes stays a
scalar until it meets one that is not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import Any

from chainrule.backends.native.conversion import convert
from chainrule.backends.native.index import ZERO, Affine, Index, reshaped
from chainrule.backends.native.ir import Function, Value
from chainrule.backends.native.lowerings import LOWERINGS, constant
from chainrule.backends.native.memory import Memory, Vectors
from chainrule.backends.native.node import Node

EmitAt = Callable[..., Value]

AT_INDEX: dict[str, EmitAt] = {}
"""Operation -> ``emit(emitter, node, index, mask)``, for all that is not elementwise;
the views are here, the rest in ``indexed``."""


def at_index(name: str) -> Callable[[EmitAt], EmitAt]:
    """Enter how an operation's value at an index is found."""

    def enter(emit: EmitAt) -> EmitAt:
        AT_INDEX[name] = emit
        return emit

    return enter


class Emitter(Vectors):
    """Emits expressions into one function, for a number of lanes.

    Args:
        f: The function to emit into.
        lanes: Lanes of a vector; 1 emits scalars.
        leaves: Where a node's value can be had: memory, or a scalar value.
        flag: Address of a byte that an index out of range sets to 1.
    """

    def __init__(
        self, f: Function, lanes: int, leaves: dict[Node, Any], flag: Value
    ) -> None:
        super().__init__(f, lanes)
        self.leaves = leaves
        self.flag = flag
        self.memo: dict[Any, Any] = {}
        self.kept: list[Any] = []

    @contextlib.contextmanager
    def scope(self) -> Generator[None]:
        """A loop body or branch: values found inside are not known after it."""
        before = dict(self.memo)
        yield
        self.memo = before

    def give(self, node: Node, index: tuple[Index, ...], value: Value) -> None:
        """A node's value at an index is this: the heart of a kernel, or its root."""
        self.kept.append(index)
        self.memo[(node, id(index), None)] = value

    def value(
        self, node: Node, index: tuple[Index, ...], mask: Value | None = None
    ) -> Value:
        """The value of a node; a scalar where it is the same in all lanes."""
        found = self._known(node, index, mask)
        # Operands first, by a list of our own: expressions are thousands of steps deep.
        pending = [] if found is not None else [node]
        while pending:
            last = pending[-1]
            found = self._known(last, index, mask)
            missing = [] if found is not None else self._missing(last, index, mask)
            pending += reversed(missing)
            if not missing:
                pending.pop()
                found = found or self._compute(last, index, mask)
                self.kept.append(index)
                self.memo[(last, id(index), mask)] = found
        assert found is not None
        return found

    def _known(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value | None:
        found = self.memo.get((node, id(index), None))
        return found if found is not None else self.memo.get((node, id(index), mask))

    def _missing(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> list[Node]:
        """The operands of an elementwise node that are to be computed before it."""
        if node.op not in LOWERINGS or self.leaves.get(node) is not None:
            return []
        return [x for x in node.inputs if self._known(x, index, mask) is None]

    def _compute(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        leaf = self.leaves.get(node)
        if isinstance(leaf, Memory):
            return self.load(leaf, index, mask)
        if leaf is not None:
            return leaf
        if node.op == "literal":
            return constant(node.type.dtype, node.params["value"])
        if node.op in LOWERINGS:
            return self._elementwise(node, index, mask)
        return AT_INDEX[node.op](self, node, index, mask)

    def _elementwise(
        self, node: Node, index: tuple[Index, ...], mask: Value | None
    ) -> Value:
        values = [self.value(x, index, mask) for x in node.inputs]
        if node.op == "convert":
            source = node.inputs[0].type.dtype
            return convert(self.f, source, node.type.dtype, values[0])
        types = [x.type for x in node.inputs]
        return LOWERINGS[node.op](self.f, types, *self.alike(values))

    def mapped(
        self, node: Node, index: tuple[Index, ...], make: Any, mask: Value | None
    ) -> Value:
        """The operand's value at the index that ``make`` gives, found once."""
        key = (node, id(index), "index")
        inner = self.memo.get(key)
        if inner is None:
            inner = self.memo[key] = make()
            self.kept.append(index)
        return self.value(node.inputs[0], inner, mask)


@at_index("broadcast_to")
def _broadcast_to(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    shape = node.inputs[0].shape

    def inner() -> tuple[Index, ...]:
        own = index[len(index) - len(shape) :]
        return tuple([x if n != 1 else ZERO for x, n in zip(own, shape, strict=True)])

    return e.mapped(node, index, inner, mask)


@at_index("reshape")
def _reshape(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    wanted = node.inputs[0].shape
    make = lambda: reshaped(e.math, index, node.shape, wanted)  # noqa: E731
    return e.mapped(node, index, make, mask)


@at_index("transpose")
def _transpose(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    def inner() -> tuple[Index, ...]:
        places: list[Index] = [ZERO] * len(index)
        for position, axis in enumerate(node.params["axes"]):
            places[axis] = index[position]
        return tuple(places)

    return e.mapped(node, index, inner, mask)


@at_index("slice")
def _slice(
    e: Emitter, node: Node, index: tuple[Index, ...], mask: Value | None
) -> Value:
    def inner() -> tuple[Index, ...]:
        starts, steps = node.params["start"], node.params["step"]
        return tuple(
            [
                e.math.plus(Affine(start), e.math.scale(x, step))
                if start or step != 1
                else x
                for x, start, step in zip(index, starts, steps, strict=True)
            ]
        )

    return e.mapped(node, index, inner, mask)
