"""LLVM IR as text: a small builder that numbers values, tracks types and opens loops.

Text, not objects: a step of a network is a few thousand instructions, and writing
lines is several times as fast as building an object graph that is printed to lines
anyway. Every method appends one instruction and returns its :class:`Value`.
Vectors and scalars go through the same methods: a type is LLVM's own spelling.
Language reference: https://llvm.org/docs/LangRef.html.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

WHOLE = {f"i{bits}": bits for bits in (1, 8, 16, 32, 64, 128)}
BITS = {**WHOLE, "float": 32, "double": 64}
FLOATS = ("float", "double")


class Value(NamedTuple):
    """An SSA name or constant, with its LLVM type."""

    name: str
    type: str

    @property
    def typed(self) -> str:
        """``type name``, as instructions spell an operand."""
        return f"{self.type} {self.name}"


def vector(element: str, lanes: int) -> str:
    """The type of ``lanes`` elements; one lane is the scalar itself."""
    return element if lanes == 1 else f"<{lanes} x {element}>"


def lanes_of(type_: str) -> int:
    """How many lanes a type has; 1 for a scalar."""
    return int(type_[1:].split(" ", 1)[0]) if type_[0] == "<" else 1


def element_of(type_: str) -> str:
    """The element type of a vector, or the scalar type itself."""
    return type_[1:-1].split(" x ", 1)[1] if type_[0] == "<" else type_


def like(type_: str, element: str) -> str:
    """The type with as many lanes as ``type_`` and elements ``element``."""
    return vector(element, lanes_of(type_))


def alignment(type_: str) -> int:
    """Bytes that the place of an element is a multiple of, wherever it is."""
    return min(8, BITS.get(element_of(type_), 64) // 8 or 1)


def spell(element: str, number: float | int | bool) -> str:
    """A scalar constant in LLVM's spelling; floats as their exact bits."""
    if element == "double":
        return f"0x{struct.unpack('<Q', struct.pack('<d', float(number)))[0]:016X}"
    if element == "float":
        rounded = struct.unpack("<f", struct.pack("<f", float(number)))[0]
        return f"0x{struct.unpack('<Q', struct.pack('<d', rounded))[0]:016X}"
    if element == "i1":
        return "true" if number else "false"
    return str(int(number))


def const(type_: str, number: float | int | bool) -> Value:
    """A constant; for a vector type, the same number in every lane."""
    text = spell(element_of(type_), number)
    if type_[0] == "<":
        text = f"splat ({element_of(type_)} {text})"
    return Value(text, type_)


def const_vector(element: str, numbers: Sequence[float | int | bool]) -> Value:
    """A constant vector with a number for each lane."""
    body = ", ".join(f"{element} {spell(element, n)}" for n in numbers)
    return Value(f"<{body}>", vector(element, len(numbers)))


class Module:
    """Functions, globals and declarations of one compilation."""

    def __init__(self) -> None:
        self.functions: list[Function] = []
        self.declarations: dict[str, str] = {}
        self.globals: list[str] = []

    def declare(self, name: str, result: str, arguments: Sequence[str]) -> None:
        """Declare an external function or intrinsic, once."""
        text = f"declare {result} @{name}({', '.join(arguments)})"
        self.declarations.setdefault(name, text)

    def text(self) -> str:
        """The whole module."""
        parts = [*self.globals, *self.declarations.values()]
        parts += [function.text() for function in self.functions]
        return "\n".join(parts) + "\n"


