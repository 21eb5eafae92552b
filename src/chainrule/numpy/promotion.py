"""Type promotion and broadcasting, as NumPy 2 does them, made explicit.

Primitives take operands of one dtype and shape; here is the one place that brings
operands there. Python numbers, and traced values made of them alone, are weak: they
take the dtype of the others (NEP 50, https://numpy.org/neps/nep-0050-scalar-promotion.html).
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.interpreter import Traced, find_trace
from chainrule.core.methods import CAST
from chainrule.core.program import Literal
from chainrule.core.tracer import Tracer
from chainrule.core.types import PYTHON_SCALARS, ArrayType, Shape
from chainrule.primitives.comparison import not_equal
from chainrule.primitives.conversion import convert
from chainrule.primitives.structure import broadcast_to

BOOL = np.dtype(bool)
_WEAK = {"b": BOOL, "i": int, "u": int, "f": float, "c": complex}
_NUMBERS = {int: 0, float: 0.0, complex: 0j}
_DEFAULTS: dict[str, Any] = {
    "casting": "same_kind",
    "order": "K",
    "subok": True,
    "where": True,
}


def refuse(function: Any, options: dict[str, Any]) -> None:
    """Raise for keyword arguments that have no meaning under a transform."""
    for key, value in options.items():
        default = value is None or value is np._NoValue  # type: ignore[attr-defined]
        if not default and value is not _DEFAULTS.get(key, default):
            name = function if isinstance(function, str) else function.__name__
            raise TypeError(
                f"Expected numpy.{name} with arguments that can be traced, got "
                f"{key}={value!r} at {user_line()}: leave {key} out, or write it with "
                "np.where and astype."
            )


def refuse_complex(name: str, *values: Any) -> None:
    """Raise for complex numbers where NumPy wants an order, or a place on a line."""
    for value in values:
        dtype = result_type(value)
        if dtype.kind == "c":
            raise TypeError(
                f"Expected real numbers for numpy.{name}, got dtype {dtype} at "
                f"{user_line()}: take np.abs, np.real or np.imag of them first."
            )


def witness(value: Any) -> Any:
    """What promotion sees: a dtype, or Python's ``int``, ``float``, ``complex``."""
    if isinstance(value, Tracer):
        return _WEAK[value.dtype.kind] if value.weak else value.dtype
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype
    if isinstance(value, bool):
        return BOOL
    return type(value) if type(value) in _NUMBERS else np.asarray(value).dtype


def result_type(*values: Any) -> np.dtype[Any]:
    """The dtype that NumPy gives an operation on these values."""
    witnesses = [witness(value) for value in values]
    return np.result_type(*[_NUMBERS.get(w, w) for w in witnesses])


@lru_cache(maxsize=4096)
def loop_dtype(ufunc: np.ufunc, *witnesses: Any) -> np.dtype[Any]:
    """The dtype that a ufunc brings its operands to."""
    try:
        loops = ufunc.resolve_dtypes((*witnesses, *[None] * ufunc.nout))
    except TypeError:
        given = ", ".join(str(getattr(w, "__name__", w)) for w in witnesses)
        raise TypeError(
            f"Expected operands that numpy.{ufunc.__name__} is defined for, got "
            f"{given} at {user_line()}: convert them with .astype, or take np.abs, "
            "np.real or np.imag of complex numbers."
        ) from None
    operands = loops[: ufunc.nin]
    if any(dtype.hasobject for dtype in operands):
        # Two Python integers are compared as objects, of any size.
        return np.result_type(*[_NUMBERS.get(w, w) for w in witnesses])
    if all(dtype == operands[0] for dtype in operands):
        return operands[0]
    return np.result_type(*operands)


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """A traced value in another dtype; itself where it has it."""
    if x.dtype == dtype:
        return x
    if dtype.kind == "b":
        return not_equal(x, 0)
    converted = convert(x, dtype=dtype)
    # Python's bool is not weak, and so is no number made of it.
    return strong(converted) if x.dtype.kind == "b" else converted


