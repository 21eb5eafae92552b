"""Indices as the emitter sees them: a scalar part and what each lane adds.

Along a vector, an index is the same in every lane (lane 0), advances by a constant
(lane n), or is anything (a vector). Reshapes split and join indices; a split stays
symbolic until somebody needs its parts, because an array that is contiguous across
the split needs only the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.backends.native.ir import Function, Value, const, const_vector


class Affine(NamedTuple):
    """``base + lane * i`` in lane i; ``base`` is known (int) or an i64 value."""

    base: Value | int
    lane: int = 0


class Lanes(NamedTuple):
    """Any index in each lane: a vector of i64."""

    value: Value


class Quotient(NamedTuple):
    """``source // divisor``, not computed yet."""

    source: Index
    divisor: int


class Remainder(NamedTuple):
    """``source % divisor``, not computed yet."""

    source: Index
    divisor: int


Index = Affine | Lanes | Quotient | Remainder
ZERO = Affine(0)


class IndexMath:
    """Arithmetic on indices, emitted into one function."""

    def __init__(self, f: Function, lanes: int) -> None:
        self.f = f
        self.lanes = lanes
        self.bounds: dict[str, tuple[int, int]] = {}

    def bounded(self, x: Value, low: int, high: int) -> Value:
        """The value, of which it is known that it is from ``low`` to ``high``."""
        self.bounds[x.name] = (low, high)
        return x

    def is_within(self, x: Index, extent: int) -> bool:
        """Whether all lanes of an index are known to be within an axis."""
        if not isinstance(x, Affine):
            return False
        if isinstance(x.base, int):
            low = high = x.base
        elif x.base.name in self.bounds:
            low, high = self.bounds[x.base.name]
        else:
            return False
        return low >= 0 and x.lane >= 0 and high + x.lane * (self.lanes - 1) < extent

    # -- scalars -------------------------------------------------------------

    def add(self, x: Value | int, y: Value | int) -> Value | int:
        if isinstance(x, int) and isinstance(y, int):
            return x + y
        if isinstance(x, int):
            x, y = y, x
        if isinstance(y, int) and y == 0:
            return x
        total = self.f.add(self.f.index(x), self.f.index(y))
        if isinstance(x, Value) and isinstance(y, int) and x.name in self.bounds:
            low, high = self.bounds[x.name]
            self.bounded(total, low + y, high + y)
        return total

    def mul(self, x: Value | int, n: int) -> Value | int:
        if isinstance(x, int):
            return x * n
        if n in (0, 1):
            return x if n else 0
        return self.f.mul(x, const("i64", n))

    # -- indices -------------------------------------------------------------

    def vector_of(self, index: Index) -> Value:
        """An index as a vector of i64."""
        index = self.resolve(index)
        if isinstance(index, Lanes):
            return index.value
        base = self.f.splat(self.f.index(index.base), self.lanes)
        if index.lane == 0 or self.lanes == 1:
            return base
        return self.f.add(base, self.steps("i64", index.lane))

    def steps(self, element: str, step: int) -> Value:
        """``0, step, 2 step, …`` in the lanes."""
        if self.lanes == 1:
            return const(element, 0)
        return const_vector(element, [step * i for i in range(self.lanes)])

    def scale(self, index: Index, factor: int) -> Affine | Lanes:
        """``index * factor``."""
        index = self.resolve(index)
        if isinstance(index, Affine):
            return Affine(self.mul(index.base, factor), index.lane * factor)
        if factor == 1:
            return index
        return Lanes(self.f.mul(index.value, const(index.value.type, factor)))

    def plus(self, x: Index, y: Index) -> Affine | Lanes:
        """``x + y``."""
        x, y = self.resolve(x), self.resolve(y)
        if isinstance(x, Affine) and isinstance(y, Affine):
            return Affine(self.add(x.base, y.base), x.lane + y.lane)
        return Lanes(self.f.add(self.vector_of(x), self.vector_of(y)))

    def resolve(self, index: Index) -> Affine | Lanes:
        """Compute what was left symbolic."""
        if isinstance(index, (Affine, Lanes)):
            return index
        source = self.resolve(index.source)
        divide = isinstance(index, Quotient)
        if isinstance(source, Affine) and (source.lane == 0 or self.lanes == 1):
            return Affine(self._divide(source.base, index.divisor, divide))
        vector_value = self.vector_of(source)
        by = const(vector_value.type, index.divisor)
        op = "udiv" if divide else "urem"
        return Lanes(self.f.binary(op, vector_value, by))

    def _divide(self, x: Value | int, by: int, quotient: bool) -> Value | int:
        if isinstance(x, int):
            return x // by if quotient else x % by
        return self.f.binary("udiv" if quotient else "urem", x, const("i64", by))

    def offset(self, indices: Sequence[Index], strides: Sequence[int]) -> Index:
        """``sum(index * stride)``; a split that the strides undo costs nothing."""
        total: Affine | Lanes = ZERO
        for index, stride in self._joined(indices, strides):
            total = self.plus(total, self.scale(index, stride))
        return total

    def _joined(
        self, indices: Sequence[Index], strides: Sequence[int]
    ) -> list[tuple[Index, int]]:
        """Pairs of index and stride, with split indices put together again."""
        result: list[tuple[Index, int]] = []
        for index, stride in zip(reversed(indices), reversed(strides), strict=True):
            if result:
                low, low_stride = result[-1]
                whole = joined(index, low)
                if whole is not None and _divisor(low) * low_stride == stride:
                    result[-1] = (whole, low_stride)
                    continue
            result.append((index, stride))
        return [(index, stride) for index, stride in result if stride]


