"""Singular values and vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.core.primitive import (
    Formula,
    Primitive,
    Sample,
    Ulp,
    register,
)
from chainrule.core.types import ArrayType
from chainrule.primitives.comparison import equal, select
from chainrule.primitives.complex_numbers import real_part
from chainrule.primitives.elementwise import add, div, mul, sub
from chainrule.primitives.linalg.matrices import (
    adjoint,
    beyond,
    columns,
    completed,
    diagonal,
    first_columns,
    inner_products,
    matrix_type,
    off_diagonal_quotients,
    other_columns,
    outer_products,
    real_of,
    rows,
    space_of,
)
from chainrule.primitives.linear_algebra import matmul

SAMPLES = tuple(
    [
        Sample((shape,))
        for shape in ((3, 3), (4, 2), (2, 4), (1, 1), (2, 3, 2), (0, 2), (0, 3, 3))
    ]
)


def svdvals_type(x: ArrayType) -> ArrayType:
    """A stack (*s, m, n) gives values (*s, min(m, n))."""
    matrix_type(x)
    return real_of(x.with_shape((*x.shape[:-2], min(x.shape[-2:]))))


def svd_type(x: ArrayType, full: bool) -> tuple[ArrayType, ArrayType, ArrayType]:
    """(*s, m, n) gives U (*s, m, k), s (*s, k), V* (*s, k, n) with k = min(m, n).

    Where ``full``, U is (*s, m, m) and V* (*s, n, n).
    """
    s = svdvals_type(x)
    *stack, m, n = x.shape
    left, right = (m, n) if full else s.shape[-1:] * 2
    return x.with_shape((*stack, m, left)), s, x.with_shape((*stack, right, n))


def _svdvals_jvp(dx: Any, s: Any, x: Any) -> Any:
    u, _, vh = svd(x, full=False)
    return inner_products(u, matmul(dx, adjoint(vh)))


svdvals = register(
    Primitive(
        name="svdvals",
        formula=Formula(
            r"X = U \operatorname{diag}(s) V^{*}",
            r"\dot s_i = \operatorname{Re}(u_i^{*} \dot X v_i)",
        ),
        type=svdvals_type,
        numpy=lambda x: np.linalg.svd(x, compute_uv=False),
        jvp=(_svdvals_jvp,),
        transpose=None,
        samples=SAMPLES,
        batch=lambda batched, x: svdvals(x),
        accuracy=Ulp(1),
        convention=(
            "Equal values: the first derivative is that for the vectors that LAPACK "
            "chose; higher ones are not finite. At a value 0, that of one side."
        ),
        source="Townsend, Differentiating the singular value decomposition (2016)",
    )
)


def _determined(u: Any, s: Any, vh: Any) -> tuple[Any, ...]:
    """Without what is free: phases of pairs of vectors, bases of spaces left over."""
    k, v = s.shape[-1], adjoint(vh)
    first, second = first_columns(u, k), first_columns(v, k)
    spaces = [space_of(other_columns(q, k)) for q in (u, v) if q.shape[-1] > k]
    if u.dtype.kind == "f":
        return first, s, second, *spaces
    return outer_products(first, first), s, outer_products(first, second), *spaces


def _svd_jvp(dx: Any, ys: Any, x: Any, full: bool) -> tuple[Any, Any, Any]:
    """Each pair of vectors turns by the sum and the difference of two angles."""
    s = ys[1]
    all_v = adjoint(ys[2])
    u, v = first_columns(ys[0], s.shape[-1]), first_columns(all_v, s.shape[-1])
    inner = matmul(adjoint(u), matmul(dx, v))
    across, down = columns(s, inner), rows(s, inner)
    symmetric = mul(add(inner, adjoint(inner)), 0.5)
    skew = mul(sub(inner, adjoint(inner)), 0.5)
    alike = off_diagonal_quotients(symmetric, sub(across, down))
    total = add(across, down)
    opposite = div(skew, select(equal(total, 0.0), 1.0, total))
    du, dv = matmul(u, add(alike, opposite)), matmul(v, sub(alike, opposite))
    if x.shape[-2] > x.shape[-1]:
        outside = beyond(u, matmul(dx, v))
        du = add(du, div(outside, columns(s, outside)))
    if x.shape[-1] > x.shape[-2]:
        outside = beyond(v, matmul(adjoint(dx), u))
        dv = add(dv, div(outside, columns(s, outside)))
    values = real_part(diagonal(inner))
    return completed(du, ys[0]), values, adjoint(completed(dv, all_v))


svd = register(
    Primitive(
        name="svd",
        formula=Formula(
            r"X = U \operatorname{diag}(s) V^{*}",
            r"\dot s_i = \operatorname{Re} P_{ii},\ P = U^{*} \dot X V,\ "
            r"\dot U = U (A + B) + (I - U U^{*}) \dot X V S^{-1},\ "
            r" \dot V = V (A - B) + (I - V V^{*}) \dot X^{*} U S^{-1},\ "
            r"A_{ij} = \frac{P_{ij} + \bar P_{ji}}{2 (s_j - s_i)},\ "
            r" B_{ij} = \frac{P_{ij} - \bar P_{ji}}{2 (s_j + s_i)}",
        ),
        type=svd_type,
        numpy=lambda x, full: tuple(np.linalg.svd(x, full_matrices=full)),
        jvp=(_svd_jvp,),
        transpose=None,
        samples=tuple(
            [
                replace(sample, params={"full": full}, observe=_determined)
                for sample in SAMPLES
                for full in (False, True)
            ]
        ),
        batch=lambda batched, x, full: svd(x, full=full),
        multiple=True,
        accuracy=Ulp(1),
        convention=(
            "Complex vectors are free in one phase for each pair, and those beyond "
            "min(m, n) are any basis: they turn as little as can be. Vectors of equal "
            "values, and of the value 0 unless square, have no derivative: it is not "
            "finite, that of the values is."
        ),
        source="Townsend (2016); Wan & Zhang, arXiv:1909.02659 (2019)",
    )
)
