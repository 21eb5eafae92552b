"""Complex numbers taken apart and put together: linear over the reals.

Cotangents pair with tangents by the real part of the plain product, Re(x̄·ẋ), without
conjugation (see ``transforms/transpose.py``); the transposes here follow from that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Formula, Primitive, Sample, register, same
from chainrule.core.types import ArrayType
from chainrule.primitives.rules import (
    LINEAR,
    complex_type,
    same_type,
)

UNARY = tuple([Sample((shape,), dtypes="c") for shape in ((3,), (2, 3), (), (0,))])


def part_type(z: ArrayType) -> ArrayType:
    """The real type of the parts of a complex one."""
    return complex_type(z).with_dtype(z.dtype.char.lower())


def whole_type(x: ArrayType, y: ArrayType) -> ArrayType:
    """The complex type made of two parts of one real type."""
    type = same_type(x, y)
    if type.dtype.char not in "fdg":
        raise TypeError(
            f"Expected parts of dtype float32 or float64, got {type}: convert them "
            "first, for example with .astype(float)."
        )
    return type.with_dtype(type.dtype.char.upper())


def _complex(x: Any, y: Any) -> Any:
    part = np.result_type(x, y)
    z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), part.char.upper())
    z.real, z.imag = x, y
    return z


def conjugated(x: Any) -> Any:
    """The conjugate, which of real numbers is the number itself."""
    return conj(x) if x.dtype.kind == "c" else x


def real_part(x: Any) -> Any:
    """The real part, which of real numbers is the number itself."""
    return real(x) if x.dtype.kind == "c" else x


real = register(
    Primitive(
        name="real",
        formula=Formula(
            r"x = \operatorname{Re} z",
            r"\dot x = \operatorname{Re} \dot z",
            (r"\bar z = \bar x + 0 i",),
        ),
        type=part_type,
        numpy=np.real,
        jvp=(same,),
        transpose=(lambda x_bar, z: complex(x_bar, 0.0),),
        samples=UNARY,
        elementwise=True,
        convention=LINEAR,
        source="Kreutz-Delgado, The Complex Gradient Operator, arXiv:0906.4835",
    )
)

imag = register(
    Primitive(
        name="imag",
        formula=Formula(
            r"y = \operatorname{Im} z",
            r"\dot y = \operatorname{Im} \dot z",
            (r"\bar z = -i\,\bar y",),
        ),
        type=part_type,
        numpy=np.imag,
        jvp=(same,),
        transpose=(lambda y_bar, z: conj(complex(0.0, y_bar)),),
        samples=UNARY,
        elementwise=True,
        convention="The cotangent is -i times the result's: no conjugate is taken.",
        source="Kreutz-Delgado, The Complex Gradient Operator, arXiv:0906.4835",
    )
)

conj = register(
    Primitive(
        name="conj",
        formula=Formula(
            r"w = z^*",
            r"\dot w = \dot z^*",
            (r"\bar z = \bar w^*",),
        ),
        type=complex_type,
        numpy=np.conjugate,
        jvp=(same,),
        transpose=(lambda w_bar, z: conj(w_bar),),
        samples=UNARY,
        elementwise=True,
        convention="Linear over the reals; it has no complex derivative anywhere.",
        source="Kreutz-Delgado, The Complex Gradient Operator, arXiv:0906.4835",
    )
)

complex = register(
    Primitive(
        name="complex",
        formula=Formula(
            r"z = x + i y",
            r"\dot z = \dot x + i\,\dot y",
            (
                r"\bar x = \operatorname{Re} \bar z",
                r"\bar y = -\operatorname{Im} \bar z",
            ),
        ),
        type=whole_type,
        numpy=_complex,
        jvp=(
            lambda dx, z, x, y: complex(dx, 0.0),
            lambda dy, z, x, y: complex(0.0, dy),
        ),
        transpose=(
            lambda z_bar, x, y: real(z_bar),
            lambda z_bar, x, y: imag(conj(z_bar)),
        ),
        samples=(
            Sample(((3,), (3,))),
            Sample(((2, 3), (2, 3))),
            Sample(((), ())),
            Sample(((2, 0), (2, 0))),
        ),
        elementwise=True,
        convention="The parts keep their bits: inf in one leaves the other as it is.",
        source="Kreutz-Delgado, The Complex Gradient Operator, arXiv:0906.4835",
    )
)
