"""The same numbers in another dtype, or cut off from differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import (
    ROUNDED,
    Formula,
    Primitive,
    Sample,
    register,
)
from chainrule.core.types import ArrayType, is_differentiable
from chainrule.primitives.rules import (
    numpy_page,
    same_type,
)


def _convert_tangent(dx: Any, y: Any, x: Any, dtype: np.dtype[Any]) -> Any:
    return convert(dx, dtype=dtype) if is_differentiable(dtype) else None


def _convert(x: Any, dtype: np.dtype[Any]) -> Any:
    array = np.asarray(x)
    whole = array.dtype.kind != "c" or dtype.kind in "cb"
    return (array if whole else np.real(array)).astype(dtype)


convert = register(
    Primitive(
        name="convert",
        formula=Formula(r"y = x", r"\dot y = \dot x", (r"\bar x = \bar y",)),
        type=lambda x, dtype: ArrayType(x.shape, dtype),
        numpy=_convert,
        jvp=(_convert_tangent,),
        transpose=(lambda z_bar, x, dtype: convert(z_bar, dtype=x.dtype),),
        samples=(
            Sample(((3,),), {"dtype": np.dtype(np.float64)}),
            Sample(((2, 3),), {"dtype": np.dtype(np.int64)}, domain=(0.1, 0.9)),
            Sample(((),), {"dtype": np.dtype(np.float64)}),
            Sample(((4,),), {"dtype": np.dtype(np.float32)}, dtypes="i"),
            Sample(((4,),), {"dtype": np.dtype(np.float64)}, dtypes="b"),
            Sample(((4,),), {"dtype": np.dtype(np.int64)}, (0, 9), dtypes="u"),
            Sample(((3,),), {"dtype": np.dtype(np.complex128)}),
        ),
        elementwise=True,
        accuracy=ROUNDED,
        convention=(
            "To integers the fraction is dropped, and the derivative is 0. Of complex "
            "numbers the imaginary part is dropped."
        ),
        source=numpy_page("ndarray.astype"),
    )
)

stop_gradient = register(
    Primitive(
        name="stop_gradient",
        formula=Formula(r"y = x", r"\dot y = 0"),
        type=same_type,
        numpy=lambda x: x,
        jvp=(None,),
        transpose=None,
        samples=(
            Sample(((0,),)),
            Sample(((4,),), domain=(-5, 5), dtypes="i"),
            Sample(((2, 3),), dtypes="b"),
        ),
        elementwise=True,
        convention="A constant of differentiation, by decree.",
        source="https://docs.jax.dev/en/latest/_autosummary/jax.lax.stop_gradient.html",
    )
)