def _divisor(low: Index) -> int:
    return low.divisor if isinstance(low, Remainder) else 0


def joined(high: Index, low: Index) -> Index | None:
    """The index that was split into a quotient and a remainder, if these are they.

    ``(x // (a b), (x // b) % a, x % b)`` is joined from the right: the remainder of a
    quotient rejoins with the quotient by the product.
    """
    if not isinstance(low, Remainder) or not isinstance(high, (Quotient, Remainder)):
        return None
    if isinstance(high, Quotient):
        same = high.source is low.source and high.divisor == low.divisor
        return low.source if same else None
    inner = high.source
    if not isinstance(inner, Quotient) or inner.source is not low.source:
        return None
    if inner.divisor != low.divisor:
        return None
    return Remainder(low.source, low.divisor * high.divisor)


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """Strides, in elements, of a C-contiguous array."""
    strides: list[int] = []
    step = 1
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))


def reshaped(
    math: IndexMath,
    indices: Sequence[Index],
    source: Sequence[int],
    wanted: Sequence[int],
) -> tuple[Index, ...]:
    """Indices into an array of shape ``wanted`` from those into shape ``source``.

    Both are read in row-major order. Runs of axes with equal products are matched, so
    that axes which a reshape leaves alone stay as they are.
    """
    real = [(x, n) for x, n in zip(indices, source, strict=True) if n != 1]
    needed = [n for n in wanted if n != 1]
    parts: list[Index] = []
    i = j = 0
    while j < len(needed):
        i_end, j_end = _matching_run([n for _, n in real], needed, i, j)
        if i_end - i == 1 and j_end - j == 1:
            parts.append(real[i][0])
        else:
            parts += _split(_join_all(math, real[i:i_end]), needed[j:j_end])
        i, j = i_end, j_end
    supply = iter(parts)
    return tuple([next(supply) if n != 1 else ZERO for n in wanted])


def _matching_run(
    source: Sequence[int], wanted: Sequence[int], i: int, j: int
) -> tuple[int, int]:
    """Ends of the shortest runs of axes from i and j with equal products."""
    left, right = source[i], wanted[j]
    i, j = i + 1, j + 1
    while left != right:
        if left < right:
            left *= source[i]
            i += 1
        else:
            right *= wanted[j]
            j += 1
    return i, j


def _join_all(math: IndexMath, real: list[tuple[Index, int]]) -> Index:
    strides = row_major([n for _, n in real])
    pairs = math._joined([x for x, _ in real], strides)
    if len(pairs) == 1 and pairs[0][1] == 1:
        return pairs[0][0]
    return math.offset([x for x, _ in real], strides)


def _split(whole: Index, wanted: Sequence[int]) -> list[Index]:
    parts: list[Index] = []
    rest = whole
    strides = row_major(wanted)
    for position, (extent, stride) in enumerate(zip(wanted, strides, strict=True)):
        part = rest if stride == 1 else Quotient(rest, stride)
        parts.append(part if position == 0 else Remainder(part, extent))
    return parts
