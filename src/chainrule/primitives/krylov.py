"""A linear system whose matrix is a program: its derivative is such a system again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import MissingRuleError, ShapeError, user_line
from chainrule.core.primitive import (
    Formula,
    Primitive,
    Sample,
    Scale,
    Ulp,
    register,
)
from chainrule.core.program import Program, evaluate
from chainrule.core.types import ArrayType
from chainrule.primitives.control import VECTOR, example
from chainrule.primitives.custom import push_program
from chainrule.primitives.elementwise import mul, sub
from chainrule.primitives.loop_rules import Derive, expect_operands, zeros

DENSE = 512
"""Unknowns up to which the matrix is written out, column by column, and factored."""


def _type(*types: ArrayType, matvec: Program, residuals: int) -> ArrayType:
    expect_operands("linear_solve", matvec.input_types, types)
    x = types[-1]
    if len(types) != residuals + 1 or x.ndim != 1 or matvec.output_types != (x,):
        raise ShapeError(
            f"Expected a map of vectors to vectors of one type, got {x} and "
            f"{list(matvec.output_types)}: as many equations as unknowns."
        )
    return x


def _solve(*operands: Any, matvec: Program, residuals: int) -> Any:
    *known, b = operands

    def product(x: Any) -> Any:
        return evaluate(matvec, (), [*known, np.asarray(x, b.dtype)])[0]

    if b.size > DENSE:
        return _by_products(product, b)
    columns = [product(unit) for unit in np.eye(b.size, dtype=b.dtype)]
    matrix = np.stack(columns, -1) if columns else np.zeros((0, 0), b.dtype)
    return np.linalg.solve(matrix, b)


def _by_products(product: Callable[[Any], Any], b: Any) -> Any:
    """GMRES: products with the matrix alone."""
    from scipy.sparse import linalg

    shape = (b.size, b.size)
    operator: Any = linalg.LinearOperator  # its stub knows no keyword of its own
    matrix = operator(shape, matvec=product, dtype=b.dtype)
    tol = 100 * float(np.finfo(b.dtype).eps)
    x, left = linalg.gmres(matrix, b, rtol=tol, restart=100, maxiter=100)
    residual = np.linalg.norm(product(x) - b)
    if left and not residual <= np.sqrt(tol) * np.linalg.norm(b):
        raise np.linalg.LinAlgError(
            f"Expected GMRES to solve a system of {b.size} unknowns, got a residual of "
            f"{residual:.3g} after {left} products, at {user_line()}: the derivative "
            "at the solution is singular or badly scaled."
        )
    return np.asarray(x, b.dtype)


def _tangents(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[list[Any], list[Any]]:
    """A dx = db - dA x."""
    *known, b = xs
    x = linear_solve(*xs, **params)
    db = zeros(b) if dxs[-1] is None else dxs[-1]
    if any(dx is not None for dx in dxs[:-1]):
        moving = [*dxs[:-1], None]
        _, (change,) = push_program(params["matvec"], moving, [*known, x], derive)
        db = db if change is None else sub(db, change)
    return [x], [linear_solve(*known, db, **params)]


def _transpose(
    z_bars: Sequence[Any],
    xs: Sequence[Any],
    linear: Sequence[bool],
    params: dict[str, Any],
    transpose_program: Callable[..., Program],
) -> list[Any]:
    count = params["residuals"]
    if any(linear[:count]):
        raise MissingRuleError(
            "Expected a linear system with a matrix that is known, got one that is "
            f"linear in its matrix at {user_line()}: only its right side may move."
        )
    back = transpose_program(params["matvec"], count)
    b_bar = linear_solve(*xs[:count], z_bars[0], matvec=back, residuals=count)
    return [None] * count + [b_bar]


linear_solve = register(
    Primitive(
        name="linear_solve",
        formula=Formula(
            r"A(r)\,x = b",
            r"A\,\dot x = \dot b - \dot A\,x",
            (r"A^{\top}\,\bar b = \bar x",),
        ),
        type=_type,
        numpy=_solve,
        jvp=_tangents,
        transpose=_transpose,
        samples=(
            Sample(
                ((3,), (3,)),
                {
                    "matvec": example(lambda r, x: [mul(r, x)], VECTOR, VECTOR),
                    "residuals": 1,
                },
                domain=(0.5, 2.0),
            ),
        ),
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="Up to 512 unknowns the matrix is factored; beyond, GMRES.",
        source="Giles, An extended collection of matrix derivative results, 2008.",
    )
)
