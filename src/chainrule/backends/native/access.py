"""Arrays as the driver knows them, and when two uses of memory are in conflict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from chainrule.backends.native.frame import Part
from chainrule.backends.native.fuse import Fusion, Kernel
from chainrule.backends.native.ir import Value
from chainrule.backends.native.memory import Memory
from chainrule.backends.native.node import Node


class Span(NamedTuple):
    """Where memory lies, for telling whether two accesses meet."""

    base: Any
    start: int
    stop: int

    def meets(self, other: Span) -> bool:
        """Whether the two have a byte in common."""
        return (
            self.base == other.base
            and self.start < other.stop
            and other.start < self.stop
        )


@dataclass(frozen=True)
class Array:
    """A value in memory as the driver knows it."""

    address: Value
    span: Span
    memory: Memory


class Access(NamedTuple):
    """What has been touched since the last barrier."""

    span: Span
    write: bool
    part: Part


def conflict(old: Access, new: Access) -> bool:
    """Whether all threads must have done the one before any does the other."""
    if not (old.write or new.write) or not old.span.meets(new.span):
        return False
    if isinstance(old.span.base, tuple) and old.span.base[0] == "private":
        return False
    return old.part is None or old.part != new.part or old.span != new.span


def reads_rows_only(fusion: Fusion, kernel: Kernel, node: Node) -> bool:
    """Whether a kernel reads an array only in the rows of its own result."""
    core = kernel.core
    if core is None or not node.shape or node.shape[0] != kernel.shape[0]:
        return False
    if core.op == "matmul":
        return node is core.inputs[0] and node is not core.inputs[1]
    source = core.inputs[0]
    if 0 in core.params["axes"] or source.shape[0] != node.shape[0]:
        return False
    straight = fusion.aligned_leaves(source) if source.is_elementwise else {source}
    return node in straight
