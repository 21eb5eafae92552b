"""Initializers by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from chainrule._parameters import did_you_mean
from chainrule.initializers.constants import (
    Constant,
    Initializer,
    Ones,
    Zeros,
)
from chainrule.initializers.distributions import (
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from chainrule.initializers.scaled import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
)

__all__ = ["InitializerLike", "get"]

InitializerLike: TypeAlias = Callable[..., Any]

_KNOWN: dict[str, type[Initializer]] = {
    "constant": Constant,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform,
    "ones": Ones,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "zeros": Zeros,
}
_AS_CLASSES = {rule.__name__: rule for rule in _KNOWN.values()}
_ALIASES = {"xavier_normal": GlorotNormal, "xavier_uniform": GlorotUniform}


def get(identifier: str | InitializerLike | type[Initializer]) -> InitializerLike:
    """Find an initializer.

    Args:
        identifier: A name, in either spelling, a class, or a function of a shape and a
            dtype.

    Returns:
        The function. A name gives a new instance.

    Raises:
        ValueError: No initializer has this name.
        TypeError: The identifier is neither a name nor a function.

    Examples:
        >>> get("zeros")((2,))
        array([0., 0.], dtype=float32)
    """
    if isinstance(identifier, str):
        known = {**_KNOWN, **_AS_CLASSES, **_ALIASES}
        if identifier not in known:
            raise ValueError(did_you_mean("initializer", identifier, _KNOWN, known))
        return known[identifier]()
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier
    raise TypeError(
        f"An initializer is a name or a function of a shape, got {identifier!r}: "
        f"names are {', '.join(_KNOWN)}."
    )
