"""Linear equations: with any square matrix, with a triangle, by least squares."""

from __future__ import annotations

from collections.abc import Callable
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
from chainrule.primitives.elementwise import add, neg
from chainrule.primitives.linalg.matrices import (
    LinAlgError,
    adjoint,
    matrix_type,
    regular,
    square_type,
    triangle,
)
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.structure import all_batched, reshape, swap, transpose


def solve_type(a: ArrayType, b: ArrayType, **params: Any) -> ArrayType:
    """(*s, n, n) and right-hand sides (*s, n, k) give solutions (*s, n, k)."""
    square_type(a)
    fits = a.ndim == b.ndim and a.shape[:-1] == b.shape[:-1] and a.dtype == b.dtype
    if not fits:
        raise ShapeError(
            f"Expected matrices (*s, n, n) and right-hand sides (*s, n, k) of one "
            f"dtype, got {a} and {b}: broadcast and convert them first."
        )
    return b


def _moved(primitive: Primitive, da: Any, y: Any, a: Any, **params: Any) -> Any:
    return neg(primitive(a, matmul(da, y), **params))


def _solve_batch(
    primitive: Callable[..., Any],
    batched: tuple[bool, ...],
    a: Any,
    b: Any,
    **params: Any,
) -> Any:
    """One matrix for the whole batch is factorized once, all solved side by side."""
    if batched[0]:
        return primitive(*all_batched(batched, (a, b)), **params)
    size, *stack, n, k = b.shape
    order = (*range(1, len(stack) + 2), 0, len(stack) + 2)
    sides = reshape(transpose(b, axes=order), shape=(*stack, n, size * k))
    solved = reshape(primitive(a, sides, **params), shape=(*stack, n, size, k))
    back = (len(stack) + 1, *range(len(stack) + 1), len(stack) + 2)
    return transpose(solved, axes=back)


def _systems(n: int) -> tuple[Sample, ...]:
    shapes = (
        ((n, n), (n, 2)),
        ((1, 1), (1, 1)),
        ((2, n, n), (2, n, 1)),
        ((2, 1, n, n), (2, 1, n, 2)),
        ((n, n), (n, 0)),
        ((0, n, n), (0, n, 1)),
        ((0, 0), (0, 2)),
    )
    return tuple([Sample(s, prepare=regular(s[0][-1])) for s in shapes])


solve = register(
    Primitive(
        name="solve",
        formula=Formula(
            r"Y = A^{-1} B",
            r"\dot Y = A^{-1} (\dot B - \dot A\,Y)",
            (r"\bar B = A^{-\top} \bar Y",),
        ),
        type=solve_type,
        numpy=np.linalg.solve,
        jvp=(lambda da, y, a, b: _moved(solve, da, y, a), same),
        transpose=(None, lambda z_bar, a, b: solve(swap(a), z_bar)),
        samples=_systems(3),
        batch=lambda batched, a, b: _solve_batch(solve, batched, a, b),
        accuracy=Ulp(1),
        convention="A singular matrix raises LinAlgError.",
        source="Giles, Collected matrix derivative results (2008), 2.3.1",
    )
)


def _solve_triangle(a: Any, b: Any, lower: bool) -> Any:
    from scipy.linalg.lapack import get_lapack_funcs

    x = np.array(b)
    if not x.size:
        return x
    (trtrs,) = get_lapack_funcs(("trtrs",), (x,))
    for place in np.ndindex(x.shape[:-2]):
        # LAPACK counts columns first: what lies there is the transpose.
        x[place], info = trtrs(a[place].T, b[place], lower=not lower, trans=1)
        if info > 0:
            raise LinAlgError(
                "Expected a triangle without zeros on its diagonal, got one in row "
                f"{info - 1}: Singular matrix."
            )
    return x


triangular_solve = register(
    Primitive(
        name="triangular_solve",
        formula=Formula(
            r"Y = T^{-1} B,\ T = \operatorname{tri}(A)",
            r"\dot Y = T^{-1} (\dot B - \operatorname{tri}(\dot A)\,Y)",
            (r"\bar B = T^{-\top} \bar Y",),
        ),
        type=solve_type,
        numpy=_solve_triangle,
        jvp=(
            lambda da, y, a, b, lower: _moved(
                triangular_solve, triangle(da, lower, a), y, a, lower=lower
            ),
            same,
        ),
        transpose=(
            None,
            lambda z_bar, a, b, lower: triangular_solve(
                swap(a), z_bar, lower=not lower
            ),
        ),
        samples=tuple(
            [
                Sample(s.shapes, {"lower": low}, prepare=s.prepare)
                for s in _systems(3)
                for low in (True, False)
            ]
        ),
        batch=lambda batched, a, b, lower: _solve_batch(
            triangular_solve, batched, a, b, lower=lower
        ),
        accuracy=Ulp(1, Scale.TERMS),
        convention="The other triangle is not read. A zero on the diagonal raises.",
        source="Giles, Collected matrix derivative results (2008), 2.3.1",
    )
)


def pinv_type(a: ArrayType, rcond: float) -> ArrayType:
    """(*s, m, n) gives (*s, n, m)."""
    matrix_type(a)
    return a.with_shape((*a.shape[:-2], a.shape[-1], a.shape[-2]))


def _pinv_jvp(da: Any, y: Any, a: Any, rcond: float) -> Any:
    """Right wherever the rank stays the same."""
    adjoint_da = adjoint(da)
    moved = neg(matmul(y, matmul(da, y)))
    left = matmul(matmul(y, adjoint(y)), adjoint(_outside(a, y, da)))
    right = matmul(_inside(a, y, adjoint_da), matmul(adjoint(y), y))
    return add(moved, add(left, right))


def _outside(a: Any, y: Any, x: Any) -> Any:
    """(I - A A⁺) x: the part of the columns that A cannot reach."""
    return add(x, neg(matmul(a, matmul(y, x))))


def _inside(a: Any, y: Any, x: Any) -> Any:
    """(I - A⁺ A) x: the part of the columns that A sends to zero."""
    return add(x, neg(matmul(y, matmul(a, x))))


pinv = register(
    Primitive(
        name="pinv",
        formula=Formula(
            r"Y = A^{+}",
            r"\dot Y = -Y \dot A Y + Y Y^{*} \dot A^{*} (I - A Y)"
            r" + (I - Y A) \dot A^{*} Y^{*} Y",
        ),
        type=pinv_type,
        numpy=lambda a, rcond: np.linalg.pinv(a, rcond),
        jvp=(_pinv_jvp,),
        transpose=None,
        samples=(
            Sample(((4, 2),), {"rcond": 1e-15}),
            Sample(((2, 4),), {"rcond": 1e-15}),
            Sample(((3, 3),), {"rcond": 1e-15}, prepare=regular(3)),
            Sample(((2, 3, 2),), {"rcond": 1e-15}),
            Sample(((0, 2),), {"rcond": 1e-15}),
        ),
        batch=lambda batched, a, rcond: pinv(a, rcond=rcond),
        accuracy=Ulp(1, Scale.NORM),
        convention=(
            "Singular values below rcond times the largest count as zeros. Where the "
            "rank changes there is no derivative; given is that of constant rank."
        ),
        source="Golub & Pereyra, SIAM J. Numer. Anal. 10(2), 1973, (4.12)",
    )
)
