"""Values with operators, so that an approximation reads as its formula.

A :class:`Lanes` is a float, an integer or a mask, scalar or vector, that appends an
instruction to its function for every operator. Python numbers stand for constants in
every lane. Nothing here knows how many lanes there are.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, TypeVar

from chainrule.backends.native.ir import (
    FLOATS,
    Function,
    Value,
    const,
    element_of,
    lanes_of,
    like,
)

Operand: TypeAlias = "Lanes | float"
T = TypeVar("T")

SIGN = {"float": -(1 << 31), "double": -(1 << 63)}
INTEGER = {"float": "i32", "double": "i64"}
FLOAT = {"i32": "float", "i64": "double"}


class Lanes(NamedTuple):
    """An IR value, and the function that its successors are written to."""

    f: Function
    v: Value

    # -- types ---------------------------------------------------------------

    @property
    def element(self) -> str:
        """The element type, ``float`` or ``i64`` or ``i1`` …"""
        return element_of(self.v.type)

    def pick(self, single: T, double: T) -> T:
        """The first for 32-bit elements, the second for 64-bit ones."""
        return single if self.element in ("float", "i32") else double

    def like(self, number: Operand) -> Lanes:
        """A constant of this value's type; another value as it is."""
        if isinstance(number, Lanes):
            return number
        return Lanes(self.f, const(self.v.type, number))

    def cast(self, op: str, element: str) -> Lanes:
        """LLVM's ``op`` to as many lanes of ``element``."""
        return Lanes(self.f, self.f.cast(op, self.v, like(self.v.type, element)))

    def bits(self) -> Lanes:
        """The bits of a float as an integer."""
        return self.cast("bitcast", INTEGER[self.element])

    def real(self) -> Lanes:
        """The float that has this integer's bits."""
        return self.cast("bitcast", FLOAT[self.element])

    # -- arithmetic ----------------------------------------------------------

    def binary(self, real: str, integer: str, y: Operand) -> Lanes:
        """``real`` on floats, ``integer`` on integers and masks."""
        op = real if self.element in FLOATS else integer
        return Lanes(self.f, self.f.binary(op, self.v, self.like(y).v))

    def __add__(self, y: Operand) -> Lanes:  # type: ignore[override]
        return self.binary("fadd", "add", y)

    def __sub__(self, y: Operand) -> Lanes:
        return self.binary("fsub", "sub", y)

    def __mul__(self, y: Operand) -> Lanes:  # type: ignore[override]
        return self.binary("fmul", "mul", y)

    def __truediv__(self, y: Operand) -> Lanes:
        return self.binary("fdiv", "sdiv", y)

    def __radd__(self, y: float) -> Lanes:
        return self.like(y) + self

    def __rsub__(self, y: float) -> Lanes:
        return self.like(y) - self

    def __rmul__(self, y: float) -> Lanes:  # type: ignore[override]
        return self.like(y) * self

    def __rtruediv__(self, y: float) -> Lanes:
        return self.like(y) / self

    def __neg__(self) -> Lanes:
        return Lanes(self.f, self.f.fneg(self.v))

    def __and__(self, y: Operand) -> Lanes:
        return self.binary("", "and", y)

    def __or__(self, y: Operand) -> Lanes:
        return self.binary("", "or", y)

    def __xor__(self, y: Operand) -> Lanes:
        return self.binary("", "xor", y)

    def __lshift__(self, count: Operand) -> Lanes:
        return self.binary("", "shl", count)

    def __rshift__(self, count: Operand) -> Lanes:
        """The logical shift: zeros come in from the left."""
        return self.binary("", "lshr", count)

    def shift_signed(self, count: Operand) -> Lanes:
        """The arithmetic shift: the sign comes in from the left."""
        return self.binary("", "ashr", count)

    def fma(self, y: Operand, z: Operand) -> Lanes:
        """``x * y + z``, rounded once or twice as the CPU has it."""
        return Lanes(self.f, self.f.fma(self.v, self.like(y).v, self.like(z).v))

    def sqrt(self) -> Lanes:
        """The square root, correctly rounded."""
        return Lanes(self.f, self.f.intrinsic("sqrt", self.v.type, self.v))

    # -- signs ---------------------------------------------------------------

    def sign(self) -> Lanes:
        """The sign bit alone, as an integer."""
        return self.bits() & SIGN[self.element]

    def abs(self) -> Lanes:
        """The magnitude."""
        return Lanes(self.f, self.f.intrinsic("fabs", self.v.type, self.v))

    def flip(self, sign: Lanes) -> Lanes:
        """Negated where the integer ``sign`` has the sign bit."""
        return (self.bits() ^ sign).real()

    # -- comparisons and choices ---------------------------------------------

    def compare(self, real: str, integer: str, y: Operand) -> Lanes:
        """A mask; false for NaN, apart from ``une`` and ``uno``."""
        other = self.like(y).v
        if self.element in FLOATS:
            return Lanes(self.f, self.f.fcmp(real, self.v, other))
        return Lanes(self.f, self.f.icmp(integer, self.v, other))

    def __lt__(self, y: Operand) -> Lanes:  # type: ignore[override]
        return self.compare("olt", "slt", y)

    def __le__(self, y: Operand) -> Lanes:  # type: ignore[override]
        return self.compare("ole", "sle", y)

    def __gt__(self, y: Operand) -> Lanes:  # type: ignore[override]
        return self.compare("ogt", "sgt", y)

    def __ge__(self, y: Operand) -> Lanes:  # type: ignore[override]
        return self.compare("oge", "sge", y)

    def eq(self, y: Operand) -> Lanes:
        """Equal."""
        return self.compare("oeq", "eq", y)

    def ne(self, y: Operand) -> Lanes:
        """Not equal, or not a number."""
        return self.compare("une", "ne", y)

    def where(self, x: Lanes, y: Operand) -> Lanes:
        """Of this mask: ``x`` where it holds, else ``y``."""
        return Lanes(self.f, self.f.select(self.v, x.v, x.like(y).v))

    def clamp(self, low: float, high: float) -> Lanes:
        """Within ``[low, high]``; NaN stays NaN."""
        x = (self < low).where(self.like(low), self)
        return (x > high).where(self.like(high), x)

    def any(self) -> Value:
        """Whether a mask holds in any lane, as a scalar ``i1``."""
        lanes = lanes_of(self.v.type)
        if lanes == 1:
            return self.v
        word = self.f.cast("bitcast", self.v, f"i{lanes}")
        return self.f.icmp("ne", word, const(word.type, 0))


LONG = 16
"""Coefficients from which a polynomial is taken apart."""


def polynomial(x: Lanes, *coefficients: float) -> Lanes:
    """``c0 + c1 x + c2 x² + …``: Horner's rule, for long ones on even and odd apart.

    Each step of Horner's rule waits for the one before; two halves in ``x²`` wait half
    as long, for one product more.
    """
    if len(coefficients) >= LONG:
        square = x * x
        odd = polynomial(square, *coefficients[1::2])
        return odd.fma(x, polynomial(square, *coefficients[::2]))
    result = x.like(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        result = result.fma(x, c)
    return result
