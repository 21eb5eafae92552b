"""Comparisons and choice: results are boolean, or one of two values by a boolean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import Formula, Primitive, Sample, register
from chainrule.core.types import ArrayType
from chainrule.primitives.rules import (
    BINARY,
    BOOL,
    bool_type,
    numpy_page,
    same_type,
)


def _comparison(name: str, symbol: str, numpy: Callable[..., Any]) -> Primitive:
    return register(
        Primitive(
            name=name,
            formula=Formula(rf"z = [x {symbol} y]", r"\dot z = 0"),
            type=bool_type,
            numpy=numpy,
            jvp=(None, None),
            transpose=None,
            samples=(*BINARY, Sample(((4,), (4,)), dtypes="ii")),
            elementwise=True,
            convention="A comparison with NaN is false, but for not_equal.",
            source=numpy_page(name),
        )
    )


equal = _comparison("equal", "=", np.equal)
not_equal = _comparison("not_equal", r"\ne", np.not_equal)
less = _comparison("less", "<", np.less)
less_equal = _comparison("less_equal", r"\le", np.less_equal)
greater = _comparison("greater", ">", np.greater)
greater_equal = _comparison("greater_equal", r"\ge", np.greater_equal)


def select_type(condition: ArrayType, x: ArrayType, y: ArrayType) -> ArrayType:
    """A boolean condition and two values, all of one shape."""
    if condition.dtype != BOOL:
        raise TypeError(
            f"Expected a boolean condition for select, got {condition}: compare, for "
            "example x > 0."
        )
    if condition.shape != x.shape:
        raise ShapeError(
            f"Expected a condition of the values' shape {x.shape}, got "
            f"{condition.shape}: broadcast it first."
        )
    return x if y is x else same_type(x, y)


select = register(
    Primitive(
        name="select",
        formula=Formula(
            r"z = \begin{cases} x & c \\ y & \neg c \end{cases}",
            r"\dot z = \begin{cases} \dot x & c \\ \dot y & \neg c \end{cases}",
            (r"\bar x = [c]\,\bar z", r"\bar y = [\neg c]\,\bar z"),
        ),
        type=select_type,
        numpy=np.where,
        jvp=(
            None,
            lambda dx, z, c, x, y: select(c, dx, 0.0),
            lambda dy, z, c, x, y: select(c, 0.0, dy),
        ),
        transpose=(
            None,
            lambda z_bar, c, x, y: select(c, z_bar, 0.0),
            lambda z_bar, c, x, y: select(c, 0.0, z_bar),
        ),
        samples=(
            Sample(((3,), (3,), (3,)), dtypes="bff"),
            Sample(((2, 3), (2, 3), (2, 3)), dtypes="bff"),
            Sample(((), (), ()), dtypes="bff"),
            Sample(((4,), (4,), (4,)), dtypes="bii"),
        ),
        elementwise=True,
        convention="Where a value is not chosen its derivative is 0, NaN or not.",
        source=numpy_page("where"),
    )
)
