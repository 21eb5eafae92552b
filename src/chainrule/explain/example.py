"""A worked example for a record: numbers of few digits, from one of its samples."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.errors import MissingRuleError
from chainrule.core.primitive import Primitive, Sample, Unknown
from chainrule.core.printer import to_text
from chainrule.core.program import Program
from chainrule.core.types import PYTHON_SCALARS, is_differentiable, type_of
from chainrule.explain.latex_text import readable
from chainrule.explain.samples import Array, domains, drawn, prepared
from chainrule.transforms.jvp import linearize, push_forward
from chainrule.transforms.trace import Traced, trace
from chainrule.transforms.transpose import pull_back

TANGENT = (1.0, -0.5, 2.0, 0.5, -1.0)
COTANGENT = (1.0, 2.0, -1.0, 0.5, 3.0)


Row = tuple[list[str], list[str]]  # operands and results, as "name = numbers"


class Example(NamedTuple):
    """One sample, worked out.

    Attributes:
        program: The record as a program of one equation.
        lines: Parameters; then values, tangents and cotangents, what goes in before
            the arrow and what comes out behind it.
    """

    program: Program
    lines: tuple[str, ...]


def worked(record: Primitive, width: int) -> Example:
    """The first sample that is not empty, with the derivative along a direction."""
    sample = next((s for s in record.samples if _is_full(s)), record.samples[0])
    pairs = zip(drawn(sample), domains(sample), strict=True)
    xs = prepared(sample, [_short(x, domain) for x, domain in pairs])
    traced = _traced(record, sample, xs)
    dxs = [_tangent(record, x, place) for place, x in enumerate(xs)]
    ys, dys = push_forward(traced.program, traced.constants, xs, dxs)
    ins = argument_names(record, len(xs))
    outs = result_names(record, len(ys), ins)
    rows = [(_named(ins, xs), _named(outs, ys))]
    if any(dx is not None for dx in dxs):
        moved = [np.zeros(np.shape(y)) if d is None else d for d, y in zip(dys, ys)]
        there = [d if is_differentiable(y.dtype) else None for d, y in zip(moved, ys)]
        if any(d is not None for d in there):
            rows.append((_named(ins, dxs, "d"), _named(outs, there, "d")))
    back = _pulled_back(record, traced.program, xs)
    if back is not None:
        z_bars, x_bars = back
        rows.append((_named(outs, z_bars, "", "_bar"), _named(ins, x_bars, "", "_bar")))
    return Example(traced.program, (*_parameters(sample), *_aligned(rows, width)))


def argument_names(record: Primitive, count: int) -> list[str]:
    """The names that the rules give the operands, which are those of the formula."""
    rules: list[tuple[Any, int]] = []
    if isinstance(record.jvp, tuple):
        rules += [(rule, 2) for rule in record.jvp]
    if isinstance(record.transpose, tuple):
        rules += [(rule, 1) for rule in record.transpose]
    for rule, skipped in rules:
        if inspect.isfunction(rule):
            names = list(inspect.signature(rule).parameters)[skipped:][:count]
            if len(names) == count:
                capital = readable(record.formula.value)[:1].isupper()
                return [name.upper() if capital else name for name in names]
    if count < 3 and not callable(record.jvp):
        return ["x", "y"][:count]
    return [f"x{place + 1}" for place in range(count)]


def result_names(record: Primitive, count: int, taken: Sequence[str]) -> list[str]:
    """The names on the left of the formula, if there is one for each result."""
    left = re.sub(r"[()\[\]]", "", readable(record.formula.value).partition(" = ")[0])
    names = [re.match(r"[^\W\d_]*", part.strip()) for part in left.split(",")]
    found = [name.group() if name else "" for name in names]
    fresh = all(found) and len({*found, *taken}) == len(found) + len(set(taken))
    if len(found) == count and fresh and max(map(len, found)) == 1:
        return found
    return ["y"] if count == 1 else [f"y{place + 1}" for place in range(count)]


def in_short(value: Any) -> str:
    """An array with four digits an element, nested brackets for its axes."""
    array = np.asarray(value)
    if array.ndim:
        return f"[{', '.join(map(in_short, array))}]"
    number = array.item()
    if isinstance(number, complex):
        return f"{_digits(number.real)}{_digits(number.imag, '+')}j"
    return _digits(number) if isinstance(number, float) else str(number)


def _digits(number: float, sign: str = "") -> str:
    number = 0.0 if abs(number) < 1e-14 else number  # what is left by rounding, and -0
    return f"{number:{sign}.4g}"


def _is_full(sample: Sample) -> bool:
    return all(0 not in shape for shape in sample.shapes)


def _short(x: Array, domain: tuple[float, float]) -> Array:
    """The numbers with as few digits as the interval that they are from allows."""
    if not is_differentiable(x.dtype):
        return x
    low, high = domain
    width = high - low
    places = max(1, math.ceil(-math.log10(width))) if width > 0 else 3
    rounded = np.round(x, places)
    return rounded if x.dtype.kind == "c" else np.clip(rounded, low, high)


def _cycle(numbers: tuple[float, ...], x: Array, place: int = 0) -> Array | None:
    """Round numbers in the shape of x, other ones for each place; None where fixed."""
    if not is_differentiable(x.dtype):
        return None
    row = np.resize(np.roll(numbers, -2 * place), max(x.size, 1))[: x.size]
    if x.dtype.kind == "c":
        row = row + 0.5j * np.resize(numbers, row.size)
    return row.reshape(x.shape).astype(x.dtype)


def _tangent(record: Primitive, x: Array, place: int) -> Array | None:
    """Round numbers; None for what cannot move, or by a rule that is not known."""
    rules = () if callable(record.jvp) else record.jvp
    if rules and isinstance(rules[place], Unknown):
        return None
    return _cycle(TANGENT, x, place)


def _traced(record: Primitive, sample: Sample, xs: Sequence[Array]) -> Traced:
    def apply(*arguments: Any) -> Any:
        return record(*arguments, **sample.params)

    return trace(apply, [type_of(x) for x in xs])


def _pulled_back(
    record: Primitive, program: Program, xs: Sequence[Array]
) -> tuple[list[Any], list[Any]] | None:
    """Cotangents of the results, and of the operands that it is linear in."""
    if record.transpose is None:
        return None
    rules = (
        record.transpose if isinstance(record.transpose, tuple) else [True] * len(xs)
    )
    active = [rule is not None for rule in rules]
    moves = [m and is_differentiable(x.dtype) for m, x in zip(active, xs)]
    if not any(moves):
        return None
    ys, derivative = linearize(program, (), xs, moves)
    if not all(derivative.nonzero):
        return None
    z_bars = [_cycle(COTANGENT, np.asarray(y), i) for i, y in enumerate(ys)]
    try:
        bars = iter(pull_back(derivative.program, derivative.residuals, z_bars))
    except MissingRuleError:
        return None
    return z_bars, [next(bars) if moves else None for moves in moves]


def _named(
    names: Sequence[str], values: Sequence[Any], before: str = "", after: str = ""
) -> list[str]:
    pairs = zip(names, values, strict=True)
    return [
        f"{before}{name}{after} = {in_short(value)}"
        for name, value in pairs
        if value is not None
    ]


def _parameters(sample: Sample) -> list[str]:
    """Plain parameters on a line, sub-programs below it; functions are left out."""
    lines: list[str] = []
    plain: list[str] = []
    for name, value in sample.params.items():
        parts: Any = value if isinstance(value, tuple) else (value,)
        if parts and all(isinstance(part, Program) for part in parts):
            texts = [to_text(part, "  ") for part in parts]
            lines += [f"{name}:", *"\n".join(texts).splitlines()]
        elif all(isinstance(part, (*PYTHON_SCALARS, str)) for part in parts):
            plain.append(f"{name}={value!r}")
        elif isinstance(value, np.dtype):
            plain.append(f"{name}={value.name}")
    return [", ".join(plain), *lines] if plain else lines


def _aligned(rows: Sequence[Row], width: int) -> list[str]:
    """Operands in columns, an arrow, results; one below the other where too long."""
    texts = [("  ".join(left), "  ".join(right)) for left, right in _columns(rows)]
    edge = max(len(left) for left, _ in texts)
    lines = [f"{left:{edge}}  →  {right}" for left, right in texts]
    if max(map(len, lines)) <= width:
        return [line.strip() for line in lines] if edge == 0 else lines
    stacked: list[str] = []
    for left, right in rows:
        stacked += [*_filled(left, "", width), *_filled(right, "→ ", width)]
    return stacked


def _filled(parts: list[str], mark: str, width: int) -> list[str]:
    """Parts behind a mark: in one line if they fit, else one each, arrays by rows."""
    line = mark + "  ".join(parts)
    if len(line) <= width:
        return [line]
    lines: list[str] = []
    for part in parts:
        start = " " * len(mark + part.partition("[")[0] + "[")
        long = len(mark + part) > width
        broken = part.replace("], [", f"],\n{start}[") if long else part
        lines += (mark + broken).splitlines()
    return lines


def _columns(rows: Sequence[Row]) -> list[Row]:
    """The same with operands padded to columns, where all rows have as many."""
    full = [left for left, _ in rows if len(left) == len(rows[0][0])]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    return [
        ([part.ljust(width) for part, width in zip(left, widths)], right)
        if len(left) == len(widths)
        else (left, right)
        for left, right in rows
    ]
