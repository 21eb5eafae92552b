"""Complex numbers: one integer for both parts in memory and registers, and formulas.

A vector of them is moved, chosen and masked as any other. Where parts are wanted, its
bits are read as twice as many floats, and the even or odd ones taken; between one
operation and the next LLVM drops the taking apart and putting together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.backends.native.elementary import ELEMENTARY
from chainrule.backends.native.elementary.lanes import Lanes
from chainrule.backends.native.ir import (
    BITS,
    Function,
    Value,
    element_of,
    lanes_of,
    vector,
)

PARTS = {"i64": "float", "i128": "double"}


class Complex(NamedTuple):
    """The two parts of a number, or of each number in a vector."""

    real: Lanes
    imag: Lanes


def bits_of(dtype: np.dtype[Any], value: Any) -> int:
    """A number's bits as the integer that stands for it."""
    return int.from_bytes(np.asarray(value, dtype).tobytes(), "little")


def split(f: Function, x: Value) -> Complex:
    """The parts of complex numbers."""
    lanes, part = lanes_of(x.type), PARTS[element_of(x.type)]
    pair = f.cast("bitcast", x, vector(part, 2 * lanes))
    if lanes == 1:
        return Complex(*[Lanes(f, f.extract(pair, k)) for k in range(2)])
    places = [range(k, 2 * lanes, 2) for k in range(2)]
    return Complex(*[Lanes(f, f.shuffle(pair, pair, list(at))) for at in places])


