"""A compiled program as a function of arrays."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from chainrule import config
from chainrule.backends.native.buffers import SMALL_BYTES, aligned_empty
from chainrule.backends.native.claims import claim_bytes
from chainrule.backends.native.driver import HEADER
from chainrule.backends.native.engine import Callback, Loaded, Run
from chainrule.backends.native.entry import (
    OUTSIDE,
    UNFIT,
    Door,
    address_of,
    is_ready,
    objects_are_known,
    opened,
    outcome,
)
from chainrule.backends.native.support import CLAIMS, FLAG, OFFERS
from chainrule.backends.native.threads import POOL, yield_address
from chainrule.core.program import Equation, Program
from chainrule.core.types import ArrayType, native

ALIGN = 64

CROWDED = 0.5
"""Share of a call's time spent waiting from which processors count as taken: where two
threads wait for each other half of the time, one alone is as fast."""
OFFER_SECONDS = 0.5e-6
WAKING_SECONDS = 0.5e-3
"""What a sleeping thread may take to wake; that much waiting says nothing."""
MAX_ALONE = 64


def _maker(type: ArrayType) -> Callable[[], np.ndarray]:
    """What makes uninitialised arrays; on a cache line where that can matter."""
    if type.nbytes < SMALL_BYTES:
        return partial(np.empty, type.shape, type.dtype)
    return partial(aligned_empty, type)


def _own(types: Iterable[ArrayType]) -> list[ArrayType]:
    """The types, each dtype as the object that arrays have."""
    return [ArrayType(type.shape, native(type.dtype)) for type in types]


def _fitting(values: Sequence[Any], types: Sequence[ArrayType]) -> list[np.ndarray]:
    """The values as arrays that native code can work on; such ones as they are."""
    fitting: list[np.ndarray] = []
    for value, type in zip(values, types, strict=True):
        if not is_ready(value, type.dtype):
            array = np.require(value, type.dtype, ("C", "A"))
            value = array.view(type.dtype).reshape(type.shape)
        fitting.append(value)
    return fitting


_inside = threading.local()
"""Whether this thread is in the middle of native code, carrying out an equation."""


class Code(NamedTuple):
    """What emission gives: a module's text, and what is needed to call it.

    Attributes:
        text: LLVM IR.
        arena: Bytes of working memory.
        reused: For each result, the input position whose memory it takes, or None.
        callbacks: Equations that NumPy carries out.
        parallel: Whether the work is worth more than one thread.
        brief: Whether it is so little that Python's lock is kept meanwhile.
    """

    text: str
    arena: int
    reused: list[int | None]
    callbacks: list[Equation]
    parallel: bool
    brief: bool


class Executable:
    """Calls native code with the addresses of arrays.

    Args:
        loaded: The machine code.
        program: What it was made of.
        code: What else is known of it.
    """

    def __init__(self, loaded: Loaded, program: Program, code: Code) -> None:
        fixed, outputs = len(program.constants), _own(program.output_types)
        self._loaded, self._equations = loaded, code.callbacks
        self._fixed = _own([var.type for var in program.constants])
        self._inputs = _own(program.input_types)
        self._reused = [None if k is None else k - fixed for k in code.reused]
        donated = [k for k in self._reused if k is not None]
        large = [k for k in donated if self._inputs[k].nbytes >= SMALL_BYTES]
        self._donates, self._large_donated = bool(donated), large
        self._makers = [_maker(type) for type in outputs]
        self._lock = threading.Lock()
        self._constants: list[Any] | None = None
        self._kept: list[np.ndarray] = []
        self._error: BaseException | None = None
        self.parallel = code.parallel
        self._alone, self._patience = 0, 2
        self._run = Run(loaded.address)
        self._memory = aligned_empty(ArrayType((max(code.arena, 1),), np.dtype("B")))
        shared = CLAIMS + claim_bytes(config.get_num_threads())
        self._shared = aligned_empty(ArrayType((shared,), np.dtype("B")))
        self._shared[:] = 0
        self._offers = self._shared[OFFERS : OFFERS + 8].view(np.int64)
        address = self._shared.ctypes.data
        self._flag = address + FLAG
        self._callback = Callback(self._call_numpy)
        callback = ctypes.cast(self._callback, ctypes.c_void_p).value
        slots = HEADER + fixed + len(self._inputs) + len(outputs)
        self._table = (ctypes.c_size_t * slots)()
        header = (self._memory.ctypes.data, address, callback, yield_address())
        self._table[:HEADER] = (*header, self._flag)
        self._table_address = ctypes.addressof(self._table)
        self._brief = code.brief and objects_are_known()
        dtypes = [type.dtype for type in (*self._inputs, *outputs)]
        run = loaded.address if self._brief else 0
        door = Door(run, self._table, HEADER + fixed, dtypes, self._flag)
        self._enter = opened(door)

    def __call__(self, constants: list[Any], arguments: Sequence[Any]) -> list[Any]:
        """Run on arrays; results are fresh arrays, or donated ones."""
        if constants is not self._constants:
            self._take_constants(constants)
        if self._brief:
            return self._run_on(arguments)
        with self._lock:
            return self._run_on(arguments)

    def _take_constants(self, constants: list[Any]) -> None:
        """Put the constants' addresses into the table; they are the same every time."""
        with self._lock:
            self._kept = _fitting(constants, self._fixed)
            addresses = [address_of(array) for array in self._kept]
            self._table[HEADER : HEADER + len(addresses)] = addresses
            self._constants = constants

    def _run_on(self, arguments: Sequence[Any]) -> list[Any]:
        """Enter with arguments and results; only if they do not fit, convert them.

        A brief program has run then, and no other thread of Python's came between.
        """
        if self._large_donated:
            arguments = self._aligned(_fitting(arguments, self._inputs))
        results = self._new_results(arguments)
        state = self._enter(*arguments, *results)
        if state == UNFIT:
            arguments = _fitting(arguments, self._inputs)
            results = self._new_results(arguments)
            state = self._enter(*arguments, *results)
            if state == UNFIT:
                raise AssertionError("what was made to fit does")
        if not self._brief:
            state = self._start()
        if state == OUTSIDE:
            raise IndexError(
                "Expected indices within the axis they index, got one outside while a "
                "compiled function ran: check the integer arrays that it indexes with."
            )
        return results

    def _new_results(self, arguments: Sequence[Any]) -> list[Any]:
        if not self._donates:
            return [make() for make in self._makers]
        pairs = zip(self._reused, self._makers, strict=True)
        return [make() if k is None else arguments[k] for k, make in pairs]

    def _aligned(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """What is updated in place must not share cache lines between threads.

        A donated array that does not start on a line moves to one that does, once: the
        result, which is donated next time, is that array.
        """
        for place in self._large_donated:
            array = arrays[place]
            if address_of(array) % ALIGN:
                arrays[place] = aligned_empty(self._inputs[place])
                np.copyto(arrays[place], array)
        return arrays

    def _start(self) -> int:
        alone = not self.parallel or getattr(_inside, "callback", False)
        threads = 1 if alone else config.get_num_threads()
        if threads == 1 or self._alone:
            self._alone = max(0, self._alone - 1)
            self._run(self._table_address, 0, 1)
        else:
            self._run_together(threads)
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return outcome(self._flag)

    def _run_together(self, threads: int) -> None:
        """Run on all threads; if they had to wait for processors, not the next times.

        Threads that meet often cannot share a processor with other programs: then one
        thread is the faster, and gives the same bits. It is tried again by and by.
        """
        self._offers[0] = 0
        started = time.perf_counter()
        POOL.run(lambda n: self._run(self._table_address, n, threads), threads)
        waited = int(self._offers[0]) * OFFER_SECONDS / (threads - 1)
        if waited > WAKING_SECONDS + CROWDED * (time.perf_counter() - started):
            self._alone = self._patience
            self._patience = min(MAX_ALONE, 2 * self._patience)
        else:
            self._patience = 2

    def _call_numpy(self, number: int, table: int) -> None:
        """Carry out one equation by NumPy, on the arrays at the addresses.

        It may run compiled functions itself (a solver does), on this thread alone: the
        others wait for it.
        """
        before = getattr(_inside, "callback", False)
        _inside.callback = True
        try:
            self._carry_out(self._equations[number], table)
        except BaseException as error:  # noqa: BLE001  (raised again in _start)
            self._error = self._error or error
        finally:
            _inside.callback = before

    def _carry_out(self, equation: Equation, table: int) -> None:
        types = [atom.type for atom in (*equation.inputs, *equation.outputs)]
        addresses = (ctypes.c_void_p * len(types)).from_address(table)
        pairs = zip(addresses, types, strict=True)
        arrays = [_at(address or 0, type) for address, type in pairs]
        count = len(equation.inputs)
        with np.errstate(all="ignore"):
            result = equation.primitive.numpy(*arrays[:count], **equation.params)
        results = result if equation.primitive.multiple else (result,)
        for place, value in zip(arrays[count:], results, strict=True):
            place[...] = value


def _at(address: int, type: ArrayType) -> np.ndarray:
    """The array at an address."""
    if not type.nbytes:
        return np.empty(type.shape, type.dtype)
    buffer = (ctypes.c_char * type.nbytes).from_address(address)
    return np.frombuffer(memoryview(buffer), type.dtype).reshape(type.shape)
