"""Triangular factors: Cholesky's of positive definite matrices, and QR."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import (
    Formula,
    Primitive,
    Sample,
    Ulp,
    register,
)
from chainrule.core.types import ArrayType
from chainrule.primitives.elementwise import sub
from chainrule.primitives.linalg.matrices import (
    adjoint,
    completed,
    first_columns,
    halved_diagonal,
    hermitian,
    matrix_type,
    other_columns,
    regular,
    space_of,
    square_type,
    triangle,
)
from chainrule.primitives.linalg.solving import triangular_solve
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.slicing import pad, part


def _cholesky_jvp(dx: Any, y: Any, x: Any) -> Any:
    half = triangular_solve(y, hermitian(dx, True, y), lower=True)
    within = triangular_solve(y, adjoint(half), lower=True)
    return matmul(y, halved_diagonal(triangle(within, True, y), y))


cholesky = register(
    Primitive(
        name="cholesky",
        formula=Formula(
            r"L L^{*} = X",
            r"\dot L = L\,\Phi(L^{-1} \dot X L^{-*}),\ \Phi(P) ="
            r" \operatorname{tril}(P) - \tfrac12 \operatorname{diag}(P)",
        ),
        type=square_type,
        numpy=np.linalg.cholesky,
        jvp=(_cholesky_jvp,),
        transpose=None,
        samples=tuple(
            [
                Sample((shape,), domain=(-1.0, 1.0), prepare=regular(shape[-1]))
                for shape in ((3, 3), (1, 1), (2, 2, 2), (0, 0))
            ]
        ),
        batch=lambda batched, x: cholesky(x),
        accuracy=Ulp(1),
        convention=(
            "The upper triangle is not read, so its derivative is 0 and the gradient "
            "is lower triangular; the mean with its transpose is the gradient among "
            "symmetric matrices. LinAlgError unless positive definite."
        ),
        source="Murray, arXiv:1602.07527 (2016), (8)",
    )
)


def qr_type(x: ArrayType, full: bool) -> tuple[ArrayType, ArrayType]:
    """(*s, m, n) with m >= n gives Q (*s, m, n) and R (*s, n, n).

    Where ``full``, Q is (*s, m, m), and R (*s, m, n) with zeros below.
    """
    *stack, m, n = matrix_type(x).shape
    if m < n:
        raise ShapeError(
            f"Expected at least as many rows as columns for qr, got {x}: factor the "
            "first columns, and multiply the others by the adjoint of Q."
        )
    k = m if full else n
    return x.with_shape((*stack, m, k)), x.with_shape((*stack, k, n))


def _qr(x: Any, full: bool) -> tuple[Any, Any]:
    q, r = np.linalg.qr(x, "complete" if full else "reduced")
    return q, r


def _qr_jvp(dx: Any, ys: Any, x: Any, full: bool) -> tuple[Any, Any]:
    n, axis = x.shape[-1], len(x.shape) - 2
    q, r = first_columns(ys[0], n), part(ys[1], axis, 0, n)
    within = adjoint(triangular_solve(adjoint(r), adjoint(dx), lower=True))
    inner = matmul(adjoint(q), within)
    low = halved_diagonal(triangle(inner, True, r), r)
    upper = sub(inner, sub(low, adjoint(low)))
    dq, dr = sub(within, matmul(q, upper)), matmul(upper, r)
    none = (0,) * len(x.shape)
    high = (*none[:axis], ys[1].shape[axis] - n, 0)
    return completed(dq, ys[0]), pad(dr, low=none, high=high, interior=none)


def _determined(q: Any, r: Any) -> tuple[Any, ...]:
    """Without what is free: the basis of the space that the columns leave."""
    n = r.shape[-1]
    return first_columns(q, n), r, space_of(other_columns(q, n))


QR_SHAPES = ((3, 3), (4, 2), (2, 3, 2), (3, 0), (1, 1))

qr = register(
    Primitive(
        name="qr",
        formula=Formula(
            r"Q R = X,\ Q^{*} Q = I",
            r"\dot R = T R,\ \dot Q = \dot X R^{-1} - Q T,\ T = P - \Phi(P)"
            r" + \Phi(P)^{*},\ P = Q^{*} \dot X R^{-1},\ \Phi(P) ="
            r" \operatorname{tril}(P) - \tfrac12 \operatorname{diag}(P)",
        ),
        type=qr_type,
        numpy=_qr,
        jvp=(_qr_jvp,),
        transpose=None,
        samples=tuple(
            [
                Sample((shape,), {"full": full}, observe=_determined)
                for shape in QR_SHAPES
                for full in (False, True)
            ]
        ),
        batch=lambda batched, x, full: qr(x, full=full),
        multiple=True,
        accuracy=Ulp(1),
        convention=(
            "Signs are LAPACK's. Columns of Q beyond those of X are any basis, and "
            "turn as little as can be. Where columns of X depend on each other there "
            "is no derivative, and it raises LinAlgError."
        ),
        source="Walter & Lehmann, arXiv:1009.6112 (2010), 3.1",
    )
)
