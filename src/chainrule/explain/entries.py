"""The book as data: chapters of entries, each read from its record."""

from __future__ import annotations

import inspect
import re
import sys
from typing import NamedTuple

from chainrule import backends
from chainrule.core.primitive import FAMILIES, REGISTRY, Primitive
from chainrule.core.program import Program
from chainrule.explain.example import worked
from chainrule.numpy import late

READING = (
    *("elementwise", "exponential", "trigonometric", "rounding", "comparison"),
    *("bitwise", "conversion", "structure", "slicing", "indexing", "reduction"),
    *("linear_algebra", "random", "control"),
)
"""The files in the order of reading; families that are not named follow by name."""


class Entry(NamedTuple):
    """What the book says of one primitive; formulas are LaTeX.

    Attributes:
        name: Its name in programs.
        meaning: What it is.
        derivative: How it moves when its operands move.
        transposes: For each operand that it is linear in, the way back.
        convention: What holds where there is no derivative, and in doubtful cases.
        example: A sample worked out, lines of text.
        native: Whether the native backend has a lowering for it.
        accuracy: How near float32 results are to the exact ones.
        source: Where formula or convention is from.
    """

    name: str
    meaning: str
    derivative: str
    transposes: tuple[str, ...]
    convention: str
    example: tuple[str, ...]
    native: bool
    accuracy: str
    source: str


class Chapter(NamedTuple):
    """A family of primitives.

    Attributes:
        title: What they have in common.
        records: The family, in the order of its file.
    """

    title: str
    records: tuple[Primitive, ...]


def chapters() -> tuple[Chapter, ...]:
    """Every record that ships with the package, by families, in the order of reading.

    Returns:
        A chapter for each file of records.

    Examples:
        >>> [record.name for record in chapters()[0].records][:4]
        ['neg', 'add', 'sub', 'mul']
    """
    late.load_all()
    families: dict[str, list[Primitive]] = {}
    for name, record in REGISTRY.items():
        family = FAMILIES[name]
        if family.partition(".")[0] == "chainrule":
            families.setdefault(family, []).append(record)
    ordered = sorted(families, key=_place)
    return tuple([Chapter(_title(name), tuple(families[name])) for name in ordered])


def entry(record: Primitive, width: int = 88) -> Entry:
    """What the book says of a record.

    Args:
        record: Of which primitive.
        width: The length that lines of the example should not exceed.

    Returns:
        Its formulas, and a sample worked out in numbers.

    Examples:
        >>> from chainrule.primitives.elementwise import square
        >>> entry(square).example[0]
        'x = [0.5, -0.9, -1.8]  →  y = [0.25, 0.81, 3.24]'
    """
    formula = record.formula
    example = worked(record, width)
    return Entry(
        name=record.name,
        meaning=formula.value,
        derivative=formula.tangent,
        transposes=formula.cotangent,
        convention=record.convention,
        example=example.lines,
        native=_is_native(record, example.program),
        accuracy=str(record.accuracy),
        source=record.source,
    )


def _is_native(record: Primitive, program: Program) -> bool:
    return record.name not in backends.get("native").foreign(program)


def _place(family: str) -> tuple[int, str]:
    name = family.rpartition(".")[2]
    return (READING.index(name) if name in READING else len(READING), family)


def _title(family: str) -> str:
    """The first words of the file's docstring."""
    words = inspect.getdoc(sys.modules[family]) or family
    return re.split(r"[.:;]\s|[.:]$", words, maxsplit=1, flags=re.MULTILINE)[0]
