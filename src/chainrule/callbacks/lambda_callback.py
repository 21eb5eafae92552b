"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule._parameters import did_you_mean
from chainrule.callbacks.callback import Callback

__all__ = ["LambdaCallback"]

_HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        **functions: Functions by the hook's name, such as ``on_epoch_end``.

    Raises:
        TypeError: There is no such hook.

    Examples:
        >>> tell = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))
        >>> tell.on_epoch_end(3, {})
        3
    """

    def __init__(self, **functions: Callable[..., Any] | None) -> None:
        for name, function in functions.items():
            if name not in _HOOKS:
                raise TypeError(did_you_mean("callback function", name, _HOOKS))
            if function is not None:
                setattr(self, name, function)
