"""Arithmetic, element by element: operands and result share one shape and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import (
    ROUNDED,
    Formula,
    Primitive,
    Sample,
    Ulp,
    register,
    same,
)
from chainrule.core.types import ArrayType
from chainrule.primitives.comparison import equal, greater, less, select
from chainrule.primitives.complex_numbers import conjugated, real, real_part
from chainrule.primitives.conversion import convert
from chainrule.primitives.rules import (
    BINARY,
    GRIEWANK,
    LINEAR,
    SMOOTH,
    UNARY,
    binary_samples,
    numpy_page,
    real_type,
    same_type,
    unary_samples,
)

TIES = "https://github.com/HIPS/autograd, balanced_eq in numpy_vjps.py"

INTEGERS = Sample(((4,),), domain=(-5, 5), dtypes="i")

neg = register(
    Primitive(
        name="neg",
        formula=Formula(r"y = -x", r"\dot y = -\dot x", (r"\bar x = -\bar y",)),
        type=same_type,
        numpy=np.negative,
        jvp=(same,),
        transpose=(lambda z_bar, x: neg(z_bar),),
        samples=(*UNARY, INTEGERS),
        elementwise=True,
        convention=LINEAR,
        source=GRIEWANK,
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
        accuracy=ROUNDED,
        convention=LINEAR,
        source=GRIEWANK,
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
        accuracy=ROUNDED,
        convention=LINEAR,
        source=GRIEWANK,
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
        jvp=(same, same),
        transpose=(
            lambda z_bar, x, y: mul(z_bar, y),
            lambda z_bar, x, y: mul(x, z_bar),
        ),
        samples=BINARY,
        elementwise=True,
        accuracy=ROUNDED,
        convention=SMOOTH,
        source=GRIEWANK,
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
        jvp=(same, lambda dy, z, x, y: div(mul(dy, neg(z)), y)),
        transpose=(lambda z_bar, x, y: div(z_bar, y), None),
        samples=binary_samples(
            ((-2.0, 2.0), (0.5, 2.0)),
            ((-2.0, 2.0), (-2.0, -0.5)),
        ),
        elementwise=True,
        accuracy=ROUNDED,
        convention="Dividing by 0 gives NumPy's inf or NaN, in the derivative too.",
        source=GRIEWANK,
    )
)

square = register(
    Primitive(
        name="square",
        formula=Formula(r"y = x^2", r"\dot y = 2x\,\dot x"),
        type=same_type,
        numpy=np.square,
        jvp=(lambda dx, y, x: mul(dx, mul(x, 2.0)),),
        transpose=None,
        samples=(*UNARY, INTEGERS),
        elementwise=True,
        accuracy=ROUNDED,
        convention=SMOOTH,
        source=GRIEWANK,
    )
)


def magnitude_type(x: ArrayType) -> ArrayType:
    """The operand's type; of complex numbers that of their parts."""
    return x.with_dtype(x.dtype.char.lower()) if x.dtype.kind == "c" else x


abs = register(
    Primitive(
        name="abs",
        formula=Formula(
            r"y = |x|",
            r"\dot y = \operatorname{sgn}(x)\,\dot x,"
            r"\ \operatorname{Re}(\operatorname{sgn}(x)^*\,\dot x)"
            r"\ \text{if complex}",
        ),
        type=magnitude_type,
        numpy=np.absolute,
        jvp=(lambda dx, y, x: real_part(mul(dx, conjugated(sign(x)))),),
        transpose=None,
        samples=(*unary_samples((0.2, 2.0), (-2.0, -0.2)), INTEGERS),
        elementwise=True,
        convention="The derivative at 0 is 0, the middle of the subgradient [-1, 1].",
        source=f"{GRIEWANK}, chapter 14",
    )
)


def _sign_jvp(dx: Any, y: Any, x: Any) -> Any:
    """A complex sign turns: by the part of the tangent across it, over the radius."""
    if y.dtype.kind != "c":
        return None
    radius = abs(x)
    along = real(mul(dx, conjugated(y)))
    across = sub(dx, mul(y, convert(along, dtype=x.dtype)))
    scale = convert(select(equal(radius, 0.0), 1.0, radius), dtype=y.dtype)
    still = equal(x, 0.0)
    return select(still, 0.0, div(across, scale))