def strong(x: Any) -> Any:
    """A value whose dtype counts in promotion, though it be made of Python numbers."""
    if isinstance(x, Tracer) and x.weak:
        return Tracer(x.recording, x.variable, x.value, False)
    return x


def cast_as_asked(x: Any, dtype: np.dtype[Any]) -> Any:
    """As ``cast``; warns, as NumPy does, where imaginary parts are lost."""
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        warnings.warn(
            f"Expected a complex dtype for complex values, got {dtype} at "
            f"{user_line()}, which discards the imaginary part: take np.real first.",
            np.exceptions.ComplexWarning,
            stacklevel=2,
        )
    return cast(x, dtype)


def astype(x: Any, dtype: Any) -> Any:
    """A traced value in a dtype that was asked for by name, so no longer weak."""
    return strong(cast_as_asked(x, np.dtype(dtype)))


CAST.append(astype)


def _cast_strong(x: Any, dtype: np.dtype[Any]) -> Any:
    return strong(cast(x, dtype))


def broadcast_shape(*shapes: Shape) -> Shape:
    """The shape that shapes broadcast to."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(
            f"Expected shapes that broadcast together, got {shapes} at {user_line()}: "
            "from the last axis on, extents must be equal or 1."
        ) from None


def shape_of(value: Any) -> Shape:
    """The shape of an array, a traced value, a number or a list."""
    if isinstance(value, PYTHON_SCALARS):
        return ()
    shape = getattr(value, "shape", None)
    return np.shape(value) if shape is None else shape


def fit(value: Any, dtype: np.dtype[Any], shape: Shape, trace: Any) -> Any:
    """A value in the given dtype and shape; repeated numbers become literals.

    The repetition of a plain array is recorded, so that the program keeps the small
    array and not the large one.
    """
    if isinstance(value, Traced):
        value = cast(value, dtype)
        return value if value.shape == shape else broadcast_to(value, shape=shape)
    if type(value) in PYTHON_SCALARS:
        return Literal(dtype.type(value), ArrayType(shape, dtype))
    array = np.asarray(value)
    if array.dtype != dtype:
        array = array.astype(dtype)
    if array.shape == shape:
        return array
    if trace is None or not array.shape:
        return np.broadcast_to(array, shape)
    return trace.process(broadcast_to, (array,), {"shape": shape})


def fitted(values: tuple[Any, ...], dtype: np.dtype[Any]) -> list[Any]:
    """Values in one dtype and in the shape that they broadcast to."""
    shape = broadcast_shape(*[shape_of(value) for value in values])
    trace = find_trace(values)
    return [fit(value, dtype, shape, trace) for value in values]


def operands(ufunc: np.ufunc, *values: Any) -> list[Any]:
    """The operands of a ufunc, promoted and broadcast as NumPy would."""
    return fitted(values, loop_dtype(ufunc, *[witness(value) for value in values]))


def common(*values: Any) -> list[Any]:
    """Values in their common dtype and shape."""
    return fitted(values, result_type(*values))


def promoted(ufunc: np.ufunc, *values: Any) -> list[Any]:
    """The operands of a ufunc in its dtype, not broadcast; numbers as arrays.

    What one operand that is not weak decides is not weak in the others either.
    """
    witnesses = [witness(value) for value in values]
    dtype = loop_dtype(ufunc, *witnesses)
    decided = any(w not in _NUMBERS for w in witnesses)
    cast_to = _cast_strong if decided else cast
    return [
        cast_to(value, dtype) if isinstance(value, Traced) else np.asarray(value, dtype)
        for value in values
    ]


def operand(ufunc: np.ufunc, x: Any) -> Any:
    """The one operand of a ufunc, promoted as NumPy would."""
    return x if x.dtype.kind == "f" else cast(x, loop_dtype(ufunc, x.dtype))


def is_traced(value: Any) -> bool:
    """Whether a value stands in for an array under a transform."""
    return isinstance(value, Traced)


def lifted(value: Any) -> Any:
    """A traced value itself, anything else as an array."""
    return value if isinstance(value, Traced) else np.asarray(value)
