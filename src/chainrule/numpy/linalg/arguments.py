"""Operands of linear algebra, promoted as ``numpy.linalg`` does, and their shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.core.interpreter import Traced, find_trace
from chainrule.core.types import Shape
from chainrule.numpy.promotion import cast, fit, lifted

LinAlgError = np.linalg.LinAlgError


def inexact(*values: Any) -> list[Any]:
    """Operands in one floating-point dtype: integers and booleans become float64."""
    operands = [lifted(value) for value in values]
    kinds = [x.dtype if x.dtype.kind in "fc" else np.dtype(float) for x in operands]
    dtype = np.result_type(*kinds)
    if dtype.char not in "fdFD":
        raise TypeError(
            "Expected arrays of single or double precision for linear algebra, got "
            f"{dtype} at {user_line()}: convert them first, with .astype(float)."
        )
    return [
        cast(x, dtype) if isinstance(x, Traced) else x.astype(dtype, copy=False)
        for x in operands
    ]


def matrix(x: Any) -> Any:
    """A stack of matrices."""
    (typed,) = inexact(x)
    if typed.ndim < 2:
        raise LinAlgError(
            f"Expected an array of at least two axes, got {typed.ndim} at "
            f"{user_line()}: reshape it to a matrix."
        )
    return typed


def square(x: Any) -> Any:
    """A stack of square matrices."""
    typed = matrix(x)
    if typed.shape[-1] != typed.shape[-2]:
        raise LinAlgError(
            f"Expected square matrices, got shape {typed.shape} at {user_line()}: make "
            "the last two axes equal, or use lstsq or pinv."
        )
    return typed


def alike(first: Any, second: Any) -> tuple[Any, Any]:
    """Two stacks of matrices of one dtype, their leading axes broadcast."""
    trace = find_trace((first, second))
    stack = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    return (
        fit(first, first.dtype, (*stack, *first.shape[-2:]), trace),
        fit(second, second.dtype, (*stack, *second.shape[-2:]), trace),
    )


def identity(x: Any, shape: Shape) -> Any:
    """Identity matrices in the dtype of ``x``, of which only one is kept."""
    eye = np.eye(shape[-2], shape[-1], dtype=x.dtype)
    return fit(eye, eye.dtype, shape, find_trace((x,)))


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return np.conjugate(np.swapaxes(x, -1, -2))


def from_triangle(x: Any) -> Any:
    """The Hermitian matrix whose lower triangle is given."""
    low = np.tril(x, -1)
    diagonal = np.real(x) * np.eye(x.shape[-1], dtype=np.real(x).dtype)
    return low + adjoint(low) + diagonal
