"""Logic on booleans, bit by bit on integers; nothing here has a derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Formula, Primitive, Sample, register
from chainrule.primitives.rules import (
    FIXED,
    bit_type,
    integer_type,
    numpy_page,
)


def _bitwise(name: str, value: str, numpy: Callable[..., Any]) -> Primitive:
    return register(
        Primitive(
            name=name,
            formula=Formula(value, r"\dot z = 0"),
            type=bit_type,
            numpy=numpy,
            jvp=(None, None),
            transpose=None,
            samples=(
                Sample(((2, 3), (2, 3)), dtypes="bb"),
                Sample(((), ()), dtypes="bb"),
                Sample(((4,), (4,)), domain=(-9, 9), dtypes="ii"),
            ),
            elementwise=True,
            convention=FIXED,
            source=numpy_page(name),
        )
    )


bitwise_and = _bitwise("bitwise_and", r"z = x \wedge y", np.bitwise_and)
bitwise_or = _bitwise("bitwise_or", r"z = x \vee y", np.bitwise_or)
bitwise_xor = _bitwise("bitwise_xor", r"z = x \oplus y", np.bitwise_xor)

bitwise_not = register(
    Primitive(
        name="bitwise_not",
        formula=Formula(r"y = \neg x", r"\dot y = 0"),
        type=bit_type,
        numpy=np.invert,
        jvp=(None,),
        transpose=None,
        samples=(
            Sample(((2, 3),), dtypes="b"),
            Sample(((),), dtypes="b"),
            Sample(((4,),), domain=(-9, 9), dtypes="i"),
        ),
        elementwise=True,
        convention=FIXED,
        source=numpy_page("invert"),
    )
)


def _shift(name: str, value: str, numpy: Callable[..., Any]) -> Primitive:
    return register(
        Primitive(
            name=name,
            formula=Formula(value, r"\dot z = 0"),
            type=integer_type,
            numpy=numpy,
            jvp=(None, None),
            transpose=None,
            samples=(
                Sample(((4,), (4,)), domain=((-9, 9), (0, 5)), dtypes="ii"),
                Sample(((2, 2), (2, 2)), domain=((0, 9), (0, 5)), dtypes="uu"),
            ),
            elementwise=True,
            convention="Shifts to the right keep the sign of signed integers.",
            source=numpy_page(numpy.__name__),
        )
    )


shift_left = _shift("shift_left", r"z = x\,2^y", np.left_shift)
shift_right = _shift("shift_right", r"z = \lfloor x / 2^y \rfloor", np.right_shift)
