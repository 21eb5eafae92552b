"""Who carries out an operation: NumPy at once, or the innermost open trace.

A primitive applied to plain arrays runs its NumPy meaning there and then. Applied
to traced values it is handed to the trace of the highest level among them, which
may write it down and compute it in turn by levels below: so transforms nest.
"""

from __future__ import annotations

from typing import Any, Protocol


class Interpreter(Protocol):
    """What an open trace offers."""

    level: int

    def process(
        self, primitive: Any, arguments: tuple[Any, ...], params: dict[str, Any]
    ) -> Any:
        """Carry out one primitive."""
        ...


class Traced:
    """Base of the values that stand in for arrays under a transform."""

    __slots__ = ()
    recording: Any


def find_trace(arguments: tuple[Any, ...]) -> Interpreter | None:
    """The trace of the highest level among the arguments, or None for plain arrays."""
    top = None
    for argument in arguments:
        if isinstance(argument, Traced):
            trace = argument.recording
            if top is None or trace.level > top.level:
                top = trace
    return top
