"""Random bits by counting: a keyed function of the place, with no state.

Threefry-2x32 with 20 rounds turns a key and a counter into two words. Each element
of an array has its own counter, so any backend may draw any part in any order.

Source: Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3,
SC 2011, https://doi.org/10.1145/2063384.2063405.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError
from chainrule.core.primitive import Formula, Primitive, Sample, register
from chainrule.core.types import ArrayType, Shape

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
FOLD_COUNTER = 0xFFFFFFFF
STRIPE = 16
"""How many elements in a row take the same word, where an array takes both: what the
widest vectors hold, so that vectors need no exchange of lanes."""
WORD = np.dtype(np.uint32)
SOURCE = "Salmon et al. (2011), https://doi.org/10.1145/2063384.2063405"


def threefry2x32(k0: Any, k1: Any, c0: Any, c1: Any) -> tuple[Any, Any]:
    """Both words of Threefry-2x32-20, on Python integers or uint64 arrays below 2**32.

    Args:
        k0: First word of the key.
        k1: Second word of the key.
        c0: First word of the counter.
        c1: Second word of the counter.

    Returns:
        The two words.

    Examples:
        >>> [hex(word) for word in threefry2x32(0, 0, 0, 0)]
        ['0x6b200159', '0x99ba4efe']
    """
    mask = 0xFFFFFFFF
    keys = (k0, k1, PARITY ^ k0 ^ k1)
    x0, x1 = (c0 + k0) & mask, (c1 + k1) & mask
    for group in range(5):
        for bits in ROTATIONS[group % 2]:
            x0 = (x0 + x1) & mask
            x1 = ((x1 << bits) & mask | x1 >> (32 - bits)) ^ x0
        x0 = (x0 + keys[(group + 1) % 3]) & mask
        x1 = (x1 + keys[(group + 2) % 3] + group + 1) & mask
    return x0, x1


def _threefry_words(k0: int, k1: int, count: int) -> tuple[Any, Any]:
    """Both words of each counter (0, i), in uint32 arithmetic in place."""
    keys = np.array([k0, k1, PARITY ^ k0 ^ k1], WORD)
    x0 = np.full(count, keys[0], WORD)
    x1 = np.arange(count, dtype=WORD)
    x1 += keys[1]
    high = np.empty_like(x1)
    for group in range(5):
        for bits in ROTATIONS[group % 2]:
            x0 += x1
            np.left_shift(x1, bits, out=high)
            np.right_shift(x1, 32 - bits, out=x1)
            x1 |= high
            x1 ^= x0
        x0 += keys[(group + 1) % 3]
        x1 += keys[(group + 2) % 3]
        x1 += WORD.type(group + 1)
    return x0, x1


def _check_words(*words: ArrayType) -> None:
    for type in words:
        if type.shape != () or type.dtype != WORD:
            raise ShapeError(
                f"Expected uint32 scalars as the words of a key, got {type}: make keys "
                "with chainrule.random.key."
            )


def bits_type(
    k0: ArrayType, k1: ArrayType, shape: Shape, word: int | None = None
) -> ArrayType:
    """An array of uint32, of fewer than 2**32 elements."""
    _check_words(k0, k1)
    result = ArrayType(shape, WORD)
    if result.size > FOLD_COUNTER:
        raise ShapeError(
            f"Expected fewer than 2**32 random elements, got shape {shape}: draw them "
            "in parts with keys of their own (chainrule.random.split)."
        )
    return result


def _bits(k0: Any, k1: Any, shape: Shape, word: int | None = None) -> Any:
    count = ArrayType(shape, WORD).size
    if word is not None:
        return _threefry_words(int(k0), int(k1), count)[word].reshape(shape)
    blocks = -(-count // (2 * STRIPE))
    both = _threefry_words(int(k0), int(k1), blocks * STRIPE)
    stripes = np.stack([drawn.reshape(blocks, STRIPE) for drawn in both], axis=1)
    return stripes.reshape(-1)[:count].reshape(shape)


random_bits = register(
    Primitive(
        name="random_bits",
        formula=Formula(
            r"y_i = \mathrm{Threefry}_{k_0 k_1}(0, i)_w \quad\text{or}\quad "
            r"\mathrm{Threefry}_{k_0 k_1}(0, 16 \lfloor i/32 \rfloor + i \bmod 16)"
            r"_{\lfloor i/16 \rfloor \bmod 2}",
            r"\dot y_i = 0",
        ),
        type=bits_type,
        numpy=_bits,
        jvp=(None, None),
        transpose=None,
        samples=(
            Sample(((), ()), {"shape": (5,), "word": 0}, (0, 9), "uu"),
            Sample(((), ()), {"shape": (2, 3), "word": 1}, (0, 9), "uu"),
            Sample(((), ()), {"shape": (), "word": 0}, (0, 9), "uu"),
            Sample(((), ()), {"shape": (0,), "word": 0}, (0, 9), "uu"),
            Sample(((), ()), {"shape": (37,)}, (0, 9), "uu"),
            Sample(((), ()), {"shape": (3, 32)}, (0, 9), "uu"),
            Sample(((), ()), {"shape": (2, 3, 5)}, (0, 9), "uu"),
            Sample(((), ()), {"shape": ()}, (0, 9), "uu"),
        ),
        convention="Element i, counted row by row, is word w of the counter (0, i); "
        "without w, sixteen elements take first words, the next sixteen the second "
        "words of the same counters.",
        source=SOURCE,
    )
)


def fold_type(
    k0: ArrayType, k1: ArrayType, data: ArrayType, word: int = 0
) -> ArrayType:
    """A uint32 scalar."""
    _check_words(k0, k1, data)
    return k0


@lru_cache(maxsize=256)
def _folded(k0: int, k1: int, data: int) -> tuple[int, int]:
    return threefry2x32(k0, k1, FOLD_COUNTER, data)


def _fold(k0: Any, k1: Any, data: Any, word: int = 0) -> Any:
    return np.uint32(_folded(int(k0), int(k1), int(data))[word])


random_fold = register(
    Primitive(
        name="random_fold",
        formula=Formula(
            r"y = \mathrm{Threefry}_{k_0 k_1}(2^{32} - 1, d)_w", r"\dot y = 0"
        ),
        type=fold_type,
        numpy=_fold,
        jvp=(None, None, None),
        transpose=None,
        samples=(
            Sample(((), (), ()), {"word": 0}, (0, 9), "uuu"),
            Sample(((), (), ()), {"word": 1}, (0, 9), "uuu"),
        ),
        convention="The counter's first word keeps folds apart from random_bits.",
        source=SOURCE,
    )
)
