"""The seconds of each epoch, for contestants that write their own loop."""

import time
from collections.abc import Callable
from itertools import pairwise


def timed(epoch: Callable[[], object], epochs: int) -> list[float]:
    """Call ``epoch`` again and again; it returns only when its work is done.

    Args:
        epoch: Trains one epoch.
        epochs: How many.

    Returns:
        Seconds of each call.
    """
    marks = [time.perf_counter()]
    for _ in range(epochs):
        epoch()
        marks.append(time.perf_counter())
    return [end - start for start, end in pairwise(marks)]
