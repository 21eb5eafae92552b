"""The global seed, from which all random numbers of the networks follow."""

from __future__ import annotations

import os
import threading

from chainrule import random
from chainrule._parameters import Interval, check_parameters
from chainrule._typing import Floats

__all__ = ["next_key", "set_random_seed", "times_set"]


class _Source:
    """A seed and the number of keys drawn from it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seed: int | None = None
        self.drawn = 0
        self.times_set = 0


_source = _Source()


def set_random_seed(seed: int) -> None:
    """Set the seed of initializers, dropout, shuffling, ``random`` and ``np.random``.

    The same seed gives the same bits, on one thread or many.

    Args:
        seed: A whole number, 0 ≤ seed < 2³².

    Raises:
        ValueError: The seed is not such a number.

    Examples:
        >>> from chainrule import initializers
        >>> set_random_seed(7)
        >>> first = initializers.GlorotUniform()((2, 2))
        >>> set_random_seed(7)
        >>> bool((first == initializers.GlorotUniform()((2, 2))).all())
        True
    """
    import random as python_random

    import numpy as np

    rules = {"seed": Interval(0, 2**32, closed="left")}
    check_parameters("set_random_seed", rules, {"seed": seed})
    if int(seed) != seed:
        raise ValueError(f"set_random_seed: seed must be an integer, got {seed!r}.")
    python_random.seed(int(seed))
    np.random.seed(int(seed))
    with _source.lock:
        _source.seed = int(seed)
        _source.drawn = 0
        _source.times_set += 1


def times_set() -> int:
    """Return how often `set_random_seed` was called: who keeps a key can tell."""
    return _source.times_set


def next_key() -> Floats:
    """Draw a random key that no one else gets.

    Returns:
        A key, ``uint32[2]``. Without `set_random_seed` the seed comes from the
        operating system.
    """
    with _source.lock:
        if _source.seed is None:
            _source.seed = int.from_bytes(os.urandom(4), "little")
        drawn = _source.drawn
        _source.drawn += 1
        return random.fold_in(random.key(_source.seed), drawn)
