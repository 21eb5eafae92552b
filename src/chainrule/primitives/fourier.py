"""Discrete Fourier transforms: of complex numbers, and between real and complex ones.

All are linear and keep the plain transposes: no rule takes a conjugate that is not in
the operation itself. Lengths are those of the operands; cutting and filling with zeros
is the business of who calls.
"""

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
from chainrule.primitives.complex_numbers import conj, real
from chainrule.primitives.elementwise import add
from chainrule.primitives.rules import (
    LINEAR,
    behind,
    check_axes,
    check_axis,
)
from chainrule.primitives.slicing import pad, part

NORMS: tuple[str, ...] = ("backward", "ortho", "forward")
OPPOSITE: dict[str, str] = dict(zip(NORMS, reversed(NORMS), strict=True))
"""Which way of scaling belongs to a transform back, for a way of one forth."""


def _check_length(x: ArrayType, axis: int) -> None:
    check_axis(axis, x, "a Fourier transform")
    if not x.shape[axis]:
        raise ShapeError(
            f"Expected at least one element along axis {axis}, got {x}: there is no "
            "transform of nothing."
        )


def _check_kind(x: ArrayType, characters: str, wanted: str) -> None:
    if x.dtype.char not in characters:
        raise TypeError(
            f"Expected numbers of dtype {wanted}, got {x}: convert them first."
        )


def fft_type(
    x: ArrayType, axes: tuple[int, ...], norm: str, inverse: bool
) -> ArrayType:
    """Complex numbers of one type, to the same."""
    _check_kind(x, "FD", "complex64 or complex128")
    check_axes(axes, x, "a Fourier transform")
    for axis in axes:
        _check_length(x, axis)
    return x


def _fft(x: Any, axes: tuple[int, ...], norm: str, inverse: bool) -> Any:
    transform: Any = np.fft.ifftn if inverse else np.fft.fftn
    return np.ascontiguousarray(transform(x, axes=axes, norm=norm))


fft = register(
    Primitive(
        name="fft",
        formula=Formula(
            r"Y = F X,\ F_{kj} = c\,e^{\mp 2 \pi i j k / n}",
            r"\dot Y = F \dot X",
            (r"\bar X = F \bar Y",),
        ),
        type=fft_type,
        numpy=_fft,
        jvp=(same,),
        transpose=(lambda z_bar, x, **params: fft(z_bar, **params),),
        samples=tuple(
            [
                Sample(
                    (shape,),
                    {"axes": axes, "norm": norm, "inverse": norm != "forward"},
                    dtypes="c",
                )
                for shape, axes, norm in (
                    ((4,), (0,), "backward"),
                    ((3, 5), (1,), "ortho"),
                    ((2, 3, 4), (0, 2), "forward"),
                    ((1, 2), (0,), "backward"),
                    ((0, 3), (1,), "forward"),
                    ((2, 2), (), "backward"),
                )
            ]
        ),
        batch=lambda batched, x, axes, norm, inverse: fft(
            x, axes=behind(axes), norm=norm, inverse=inverse
        ),
        accuracy=Ulp(1, Scale.NORM),
        convention="F is symmetric, so the transform is its own transpose.",
        source="https://numpy.org/doc/stable/reference/routines.fft.html",
    )
)


