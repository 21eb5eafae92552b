"""Sums and products with their rounding errors, with or without fused instructions.

A product's error takes halves of the factors that multiply exactly (T. J. Dekker,
A floating-point technique for extending the available precision, 1971), cut by bits:
``x * y - x y`` by FMA would be 0 on a CPU that rounds twice.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.backends.native.elementary.lanes import Lanes


class Pair(NamedTuple):
    """The unevaluated sum of a double and a much smaller one."""

    head: Lanes
    tail: Lanes


def split_half(x: Lanes) -> Pair:
    """The upper 26 bits of a double, and the rest."""
    head = (x.bits() & -(1 << 27)).real()
    return Pair(head, x - head)


def quick_sum(x: Lanes, y: Lanes) -> Pair:
    """``x + y`` and its rounding error, for ``|x| >= |y|``."""
    total = x + y
    return Pair(total, (x - total) + y)


def two_product(x: Lanes, y: Lanes) -> Pair:
    """``x y`` and its rounding error."""
    product = x * y
    a, b = split_half(x), split_half(y)
    error = a.head.fma(b.head, -product)
    error = a.tail.fma(b.head, a.head.fma(b.tail, error))
    return Pair(product, a.tail.fma(b.tail, error))


def multiply(x: Pair, y: Pair) -> Pair:
    """The product of two pairs, to about 100 bits."""
    product, error = two_product(x.head, y.head)
    return quick_sum(product, x.head.fma(y.tail, x.tail.fma(y.head, error)))