class Function:
    """A function under construction: instructions go to its current block."""

    def __init__(
        self,
        module: Module,
        name: str,
        parameters: Sequence[tuple[str, str]],
        result: str = "void",
        attributes: str = "nounwind",
        linkage: str = "",
    ) -> None:
        self.module = module
        self.name = name
        self.result = result
        self.attributes = attributes
        self.linkage = linkage
        self.parameters = [Value(f"%{n}", t.split(" ", 1)[0]) for t, n in parameters]
        self._signature = ", ".join(f"{t} %{n}" for t, n in parameters)
        self._entry: list[str] = []
        self._lines: list[str] = []
        self._count = 0
        module.functions.append(self)

    def text(self) -> str:
        """The function's definition."""
        head = f"define {self.linkage} {self.result} @{self.name}({self._signature})"
        body = "\n".join(["entry:", *self._entry, "br label %start", "start:"])
        return f"{head} {self.attributes} {{\n{body}\n" + "\n".join(self._lines) + "\n}"

    # -- lines ---------------------------------------------------------------

    def fresh(self, stem: str = "v") -> str:
        """A name not used before."""
        self._count += 1
        return f"{stem}{self._count}"

    def line(self, text: str) -> None:
        """Append an instruction that has no result."""
        self._lines.append(text)

    def value(self, text: str, type_: str) -> Value:
        """Append an instruction and name its result."""
        name = f"%{self.fresh()}"
        self._lines.append(f"{name} = {text}")
        return Value(name, type_)

    def alloca(self, type_: str, count: int = 1, align: int = 64) -> Value:
        """Stack memory, reserved once at the function's entry."""
        name = f"%{self.fresh('a')}"
        size = "" if count == 1 else f", i32 {count}"
        self._entry.append(f"{name} = alloca {type_}{size}, align {align}")
        return Value(name, "ptr")

    # -- blocks --------------------------------------------------------------

    def block(self, label: str) -> None:
        """Start the block ``label``."""
        self._lines.append(f"{label}:")

    def branch(self, label: str) -> None:
        """Jump."""
        self.line(f"br label %{label}")

    def branch_if(self, condition: Value, yes: str, no: str) -> None:
        """Jump on a scalar ``i1``."""
        self.line(f"br i1 {condition.name}, label %{yes}, label %{no}")

    def ret(self, value: Value | None = None) -> None:
        """Return."""
        self.line("ret void" if value is None else f"ret {value.typed}")

    @contextlib.contextmanager
    def when(self, condition: Value) -> Generator[None]:
        """The body runs where a scalar condition holds."""
        yes, end = self.fresh("then"), self.fresh("end")
        self.branch_if(condition, yes, end)
        self.block(yes)
        yield
        self.branch(end)
        self.block(end)

    @contextlib.contextmanager
    def loop(
        self, start: Value | int, stop: Value | int, step: int = 1, unroll: bool = False
    ) -> Generator[Value]:
        """``for index in range(start, stop, step)`` over ``i64``; yields the index."""
        low, high = self.index(start), self.index(stop)
        cell = self.alloca("i64", align=8)
        self.store(low, cell, align=8)
        head, body, end = self.fresh("head"), self.fresh("body"), self.fresh("end")
        self.branch(head)
        self.block(head)
        index = self.load("i64", cell, align=8)
        self.branch_if(self.icmp("slt", index, high), body, end)
        self.block(body)
        yield index
        advanced = self.add(index, const("i64", step), "nuw nsw")
        self.store(advanced, cell, align=8)
        self.branch(head)
        self.block(end)

    @contextlib.contextmanager
    def repeat(self, condition: Callable[[], Value]) -> Generator[None]:
        """The body runs as long as a scalar condition, found before it, holds."""
        head, body, end = self.fresh("head"), self.fresh("body"), self.fresh("end")
        self.branch(head)
        self.block(head)
        self.branch_if(condition(), body, end)
        self.block(body)
        yield
        self.branch(head)
        self.block(end)

    def index(self, number: Value | int) -> Value:
        """An ``i64`` from a Python integer, or the value as it is."""
        return const("i64", number) if isinstance(number, int) else number

    # -- arithmetic ----------------------------------------------------------

    def binary(self, op: str, x: Value, y: Value, flags: str = "") -> Value:
        """``op flags type x, y``."""
        return self.value(f"{op} {flags} {x.type} {x.name}, {y.name}", x.type)

    def fadd(self, x: Value, y: Value) -> Value:
        return self.binary("fadd", x, y)

    def fsub(self, x: Value, y: Value) -> Value:
        return self.binary("fsub", x, y)

    def fmul(self, x: Value, y: Value) -> Value:
        return self.binary("fmul", x, y)

    def fdiv(self, x: Value, y: Value) -> Value:
        return self.binary("fdiv", x, y)

    def fneg(self, x: Value) -> Value:
        return self.value(f"fneg {x.type} {x.name}", x.type)

    def add(self, x: Value, y: Value, flags: str = "") -> Value:
        return self.binary("add", x, y, flags)

    def sub(self, x: Value, y: Value, flags: str = "") -> Value:
        return self.binary("sub", x, y, flags)

    def mul(self, x: Value, y: Value, flags: str = "") -> Value:
        return self.binary("mul", x, y, flags)

    def bit_and(self, x: Value, y: Value) -> Value:
        return self.binary("and", x, y)

    def bit_or(self, x: Value, y: Value) -> Value:
        return self.binary("or", x, y)

    def bit_xor(self, x: Value, y: Value) -> Value:
        return self.binary("xor", x, y)

    def shl(self, x: Value, y: Value) -> Value:
        return self.binary("shl", x, y)

    def lshr(self, x: Value, y: Value) -> Value:
        return self.binary("lshr", x, y)

    def ashr(self, x: Value, y: Value) -> Value:
        return self.binary("ashr", x, y)

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """``x * y + z``, contracted where the CPU has a fused instruction."""
        return self.intrinsic("fmuladd", x.type, x, y, z)

    def icmp(self, predicate: str, x: Value, y: Value) -> Value:
        """Integer comparison: ``eq ne slt sle sgt sge ult ule ugt uge``."""
        text = f"icmp {predicate} {x.type} {x.name}, {y.name}"
        return self.value(text, like(x.type, "i1"))

    def fcmp(self, predicate: str, x: Value, y: Value) -> Value:
        """Float comparison: ``oeq une olt ole ogt oge uno ord`` …"""
        text = f"fcmp {predicate} {x.type} {x.name}, {y.name}"
        return self.value(text, like(x.type, "i1"))

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """``x`` where the condition holds, else ``y``, lane by lane."""
        text = f"select {condition.typed}, {x.typed}, {y.typed}"
        return self.value(text, x.type)

    def cast(self, op: str, x: Value, type_: str) -> Value:
        """``sitofp uitofp fptosi fptoui fpext fptrunc zext sext trunc bitcast``."""
        if x.type == type_:
            return x
        return self.value(f"{op} {x.typed} to {type_}", type_)

    def intrinsic(self, name: str, result: str, *arguments: Value) -> Value:
        """Call ``llvm.name`` overloaded on its result type."""
        lanes = lanes_of(result)
        element = {"float": "f32", "double": "f64"}.get(element_of(result))
        mangled = element or element_of(result)
        suffix = mangled if lanes == 1 else f"v{lanes}{mangled}"
        return self.call(f"llvm.{name}.{suffix}", result, *arguments)

    def call(self, name: str, result: str, *arguments: Value) -> Value:
        """Call a named function, declaring it if it is not defined here."""
        if all(name != f.name for f in self.module.functions):
            self.module.declare(name, result, [a.type for a in arguments])
        text = f"call {result} @{name}({', '.join(a.typed for a in arguments)})"
        if result == "void":
            self.line(text)
            return Value("", "void")
        return self.value(text, result)

    # -- memory --------------------------------------------------------------

    def gep(self, element: str, base: Value, index: Value | int) -> Value:
        """The address of ``base[index]``, counted in elements."""
        at = self.index(index)
        text = f"getelementptr inbounds {element}, ptr {base.name}, {at.typed}"
        return self.value(text, "ptr")

    def load(self, type_: str, address: Value, align: int | None = None) -> Value:
        """Load; aligned to the element unless told more."""
        align = align or alignment(type_)
        return self.value(f"load {type_}, ptr {address.name}, align {align}", type_)

    def store(self, value: Value, address: Value, align: int | None = None) -> None:
        """Store; aligned to the element unless told more."""
        align = align or alignment(value.type)
        self.line(f"store {value.typed}, ptr {address.name}, align {align}")

    # -- lanes ---------------------------------------------------------------

    def splat(self, x: Value, lanes: int) -> Value:
        """A scalar in every lane."""
        if lanes == 1:
            return x
        type_ = vector(x.type, lanes)
        one = self.value(f"insertelement {type_} poison, {x.typed}, i64 0", type_)
        zeros = f"<{lanes} x i32> zeroinitializer"
        text = f"shufflevector {type_} {one.name}, {type_} poison, {zeros}"
        return self.value(text, type_)

    def extract(self, x: Value, lane: int) -> Value:
        """One lane as a scalar."""
        if lanes_of(x.type) == 1:
            return x
        return self.value(f"extractelement {x.typed}, i64 {lane}", element_of(x.type))

    def insert(self, x: Value, scalar: Value, lane: int) -> Value:
        """The vector with one lane replaced."""
        return self.value(
            f"insertelement {x.typed}, {scalar.typed}, i64 {lane}", x.type
        )

    def shuffle(self, x: Value, y: Value, mask: Sequence[int]) -> Value:
        """Lanes of ``x`` and ``y`` (counted on) in the order of ``mask``."""
        order = ", ".join(f"i32 {lane}" for lane in mask)
        type_ = vector(element_of(x.type), len(mask))
        text = f"shufflevector {x.typed}, {y.typed}, <{len(mask)} x i32> <{order}>"
        return self.value(text, type_)