def join(f: Function, z: Complex) -> Value:
    """Complex numbers of two parts."""
    x, y = z.real.v, z.imag.v
    lanes, part = lanes_of(x.type), element_of(x.type)
    whole = vector(f"i{2 * BITS[part]}", lanes)
    if lanes == 1:
        pair = Value("poison", vector(part, 2))
        pair = f.insert(f.insert(pair, x, 0), y, 1)
    else:
        order = [k // 2 + k % 2 * lanes for k in range(2 * lanes)]
        pair = f.shuffle(x, y, order)
    return f.cast("bitcast", pair, whole)


# -- formulas, in NumPy's order of operations ----------------------------------------


def _times(x: Complex, y: Complex) -> Complex:
    """Contracted, where the CPU can, as NumPy's is."""
    real = x.real.fma(y.real, -(x.imag * y.imag))
    return Complex(real, x.real.fma(y.imag, x.imag * y.real))


def _over(x: Complex, y: Complex) -> Complex:
    """Smith's quotient, by the ratio of the divisor's smaller part to the larger.

    R. L. Smith, Algorithm 116, CACM 5 (1962).
    """
    wide = y.real.abs() >= y.imag.abs()
    large, small = wide.where(y.real, y.imag), wide.where(y.imag, y.real)
    first, second = wide.where(x.real, x.imag), wide.where(x.imag, x.real)
    ratio = small / large
    scale = 1.0 / (large + small * ratio)
    real = (first + second * ratio) * scale
    imag = wide.where(x.imag - x.real * ratio, x.imag * ratio - x.real) * scale
    zero = y.real.eq(0.0) & y.imag.eq(0.0)
    size = y.real.abs()
    return Complex(zero.where(x.real / size, real), zero.where(x.imag / size, imag))


def _size(z: Complex) -> Lanes:
    """The length: of single precision by way of double, else scaled by the larger part.

    Infinite where a part is, whatever the other.
    """
    x, y = z.real.abs(), z.imag.abs()
    if x.element == "float":
        wide = [part.cast("fpext", "double") for part in (x, y)]
        size = (wide[0] * wide[0] + wide[1] * wide[1]).sqrt().cast("fptrunc", "float")
    else:
        large, small = (x < y).where(y, x), (x < y).where(x, y)
        ratio = small / large.eq(0.0).where(x.like(1.0), large)
        size = large * (ratio * ratio + 1.0).sqrt()
    infinite = x.eq(math.inf) | y.eq(math.inf)
    return infinite.where(x.like(math.inf), size)


def _sign(z: Complex) -> Complex:
    """z over its length; 0 of 0, and along an axis where one part is infinite."""
    size, nothing = _size(z), z.real.like(0.0)
    ends = [part.abs().eq(math.inf) for part in z]
    endless, both = ends[0] | ends[1], ends[0] & ends[1]

    def over(part: Lanes, far: Lanes) -> Lanes:
        unit = (part < 0.0).where(part.like(-1.0), 1.0)
        along = both.where(part.like(math.nan), far.where(unit, nothing))
        return size.eq(0.0).where(nothing, endless.where(along, part / size))

    return Complex(over(z.real, ends[0]), over(z.imag, ends[1]))


def _exp(z: Complex) -> Complex:
    """The length is e^x, in two steps where it overflows though a part need not."""
    x, y = z
    limit, cut = x.pick((88.0, 40.0), (709.0, 300.0))
    far = (x > limit) & (x < 2 * limit)
    size = _elementary("exp", far.where(x - cut, x))
    rest = far.where(x.like(math.exp(cut)), 1.0)
    cosine, sine = _elementary("cos", y), _elementary("sin", y)
    endless = y.abs().eq(math.inf) | y.ne(y)
    cosine = (endless & x.abs().eq(math.inf)).where(x.like(1.0), cosine)
    sine = (endless & x.eq(-math.inf)).where(x.like(0.0), sine)
    imag = y.eq(0.0).where(y, size * sine * rest)
    return Complex(size * cosine * rest, imag)


def _log(z: Complex) -> Complex:
    """Near the circle of radius 1 by what the square of the length is more than 1."""
    x, y = z.real.abs(), z.imag.abs()
    large, small = (x < y).where(y, x), (x < y).where(x, y)
    more = (large - 1.0) * (large + 1.0) + small * small
    near = more.abs() < 0.5
    beside = _elementary("log1p", near.where(more, 0.0)) * 0.5
    real = near.where(beside, _elementary("log", _size(z)))
    return Complex(real, _elementary("arctan2", z.imag, z.real))


def _sqrt(z: Complex) -> Complex:
    """The root with a real part from 0; the imaginary one has the sign of z's.

    Of large parts a quarter is taken, so that their length does not overflow. Kahan,
    Branch cuts for complex elementary functions, 1987.
    """
    x, y = z
    limit = x.pick(1.4e38, 7.4e307)
    large = (x.abs() >= limit) | (y.abs() >= limit)
    factor, back = [large.where(x.like(k), 1.0) for k in (0.25, 2.0)]
    near, high = x * factor, y * factor
    size = _size(Complex(near, high))
    root = ((near.abs() + size) * 0.5).sqrt()
    rest = high.abs() / (root + root)
    left = x < 0.0
    real, imag = left.where(rest, root) * back, left.where(root, rest) * back
    nothing, far = x.eq(0.0) & y.eq(0.0), x.abs().eq(math.inf)
    lost = y - y  # NaN of a NaN, else 0
    real = far.where(left.where(lost.abs(), x), nothing.where(x.like(0.0), real))
    imag = far.where(left.where(x.abs(), lost.abs()), nothing.where(y.abs(), imag))
    endless = y.abs().eq(math.inf)
    real, imag = [endless.where(x.like(math.inf), part) for part in (real, imag)]
    return Complex(real, imag.flip(y.sign()))


def _elementary(name: str, *xs: Lanes) -> Lanes:
    f = xs[0].f
    return Lanes(f, ELEMENTARY[name](f, *[x.v for x in xs]))


def _each(operate: Callable[..., Lanes]) -> Callable[..., Complex]:
    """Something done to each part."""
    return lambda *zs: Complex(*[operate(*parts) for parts in zip(*zs, strict=True)])


FORMULAS: dict[str, Callable[..., Complex | Lanes]] = {
    "add": _each(lambda x, y: x + y),
    "sub": _each(lambda x, y: x - y),
    "neg": _each(lambda x: -x),
    "mul": _times,
    "square": lambda z: _times(z, z),
    "div": _over,
    "abs": _size,
    "sign": _sign,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "real": lambda z: z.real,
    "imag": lambda z: z.imag,
    "conj": lambda z: Complex(z.real, -z.imag),
    "equal": lambda x, y: x.real.eq(y.real) & x.imag.eq(y.imag),
    "not_equal": lambda x, y: x.real.ne(y.real) | x.imag.ne(y.imag),
    "isnan": lambda z: z.real.ne(z.real) | z.imag.ne(z.imag),
    "isinf": lambda z: z.real.abs().eq(math.inf) | z.imag.abs().eq(math.inf),
    "isfinite": lambda z: (z.real.abs() < math.inf) & (z.imag.abs() < math.inf),
}
"""Operations on complex numbers, by the primitive's name."""

MOVING = {
    *("broadcast_to", "reshape", "transpose", "slice", "pad", "concatenate", "take"),
    *("select", "convert", "complex", "stop_gradient", "barrier", "switch"),
}
"""Operations that take any numbers as they are."""

FOLDING = {
    *("scatter_add", "reduce_sum", "cumsum", "matmul"),
    *("reduce_prod", "cumprod"),
}
"""Operations that go by sums or products of two."""


def emit_complex(f: Function, name: str, *values: Value) -> Value:
    """One of the formulas, on numbers as they stand in registers."""
    result = FORMULAS[name](*[split(f, value) for value in values])
    return join(f, result) if isinstance(result, Complex) else result.v


def emit_join(f: Function, x: Value, y: Value) -> Value:
    """Numbers of a real part and an imaginary one."""
    return join(f, Complex(Lanes(f, x), Lanes(f, y)))
