"""Linear maps at all unit vectors at once: the columns and rows of a Jacobian."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.calculus.loops import scan
from chainrule.calculus.units import columns_known
from chainrule.core.interpreter import find_trace
from chainrule.core.program import Program, subprograms
from chainrule.core.types import ArrayType, Shape
from chainrule.primitives.comparison import equal
from chainrule.primitives.conversion import convert
from chainrule.primitives.elementwise import add
from chainrule.primitives.structure import broadcast_to, count_beside, repeated, reshape
from chainrule.transforms.batch import evaluate_batched
from chainrule.transforms.jvp import LinearMap
from chainrule.transforms.restrict import from_input
from chainrule.transforms.trace import trace
from chainrule.transforms.transpose import pull_back

LIMIT = 128 << 20
"""Bytes that the widest equation may make at once; beyond, a loop over parts."""


def columns(
    linear: LinearMap, inputs: Sequence[Any], place: int, outputs: Sequence[Any]
) -> list[Any]:
    """For each output, the images of one input's unit tangents along a first axis."""
    x = inputs[place]
    part = from_input(linear, place)
    images = iter(_images(part.program, part.residuals, x))
    return [
        next(images) if moves else np.zeros((x.size, *y.shape), y.dtype)
        for y, moves in zip(outputs, part.nonzero, strict=True)
    ]


def rows(
    linear: LinearMap, inputs: Sequence[Any], place: int, outputs: Sequence[Any]
) -> list[Any]:
    """For each input, the images of one output's unit cotangents along a first axis."""
    y = outputs[place]
    moving: list[bool] = []

    def pulled(bar: Any) -> list[Any]:
        numbers = [i for i, moves in enumerate(linear.nonzero) if moves]
        bars = [bar if number == place else None for number in numbers]
        x_bars = pull_back(linear.program, linear.residuals, bars)
        moving[:] = [x_bar is not None for x_bar in x_bars]
        return [x_bar for x_bar in x_bars if x_bar is not None]

    back = trace(pulled, [ArrayType(tuple(y.shape), y.dtype)])
    images = iter(_images(back.program, back.constants, y))
    return [
        next(images) if moves else np.zeros((y.size, *x.shape), x.dtype)
        for x, moves in zip(inputs, moving, strict=True)
    ]


def _images(program: Program, constants: Sequence[Any], x: Any) -> list[Any]:
    """The results of a linear program of one argument at its unit vectors."""
    count = int(x.size)
    at_once = max(LIMIT // max(_width(program), 1), 1)
    if count <= at_once:
        return _all(program, constants, x)
    loops, rest = divmod(count, at_once)

    def step(_: None, start: Any) -> tuple[None, list[Any]]:
        return None, _some(program, constants, x, start, at_once)

    _, stacks = scan(step, None, np.arange(loops) * at_once)
    images = [np.reshape(y, (loops * at_once, *y.shape[2:])) for y in stacks]
    if rest:
        others = _some(program, constants, x, np.int64(loops * at_once), rest)
        images = [np.concatenate(pair) for pair in zip(images, others, strict=True)]
    return images


def _all(program: Program, constants: Sequence[Any], x: Any) -> list[Any]:
    """The results at all unit vectors, along a first axis."""
    count = int(x.size)
    rest, images = columns_known(program, constants)
    units = _units(x, np.int64(0), count, (x, *constants))
    arguments = [units, *images]
    flags = [True] * len(arguments)
    results, found = evaluate_batched(rest, constants, arguments, flags, count)
    pairs = zip(results, found, strict=True)
    return [y if flag else repeated(y, count) for y, flag in pairs]


def _some(
    program: Program, constants: Sequence[Any], x: Any, start: Any, count: int
) -> list[Any]:
    """The results at ``count`` of the unit vectors, along a first axis."""
    units = _units(x, start, count, (start, x, *constants))
    results, found = evaluate_batched(program, constants, [units], [True], count)
    pairs = zip(results, found, strict=True)
    return [y if flag else repeated(y, count) for y, flag in pairs]


def _units(x: Any, start: Any, count: int, beside: Sequence[Any]) -> Any:
    """Unit vectors of x's shape; counted, not stored, where anything is traced."""
    shape: Shape = (count, int(x.size))
    trace = find_trace(tuple(beside))
    if trace is None:
        units = np.eye(*shape, start, x.dtype)
    else:
        traced = next(v for v in beside if getattr(v, "recording", None) is trace)
        offset = broadcast_to(start, shape=shape)
        number = add(count_beside(traced, shape, 0), offset)
        same = equal(number, count_beside(traced, shape, 1))
        units = convert(same, dtype=x.dtype)
    return reshape(units, shape=(count, *x.shape))


def _width(program: Program) -> int:
    """Bytes of the largest result of one equation for one example."""
    sizes = [var.type.nbytes for eq in program.equations for var in eq.outputs]
    inner = [_width(p) for eq in program.equations for _, p in subprograms(eq.params)]
    return max([*sizes, *inner, *[var.type.nbytes for var in program.inputs]])
