"""Steps: rounding, and tests for what is not a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Formula, Primitive, register
from chainrule.primitives.rules import (
    FIXED,
    UNARY,
    bool_type,
    float_to_bool_type,
    float_type,
    inexact_type,
    numpy_page,
    unary_samples,
)

JUMPS = "The derivative at the jumps is 0, as beside them."


def _rounding(
    name: str,
    value: str,
    numpy: Callable[..., Any],
    type: Callable[..., Any] = float_type,
) -> Primitive:
    return register(
        Primitive(
            name=name,
            formula=Formula(value, r"\dot y = 0"),
            type=type,
            numpy=numpy,
            jvp=(None,),
            transpose=None,
            samples=unary_samples((0.1, 0.4), (-1.9, -1.6)),
            elementwise=True,
            convention=JUMPS,
            source=numpy_page(name),
        )
    )


floor = _rounding("floor", r"y = \lfloor x \rfloor", np.floor)
ceil = _rounding("ceil", r"y = \lceil x \rceil", np.ceil)
trunc = _rounding("trunc", r"y = \operatorname{sgn}(x)\,\lfloor |x| \rfloor", np.trunc)
rint = _rounding(
    "rint",
    r"y = \operatorname*{arg\,min}_{n \in \mathbb Z} |x - n|"
    r"\ \text{(the even } n \text{ of two)}",
    np.rint,
    inexact_type,  # of complex numbers, both parts
)


def _test(name: str, value: str, numpy: Callable[..., Any]) -> Primitive:
    return register(
        Primitive(
            name=name,
            formula=Formula(value, r"\dot y = 0"),
            type=float_to_bool_type,
            numpy=numpy,
            jvp=(None,),
            transpose=None,
            samples=UNARY,
            elementwise=True,
            convention=FIXED,
            source=numpy_page(name),
        )
    )


isfinite = _test("isfinite", r"y = [\,|x| < \infty\,]", np.isfinite)
isinf = _test("isinf", r"y = [\,|x| = \infty\,]", np.isinf)
isnan = _test("isnan", r"y = [x \ne x]", np.isnan)

signbit = register(
    Primitive(
        name="signbit",
        formula=Formula(r"y = [x < 0 \text{ or } x = -0]", r"\dot y = 0"),
        type=lambda x: bool_type(float_type(x)),
        numpy=np.signbit,
        jvp=(None,),
        transpose=None,
        samples=UNARY,
        elementwise=True,
        convention="NaN has a sign too.",
        source=numpy_page("signbit"),
    )
)
