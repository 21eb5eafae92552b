"""The quick way in: a builtin function, made of machine code, that is given arrays.

A call through ctypes takes half a microsecond, and asking an array for its address a
third. A function in CPython's own convention (``METH_FASTCALL``) takes a hundredth: it
is handed the array objects, and reads where NumPy's C interface keeps what it needs.
One such function serves all programs; which one it enters stands in its ``self``.

Source: https://docs.python.org/3/c-api/structures.html (PyMethodDef),
https://numpy.org/doc/stable/reference/c-api/types-and-structures.html (PyArrayObject).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.backends.native.engine import Loaded, Run, object_code
from chainrule.backends.native.ir import Function, Module, Value, const
from chainrule.backends.native.target import current_target

Enter = Callable[..., int]

DONE, OUTSIDE, UNFIT = 0, 1, -1
"""What ``enter`` says: OUTSIDE where an index was out of range, and UNFIT where some
array is not of its dtype, contiguous and aligned: then nothing was done."""

FASTCALL = 0x80
TYPE, DATA, DTYPE, FLAGS = 8, 16, 56, 64
"""Bytes from the start of an ndarray object to its class, and to the fields data, descr
and flags of ``PyArrayObject_fields``."""
READY = 0x1 | 0x100
"""NumPy's flags of a C-contiguous and an aligned array."""

RUN, TABLE, SLOT, FLAG, NUMBER, KIND, COUNT, DTYPES = range(8)
"""Words that ``self`` holds: addresses of the program, of its table, of the first slot
to fill and of the flag, of the maker of Python's integers and of the class ndarray; how
many arrays there are; and from there on the address of each one's dtype."""


class Door(NamedTuple):
    """What is entered: a program, or, where ``run`` is 0, its table alone.

    Attributes:
        run: The address of machine code.
        table: Addresses of what it works on.
        first: The slot of the first array.
        dtypes: Of the arrays to come.
        flag: The address of the byte that tells of an index out of range.
    """

    run: int
    table: ctypes.Array[ctypes.c_size_t]
    first: int
    dtypes: Sequence[np.dtype[Any]]
    flag: int


def enter(door: Door, *arrays: Any) -> int:
    """Put the addresses of arrays that are ready into the table, and run."""
    if len(arrays) != len(door.dtypes) or not all(map(is_ready, arrays, door.dtypes)):
        return UNFIT
    last = door.first + len(arrays)
    door.table[door.first : last] = [address_of(array) for array in arrays]
    if not door.run:
        return DONE
    Run(door.run)(ctypes.addressof(door.table), 0, 1)
    return outcome(door.flag)


def outcome(flag: int) -> int:
    """What a run has left in the flag, which is cleared: DONE or OUTSIDE."""
    byte = ctypes.c_uint8.from_address(flag)
    state, byte.value = byte.value, 0
    return state


def is_ready(array: Any, dtype: np.dtype[Any]) -> bool:
    """Whether native code can work on an array as it is."""
    known = type(array) is np.ndarray and array.dtype is dtype
    return known and array.flags.num & READY == READY


def address_of(array: np.ndarray) -> int:
    """Where an array's elements start (the quickest way that ctypes knows)."""
    try:
        elements: Any = array
        return ctypes.addressof(ctypes.c_char.from_buffer(elements))
    except (TypeError, ValueError):
        return array.ctypes.data


