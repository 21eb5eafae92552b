"""Arithmetic, element by element: operands and result share one shape and dtype."""

from __future__ import annotations

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import Formula, Primitive, Sample, register, same
from chainrule.core.types import ArrayType


def same_type(*types: ArrayType) -> ArrayType:
    """All operands of one shape and dtype; the result is of that type."""
    first = types[0]
    for type in types[1:]:
        if type != first:
            raise ShapeError(
                f"Expected operands of one shape and dtype, got {first} and {type}: "
                "broadcast and convert them first."
            )
    return first


UNARY = (Sample(((3,),)), Sample(((2, 3),)), Sample(((),)), Sample(((0,),)))
BINARY = (Sample(((3,), (3,))), Sample(((2, 3), (2, 3))), Sample(((), ())))

neg = register(
    Primitive(
        name="neg",
        formula=Formula(r"y = -x", r"\dot y = -\dot x", (r"\bar x = -\bar y",)),
        type=same_type,
        numpy=np.negative,
        jvp=(same,),
        transpose=(lambda z_bar, x: neg(z_bar),),
        samples=UNARY,
        elementwise=True,
    )
)

add = register(
    Primitive(
        name="add",
        formula=Formula(
            r"z = x + y",
            r"\dot z = \dot x + \dot y",
            (r"\bar x = \bar z", r"\bar y = \bar z"),
        ),
        type=same_type,
        numpy=np.add,
        jvp=(lambda dx, z, x, y: dx, lambda dy, z, x, y: dy),
        transpose=(lambda z_bar, x, y: z_bar, lambda z_bar, x, y: z_bar),
        samples=BINARY,
        elementwise=True,
    )
)

sub = register(
    Primitive(
        name="sub",
        formula=Formula(
            r"z = x - y",
            r"\dot z = \dot x - \dot y",
            (r"\bar x = \bar z", r"\bar y = -\bar z"),
        ),
        type=same_type,
        numpy=np.subtract,
        jvp=(lambda dx, z, x, y: dx, lambda dy, z, x, y: neg(dy)),
        transpose=(lambda z_bar, x, y: z_bar, lambda z_bar, x, y: neg(z_bar)),
        samples=BINARY,
        elementwise=True,
    )
)

mul = register(
    Primitive(
        name="mul",
        formula=Formula(
            r"z = x\,y",
            r"\dot z = \dot x\,y + x\,\dot y",
            (r"\bar x = \bar z\,y", r"\bar y = x\,\bar z"),
        ),
        type=same_type,
        numpy=np.multiply,
        jvp=(lambda dx, z, x, y: mul(dx, y), lambda dy, z, x, y: mul(x, dy)),
        transpose=(
            lambda z_bar, x, y: mul(z_bar, y),
            lambda z_bar, x, y: mul(x, z_bar),
        ),
        samples=BINARY,
        elementwise=True,
    )
)

div = register(
    Primitive(
        name="div",
        formula=Formula(
            r"z = x / y",
            r"\dot z = (\dot x - z\,\dot y) / y",
            (r"\bar x = \bar z / y",),
        ),
        type=same_type,
        numpy=np.divide,
        jvp=(
            lambda dx, z, x, y: div(dx, y),
            lambda dy, z, x, y: neg(mul(dy, div(z, y))),
        ),
        transpose=(lambda z_bar, x, y: div(z_bar, y), None),
        samples=(
            Sample(((3,), (3,)), domain=((-2.0, 2.0), (0.5, 2.0))),
            Sample(((2, 3), (2, 3)), domain=((-2.0, 2.0), (-2.0, -0.5))),
        ),
        elementwise=True,
    )
)
