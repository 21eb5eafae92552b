"""Optimizers by name."""

from __future__ import annotations

from typing import TypeAlias

from chainrule._parameters import did_you_mean
from chainrule.optimizers.adam import Adam, AdamW
from chainrule.optimizers.adaptive import Adagrad, RMSprop
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.sgd import SGD

__all__ = ["OptimizerLike", "get"]

OptimizerLike: TypeAlias = "str | Optimizer | type[Optimizer]"

_KNOWN: dict[str, type[Optimizer]] = {
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "sgd": SGD,
}


def get(identifier: OptimizerLike) -> Optimizer:
    """Find an optimizer.

    Args:
        identifier: A name such as ``"adam"`` (in any case), an optimizer, or its class.

    Returns:
        The optimizer. A name gives a new one with its defaults.

    Raises:
        ValueError: No optimizer has this name.
        TypeError: The identifier is none of these.

    Examples:
        >>> get("adam")
        <Adam learning_rate=0.001>
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        if identifier.lower() not in _KNOWN:
            raise ValueError(did_you_mean("optimizer", identifier, _KNOWN))
        return _KNOWN[identifier.lower()]()
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    raise TypeError(
        f"An optimizer is a name or an Optimizer, got {identifier!r}: names are "
        f"{', '.join(_KNOWN)}."
    )