sign = register(
    Primitive(
        name="sign",
        formula=Formula(
            r"y = \operatorname{sgn} x = \begin{cases} x / |x| & x \ne 0 \\"
            r" 0 & x = 0 \end{cases}",
            r"\dot y = 0,\ (\dot x - y \operatorname{Re}(y^* \dot x)) / |x|"
            r"\ \text{if complex}",
        ),
        type=same_type,
        numpy=np.sign,
        jvp=(_sign_jvp,),
        transpose=None,
        samples=(*unary_samples((0.2, 2.0), (-2.0, -0.2)), INTEGERS),
        elementwise=True,
        convention="The derivative at 0 is 0, as beside it where x is real.",
        source=f"{GRIEWANK}, chapter 14",
    )
)


def _share(chosen: Any, dx: Any, x: Any, y: Any) -> Any:
    """The tangent where x is chosen, half of it at a tie."""
    return select(equal(x, y), mul(dx, 0.5), select(chosen, dx, 0.0))


maximum = register(
    Primitive(
        name="maximum",
        formula=Formula(
            r"z = \max(x, y)",
            r"\dot z = [x > y]\,\dot x + [y > x]\,\dot y"
            r" + \tfrac12 [x = y]\,(\dot x + \dot y)",
        ),
        type=same_type,
        numpy=np.maximum,
        jvp=(
            lambda dx, z, x, y: _share(greater(x, y), dx, x, y),
            lambda dy, z, x, y: _share(greater(y, x), dy, x, y),
        ),
        transpose=None,
        samples=(
            Sample(((3,), (3,)), distinct=True),
            Sample(((2, 3), (2, 3)), distinct=True),
            Sample(((), ()), distinct=True),
        ),
        elementwise=True,
        convention=(
            "Operands that tie share the tangent evenly, so maximum(x, 0) has slope "
            "1/2 at 0 (activations.relu has Keras's slope, 0). NaN propagates."
        ),
        source=TIES,
    )
)

minimum = register(
    Primitive(
        name="minimum",
        formula=Formula(
            r"z = \min(x, y)",
            r"\dot z = [x < y]\,\dot x + [y < x]\,\dot y"
            r" + \tfrac12 [x = y]\,(\dot x + \dot y)",
        ),
        type=same_type,
        numpy=np.minimum,
        jvp=(
            lambda dx, z, x, y: _share(less(x, y), dx, x, y),
            lambda dy, z, x, y: _share(less(y, x), dy, x, y),
        ),
        transpose=None,
        samples=(
            Sample(((3,), (3,)), distinct=True),
            Sample(((2, 3), (2, 3)), distinct=True),
            Sample(((), ()), distinct=True),
        ),
        elementwise=True,
        convention="Operands that tie share the tangent evenly. NaN propagates.",
        source=TIES,
    )
)

floor_divide = register(
    Primitive(
        name="floor_divide",
        formula=Formula(r"z = \lfloor x / y \rfloor", r"\dot z = 0"),
        type=real_type,
        numpy=np.floor_divide,
        jvp=(None, None),
        transpose=None,
        samples=(
            *binary_samples(((3.2, 3.8), (1.0, 1.05)), ((-3.8, -3.2), (1.0, 1.05))),
            Sample(((4,), (4,)), domain=((-9, 9), (1, 5)), dtypes="ii"),
        ),
        elementwise=True,
        accuracy=Ulp(2),
        convention="The derivative at the jumps is 0, as beside them.",
        source=numpy_page("floor_divide"),
    )
)

remainder = register(
    Primitive(
        name="remainder",
        formula=Formula(
            r"z = x - \lfloor x / y \rfloor\,y",
            r"\dot z = \dot x - \lfloor x / y \rfloor\,\dot y",
        ),
        type=real_type,
        numpy=np.remainder,
        jvp=(
            lambda dx, z, x, y: dx,
            lambda dy, z, x, y: neg(mul(dy, floor_divide(x, y))),
        ),
        transpose=None,
        samples=(
            *binary_samples(((3.2, 3.8), (1.0, 1.05)), ((-3.8, -3.2), (1.0, 1.05))),
            Sample(((4,), (4,)), domain=((-9, 9), (1, 5)), dtypes="ii"),
        ),
        elementwise=True,
        accuracy=ROUNDED,
        convention="The sign is the divisor's. At the jumps, the derivatives beside.",
        source=numpy_page("remainder"),
    )
)
