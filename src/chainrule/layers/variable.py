"""A weight: a named handle on an array, which may stand for a traced value."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule._typing import Array, Floats, Shape

__all__ = ["Variable", "substituted"]


class Variable(NDArrayOperatorsMixin):
    """A weight of a layer.

    In eager use it answers NumPy's protocols with its array. Inside `substituted` it
    answers with the value put in its place, so a layer's ``call`` is a pure function
    of its weights without being written as one.

    Args:
        value: The first value; it is copied.
        name: A name such as ``"kernel"``.
        trainable: Whether training may change it.
        dtype: Type of the elements; the value's own by default.

    Examples:
        >>> weight = Variable(np.ones((2, 2)), name="kernel")
        >>> np.eye(2) @ weight + 1
        array([[2., 2.],
               [2., 2.]])
    """

    def __init__(
        self,
        value: Any,
        name: str = "variable",
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        self._stored: Floats = np.array(value, dtype=dtype, order="C")
        self._current: Array = self._stored
        self.name = name
        self.path = name
        self.trainable = trainable

    @property
    def value(self) -> Array:
        """The array itself, or what is substituted for it; not a copy."""
        return self._current

    @property
    def shape(self) -> Shape:
        """Extent of each axis."""
        return self._stored.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self._stored.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._stored.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._stored.size

    def numpy(self) -> Floats:
        """Return a copy of the array."""
        return np.array(self._current)

    def assign(self, value: Any) -> None:
        """Replace the value.

        Args:
            value: Numbers of the same shape; they are cast to the variable's dtype.

        Raises:
            ValueError: The shape differs.
        """
        if np.shape(value) != self.shape:
            raise ValueError(
                f"Variable {self.path!r} holds an array of shape {self.shape}, got "
                f"shape {np.shape(value)}: reshape the value or build the layer anew."
            )
        if self._current is self._stored:
            self.adopt(np.array(value, dtype=self.dtype, order="C"))
        else:
            self._current = value.astype(self.dtype)

    def adopt(self, array: Floats) -> None:
        """Take an array of the right shape and dtype as the value, without a copy."""
        self._stored = array
        self._current = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Floats:
        return np.asarray(self._current, dtype, copy=copy)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        plain = [_current(operand) for operand in inputs]
        return getattr(ufunc, method)(*plain, **_open(kwargs))

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return function(*_open(args), **_open(kwargs))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._current, name)

    def __getitem__(self, key: Any) -> Any:
        return self._current[key]

    def __len__(self) -> int:
        return len(self._stored)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._current)

    def __bool__(self) -> bool:
        return bool(self._current)

    def __float__(self) -> float:
        return float(self._current)

    def __hash__(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return id(self)

    def __repr__(self) -> str:
        return f"<Variable {self.path}, shape={self.shape}, dtype={self.dtype}>"


@contextmanager
def substituted(
    variables: Sequence[Variable], values: Iterable[Any]
) -> Generator[None]:
    """Let variables stand for other values for the length of a ``with`` block.

    Args:
        variables: The variables.
        values: As many values, of the same shapes.

    Examples:
        >>> weight = Variable(2.0)
        >>> with substituted([weight], [np.float64(5.0)]):
        ...     float(weight * 2)
        10.0
        >>> float(weight * 2)
        4.0
    """
    before = [variable._current for variable in variables]
    try:
        for variable, value in zip(variables, values, strict=True):
            variable._current = value
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable._current = value


def _current(operand: Any) -> Any:
    return operand.value if isinstance(operand, Variable) else operand


def _open(container: Any) -> Any:
    """Put the current values in the place of variables, however deep they lie."""
    if isinstance(container, Variable):
        return container.value
    if isinstance(container, (tuple, list)):
        return type(container)(_open(item) for item in container)  # type: ignore[arg-type]
    if isinstance(container, dict):
        return {key: _open(item) for key, item in container.items()}  # type: ignore[misc]
    return container
