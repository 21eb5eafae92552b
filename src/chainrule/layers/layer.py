"""The base class of layers and models: weights by attribute, pure ``call``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import Any, ClassVar

import numpy as np

from chainrule import initializers
from chainrule._names import unique_name
from chainrule._parameters import Rule, check_parameters, refuse_arguments
from chainrule._scope import current_scope, scope
from chainrule._typing import Array, BatchShape, Floats, Shape
from chainrule.layers.input_spec import InputSpec
from chainrule.layers.variable import Variable

__all__ = ["Layer"]


class Layer:
    """A function with weights.

    A subclass declares its weights in `build` with `add_weight`, and computes in
    `call` with plain NumPy functions; sublayers are simply attributes. ``call`` may
    take ``training``, which is then given to it.

    Args:
        name: A name; by default the class's name with a number.
        trainable: Whether training may change the weights.
        dtype: Type of the weights, and of floating inputs, which are cast to it.
        input_shape: Shape of one sample, for the first layer of a `Sequential`.
        **unknown: Refused.

    Attributes:
        built: Whether the weights exist.
        input_spec: What the input must look like, or ``None``.

    Examples:
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight("factor", (), initializer="ones")
        ...
        ...     def call(self, x):
        ...         return x * self.factor
        >>> Scale()(np.array([1.0, 2.0], np.float32))
        array([1., 2.], dtype=float32)
    """

    parameters: ClassVar[dict[str, Rule]] = {}
    _initialized = False
    _accepted_shape: Shape | None = None
    _takes_training = False
    dtype: np.dtype[Any] = np.dtype(np.float32)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._takes_training = _has_argument(cls.call, "training")

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        input_shape: Sequence[int] | None = None,
        **unknown: Any,
    ) -> None:
        refuse_arguments(type(self), unknown)
        self.name = name or unique_name(type(self).__name__)
        self.dtype: np.dtype[Any] = np.dtype(dtype or np.float32)
        self.built = False
        self.input_spec: InputSpec | None = None
        self.input_shape = None if input_shape is None else (None, *input_shape)
        self._trainable = trainable
        self._own_weights: list[Variable] = []
        self._accepted_shape: Shape | None = None
        self._initialized = True

    def build(self, input_shape: BatchShape) -> None:
        """Declare the weights; overridden by layers that have some.

        Args:
            input_shape: Shape of the input; the batch's length may be ``None``.
        """

    def call(self, x: Array) -> Array:
        """Compute the output; every layer overrides it.

        Args:
            x: The input.

        Returns:
            The output.

        Raises:
            NotImplementedError: The layer doesn't override it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} defines no call(self, x): a layer computes its "
            "output there, with NumPy functions."
        )

    def compute_output_shape(self, input_shape: BatchShape) -> BatchShape:
        """Tell the output's shape without computing on real data.

        The default tries the layer on zeros.

        Args:
            input_shape: Shape of the input; the batch's length may be ``None``.

        Returns:
            Shape of the output, its batch axis as in the input.
        """
        zeros = np.zeros([1 if n is None else n for n in input_shape], self.dtype)
        with scope(training=False):
            output = self(zeros)
        return (input_shape[0], *np.shape(output)[1:])

    def add_weight(
        self,
        name: str = "variable",
        shape: Sequence[int] = (),
        initializer: Any = "glorot_uniform",
        trainable: bool = True,
        dtype: Any = None,
    ) -> Variable:
        """Make a weight that belongs to this layer.

        Args:
            name: Its name. (Keras 3's order, shape and initializer first, works too.)
            shape: Its shape.
            initializer: A name or function from `chainrule.initializers`.
            trainable: Whether training may change it.
            dtype: Type of its elements; the layer's by default.

        Returns:
            The weight.

        Raises:
            ValueError: The shape is unknown.
        """
        if not isinstance(name, str):
            given = shape if isinstance(shape, str) or callable(shape) else initializer
            name, shape, initializer = "variable", name, given
        self._require_init()
        lengths = tuple(shape)
        if any(length is None for length in lengths):
            raise ValueError(
                f"layer {self.name!r}: weight {name!r} needs known lengths, got shape "
                f"{lengths}: only the batch's length may be None in input_shape."
            )
        start = initializers.get(initializer)(lengths, np.dtype(dtype or self.dtype))
        variable = Variable(start, name, trainable)
        variable.path = f"{self.name}/{name}"
        self._own_weights.append(variable)
        return variable

    def __call__(
        self, x: Any, *args: Any, training: bool | None = None, **kwargs: Any
    ) -> Any:
        """Build the layer if need be, cast floating input, and compute.

        Args:
            x: An array, or a list, tuple or dict of arrays.
            *args: Passed on to ``call``.
            training: Whether this is a training pass; by default what the enclosing
                call says, and at the outside no.
            **kwargs: Passed on to ``call``.

        Returns:
            What ``call`` returns.
        """
        # One comparison each for what was the same in the call before.
        if (
            type(x) is not np.ndarray
            or x.shape != self._accepted_shape
            or x.dtype != self.dtype
        ):
            x = self._received(x)
        if training is None:
            if self._takes_training:
                entered = current_scope()
                kwargs["training"] = entered is not None and entered.training
            return self.call(x, *args, **kwargs)
        return self._call_outermost(x, training, args, kwargs)

    def _call_outermost(
        self, x: Any, training: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Compute with ``training`` given, which sublayers are to know too."""
        if self._takes_training:
            kwargs["training"] = training
        entered = current_scope()
        if entered is not None and entered.training == training:
            return self.call(x, *args, **kwargs)
        with scope(training):
            return self.call(x, *args, **kwargs)

    def _received(self, x: Any) -> Any:
        """Cast the input, check its shape when it changes, build at the first call."""
        self._require_init()
        x = _prepared(x, self.dtype)
        shape = _shape(x)
        if shape != self._accepted_shape or not self.built:
            self.ensure_built(shape)
            self._accepted_shape = shape
        return x

    def ensure_built(self, input_shape: Any) -> None:
        """Make the weights if there are none yet, and check the input's shape.

        Args:
            input_shape: Shape of the input; the batch's length may be ``None``.

        Raises:
            ValueError: The layer can't take this shape; the message names the layer.
        """
        if not self.built:
            self.build(input_shape)
            self.built = True
        if self.input_spec is not None:
            self.input_spec.check(self._title(), input_shape)

    def _title(self) -> str:
        return f"layer {self.name!r}"

    def _require_init(self) -> None:
        if not self._initialized:
            raise RuntimeError(
                f"{type(self).__name__} is not initialised: call super().__init__() "
                "first in its __init__."
            )

    @property
    def trainable(self) -> bool:
        """Whether training may change the weights, those of sublayers included."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for sublayer in self.sublayers():
            sublayer.trainable = value

    def sublayers(self) -> list[Layer]:
        """List the layers directly inside, in order of assignment."""
        found: list[Layer] = []
        for value in self.__dict__.values():
            for item in _contents(value):
                if isinstance(item, Layer) and item not in found:
                    found.append(item)
        return found

    @property
    def weights(self) -> list[Variable]:
        """All weights: the layer's own, then those of its sublayers."""
        found = dict.fromkeys(self._walk(set()))
        return list(found)

    @property
    def variables(self) -> list[Variable]:
        """All weights, under Keras's other name."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return list(dict.fromkeys(self._trainables(set())))

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        changed = set(self.trainable_weights)
        return [weight for weight in self.weights if weight not in changed]

    def _walk(self, seen: set[int]) -> Iterator[Variable]:
        """Yield the weights of this layer and of the layers inside it, once each."""
        if id(self) in seen:
            return
        seen.add(id(self))
        yield from self._direct_weights()
        for sublayer in self.sublayers():
            yield from sublayer._walk(seen)

    def _trainables(self, seen: set[int]) -> Iterator[Variable]:
        if id(self) in seen or not self._trainable:
            return
        seen.add(id(self))
        yield from (weight for weight in self._direct_weights() if weight.trainable)
        for sublayer in self.sublayers():
            yield from sublayer._trainables(seen)

    def _direct_weights(self) -> Iterator[Variable]:
        yield from self._own_weights
        for name, value in self.__dict__.items():
            if name != "_own_weights":
                found = (item for item in _contents(value))
                yield from (item for item in found if isinstance(item, Variable))

    def count_params(self) -> int:
        """Count the numbers in all weights.

        Returns:
            The count.

        Raises:
            ValueError: The layer has no weights yet.
        """
        self._require_built("count_params")
        return sum(weight.size for weight in self.weights)

    def get_weights(self) -> list[Floats]:
        """Copy all weights.

        Returns:
            Arrays in the order of `weights`.
        """
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replace all weights.

        Args:
            weights: Arrays in the order of `weights`.

        Raises:
            ValueError: Their number or a shape differs; then none is replaced.
        """
        own = self.weights
        if len(weights) != len(own):
            raise ValueError(
                f"{self.name!r} has {len(own)} weights, got {len(weights)}: give one "
                f"array for each of {[weight.path for weight in own]}."
            )
        for variable, value in zip(own, weights, strict=True):
            if np.shape(value) != variable.shape:
                raise ValueError(
                    f"Weight {variable.path!r} has shape {variable.shape}, got shape "
                    f"{np.shape(value)}: give the arrays in the order of get_weights."
                )
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def _require_built(self, action: str) -> None:
        if not self.built:
            raise ValueError(
                f"{action} needs the weights of {self.name!r}, which don't exist yet: "
                "call it on data once, or tell it the input's shape."
            )

    def _check(self, **values: Any) -> None:
        """Check constructor arguments against the class's table."""
        check_parameters(type(self).__name__, self.parameters, values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _has_argument(function: Callable[..., Any], name: str) -> bool:
    code: CodeType | None = getattr(function, "__code__", None)
    if code is None:
        return False
    count = code.co_argcount + code.co_kwonlyargcount
    return name in code.co_varnames[:count]


def _prepared(x: Any, dtype: np.dtype[Any]) -> Any:
    """Turn numbers into arrays, and floating arrays into arrays of ``dtype``."""
    if isinstance(x, np.ndarray) or hasattr(x, "__array_ufunc__"):
        if x.dtype is dtype or x.dtype.kind != "f" or x.dtype == dtype:
            return x
        return x.astype(dtype)
    if isinstance(x, dict):
        return {key: _prepared(value, dtype) for key, value in x.items()}  # type: ignore[misc]
    if isinstance(x, (list, tuple)) and any(hasattr(item, "shape") for item in x):  # type: ignore[misc]
        return type(x)(_prepared(item, dtype) for item in x)  # type: ignore[misc]
    return _prepared(np.asarray(x), dtype)


def _shape(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _shape(value) for key, value in x.items()}  # type: ignore[misc]
    if isinstance(x, (list, tuple)):
        return type(x)(_shape(item) for item in x)  # type: ignore[misc]
    return tuple(x.shape)


def _contents(value: Any) -> Iterator[Any]:
    """Yield the weights and layers in an attribute: itself, or in a container."""
    if isinstance(value, (Layer, Variable)):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:  # type: ignore[misc]
            yield from _contents(item)
    elif isinstance(value, dict):
        for item in value.values():  # type: ignore[misc]
            yield from _contents(item)
