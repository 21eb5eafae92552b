"""Type rules and samples that several families of records share."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import Sample
from chainrule.core.types import ArrayType

BOOL = np.dtype(bool)

SMOOTH = "Smooth wherever it is defined."
LINEAR = "Linear, and so smooth everywhere."
FIXED = "Truth values and whole numbers do not move: the derivative is 0."

GRIEWANK = "Griewank and Walther, Evaluating Derivatives, SIAM 2008"


def numpy_page(name: str) -> str:
    """The page of NumPy's manual on a function."""
    return f"https://numpy.org/doc/stable/reference/generated/numpy.{name}.html"


UNARY = (Sample(((3,),)), Sample(((2, 3),)), Sample(((),)), Sample(((0,),)))
BINARY = (
    Sample(((3,), (3,))),
    Sample(((2, 3), (2, 3))),
    Sample(((), ())),
    Sample(((2, 0), (2, 0))),
)


def unary_samples(*domains: tuple[float, float]) -> tuple[Sample, ...]:
    """A vector in each domain; a matrix, a scalar and an empty one in the first."""
    first = domains[0]
    shapes = ((2, 3), (), (0,))
    return (
        *[Sample(((3,),), domain=domain) for domain in domains],
        *[Sample((shape,), domain=first) for shape in shapes],
    )


def binary_samples(*domains: Any) -> tuple[Sample, ...]:
    """Two vectors in each pair of domains; matrices and scalars in the first."""
    first = domains[0]
    return (
        *[Sample(((3,), (3,)), domain=domain) for domain in domains],
        Sample(((2, 3), (2, 3)), domain=first),
        Sample(((), ()), domain=first),
    )


def same_type(*types: ArrayType) -> ArrayType:
    """All operands of one shape and dtype; the result is of that type."""
    first = types[0]
    for type in types[1:]:
        if type is not first and type != first:
            raise ShapeError(
                f"Expected operands of one shape and dtype, got {first} and {type}: "
                "broadcast and convert them first."
            )
    return first


def _kind(types: tuple[ArrayType, ...], kinds: str, wanted: str) -> ArrayType:
    type = same_type(*types)
    if type.dtype.kind not in kinds:
        raise TypeError(
            f"Expected operands of {wanted} dtype, got {type}: convert them first, "
            "for example with .astype."
        )
    return type


def float_type(*types: ArrayType) -> ArrayType:
    """As ``same_type``, for real floating-point operands."""
    return _kind(types, "f", "real floating-point")


def inexact_type(*types: ArrayType) -> ArrayType:
    """As ``same_type``, for floating-point operands, real or complex."""
    if len(types) == 1 and types[0].dtype.kind in "fc":
        return types[0]
    return _kind(types, "fc", "floating-point")


def complex_type(*types: ArrayType) -> ArrayType:
    """As ``same_type``, for complex operands."""
    return _kind(types, "c", "complex")


def real_type(*types: ArrayType) -> ArrayType:
    """As ``same_type``, for real operands, integers and booleans among them."""
    return _kind(types, "biuf", "real")


def integer_type(*types: ArrayType) -> ArrayType:
    """As ``same_type``, for integers."""
    return _kind(types, "iu", "integer")


def bit_type(*types: ArrayType) -> ArrayType:
    """As ``same_type``, for booleans and integers."""
    return _kind(types, "biu", "boolean or integer")


def bool_type(*types: ArrayType) -> ArrayType:
    """Operands of one type; the result is boolean."""
    return ArrayType(same_type(*types).shape, BOOL)


def float_to_bool_type(x: ArrayType) -> ArrayType:
    """A floating-point operand, real or complex; the result is boolean."""
    return ArrayType(inexact_type(x).shape, BOOL)


def behind(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The same axes behind a new first one, that of a batch."""
    return tuple([axis + 1 for axis in axes])


def check_axis(axis: int, type: ArrayType, name: str) -> None:
    """Refuse an axis that the operand lacks."""
    if not 0 <= axis < type.ndim:
        raise ShapeError(
            f"Expected {name} along an axis from 0 to {type.ndim - 1}, got axis {axis} "
            f"for {type}: count axes from 0."
        )


def check_axes(axes: tuple[int, ...], type: ArrayType, name: str) -> None:
    """Refuse axes that are not sorted, not distinct or not there."""
    last, ndim = -1, len(type.shape)
    for axis in axes:
        if not last < axis < ndim:
            check_axis(axis, type, name)
            raise ShapeError(
                f"Expected {name} along distinct axes in order, got {axes} for {type}: "
                "sort them and name each once."
            )
        last = axis
