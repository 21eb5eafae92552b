"""Random arrays: each element follows from the key and its place alone."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import user_line
from chainrule.numpy.promotion import astype, is_traced
from chainrule.primitives.random import random_bits
from chainrule.random.keys import Key, words

Extents = int | Sequence[int]
FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)


def extents(shape: Extents) -> tuple[int, ...]:
    """A shape as a tuple of integers."""
    if isinstance(shape, (tuple, list)):
        return tuple([operator.index(extent) for extent in shape])
    return (operator.index(shape),)  # type: ignore[arg-type]


def bits(key: Key, shape: Extents = (), word: int | None = None) -> Any:
    r"""Random 32-bit words.

    .. math:: b_i = \mathrm{Threefry}_k(0, i)_w

    Without ``word``, both words of each counter are used: sixteen elements take first
    words, the next sixteen the second words of the same counters.

    Shapes:
        key: ``(2,)``, result: ``shape``, of uint32.

    Args:
        key: A key.
        shape: Extents of the result.
        word: Which of the two words of each counter, 0 or 1; None for both.

    Returns:
        The words.

    Raises:
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> from chainrule import random
        >>> bits(random.key(0), 2)
        array([1797259609,  928981903], dtype=uint32)

    Source: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011.
    """
    k0, k1 = words(key)
    return random_bits(k0, k1, shape=extents(shape), word=word)


def unit(key: Key, shape: Extents, dtype: np.dtype[Any]) -> Any:
    """Uniform numbers from 0, below 1, at equal distances of 2⁻²⁴ or 2⁻⁵³."""
    if dtype == FLOAT32:
        return cast(np.right_shift(bits(key, shape), 8), dtype) * np.float32(2.0**-24)
    if dtype != FLOAT64:
        raise TypeError(
            f"Expected dtype float32 or float64 for random numbers, got {dtype} at "
            f"{user_line()}: convert the numbers afterwards."
        )
    high = cast(np.right_shift(bits(key, shape, 0), 5), dtype)
    low = cast(np.right_shift(bits(key, shape, 1), 6), dtype)
    return (high * 2.0**26 + low) * 2.0**-53


def cast(x: Any, dtype: Any) -> Any:
    """An array or traced value in another dtype."""
    return astype(x, dtype) if is_traced(x) else np.asarray(x).astype(dtype)


def uniform(
    key: Key,
    shape: Extents = (),
    low: Any = 0.0,
    high: Any = 1.0,
    dtype: Any = np.float32,
) -> Any:
    r"""Uniform random numbers.

    .. math:: x_i = a + (b - a)\,u_i, \qquad u_i = 2^{-24} \lfloor b_i / 2^8 \rfloor

    Shapes:
        key: ``(2,)``, result: ``shape``.

    Args:
        key: A key.
        shape: Extents of the result.
        low: The lower end, which may be drawn.
        high: The upper end.
        dtype: float32 (24 random bits) or float64 (53).

    Returns:
        Numbers from ``low`` up to ``high``.

    Raises:
        TypeError: If the dtype is another one.
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> from chainrule import random
        >>> uniform(random.key(0), 2)
        array([0.4184..., 0.2162...], dtype=float32)
    """
    wanted = np.dtype(dtype)
    drawn = unit(key, shape, wanted)
    if _is_number(low, 0) and _is_number(high, 1):
        return drawn
    width = scalar(high, wanted) - scalar(low, wanted)
    return drawn * width + scalar(low, wanted)


def _is_number(value: Any, number: int) -> bool:
    return not is_traced(value) and np.ndim(value) == 0 and value == number


def scalar(value: Any, dtype: np.dtype[Any]) -> Any:
    """A bound in the dtype of what is drawn."""
    return cast(value, dtype) if is_traced(value) else dtype.type(value)


def normal(key: Key, shape: Extents = (), dtype: Any = np.float32) -> Any:
    r"""Standard normal random numbers, by Box and Muller's transform.

    .. math:: x_i = \sqrt{-2 \ln u_i}\,\cos(2 \pi v_i)

    Both uniform numbers come from the two words of one counter, u being above 0.

    Shapes:
        key: ``(2,)``, result: ``shape``.

    Args:
        key: A key.
        shape: Extents of the result.
        dtype: float32 or float64.

    Returns:
        Numbers of mean 0 and variance 1.

    Raises:
        TypeError: If the dtype is another one.
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> from chainrule import random
        >>> normal(random.key(0), (2, 3)).shape
        (2, 3)

    Source: Box and Muller, Annals of Mathematical Statistics 29 (1958),
    https://doi.org/10.1214/aoms/1177706645.
    """
    wanted = np.dtype(dtype)
    if wanted not in (FLOAT32, FLOAT64):
        raise TypeError(
            f"Expected dtype float32 or float64 for random numbers, got {wanted} at "
            f"{user_line()}: convert the numbers afterwards."
        )
    radius = np.sqrt(np.log(_above_zero(bits(key, shape, 0), wanted)) * -2.0)
    turn = cast(np.right_shift(bits(key, shape, 1), 8), wanted) * wanted.type(2.0**-24)
    return radius * np.cos(turn * wanted.type(2 * math.pi))


def _above_zero(drawn: Any, dtype: np.dtype[Any]) -> Any:
    """Numbers above 0 and below 1: the middles of 2**24 or 2**32 equal parts."""
    if dtype == FLOAT32:
        middle = cast(np.right_shift(drawn, 9), dtype) + np.float32(0.5)
        return middle * np.float32(2.0**-23)
    return (cast(drawn, dtype) + 0.5) * 2.0**-32


def bernoulli(key: Key, p: Any = 0.5, shape: Extents = ()) -> Any:
    r"""Random booleans, true with a given probability.

    .. math:: x_i = [\,b_i < \mathrm{round}(2^{32} p)\,]

    The comparison is of integers, so it is exact and the same in every backend.

    Shapes:
        key: ``(2,)``, result: ``shape``, of bool.

    Args:
        key: A key.
        p: The probability of true, from 0 to 1; possibly traced.
        shape: Extents of the result.

    Returns:
        Booleans.

    Raises:
        ValueError: If p is not from 0 to 1.
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> from chainrule import random
        >>> bernoulli(random.key(0), 0.5, 4)
        array([ True,  True, ...])
    """
    drawn = bits(key, shape)
    if is_traced(p):
        limit = cast(np.rint(cast(p, FLOAT64) * 2.0**32), np.uint64)
        return np.less(cast(drawn, np.uint64), limit)
    probability = float(p)
    if not 0 <= probability <= 1:
        raise ValueError(
            f"Expected a probability from 0 to 1, got {p!r} at {user_line()}: clip it."
        )
    limit = round(probability * 2**32)
    if limit == 2**32:
        return np.ones_like(drawn, dtype=bool)
    return np.less(drawn, np.uint32(limit))


def randint(
    key: Key, shape: Extents, low: int, high: int, dtype: Any = np.int64
) -> Any:
    r"""Random whole numbers.

    .. math:: x_i = l + \lfloor b_i\,(h - l) / 2^{32} \rfloor

    Shapes:
        key: ``(2,)``, result: ``shape``.

    Args:
        key: A key.
        shape: Extents of the result.
        low: The smallest number.
        high: One more than the largest; at most ``low + 2**32``.
        dtype: An integer dtype.

    Returns:
        Numbers from ``low``, below ``high``. Those of a range n that does not divide
        2**32 differ in probability by less than n / 2**32.

    Raises:
        ValueError: If the range is empty or too wide.
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> from chainrule import random
        >>> randint(random.key(0), 5, 0, 6)
        array([2, 1, ...])
    """
    span = operator.index(high) - operator.index(low)
    if not 0 < span <= 2**32:
        raise ValueError(
            f"Expected a range of 1 to 2**32 numbers, got {low} up to {high} at "
            f"{user_line()}: make high greater than low."
        )
    scaled = cast(bits(key, shape), np.uint64) * np.uint64(span)
    drawn = cast(np.right_shift(scaled, np.uint64(32)), np.int64)
    return cast(drawn + np.int64(low), np.dtype(dtype))


def permutation(key: Key, n: int) -> Any:
    r"""The numbers 0 … n - 1 in random order.

    .. math:: \pi = \operatorname{argsort}_i (2^{32} b_i + i)

    Shapes:
        key: ``(2,)``, result: ``(n,)``, of int64.

    Args:
        key: A key.
        n: How many numbers; below 2**32.

    Returns:
        The numbers, each once.

    Raises:
        ShapeError: If ``key`` is not a key.

    Examples:
        >>> from chainrule import random
        >>> sorted(permutation(random.key(0), 4).tolist())
        [0, 1, 2, 3]
    """
    drawn = bits(key, operator.index(n))
    return np.argsort(drawn) if is_traced(drawn) else places_in_order(drawn)


def places_in_order(drawn: Any) -> Any:
    """The places of 32-bit words from the least to the greatest, ties as they stand.

    Args:
        drawn: The words, a plain array.

    Returns:
        The places, of int64.

    Examples:
        >>> places_in_order(np.array([7, 3, 7, 1], np.uint32)).tolist()
        [3, 1, 0, 2]
    """
    # A stable sort by the low halves, then by the high ones, orders whole words; on
    # 16 bits NumPy sorts by radix, in less than half the time of one argsort.
    order = np.argsort(drawn.astype(np.uint16), kind="stable")
    high = np.right_shift(drawn, 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")]
