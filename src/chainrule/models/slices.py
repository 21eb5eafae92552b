"""Time slices: how many steps to do before Python is asked again, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from chainrule._typing import Floats

__all__ = ["Interrupts", "Pace", "batches"]

# Seconds of native work between two looks at callbacks, the bar and Ctrl-C. Each slice
# lays the weights out anew, which for some megabytes takes a fiftieth of it.
_SLICE = 0.2

# The first steps measure little, so the pace grows by no more than this at once.
_GROWTH = 32


class Pace:
    """How many steps fill a slice, learnt from how long they take.

    Args:
        single: Whether each slice is one step, for callbacks that want each.

    Examples:
        >>> pace = Pace()
        >>> pace.record(1, 0.01)
        >>> pace.steps
        20
    """

    def __init__(self, single: bool = False) -> None:
        self.single = single
        self.steps = 1

    def record(self, steps: int, seconds: float) -> None:
        """Learn from a slice.

        Args:
            steps: Number of steps done.
            seconds: How long they took.
        """
        if not self.single:
            fitting = int(steps * _SLICE / max(seconds, 1e-9))
            self.steps = max(1, min(fitting, _GROWTH * self.steps))

    def ranges(self, steps: int) -> Iterator[tuple[int, int]]:
        """Cut steps into slices, each as long as the pace is then.

        Args:
            steps: Number of steps.

        Yields:
            The first step of a slice and the one after its last.
        """
        start = 0
        while start < steps:
            stop = min(steps, start + self.steps)
            yield start, stop
            start = stop


def batches(order: Floats, batch_size: int) -> list[Floats]:
    """Arrange sample numbers in rows, one for each step.

    Args:
        order: Sample numbers.
        batch_size: Length of a row.

    Returns:
        One array of full rows, and one of a single shorter row for what is left;
        without those that would be empty.
    """
    full = len(order) // batch_size
    rows = order[: full * batch_size].reshape(full, batch_size)
    rest = order[full * batch_size :].reshape(1, -1)
    return [array for array in (rows, rest) if array.size]


class Interrupts:
    """Ctrl-C noted instead of raised, for the length of a ``with`` block.

    The first one is noted, so that work in native code ends at a clean place; a second
    one is raised as ever.

    Attributes:
        noted: Whether Ctrl-C was pressed.
    """

    def __init__(self) -> None:
        self.noted = False
        self._before: Any = None
        self._installed = False

    def __enter__(self) -> Interrupts:
        ours = threading.current_thread() is threading.main_thread()
        if ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._note)
            self._installed = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True


def count(number: int) -> Floats:
    """Return a loop bound as an array, so that its value is not compiled in."""
    return np.asarray(number, np.int64)
