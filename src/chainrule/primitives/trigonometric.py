"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import (
    Formula,
    Primitive,
    Rule,
    Sample,
    Ulp,
    register,
)
from chainrule.primitives.elementwise import add, div, mul, neg, square, sub
from chainrule.primitives.exponential import sqrt
from chainrule.primitives.rules import (
    SMOOTH,
    UNARY,
    binary_samples,
    float_type,
    inexact_type,
    unary_samples,
)

INSIDE = unary_samples((-0.9, 0.9))

SECTIONS = {
    **dict.fromkeys(("sin", "cos", "tan"), "4.20"),
    **dict.fromkeys(("arcsin", "arccos", "arctan"), "4.24"),
    **dict.fromkeys(("sinh", "cosh", "tanh"), "4.34"),
    **dict.fromkeys(("arcsinh", "arccosh", "arctanh"), "4.38"),
}
"""Where the Digital Library of Mathematical Functions gives the derivatives."""

ERRORS = {
    **dict.fromkeys(("tan", "arcsin"), 3.5),
    **dict.fromkeys(("arccos", "cosh", "tanh"), 2.5),
}
"""Of float32 in ulp, where they are not 2."""

ENDS = {
    **dict.fromkeys(("arcsin", "arccos"), "At -1 and 1 the derivative is infinite."),
    "arccosh": "At 1 the derivative is infinite.",
    "arctanh": "At -1 and 1 the value and its derivative are infinite.",
}


def _function(
    name: str,
    formula: Formula,
    numpy: Callable[..., Any],
    jvp: Rule,
    samples: tuple[Sample, ...] = UNARY,
) -> Primitive:
    """A smooth function of one variable, real or complex."""
    return register(
        Primitive(
            name=name,
            formula=formula,
            type=inexact_type,
            numpy=numpy,
            jvp=(jvp,),
            transpose=None,
            samples=samples,
            elementwise=True,
            accuracy=Ulp(ERRORS.get(name, 2)),
            convention=ENDS.get(name, SMOOTH),
            source=f"https://dlmf.nist.gov/{SECTIONS[name]}",
        )
    )


sin = _function(
    "sin",
    Formula(r"y = \sin x", r"\dot y = \cos(x)\,\dot x"),
    np.sin,
    lambda dx, y, x: mul(dx, cos(x)),
)

cos = _function(
    "cos",
    Formula(r"y = \cos x", r"\dot y = -\sin(x)\,\dot x"),
    np.cos,
    lambda dx, y, x: mul(dx, neg(sin(x))),
)

tan = _function(
    "tan",
    Formula(r"y = \tan x", r"\dot y = (1 + y^2)\,\dot x"),
    np.tan,
    lambda dx, y, x: mul(dx, add(square(y), 1.0)),
    unary_samples((-1.2, 1.2)),
)

arcsin = _function(
    "arcsin",
    Formula(r"y = \arcsin x", r"\dot y = \dot x / \sqrt{1 - x^2}"),
    np.arcsin,
    lambda dx, y, x: div(dx, sqrt(sub(1.0, square(x)))),
    INSIDE,
)

arccos = _function(
    "arccos",
    Formula(r"y = \arccos x", r"\dot y = -\dot x / \sqrt{1 - x^2}"),
    np.arccos,
    lambda dx, y, x: div(dx, neg(sqrt(sub(1.0, square(x))))),
    INSIDE,
)

arctan = _function(
    "arctan",
    Formula(r"y = \arctan x", r"\dot y = \dot x / (1 + x^2)"),
    np.arctan,
    lambda dx, y, x: div(dx, add(square(x), 1.0)),
)

sinh = _function(
    "sinh",
    Formula(r"y = \sinh x", r"\dot y = \cosh(x)\,\dot x"),
    np.sinh,
    lambda dx, y, x: mul(dx, cosh(x)),
)

cosh = _function(
    "cosh",
    Formula(r"y = \cosh x", r"\dot y = \sinh(x)\,\dot x"),
    np.cosh,
    lambda dx, y, x: mul(dx, sinh(x)),
)

tanh = _function(
    "tanh",
    Formula(r"y = \tanh x", r"\dot y = (1 - y^2)\,\dot x"),
    np.tanh,
    lambda dx, y, x: mul(dx, sub(1.0, square(y))),
)

arcsinh = _function(
    "arcsinh",
    Formula(r"y = \operatorname{arsinh} x", r"\dot y = \dot x / \sqrt{x^2 + 1}"),
    np.arcsinh,
    lambda dx, y, x: div(dx, sqrt(add(square(x), 1.0))),
)

arccosh = _function(
    "arccosh",
    Formula(r"y = \operatorname{arcosh} x", r"\dot y = \dot x / \sqrt{x^2 - 1}"),
    np.arccosh,
    lambda dx, y, x: div(dx, sqrt(sub(square(x), 1.0))),
    unary_samples((1.2, 3.0)),
)

arctanh = _function(
    "arctanh",
    Formula(r"y = \operatorname{artanh} x", r"\dot y = \dot x / (1 - x^2)"),
    np.arctanh,
    lambda dx, y, x: div(dx, sub(1.0, square(x))),
    INSIDE,
)


def _over_square_of_radius(x: Any, y: Any) -> Any:
    return div(x, add(square(x), square(y)))


arctan2 = register(
    Primitive(
        name="arctan2",
        formula=Formula(
            r"z = \arg(y + i x)",
            r"\dot z = \frac{y\,\dot x - x\,\dot y}{x^2 + y^2}",
        ),
        type=float_type,
        numpy=np.arctan2,
        jvp=(
            lambda dx, z, x, y: mul(dx, _over_square_of_radius(y, x)),
            lambda dy, z, x, y: mul(dy, neg(_over_square_of_radius(x, y))),
        ),
        transpose=None,
        samples=binary_samples(
            ((0.5, 2.0), (-2.0, 2.0)),
            ((-2.0, 2.0), (0.5, 2.0)),
        ),
        elementwise=True,
        accuracy=Ulp(3.5),
        convention=(
            "The angle of the point (y, x), as numpy.arctan2(x, y). At the origin its "
            "derivative is NaN."
        ),
        source="https://dlmf.nist.gov/4.24",
    )
)
