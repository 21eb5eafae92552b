"""The operators and methods of an array, each a call of NumPy's own function.

A class that answers NumPy's protocols gets its operators and methods from here, so
that ``x + y``, ``x.sum()`` and ``x[1:]`` mean what they mean for an ndarray. Values
under a transform never change, so ``x += y`` is ``x = x + y``: the name gets a new
value, as with Python's numbers and tuples.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.handlers import HANDLERS, in_form
from chainrule.core.types import Extents

CAST: list[Callable[[Any, Any], Any]] = []
"""One function, ``astype(x, dtype)``, put here by the ``numpy`` room."""

NAMESPACE: list[Callable[[], Any]] = []
"""One function that gives ``chainrule.numpy``, put here by the ``numpy`` room."""


class ArrayMethods(NDArrayOperatorsMixin, Extents):
    """Operators and methods in terms of NumPy's functions."""

    __slots__ = ()

    answer: Callable[..., Any]
    """``answer(function, args, kwargs)``: what a call of NumPy's function gives."""

    __getitem__: Callable[..., Any]
    """Put here by the ``numpy`` room."""

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def device(self) -> str:
        """Where the numbers are, in the words of the array API standard."""
        return "cpu"

    def to_device(self, device: str, /, *, stream: Any = None) -> Any:
        """The array itself, which is on the one device there is."""
        if device != "cpu" or stream is not None:
            raise ValueError(
                f"Expected the device 'cpu' and no stream, got {device!r} and "
                f"{stream!r} at {user_line()}: leave the call out."
            )
        return self

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        """``chainrule.numpy``, for code written to the array API standard."""
        namespace = NAMESPACE[0]()
        versions = ("2021.12", "2022.12", "2023.12", namespace.__array_api_version__)
        if api_version is not None and api_version not in versions:
            raise ValueError(
                f"Expected a version of the array API among {versions}, got "
                f"{api_version!r} at {user_line()}."
            )
        return namespace

    @property
    def T(self) -> Any:
        """The array with its axes reversed."""
        return self.answer(np.transpose, (self,), {})

    @property
    def mT(self) -> Any:
        """The array with its last two axes exchanged."""
        return np.swapaxes(self, -1, -2)  # type: ignore[call-overload]

    @property
    def real(self) -> Any:
        """The real part."""
        return np.real(self)  # type: ignore[call-overload]

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return np.imag(self)  # type: ignore[call-overload]

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("Expected an array with an axis for len(), got a scalar.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(len(self))])

    def __round__(self, digits: int | None = None) -> Any:
        return np.round(self, digits or 0)  # type: ignore[call-overload]

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The array cast to another dtype."""
        return CAST[0](self, dtype)

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """The elements in another shape."""
        wanted = shape[0] if len(shape) == 1 else shape
        options = {} if order == "C" else {"order": order}
        return self.answer(np.reshape, (self, wanted), options)

    def transpose(self, *axes: Any) -> Any:
        """The array with its axes permuted."""
        order = axes[0] if len(axes) == 1 else axes or None
        return self.answer(np.transpose, (self, order), {})

    def item(self) -> Any:
        """The one element as a Python number, where it is known."""
        return operator.methodcaller("item")(np.asarray(self.known("item()")))  # type: ignore[attr-defined]

    def tolist(self) -> Any:
        """Nested lists of the numbers, where they are known."""
        return np.asarray(self.known("tolist()")).tolist()  # type: ignore[attr-defined]


PLAIN = frozenset({np.ndarray, float, int, np.float64, np.float32})
"""With these, and with its own kind, an array need not go by NumPy's dispatch."""

_SIMPLE = PLAIN | {type(None), bool, str, tuple}
"""Kinds of arguments that have no say in what a method means."""


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if type(value) not in _SIMPLE and type(value) is not type(self):
                return function(self, *args, **kwargs)
        if kwargs or len(args) > 1:
            return self.answer(function, *in_form(function, (self, *args), kwargs))
        return self.answer(function, (self, *args), kwargs)

    method.__name__ = name
    method.__doc__ = f"As ``numpy.{name}`` with this array first."
    return method


def _quick(ufunc: np.ufunc, name: str, reflected: bool) -> Callable[..., Any]:
    dispatched = getattr(NDArrayOperatorsMixin, name)

    def method(self: Any, other: Any) -> Any:
        if type(other) not in PLAIN and type(other) is not type(self):
            return dispatched(self, other)
        handler = HANDLERS[ufunc]
        return handler(other, self) if reflected else handler(self, other)

    method.__name__ = name
    return method


_BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "pow": np.power,
    "matmul": np.matmul,
}
_COMPARISONS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}
for _name, _ufunc in (_BINARY | _COMPARISONS).items():
    setattr(ArrayMethods, f"__{_name}__", _quick(_ufunc, f"__{_name}__", False))
for _name, _ufunc in _BINARY.items():
    setattr(ArrayMethods, f"__r{_name}__", _quick(_ufunc, f"__r{_name}__", True))

ArrayMethods.__neg__ = lambda self: HANDLERS[np.negative](self)  # type: ignore[method-assign]


def _in_place(name: str) -> Callable[..., Any]:
    operate = getattr(ArrayMethods, f"__{name}__")

    def method(self: Any, other: Any) -> Any:
        result = operate(self, other)
        if result is NotImplemented or not self.shape:
            return result
        if result.shape != self.shape:
            raise ShapeError(
                f"Expected an operand that broadcasts to the shape {self.shape} of "
                f"what it updates, got one that gives {result.shape} at {user_line()}: "
                "write x = x + y in place of x += y."
            )
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"Expected an operand that leaves {self.dtype} what it updates, got "
                f"one that gives {result.dtype} at {user_line()}: write x = x + y in "
                "place of x += y."
            )
        return result if result.dtype == self.dtype else result.astype(self.dtype)

    return method


_UPDATES = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
for _name in _UPDATES.split():
    setattr(ArrayMethods, f"__i{_name}__", _in_place(_name))

_METHODS = (
    "all any argmax argmin argpartition argsort choose clip conj conjugate cumprod "
    "cumsum diagonal dot max mean min nonzero prod ravel repeat round searchsorted "
    "squeeze std sum swapaxes take trace var"
)
for _name in _METHODS.split():
    setattr(ArrayMethods, _name, _method(_name))


def _compress(self: Any, condition: Any, axis: Any = None) -> Any:
    """As ``numpy.compress`` of this array."""
    return np.compress(condition, self, axis)


ArrayMethods.compress = _compress  # type: ignore[attr-defined]
ArrayMethods.flatten = ArrayMethods.ravel  # type: ignore[attr-defined]
# What never changes is its own copy; one of its trace would lose the derivative.
ArrayMethods.copy = lambda self: self  # type: ignore[attr-defined]
ArrayMethods.__copy__ = lambda self: self  # type: ignore[attr-defined]
ArrayMethods.__deepcopy__ = lambda self, memo: self  # type: ignore[attr-defined]
