"""The matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import (
    Formula,
    Primitive,
    Sample,
    Scale,
    Ulp,
    register,
    same,
)
from chainrule.core.types import ArrayType
from chainrule.primitives.rules import SMOOTH
from chainrule.primitives.structure import all_batched, move_axis, reshape, swap


def matmul_type(x: ArrayType, y: ArrayType) -> ArrayType:
    """(*b, i, k) times (*b, k, j) is (*b, i, j)."""
    fits = (
        len(x.shape) == len(y.shape) >= 2
        and x.shape[:-2] == y.shape[:-2]
        and x.shape[-1] == y.shape[-2]
    )
    if not fits:
        raise ShapeError(
            f"Expected matrices of shapes (*b, i, k) and (*b, k, j), got {x.shape} and "
            f"{y.shape}: make the last axis of the first equal the last but one of the "
            "second, and all axes before them equal."
        )
    if x.dtype != y.dtype:
        raise ShapeError(
            f"Expected matrices of one dtype, got {x} and {y}: convert them first."
        )
    return ArrayType((*x.shape[:-1], y.shape[-1]), x.dtype)


def _matmul_batch(batched: Any, x: Any, y: Any) -> Any:
    """Where one factor is the same for all, the rows of all are one product."""
    if batched == (True, False):
        return _merged_rows(x, y)
    if batched == (False, True) and y.shape[-1] == 1:
        return swap(_merged_rows(swap(y), swap(x)))
    return matmul(*all_batched(batched, (x, y)))


def _merged_rows(x: Any, y: Any) -> Any:
    """(n, *b, i, k) times (*b, k, j) as (*b, n i, k) times (*b, k, j)."""
    place = len(y.shape) - 2
    stacks = move_axis(x, 0, place)
    *outer, size, count, inner = stacks.shape
    z = matmul(reshape(stacks, shape=(*outer, size * count, inner)), y)
    return move_axis(reshape(z, shape=(*outer, size, count, y.shape[-1])), place, 0)


matmul = register(
    Primitive(
        name="matmul",
        formula=Formula(
            r"Z = X Y",
            r"\dot Z = \dot X\,Y + X\,\dot Y",
            (r"\bar X = \bar Z\,Y^{\top}", r"\bar Y = X^{\top}\bar Z"),
        ),
        type=matmul_type,
        numpy=np.matmul,
        jvp=(same, same),
        transpose=(
            lambda z_bar, x, y: matmul(z_bar, swap(y)),
            lambda z_bar, x, y: matmul(swap(x), z_bar),
        ),
        batch=_matmul_batch,
        samples=(
            Sample(((2, 3), (3, 4))),
            Sample(((1, 1), (1, 1))),
            Sample(((2, 3, 4), (2, 4, 2))),
            Sample(((2, 2, 1, 3), (2, 2, 3, 1))),
            Sample(((2, 0), (0, 3))),
            Sample(((0, 2), (2, 3))),
        ),
        accuracy=Ulp(1, Scale.SUM),
        convention=SMOOTH,
        source="Giles, Collected Matrix Derivative Results, 2008",
    )
)
