"""Views: reshapes, transposes, slices and broadcasts as strides over an array."""

from __future__ import annotations

from typing import NamedTuple

from chainrule.backends.native.index import row_major
from chainrule.backends.native.node import INDEXED, VIEWS, Node


class Strided(NamedTuple):
    """A value read from an array in memory by an offset and strides (in elements)."""

    base: Node
    offset: int
    strides: tuple[int, ...]


def strided(node: Node) -> Strided:
    """Through views down to an array; to the node itself where a view is no strides."""
    path = [node]
    while path[-1].op in VIEWS:
        path.append(path[-1].inputs[0])
    if path[-1].op in INDEXED:
        path = path[: _matrix_end(path)]
    base = path.pop()
    view = Strided(base, 0, row_major(base.shape))
    for step in reversed(path):
        moved = _moved(step, view)
        if moved is None:
            return Strided(node, 0, row_major(node.shape))
        view = moved
    return view


def transpose_of(base: Node) -> Strided | None:
    """The view of a matrix with rows and columns exchanged."""
    return Strided(base, 0, (1, base.shape[1])) if len(base.shape) == 2 else None


def _matrix_end(path: list[Node]) -> int:
    """Gathered rows are stored in the shape that they are first brought into."""
    shapes = [i for i, node in enumerate(path) if node.op == "reshape"]
    return shapes[0] + 1 if shapes else len(path)


def _moved(node: Node, view: Strided) -> Strided | None:
    source = node.inputs[0].shape
    base, offset, strides = view
    if node.op == "transpose":
        return Strided(base, offset, tuple([strides[a] for a in node.params["axes"]]))
    if node.op == "broadcast_to":
        lead = len(node.shape) - len(source)
        kept = [s if n != 1 else 0 for s, n in zip(strides, source, strict=True)]
        return Strided(base, offset, (0,) * lead + tuple(kept))
    if node.op == "slice":
        starts, steps = node.params["start"], node.params["step"]
        offset += sum(a * s for a, s in zip(starts, strides, strict=True))
        scaled = [k * s for k, s in zip(steps, strides, strict=True)]
        return Strided(base, offset, tuple(scaled))
    real = [(n, s) for n, s in zip(source, strides, strict=True) if n != 1]
    wanted = [n for n in node.shape if n != 1]
    if wanted == [n for n, _ in real]:
        supply = iter([s for _, s in real])
        return Strided(
            base, offset, tuple([next(supply) if n != 1 else 0 for n in node.shape])
        )
    if [s for _, s in real] == list(row_major([n for n, _ in real])):
        return Strided(base, offset, row_major(node.shape))
    return None
