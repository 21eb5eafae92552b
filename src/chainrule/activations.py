r"""Activations: functions from logits to outputs, of the same shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from chainrule._parameters import did_you_mean
from chainrule._scope import current_scope
from chainrule._typing import Array
from chainrule.calculus import stop_gradient

__all__ = [
    "Activation",
    "get",
    "linear",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]

Activation: TypeAlias = Callable[[Array], Array]


def linear(x: Array) -> Array:
    r"""Return the input itself.

    .. math:: y = x

    Shapes:
        x: any, y: the same.

    Args:
        x: Logits.

    Returns:
        ``x``.

    Examples:
        >>> float(linear(2.0))
        2.0
    """
    return x


def relu(x: Array) -> Array:
    r"""Rectified linear unit.

    .. math:: y = \max(x, 0)

    Shapes:
        x: any, y: the same.

    Args:
        x: Logits.

    Returns:
        ``x`` where it is positive, else 0; NaN stays NaN. The derivative at 0 is 0.

    Examples:
        >>> relu(np.array([-1.0, 0.0, 2.0]))
        array([0., 0., 2.])
    """
    if isinstance(x, np.ndarray):
        return np.maximum(x, 0)
    # Equal to the maximum, but its derivative at 0 is Keras's 0, not the mean 1/2.
    return np.where(x <= 0, 0, x)


def sigmoid(x: Array) -> Array:
    r"""Logistic function, computed so that no exponential overflows.

    .. math:: y = \frac{1}{1 + e^{-x}}

    Shapes:
        x: any, y: the same.

    Args:
        x: Logits.

    Returns:
        Values in [0, 1].

    Examples:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    positive = x >= 0
    small = np.exp(np.where(positive, -x, x))
    output = np.where(positive, 1, small) / (1 + small)
    entered = current_scope()
    if entered is not None:
        entered.remember("sigmoid", x, output)
    return output


def tanh(x: Array) -> Array:
    r"""Hyperbolic tangent.

    .. math:: y = \tanh x

    Shapes:
        x: any, y: the same.

    Args:
        x: Logits.

    Returns:
        Values in [-1, 1].

    Examples:
        >>> tanh(np.array([0.0]))
        array([0.])
    """
    return np.tanh(x)


def softmax(x: Array, axis: int = -1) -> Array:
    r"""Positive numbers that add up to one along an axis.

    The largest logit is subtracted first, so no exponential overflows.

    .. math:: y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}

    Shapes:
        x: any with at least one axis, y: the same.

    Args:
        x: Logits.
        axis: The axis along which the outputs add up to one.

    Returns:
        Probabilities.

    Examples:
        >>> softmax(np.array([0.0, 0.0, 1000.0]))
        array([0., 0., 1.])
    """
    raised = np.exp(x - highest(x, axis))
    if isinstance(raised, np.ndarray):
        # The method would spend as long on finding this function as on the sum.
        total = np.add.reduce(raised, axis=axis, keepdims=True)
    else:
        total = raised.sum(axis=axis, keepdims=True)
    output = raised / total
    entered = current_scope()
    if entered is not None and axis in (-1, output.ndim - 1):
        entered.remember("softmax", x, output)
    return output


def highest(x: Array, axis: int) -> Array:
    """Return the largest value along an axis, as a constant of differentiation.

    Subtracting it changes neither a softmax nor a log-softmax, so its derivative
    would only add rounding errors to a zero.
    """
    if isinstance(x, np.ndarray):
        return np.maximum.reduce(x, axis=axis, keepdims=True)
    return stop_gradient(x.max(axis=axis, keepdims=True))


_KNOWN: dict[str, Activation] = {
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "tanh": tanh,
}


def get(identifier: str | Activation | None) -> Activation:
    """Find an activation.

    Args:
        identifier: A name, a function, or ``None`` for `linear`.

    Returns:
        The function.

    Raises:
        ValueError: No activation has this name.
        TypeError: The identifier is neither a name nor a function.

    Examples:
        >>> get("relu") is relu, get(None) is linear
        (True, True)
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if identifier not in _KNOWN:
            raise ValueError(did_you_mean("activation", identifier, _KNOWN))
        return _KNOWN[identifier]
    if callable(identifier):
        return identifier
    raise TypeError(
        f"An activation is a name, a function or None, got {identifier!r}: "
        f"names are {', '.join(_KNOWN)}."
    )
