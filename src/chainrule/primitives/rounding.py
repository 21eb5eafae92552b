"""Steps: rounding, the sign, and tests for what is not a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Formula, Primitive, Sample, register
from chainrule.primitives.rules import (
    UNARY,
    float_to_bool_type,
    float_type,
    same_type,
    unary_samples,
)

JUMPS = "The derivative at the jumps is 0, as beside them."


def _rounding(name: str, value: str, numpy: Callable[..., Any]) -> Primitive:
    return register(
        Primitive(
            name=name,
            formula=Formula(value, r"\dot y = 0"),
            type=float_type,
            numpy=numpy,
            jvp=(None,),
            transpose=None,
            samples=unary_samples((0.1, 0.4), (-1.9, -1.6)),
            elementwise=True,
            convention=JUMPS,
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
)

sign = register(
    Primitive(
        name="sign",
        formula=Formula(
            r"y = \operatorname{sgn} x = \begin{cases} 1 & x > 0 \\ 0 & x = 0 \\"
            r" -1 & x < 0 \end{cases}",
            r"\dot y = 0",
        ),
        type=same_type,
        numpy=np.sign,
        jvp=(None,),
        transpose=None,
        samples=(
            *unary_samples((0.2, 2.0), (-2.0, -0.2)),
            Sample(((4,),), domain=(-5, 5), dtypes="i"),
        ),
        elementwise=True,
        convention=JUMPS,
    )
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
        )
    )


isfinite = _test("isfinite", r"y = [\,|x| < \infty\,]", np.isfinite)
isinf = _test("isinf", r"y = [\,|x| = \infty\,]", np.isinf)
isnan = _test("isnan", r"y = [x \ne x]", np.isnan)
