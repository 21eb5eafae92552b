"""Nodes of the graph that a program becomes, regions that hold them, and loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.backends.native.lowerings import LOWERINGS, has_element
from chainrule.core.types import ArrayType

REDUCTIONS = {
    *("reduce_sum", "reduce_prod", "reduce_max", "reduce_min"),
    *("reduce_and", "reduce_or"),
}
RUNNING = {
    "cumsum": "reduce_sum",
    "cumprod": "reduce_prod",
    "cummax": "reduce_max",
    "cummin": "reduce_min",
}
"""Running totals, and the reduction that each goes by."""
WHOLE = {"scatter_add", "sort", "argsort"}
"""Cores that are made in memory as a whole, not an element after the other."""
VIEWS = {"broadcast_to", "reshape", "transpose", "slice"}
INDEXED = {
    "fold",
    "pad",
    "concatenate",
    "take",
    "iota",
    "random_bits",
    "random_fold",
    "pack",
}
CHEAP = {
    *VIEWS,
    "pack",
    *("pad", "concatenate", "iota", "input", "literal", "add", "sub", "mul", "neg"),
    *("abs", "square", "sign", "select", "convert", "maximum", "minimum", "equal"),
    *("not_equal", "less", "less_equal", "greater", "greater_equal", "bitwise_not"),
    *("bitwise_and", "bitwise_or", "bitwise_xor", "shift_left", "shift_right"),
    *("complex", "real", "imag", "conj"),
    *("isnan", "isfinite", "isinf", "floor", "ceil", "rint", "trunc"),
}


class Node:
    """One value: what makes it, and where it stands in the order of its region."""

    __slots__ = (
        "ancestors",
        "bit",
        "choice",
        "inputs",
        "loop",
        "op",
        "params",
        "region",
        "type",
    )

    def __init__(
        self,
        op: str,
        inputs: Sequence[Node],
        params: dict[str, Any],
        type: ArrayType,
        region: Region,
    ) -> None:
        self.op = op
        self.inputs = list(inputs)
        self.params = params
        self.type = type
        self.region = region
        self.loop: Loop | None = None
        self.choice: Choice | None = None
        self.bit = 1 << len(region.nodes)
        self.ancestors = self.bit
        for node in self.inputs:
            if node.region is region:
                self.ancestors |= node.ancestors
        region.nodes.append(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of each axis."""
        return self.type.shape

    @property
    def is_scalar(self) -> bool:
        """Zero axes: lives in a register of every thread, not in memory.

        A number of more than double precision, which none can hold, is in memory.
        """
        return not self.type.shape and has_element(self.type.dtype)

    @property
    def is_elementwise(self) -> bool:
        """Evaluated at an index from operands at the same index."""
        return self.op in LOWERINGS

    @property
    def is_expression(self) -> bool:
        """Can be evaluated at any index inside a kernel."""
        return self.op in LOWERINGS or self.op in VIEWS or self.op in INDEXED

    @property
    def is_core(self) -> bool:
        """A sum over an axis or the like: the heart of a kernel of its own."""
        sums = self.op in REDUCTIONS or self.op in RUNNING
        return sums or self.op in WHOLE or self.op == "matmul"

    def __repr__(self) -> str:
        return f"{self.op}:{self.type!r}"


class Region:
    """The nodes of a program, a loop's body or a branch, in order."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: list[Node] = []
        self.outputs: list[Node] = []
        self.inner: list[Region] = []

    def literal(self, value: Any, type: ArrayType) -> Node:
        """A constant in every element."""
        return Node("literal", (), {"value": value}, type, self)

    def make(
        self, op: str, inputs: Sequence[Node], shape: Any, dtype: Any, /, **params: Any
    ) -> Node:
        """A node of the given result type."""
        type = ArrayType(tuple(shape), np.dtype(dtype))
        return Node(op, inputs, params, type, self)


class Loop:
    """A loop: a body region and how its values are passed.

    ``bounds`` are scalar nodes (none where the first carry is the condition);
    ``init`` and ``xs`` are nodes outside; ``carry_in``, ``x_in`` and ``index`` are
    input nodes of the body; the body's outputs are the carries and then the slices of
    ``ys``.
    """

    def __init__(self, body: Region, bounds: tuple[Node, ...], reverse: bool) -> None:
        self.body = body
        self.bounds = bounds
        self.reverse = reverse
        self.index: Node | None = None
        self.init: list[Node] = []
        self.carry_in: list[Node] = []
        self.xs: list[Node] = []
        self.x_in: list[Node] = []
        self.results: list[Node] = []

    @property
    def captured(self) -> list[Node]:
        """Values from outside that the body, or a loop in it, reads."""
        return captured(self.body)

    @property
    def carried(self) -> list[Node]:
        """The results that are carries; the others are stacked slices."""
        return self.results[: len(self.init)]

    @property
    def operands(self) -> list[Node]:
        """Everything that must be there before the loop starts."""
        return [*self.bounds, *self.init, *self.xs, *self.captured]


class Choice:
    """One of several bodies, by an index node; ``results`` stand for their outputs."""

    def __init__(self, index: Node, bodies: list[Region]) -> None:
        self.index = index
        self.bodies = bodies
        self.results: list[Node] = []

    @property
    def captured(self) -> list[Node]:
        """Values from outside that a body reads."""
        found = [node for body in self.bodies for node in captured(body)]
        return sorted(set(found), key=lambda node: node.bit)


def captured(body: Region) -> list[Node]:
    """Values from outside that a body, or one in it, reads or gives back."""
    inside = set(all_nodes(body))
    found = [x for node in inside for x in node.inputs if x not in inside]
    found += [node for node in body.outputs if node not in inside]
    return sorted(set(found), key=lambda node: node.bit)


def all_nodes(region: Region) -> list[Node]:
    """The nodes of a region and of the bodies in it."""
    found = list(region.nodes)
    for body in region.inner:
        found += all_nodes(body)
    return found
