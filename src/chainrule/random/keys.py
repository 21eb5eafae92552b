"""Keys, and new keys from old ones."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.types import type_of
from chainrule.numpy.promotion import astype, is_traced
from chainrule.primitives.random import WORD, random_bits, random_fold

Key = Any
"""Two words, ``uint32[2]``; an array or traced."""

WORD_MASK = 0xFFFFFFFF


def key(seed: Any) -> Key:
    r"""A key from a seed.

    .. math:: (k_0, k_1) = (\lfloor s / 2^{32} \rfloor, s \bmod 2^{32})

    Shapes:
        The key is ``(2,)``, of uint32.

    Args:
        seed: A whole number from 0, below 2**64; possibly traced.

    Returns:
        The key.

    Raises:
        TypeError: If the seed is not a whole number.
        ValueError: If the seed is negative or too large.

    Examples:
        >>> key(7)
        array([0, 7], dtype=uint32)
    """
    if is_traced(seed):
        return _pair(word(np.right_shift(word64(seed), 32)), word(seed))
    if not hasattr(seed, "__index__"):
        raise TypeError(
            f"Expected a whole number as a seed, got {seed!r} at {user_line()}: take "
            "one from 0 up."
        )
    number = operator.index(seed)
    if not 0 <= number < 2**64:
        raise ValueError(
            f"Expected a seed from 0, below 2**64, got {number} at {user_line()}: take "
            "it modulo 2**64."
        )
    return np.array([number >> 32, number & WORD_MASK], WORD)


def word64(value: Any) -> Any:
    """A traced integer as uint64."""
    return astype(value, np.uint64)


def word(value: Any) -> Any:
    """The low 32 bits of an integer, as uint32."""
    if is_traced(value):
        return astype(value, WORD)
    return WORD.type(operator.index(value) & WORD_MASK)


def words(key: Key) -> tuple[Any, Any]:
    """Both words of a key, checked."""
    type = type_of(key)
    if type.shape != (2,) or type.dtype != WORD:
        raise ShapeError(
            f"Expected a key, uint32[2], got {type} at {user_line()}: make one with "
            "chainrule.random.key(seed)."
        )
    return key[0], key[1]


def _pair(first: Any, second: Any) -> Key:
    if is_traced(first) or is_traced(second):
        return np.stack([first, second])
    return np.array([first, second], WORD)


def fold_in(key: Key, data: Any) -> Key:
    r"""A new key from a key and a number, such as a step or a place in a network.

    .. math:: k' = \mathrm{Threefry}_k(2^{32} - 1, d)

    Shapes:
        key: ``(2,)``, data: a scalar, the new key: ``(2,)``.

    Args:
        key: A key.
        data: A whole number, of which the low 32 bits count; possibly traced.

    Returns:
        A key that shares no numbers with the old one.

    Raises:
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> bool(np.all(fold_in(key(0), 1) == fold_in(key(0), 1)))
        True
        >>> bool(np.all(fold_in(key(0), 1) == fold_in(key(0), 2)))
        False
    """
    k0, k1 = words(key)
    number = word(data)
    return _pair(*[random_fold(k0, k1, number, word=place) for place in (0, 1)])


def split(key: Key, n: int = 2) -> Any:
    r"""New keys from one; do not use the old one again.

    .. math:: k'_i = \mathrm{Threefry}_{\mathrm{fold}(k, n)}(0, i)

    Shapes:
        key: ``(2,)``, result: ``(n, 2)``.

    Args:
        key: A key.
        n: How many.

    Returns:
        The keys, one a row.

    Raises:
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> first, second = split(key(0))
        >>> first.shape
        (2,)
    """
    k0, k1 = words(fold_in(key, n))
    columns = [random_bits(k0, k1, shape=(n,), word=place) for place in (0, 1)]
    return np.stack(columns, axis=1)
