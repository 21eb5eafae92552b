"""What an ndarray does in place, and a traced array refuses in words."""

from __future__ import annotations

from typing import Any

from chainrule.core.errors import TracerError, user_line

IN_PLACE = {
    "fill": "x = np.full_like(x, value)",
    "partition": "x = np.partition(x, k)",
    "put": "x = np.where(mask, new, x)",
    "resize": "x = np.resize(x, shape)",
    "sort": "x = np.sort(x)",
}
"""Methods that change an array, and what to write instead."""


class Unchanging:
    """Base of values that never change: assignments and such methods are errors."""

    __slots__ = ()

    def __setitem__(self, key: Any, value: Any) -> None:
        raise _refusal(
            "an assignment into a traced array",
            "x = np.where(mask, new, x), or build the parts and np.concatenate them",
        )

    def __delitem__(self, key: Any) -> None:
        raise _refusal("del on a traced array", "x = np.delete(x, i)")


def _refusal(what: str, instead: str) -> TracerError:
    return TracerError(
        f"Expected functional code, got {what} at {user_line()}: arrays under a "
        f"transform cannot change in place. Write {instead}."
    )


def _refused(name: str, instead: str) -> Any:
    def method(self: Unchanging, *args: Any, **kwargs: Any) -> Any:
        raise _refusal(f"x.{name}() of a traced array", instead)

    method.__name__ = name
    method.__doc__ = "An ndarray changes in place here; a traced one cannot."
    return method


for _name, _instead in IN_PLACE.items():
    setattr(Unchanging, _name, _refused(_name, _instead))
