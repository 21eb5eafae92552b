"""Powers whose exponent is known: products, quotients and roots instead of logarithms.

``x^n`` for a few small n, and ``x^(n + 1/2)`` by a square root. The parts are put
together so that no step overflows or underflows where the power itself does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.backends.native.node import Node, Region

MOST = 2.5
"""The largest exponent (and, negative, the least) that is taken apart."""


def rewritten_power(region: Region, operands: Sequence[Node]) -> Node | None:
    """The power by a known exponent, or None where it is not by multiplication."""
    x, y = operands
    if y.op != "literal" or x.type.dtype.kind not in "iuf":
        return None
    if x.type.dtype.kind != "f":
        n = int(y.params["value"])  # NumPy says what is wrong with negative ones
        return _of_integers(region, x, n) if n >= 0 else None
    exponent = float(y.params["value"])
    if not exponent or abs(exponent) > MOST or not (2 * exponent).is_integer():
        return None
    if exponent.is_integer():
        return _whole(region, x, int(exponent))
    return _half(region, x, exponent)


def _whole(region: Region, x: Node, n: int) -> Node:
    base = x if n > 0 else _of(region, "div", region.literal(1.0, x.type), x)
    return base if abs(n) == 1 else _of(region, "mul", base, base)


def _of_integers(region: Region, x: Node, n: int) -> Node:
    """By repeated squaring."""
    if n < 2:
        return x if n else region.literal(1, x.type)
    root = _of_integers(region, x, n // 2)
    square = _of(region, "mul", root, root)
    return _of(region, "mul", square, x) if n % 2 else square


def _half(region: Region, x: Node, exponent: float) -> Node:
    """By ``sqrt(x)``; of -inf and of -0.0 these powers are as of inf and of 0.0."""
    lowest = _of(region, "equal", x, region.literal(-math.inf, x.type))
    infinite = region.literal(math.inf, x.type)
    x = region.make("select", (lowest, infinite, x), x.shape, x.type.dtype)
    x = _of(region, "add", x, region.literal(0.0, x.type))
    result = region.make("sqrt", (x,), x.shape, x.type.dtype)
    if exponent < 0:
        result = _of(region, "div", region.literal(1.0, x.type), result)
    step = "mul" if exponent > 0 else "div"
    for _ in range(int(abs(exponent))):
        result = _of(region, step, result, x)
    return result


def _of(region: Region, op: str, x: Node, y: Node) -> Node:
    dtype = bool if op == "equal" else x.type.dtype
    return region.make(op, (x, y), x.shape, dtype)
