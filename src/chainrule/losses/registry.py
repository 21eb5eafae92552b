"""Losses by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from chainrule._parameters import did_you_mean
from chainrule.losses.loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    FunctionLoss,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

__all__ = ["LossLike", "get"]

LossLike: TypeAlias = "str | Loss | type[Loss] | Callable[[Any, Any], Any]"

_KNOWN: dict[str, type[Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}
_ALIASES: dict[str, type[Loss]] = {
    **{loss.__name__: loss for loss in _KNOWN.values()},
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
}


def get(identifier: LossLike) -> Loss:
    """Find a loss.

    Args:
        identifier: A name such as ``"mse"``, a loss, its class, or a function of
            ``y_true`` and ``y_pred``.

    Returns:
        The loss.

    Raises:
        ValueError: No loss has this name.
        TypeError: The identifier is none of these.

    Examples:
        >>> get("mse").name
        'mean_squared_error'
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        known = {**_KNOWN, **_ALIASES}
        if identifier not in known:
            raise ValueError(did_you_mean("loss", identifier, _KNOWN, _ALIASES))
        return known[identifier]()
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    named = _KNOWN.get(getattr(identifier, "__name__", ""))
    if named is not None and identifier.__module__ == "chainrule.losses.functions":
        return named()
    if callable(identifier):
        return FunctionLoss(identifier)
    raise TypeError(
        f"A loss is a name, a Loss or a function, got {identifier!r}: names are "
        f"{', '.join(_KNOWN)}."
    )