class _MethodDef(ctypes.Structure):
    """``PyMethodDef``: a name, an address, a convention and a docstring."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def opened(door: Door) -> Enter:
    """:func:`enter` for one door, in machine code where objects are known."""
    if not objects_are_known():
        return partial(enter, door)
    table = ctypes.addressof(door.table)
    slot = table + ctypes.sizeof(ctypes.c_size_t) * door.first
    number = ctypes.cast(ctypes.pythonapi.PyLong_FromSsize_t, ctypes.c_void_p).value
    words = (door.run, table, slot, door.flag, number, id(np.ndarray), len(door.dtypes))
    block = np.array([*words, *map(id, door.dtypes)], np.uintp)
    _, method = _machine()
    types = (ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    make = ctypes.PYFUNCTYPE(*types)(("PyCFunction_NewEx", ctypes.pythonapi))
    return make(ctypes.addressof(method), block, None)


@cache
def _machine() -> tuple[Loaded, _MethodDef]:
    """The machine code of ``enter``, which stays until the process ends."""
    target = current_target()
    loaded = Loaded(object_code(enter_text(), target), target, "enter")
    return loaded, _MethodDef(b"enter", loaded.address, FASTCALL, None)


def enter_text() -> str:
    """LLVM IR of ``enter(self, arrays, count)``."""
    module = Module()
    parameters = [("ptr", "self"), ("ptr", "arrays"), ("i64", "count")]
    f = Function(module, "enter", parameters, "ptr")
    holder, arrays, count = f.parameters
    block = _field(f, holder, DATA)
    status = f.alloca("i64", align=8)
    f.store(const("i64", UNFIT), status)
    wanted = f.load("i64", f.gep("i64", block, COUNT))
    with f.when(f.icmp("eq", count, wanted)):
        ready = _count_ready(f, block, arrays, count)
        with f.when(f.icmp("eq", ready, count)):
            f.store(const("i64", DONE), status)
            _run(f, block, status)
    number, result = _word(f, block, NUMBER), f.load("i64", status)
    f.ret(f.value(f"call ptr {number.name}({result.typed})", "ptr"))
    return module.text()


def _word(f: Function, block: Value, position: int) -> Value:
    return f.load("ptr", f.gep("ptr", block, position))


def _field(f: Function, array: Value, offset: int, type: str = "ptr") -> Value:
    return f.load(type, f.gep("i8", array, offset))


def _count_ready(f: Function, block: Value, arrays: Value, count: Value) -> Value:
    """Put the addresses of arrays that fit into the table; how many these are."""
    kind, slots = _word(f, block, KIND), _word(f, block, SLOT)
    dtypes = f.gep("ptr", block, DTYPES)
    ready = f.alloca("i64", align=8)
    f.store(const("i64", 0), ready)
    with f.loop(0, count) as k:
        array = f.load("ptr", f.gep("ptr", arrays, k))
        with f.when(f.icmp("eq", _field(f, array, TYPE), kind)):
            flags = f.bit_and(_field(f, array, FLAGS, "i32"), const("i32", READY))
            lies = f.icmp("eq", flags, const("i32", READY))
            dtype = f.load("ptr", f.gep("ptr", dtypes, k))
            alike = f.icmp("eq", _field(f, array, DTYPE), dtype)
            with f.when(f.bit_and(lies, alike)):
                f.store(_field(f, array, DATA), f.gep("ptr", slots, k))
                f.store(f.add(f.load("i64", ready), const("i64", 1)), ready)
    return f.load("i64", ready)


def _run(f: Function, block: Value, status: Value) -> None:
    """Run the program, where the block names one, and take the flag as the status."""
    run, table = _word(f, block, RUN), _word(f, block, TABLE)
    with f.when(f.icmp("ne", run, Value("null", "ptr"))):
        f.line(f"call void {run.name}({table.typed}, i64 0, i64 1)")
        flag = _word(f, block, FLAG)
        f.store(f.cast("zext", f.load("i8", flag), "i64"), status)
        f.store(const("i8", 0), flag)


@cache
def objects_are_known() -> bool:
    """Whether this interpreter's objects lie as the machine code takes them to."""
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    if sys.implementation.name != "cpython" or not locked:
        return False
    if object.__basicsize__ != DATA or np.ndarray.__basicsize__ < FLAGS + 4:
        return False
    return all(map(_lies_as_known, (np.zeros(3), np.zeros((2, 3), np.int8).T)))


def _lies_as_known(array: np.ndarray) -> bool:
    start = id(array)
    words = [ctypes.c_size_t.from_address(start + at) for at in (TYPE, DATA, DTYPE)]
    flags = ctypes.c_int.from_address(start + FLAGS).value
    known = [id(np.ndarray), array.ctypes.data, id(array.dtype)]
    return [word.value for word in words] == known and flags == array.flags.num
