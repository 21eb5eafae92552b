"""Type promotion and broadcasting, as NumPy 2 does them, made explicit.

Primitives take operands of one dtype and shape; here is the one place that brings
operands there. Python numbers, and traced values made of them alone, are weak: they
take the dtype of the others (NEP 50, https://numpy.org/neps/nep-0050-scalar-promotion.html).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.tracer import Tracer
from chainrule.core.types import PYTHON_SCALARS


def result_type(*values: Any) -> np.dtype[Any]:
    """The dtype that NumPy gives an operation on these values."""
    return np.result_type(*[_witness(value) for value in values])


_WEAK_WITNESS = {"b": False, "i": 0, "u": 0, "f": 0.0, "c": 0j}


def _witness(value: Any) -> Any:
    """What promotion sees: a dtype, or a Python number for a weak value."""
    if isinstance(value, Tracer):
        return _WEAK_WITNESS[value.dtype.kind] if value.weak else value.dtype
    if isinstance(value, PYTHON_SCALARS):
        return value
    return np.asarray(value).dtype


def common(*values: Any) -> list[Any]:
    return list(values)