def rfft_type(x: ArrayType, axis: int, norm: str) -> ArrayType:
    """n real numbers along the axis, to n // 2 + 1 complex ones."""
    _check_kind(x, "fd", "float32 or float64")
    _check_length(x, axis)
    shape = (*x.shape[:axis], x.shape[axis] // 2 + 1, *x.shape[axis + 1 :])
    return ArrayType(shape, np.dtype(x.dtype.char.upper()))


def _rfft_transpose(z_bar: Any, x: Any, axis: int, norm: str) -> Any:
    """The coefficients that are not computed weigh nothing."""
    missing = x.shape[axis] - z_bar.shape[axis]
    none = (0,) * len(x.shape)
    high = (*none[:axis], missing, *none[axis + 1 :])
    whole = pad(z_bar, low=none, high=high, interior=none)
    return real(fft(whole, axes=(axis,), norm=norm, inverse=False))


rfft = register(
    Primitive(
        name="rfft",
        formula=Formula(
            r"Y = F X,\ X \in \mathbb{R}^n,\ 0 \le k \le n / 2",
            r"\dot Y = F \dot X",
            (r"\bar X = \operatorname{Re}(F (\bar Y, 0))",),
        ),
        type=rfft_type,
        numpy=lambda x, axis, norm: np.fft.rfft(x, axis=axis, norm=norm),
        jvp=(same,),
        transpose=(_rfft_transpose,),
        samples=tuple(
            [
                Sample((shape,), {"axis": axis, "norm": norm})
                for shape, axis, norm in (
                    ((4,), 0, "backward"),
                    ((5, 2), 0, "ortho"),
                    ((2, 1), 1, "forward"),
                    ((2, 3, 6), 2, "backward"),
                    ((0, 3), 1, "forward"),
                )
            ]
        ),
        batch=lambda batched, x, axis, norm: rfft(x, axis=axis + 1, norm=norm),
        accuracy=Ulp(1, Scale.NORM),
        convention=LINEAR,
        source="https://numpy.org/doc/stable/reference/routines.fft.html",
    )
)


def irfft_type(x: ArrayType, axis: int, n: int, norm: str) -> ArrayType:
    """n // 2 + 1 complex numbers along the axis, to n real ones."""
    _check_kind(x, "FD", "complex64 or complex128")
    check_axis(axis, x, "a Fourier transform")
    if n < 1 or x.shape[axis] != n // 2 + 1:
        raise ShapeError(
            f"Expected {n // 2 + 1} coefficients along axis {axis} for {n} numbers, "
            f"got {x}: cut them, or fill them up with zeros."
        )
    return ArrayType(
        (*x.shape[:axis], n, *x.shape[axis + 1 :]), np.dtype(x.dtype.char.lower())
    )


def _irfft_transpose(z_bar: Any, x: Any, axis: int, n: int, norm: str) -> Any:
    """What stands for two coefficients, itself and its mirror image, counts twice."""
    once = conj(rfft(z_bar, axis=axis, norm=OPPOSITE[norm]))
    twice = part(once, axis, 1, (n - 1) // 2 + 1)
    none = (0,) * len(x.shape)
    missing = x.shape[axis] - 1 - twice.shape[axis]
    low = (*none[:axis], 1, *none[axis + 1 :])
    high = (*none[:axis], missing, *none[axis + 1 :])
    return add(once, pad(twice, low=low, high=high, interior=none))


irfft = register(
    Primitive(
        name="irfft",
        formula=Formula(
            r"y_j = c\,\operatorname{Re} \sum_{k \le n / 2} m_k x_k"
            r" e^{2 \pi i j k / n},\ m_k = 2 - [2 k \equiv 0 \bmod n]",
            r"\dot y_j = c\,\operatorname{Re} \sum_{k \le n / 2} m_k \dot x_k"
            r" e^{2 \pi i j k / n}",
            (r"\bar x_k = c\,m_k \sum_j \bar y_j e^{2 \pi i j k / n}",),
        ),
        type=irfft_type,
        numpy=lambda x, axis, n, norm: np.fft.irfft(x, n, axis=axis, norm=norm),
        jvp=(same,),
        transpose=(_irfft_transpose,),
        samples=tuple(
            [
                Sample((shape,), {"axis": axis, "n": n, "norm": norm}, dtypes="c")
                for shape, axis, n, norm in (
                    ((3,), 0, 4, "backward"),
                    ((3, 2), 0, 5, "ortho"),
                    ((2, 1), 1, 1, "forward"),
                    ((2, 2), 1, 2, "backward"),
                    ((2, 3, 4), 2, 6, "forward"),
                    ((0, 3), 1, 4, "ortho"),
                )
            ]
        ),
        batch=lambda batched, x, axis, n, norm: irfft(x, axis=axis + 1, n=n, norm=norm),
        accuracy=Ulp(1, Scale.NORM),
        convention=(
            "The imaginary parts of the first coefficient, and of the last where n is "
            "even, are not read: their derivative is 0."
        ),
        source="https://numpy.org/doc/stable/reference/routines.fft.html",
    )
)
