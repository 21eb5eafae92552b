"""The table that `summary` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule._typing import BatchShape
from chainrule.layers.layer import Layer
from chainrule.layers.variable import Variable

__all__ = ["summary_lines"]

_HEADER = ("Layer (type)", "Output Shape", "Param #")


def summary_lines(
    model: Layer,
    layers: Sequence[Layer],
    output_shape: Callable[[Layer], BatchShape | None],
) -> list[str]:
    """Compose the table of a model's layers.

    Args:
        model: The model.
        layers: Its layers.
        output_shape: Gives each layer's output shape, or ``None`` where it is unknown.

    Returns:
        Its lines.
    """
    rows = [_HEADER, *[_row(layer, output_shape(layer)) for layer in layers]]
    widths = [max(len(row[column]) for row in rows) + 2 for column in range(3)]
    widths = [
        max(width, least) for width, least in zip(widths, (30, 22, 12), strict=True)
    ]
    lines = [f'Model: "{model.name}"']
    lines.append(_rule("┏", "━", "┳", "┓", widths))
    lines.append(_line("┃", _HEADER, widths))
    lines.append(_rule("┡", "━", "╇", "┩", widths))
    for number, row in enumerate(rows[1:]):
        if number:
            lines.append(_rule("├", "─", "┼", "┤", widths))
        lines.append(_line("│", row, widths))
    lines.append(_rule("└", "─", "┴", "┘", widths))
    changing, fixed = model.trainable_weights, model.non_trainable_weights
    lines.append(f" Total params: {_size([*changing, *fixed])}")
    lines.append(f" Trainable params: {_size(changing)}")
    lines.append(f" Non-trainable params: {_size(fixed)}")
    return lines


def _row(layer: Layer, shape: BatchShape | None) -> tuple[str, str, str]:
    count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
    return f"{layer.name} ({type(layer).__name__})", str(shape or "?"), count


def _line(edge: str, cells: tuple[str, str, str], widths: Sequence[int]) -> str:
    name, shape, count = cells
    texts = (
        f" {name}".ljust(widths[0]),
        f" {shape}".ljust(widths[1]),
        f"{count} ".rjust(widths[2]),
    )
    return edge + edge.join(texts) + edge


def _rule(left: str, dash: str, middle: str, right: str, widths: Sequence[int]) -> str:
    return left + middle.join(dash * width for width in widths) + right


def _size(variables: Sequence[Variable]) -> str:
    count = sum(variable.size for variable in variables)
    amount: Any = float(sum(v.size * v.dtype.itemsize for v in variables))
    unit = "B"
    for larger in ("KB", "MB", "GB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{count:,} ({amount:.2f} {unit})"
