"""The exponential of matrices, and its derivative in a direction."""

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
from chainrule.primitives.linalg.matrices import square_type
from chainrule.primitives.rules import SMOOTH
from chainrule.primitives.slicing import concatenate, part
from chainrule.primitives.structure import all_batched, swap

SHAPES = ((3, 3), (1, 1), (2, 2, 2), (0, 3, 3), (0, 0))


def _expm(x: Any) -> Any:
    from scipy.linalg import expm

    return expm(x) if x.size else x


expm = register(
    Primitive(
        name="expm",
        formula=Formula(
            r"Y = \sum_k X^k / k!",
            r"\dot Y = \int_0^1 e^{t X} \dot X e^{(1 - t) X}\,dt",
        ),
        type=square_type,
        numpy=_expm,
        jvp=(lambda dx, y, x: expm_along(x, dx),),
        transpose=None,
        samples=tuple([Sample((shape,)) for shape in SHAPES]),
        batch=lambda batched, x: expm(x),
        accuracy=Ulp(3, Scale.NORM),
        convention=SMOOTH,
        source="Al-Mohy & Higham, SIAM J. Matrix Anal. Appl. 31(3), 2009",
    )
)


def along_type(x: ArrayType, e: ArrayType) -> ArrayType:
    """A square matrix and a direction of its type."""
    if square_type(x) != e:
        raise ShapeError(
            f"Expected a matrix and a direction of one type, got {x} and {e}: "
            "broadcast and convert them first."
        )
    return x


def _block(x: Any, e: Any) -> Any:
    """The matrix [[x, e], [0, x]], of which functions hold their derivatives."""
    axis = len(x.shape) - 1
    zero = np.broadcast_to(np.zeros((), x.dtype), x.shape)
    above = concatenate(x, e, axis=axis)
    return concatenate(above, concatenate(zero, x, axis=axis), axis=axis - 1)


def _corner(y: Any) -> Any:
    """The upper right block."""
    axis = len(y.shape) - 1
    n = y.shape[-1] // 2
    return part(part(y, axis - 1, 0, n), axis, n, 2 * n)


def _along(x: Any, e: Any) -> Any:
    return np.ascontiguousarray(_corner(_expm(_block(x, e))))


def _along_jvp(dx: Any, y: Any, x: Any, e: Any) -> Any:
    zero = np.broadcast_to(np.zeros((), x.dtype), x.shape)
    return _corner(expm_along(_block(x, e), _block(dx, zero)))


expm_along = register(
    Primitive(
        name="expm_along",
        formula=Formula(
            r"Y = \int_0^1 e^{t X} E\,e^{(1 - t) X}\,dt = \exp"
            r"\begin{pmatrix} X & E \\ 0 & X \end{pmatrix}_{12}",
            r"\dot Y = L\left(\begin{pmatrix} X & E \\ 0 & X \end{pmatrix},"
            r" \begin{pmatrix} \dot X & \dot E \\ 0 & \dot X"
            r" \end{pmatrix}\right)_{12}",
            (r"\bar E = L(X^{\top}, \bar Y)",),
        ),
        type=along_type,
        numpy=_along,
        jvp=(_along_jvp, same),
        transpose=(None, lambda z_bar, x, e: expm_along(swap(x), z_bar)),
        samples=tuple([Sample((shape, shape)) for shape in SHAPES]),
        batch=lambda batched, *xs: expm_along(*all_batched(batched, xs)),
        accuracy=Ulp(3, Scale.NORM),
        convention=SMOOTH,
        source="Mathias, SIAM J. Matrix Anal. Appl. 17(3), 1996",
    )
)
