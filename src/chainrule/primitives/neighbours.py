"""What a floating-point number is made of: its neighbours, its power of 2."""

from __future__ import annotations

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import (
    EXACT,
    ROUNDED,
    Formula,
    Primitive,
    Sample,
    Ulp,
    register,
    same,
)
from chainrule.core.types import ArrayType
from chainrule.primitives.rules import BINARY, UNARY, float_type, numpy_page

nextafter = register(
    Primitive(
        name="nextafter",
        formula=Formula(
            r"z = x \pm \varepsilon_x\ \text{towards}\ y", r"\dot z = \dot x"
        ),
        type=float_type,
        numpy=np.nextafter,
        jvp=(lambda dx, z, x, y: dx, None),
        transpose=None,
        samples=BINARY,
        elementwise=True,
        accuracy=Ulp(1),
        convention="The neighbour moves as the number does; the direction is no value.",
        source=numpy_page("nextafter"),
    )
)

INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)


def _exponent_type(x: ArrayType) -> ArrayType:
    return ArrayType(float_type(x).shape, INT32)


exponent = register(
    Primitive(
        name="exponent",
        formula=Formula(r"n : x = m\,2^n,\ \tfrac12 \le |m| < 1", r"\dot n = 0"),
        type=_exponent_type,
        numpy=lambda x: np.frexp(x)[1],
        jvp=(None,),
        transpose=None,
        samples=UNARY,
        elementwise=True,
        accuracy=EXACT,
        convention="An integer stands still, at powers of 2 too, where it jumps.",
        source=numpy_page("frexp"),
    )
)


def _ldexp_type(x: ArrayType, n: ArrayType) -> ArrayType:
    """Floating-point numbers, and as many exponents."""
    if float_type(x).shape != n.shape or n.dtype != INT64:
        raise ShapeError(
            f"Expected as many exponents of int64 as numbers, got {n} beside {x}: "
            "broadcast and convert them first."
        )
    return x


ldexp = register(
    Primitive(
        name="ldexp",
        formula=Formula(
            r"y = x\,2^n", r"\dot y = \dot x\,2^n", (r"\bar x = \bar y\,2^n",)
        ),
        type=_ldexp_type,
        numpy=np.ldexp,
        jvp=(same, None),
        transpose=(lambda y_bar, x, n: ldexp(y_bar, n), None),
        samples=tuple(
            [
                Sample((shape, shape), domain=((-2.0, 2.0), (-3, 4)), dtypes="fi")
                for shape in ((3,), (2, 3), (), (0,))
            ]
        ),
        elementwise=True,
        accuracy=ROUNDED,  # where the result is denormal
        convention="The exponent is an integer, and no variable of differentiation.",
        source=numpy_page("ldexp"),
    )
)
