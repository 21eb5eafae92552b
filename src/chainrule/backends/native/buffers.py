"""Memory of results: on cache lines, and that of large ones used again.

The system gives fresh memory page by page, each cleared when it is first touched: for
results of megabytes that takes as long as computing them. What the last array over a
large buffer leaves behind is kept, up to a bound, for the next result of its size.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from chainrule.core.types import ArrayType

SMALL_BYTES = 16_384
SPAN_BYTES, SHIFT_BYTES = 4096, 1280

LARGE_BYTES = 1 << 20
"""Buffers from this size are kept."""
KEPT_BYTES = 1 << 27
"""How much is kept for all; where one more would be too much, the others go."""

_kept: dict[int, list[np.ndarray]] = {}
_turn = itertools.count()


class _Lent:
    """Memory that is kept when the last array over it is gone."""

    __slots__ = ("__array_interface__", "memory")

    def __init__(self, memory: np.ndarray) -> None:
        self.memory = memory
        self.__array_interface__: dict[str, Any] = memory.__array_interface__

    def __del__(self) -> None:
        keep(self.memory)


def keep(memory: np.ndarray, kept: dict[int, list[np.ndarray]] = _kept) -> None:
    """Put memory away for the next array of its size.

    It may be called at any moment, in any thread, in the middle of these functions too:
    each of the steps is whole by itself, and none waits for another.
    """
    size = memory.nbytes
    if size > KEPT_BYTES:
        return
    if size + kept_bytes() > KEPT_BYTES:
        kept.clear()
    kept.setdefault(size, []).append(memory)


def kept_bytes() -> int:
    """How much memory is kept."""
    return sum([size * len(found) for size, found in list(_kept.items())])


def _memory(size: int) -> np.ndarray:
    """Bytes, of which the larger are given back to be kept."""
    if size < LARGE_BYTES:
        return np.empty(size, np.uint8)
    try:
        memory = _kept[size].pop()
    except (KeyError, IndexError):
        memory = np.empty(size, np.uint8)
    return np.asarray(_Lent(memory))


def aligned_empty(type: ArrayType) -> np.ndarray:
    """An uninitialised array that starts on a cache line.

    Every other large array is shifted. A thread that keeps to its columns of a weight
    and its moments touches, say, the first half of each row: from equal starts these
    would fall into the same half of the cache and push each other out.
    """
    size = type.nbytes
    large = size >= SMALL_BYTES
    shift = next(_turn) % 2 * SHIFT_BYTES if large else 0
    raw = _memory(size + SPAN_BYTES + (SHIFT_BYTES if large else 0))
    start = -raw.ctypes.data % SPAN_BYTES + shift
    return raw[start : start + size].view(type.dtype).reshape(type.shape)
