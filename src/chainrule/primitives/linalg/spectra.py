"""Eigenvalues and eigenvectors, of Hermitian matrices and of others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

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
from chainrule.primitives.complex_numbers import complex, imag, real, real_part
from chainrule.primitives.elementwise import abs, div, mul, sub
from chainrule.primitives.linalg.matrices import (
    adjoint,
    alike,
    columns,
    diagonal,
    hermitian,
    inner_products,
    off_diagonal_quotients,
    outer_products,
    real_of,
    rows,
    square_type,
)
from chainrule.primitives.linalg.solving import solve
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.reduction import along, argmax
from chainrule.primitives.structure import reshape

SAMPLES = tuple(
    [
        Sample((shape,), {"low": low})
        for low in (True, False)
        for shape in ((3, 3), (1, 1), (2, 2, 2), (0, 0))
    ]
)
TRIANGLE = (
    "One triangle is read, and the derivative of the other is 0; the mean of the "
    "gradient and its transpose is the gradient among symmetric matrices."
)


def values_type(x: ArrayType, low: bool) -> ArrayType:
    """A stack (*s, n, n) gives real values (*s, n)."""
    return real_of(square_type(x).with_shape(x.shape[:-1]))


def eigh_type(x: ArrayType, low: bool) -> tuple[ArrayType, ArrayType]:
    """A stack (*s, n, n) gives values (*s, n) and vectors (*s, n, n)."""
    return values_type(x, low), x


def _triangle(low: bool) -> Literal["L", "U"]:
    return "L" if low else "U"


def _eigvalsh_jvp(dx: Any, w: Any, x: Any, low: bool) -> Any:
    _, v = eigh(x, low=low)
    return inner_products(v, matmul(hermitian(dx, low, x), v))


eigvalsh = register(
    Primitive(
        name="eigvalsh",
        formula=Formula(r"X v_i = w_i v_i", r"\dot w_i = v_i^{*} \dot X v_i"),
        type=values_type,
        numpy=lambda x, low: np.linalg.eigvalsh(x, _triangle(low)),
        jvp=(_eigvalsh_jvp,),
        transpose=None,
        samples=SAMPLES,
        batch=lambda batched, x, low: eigvalsh(x, low=low),
        accuracy=Ulp(1),
        convention=(
            f"{TRIANGLE} Equal eigenvalues: the first derivative is that for the "
            "eigenvectors that LAPACK chose; higher ones are not finite."
        ),
        source="Giles, Collected matrix derivative results (2008), 3.1",
    )
)


def _but_phases(w: Any, v: Any) -> tuple[Any, Any]:
    """What the free phase of each complex vector leaves as it is."""
    return w, v if v.dtype.kind == "f" else outer_products(v, v)


def _eigh_jvp(dx: Any, ys: Any, x: Any, low: bool) -> tuple[Any, Any]:
    w, v = ys
    moved = matmul(adjoint(v), matmul(hermitian(dx, low, x), v))
    gaps = sub(columns(w, moved), rows(w, moved))
    return real_part(diagonal(moved)), matmul(v, off_diagonal_quotients(moved, gaps))


eigh = register(
    Primitive(
        name="eigh",
        formula=Formula(
            r"X V = V \operatorname{diag}(w)",
            r"\dot w_i = P_{ii},\ \dot V = V (F \circ P),\ P = V^{*} \dot X V,\ "
            r"F_{ij} = 1 / (w_j - w_i),\ F_{ii} = 0",
        ),
        type=eigh_type,
        numpy=lambda x, low: tuple(np.linalg.eigh(x, _triangle(low))),
        jvp=(_eigh_jvp,),
        transpose=None,
        samples=tuple([replace(sample, observe=_but_phases) for sample in SAMPLES]),
        batch=lambda batched, x, low: eigh(x, low=low),
        multiple=True,
        accuracy=Ulp(1),
        convention=(
            f"{TRIANGLE} Complex vectors are free in their phases, and turn as little "
            "as can be. Vectors of equal eigenvalues have no derivative: it is not "
            "finite, that of the values is."
        ),
        source="Giles, Collected matrix derivative results (2008), 3.1",
    )
)


GENERAL = (
    *[Sample((shape,)) for shape in ((3, 3), (1, 1), (2, 2, 2), (0, 0))],
    Sample(((2, 2),), prepare=lambda x: (x + np.array([[0, 9], [-9, 0]], x.dtype),)),
)


def eigvals_type(x: ArrayType) -> ArrayType:
    """A stack (*s, n, n) gives complex values (*s, n)."""
    values = square_type(x).with_shape(x.shape[:-1])
    return values.with_dtype(x.dtype.char.upper())


def eig_type(x: ArrayType) -> tuple[ArrayType, ArrayType]:
    """A stack (*s, n, n) gives complex values (*s, n) and vectors (*s, n, n)."""
    values = eigvals_type(x)
    return values, values.with_shape(x.shape)


def _eigvals(x: Any) -> Any:
    w = np.linalg.eigvals(x)
    return w.astype(x.dtype.char.upper())


def _eig(x: Any) -> tuple[Any, Any]:
    w, v = np.linalg.eig(x)
    return w.astype(x.dtype.char.upper()), v.astype(x.dtype.char.upper())


def _turned(dx: Any, v: Any) -> Any:
    """The moved matrix in the basis of its eigenvectors."""
    return solve(v, matmul(alike(dx, v), v))


eigvals = register(
    Primitive(
        name="eigvals",
        formula=Formula(r"X v_i = w_i v_i", r"\dot w_i = (V^{-1} \dot X V)_{ii}"),
        type=eigvals_type,
        numpy=_eigvals,
        jvp=(lambda dx, w, x: diagonal(_turned(dx, eig(x)[1])),),
        transpose=None,
        samples=GENERAL,
        batch=lambda batched, x: eigvals(x),
        accuracy=Ulp(1),
        convention=(
            "The result is complex, also where NumPy gives real numbers because no "
            "value has an imaginary part. Matrices that cannot be diagonalized have "
            "no derivative."
        ),
        source="Giles, Collected matrix derivative results (2008), 3.1",
    )
)


def _eig_jvp(dx: Any, ys: Any, x: Any) -> tuple[Any, Any]:
    w, v = ys
    moved = _turned(dx, v)
    gaps = sub(columns(w, moved), rows(w, moved))
    dv = matmul(v, off_diagonal_quotients(moved, gaps))
    if not v.shape[-1]:
        return diagonal(moved), dv
    return diagonal(moved), sub(dv, mul(v, columns(_lengthening(dv, v), v)))


def _lengthening(dv: Any, v: Any) -> Any:
    """By how much of itself each vector must move back: LAPACK's keep the length 1.

    And they keep their largest element real, which is the one without a bit of
    imaginary part.
    """
    axis = len(v.shape) - 2
    size = select(equal(imag(v), 0.0), abs(real(v)), -1.0)
    chosen = argmax(size, axis=axis)
    place = reshape(chosen, shape=(*chosen.shape[:-1], 1, chosen.shape[-1]))
    turn = div(imag(along(dv, place, axis)), real(along(v, place, axis)))
    return complex(inner_products(v, dv), reshape(turn, shape=chosen.shape))


eig = register(
    Primitive(
        name="eig",
        formula=Formula(
            r"X V = V \operatorname{diag}(w)",
            r"\dot w_i = P_{ii},\ \dot V = V (F \circ P - C),\ P = V^{-1} \dot X V,\ "
            r"F_{ij} = 1 / (w_j - w_i),\ F_{ii} = 0",
        ),
        type=eig_type,
        numpy=_eig,
        jvp=(_eig_jvp,),
        transpose=None,
        samples=GENERAL,
        batch=lambda batched, x: eig(x),
        multiple=True,
        accuracy=Ulp(1),
        convention=(
            "The results are complex, also where NumPy gives real ones. C, a diagonal "
            "matrix, keeps LAPACK's choice: vectors of length 1 with a largest element "
            "that is real. Vectors of equal values have no derivative."
        ),
        source="Giles (2008), 3.1; Boeddeker et al., arXiv:1701.00392 (2017), 4.4",
    )
)
