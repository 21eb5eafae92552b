"""Types of traced values: a static shape and a dtype."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Shape = tuple[int, ...]
PYTHON_SCALARS = (bool, int, float, complex)


class Extents:
    """What follows from a shape and a dtype."""

    __slots__ = ()

    shape: Any
    dtype: Any

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the elements take."""
        return self.size * self.dtype.itemsize


class ArrayType(Extents):
    """The type of an array: its shape and dtype, both known before anything runs."""

    __slots__ = ("dtype", "shape")

    shape: Shape
    dtype: np.dtype[Any]

    def __init__(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype

    def with_shape(self, shape: Shape) -> ArrayType:
        """The same dtype in another shape."""
        return ArrayType(shape, self.dtype)

    def with_dtype(self, dtype: Any) -> ArrayType:
        """The same shape in another dtype."""
        return ArrayType(self.shape, np.dtype(dtype))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ArrayType)
            and self.shape == other.shape
            and self.dtype == other.dtype
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"{self.dtype.name}[{','.join(map(str, self.shape))}]"


def native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A dtype in this machine's order of bytes, as the object that NumPy itself uses.

    Others are equal to it, that of an unpickled array say.
    """
    return np.dtype(dtype.char)


def is_number(value: Any) -> bool:
    """A bare Python number. NumPy's scalars, though some subclass float, are not."""
    return type(value) in PYTHON_SCALARS


def type_of(value: Any) -> ArrayType:
    """The type of an array, a tracer or a Python number (as NumPy would store it)."""
    if isinstance(value, ArrayType):
        return value
    if isinstance(value, PYTHON_SCALARS):
        return ArrayType((), np.dtype(type(value)))
    return ArrayType(tuple(value.shape), value.dtype)


def is_differentiable(dtype: np.dtype[Any]) -> bool:
    """Real and complex floating dtypes carry derivatives; integers and bools do not."""
    return dtype.kind in "fc"
