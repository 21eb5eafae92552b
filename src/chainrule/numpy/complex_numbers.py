"""NumPy's functions of complex numbers, and of their parts, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.tracer import implements
from chainrule.numpy.promotion import operand, refuse
from chainrule.primitives import complex_numbers as p


def square_of_size(x: Any) -> Any:
    """``|x|²``, which is smooth at 0, where the size itself has a kink."""
    return p.real_part(x * p.conj(x)) if x.dtype.kind == "c" else np.square(x)


@implements(np.conjugate)
def conjugate(x: Any, **options: Any) -> Any:
    """The conjugate; of real numbers the number itself."""
    refuse(np.conjugate, options)
    return p.conjugated(operand(np.conjugate, x))


@implements(np.real)
def real(x: Any) -> Any:
    """The real part."""
    return p.real_part(x)


@implements(np.imag)
def imag(x: Any) -> Any:
    """The imaginary part; of real numbers zeros."""
    return p.imag(x) if x.dtype.kind == "c" else np.zeros_like(x)


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The angle of each number in the plane; derivative NaN at 0, where it has none."""
    z = z.astype(float) if z.dtype.kind == "b" else z
    turned = np.arctan2(np.imag(z), np.real(z))
    return np.rad2deg(turned) if deg else turned


@implements(np.iscomplex)
def iscomplex(x: Any) -> Any:
    """Whether each element has an imaginary part other than zero."""
    return np.not_equal(np.imag(x), 0)


@implements(np.isreal)
def isreal(x: Any) -> Any:
    """Whether each element has no imaginary part."""
    return np.equal(np.imag(x), 0)


@implements(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part where all imaginary parts are as small as rounding."""
    if a.dtype.kind != "c":
        return a
    known = np.asarray(a.known("np.real_if_close, whose dtype the values decide"))
    return a if np.real_if_close(known, tol).dtype.kind == "c" else p.real(a)


@implements(np.isrealobj)
def isrealobj(x: Any) -> bool:
    """Whether the dtype is real."""
    return x.dtype.kind != "c"


@implements(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex."""
    return x.dtype.kind == "c"
