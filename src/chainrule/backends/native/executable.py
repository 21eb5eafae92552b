"""A compiled program as a function of arrays."""

from __future__ import annotations

import ctypes
import itertools
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import config
from chainrule.backends.native.claims import claim_bytes
from chainrule.backends.native.driver import HEADER
from chainrule.backends.native.engine import Callback, Loaded, Run
from chainrule.backends.native.support import CLAIMS, FLAG, OFFERS
from chainrule.backends.native.threads import POOL, yield_address
from chainrule.core.program import Equation
from chainrule.core.types import ArrayType

ALIGN = 64
SMALL_BYTES = 16_384
SPAN_BYTES, SHIFT_BYTES = 4096, 1280

CROWDED = 0.5
"""Share of a call's time spent waiting from which processors count as taken: where two
threads wait for each other half of the time, one alone is as fast."""
OFFER_SECONDS = 0.5e-6
WAKING_SECONDS = 0.5e-3
"""What a sleeping thread may take to wake; that much waiting says nothing."""
MAX_ALONE = 64

_turn = itertools.count()


def aligned_empty(type: ArrayType) -> np.ndarray:
    """An uninitialised array that starts on a cache line.

    Every other large array is shifted. A thread that keeps to its columns of a weight
    and its moments touches, say, the first half of each row: from equal starts these
    would fall into the same half of the cache and push each other out.
    """
    size = type.nbytes
    shift = 0 if size < SMALL_BYTES else next(_turn) % 2 * SHIFT_BYTES
    raw = np.empty(size + SPAN_BYTES + shift, np.uint8)
    start = -raw.ctypes.data % SPAN_BYTES + shift
    return raw[start : start + size].view(type.dtype).reshape(type.shape)


def new_array(type: ArrayType) -> np.ndarray:
    """An uninitialised array; on a cache line where that can matter."""
    if type.nbytes < SMALL_BYTES:
        return np.empty(type.shape, type.dtype)
    return aligned_empty(type)


def address_of(array: np.ndarray) -> int:
    """Where an array's elements start (the quickest way that ctypes knows)."""
    try:
        elements: Any = array
        return ctypes.addressof(ctypes.c_char.from_buffer(elements))
    except (TypeError, ValueError):
        return array.ctypes.data


def _contiguous(value: Any, type: ArrayType) -> np.ndarray:
    array = np.asarray(value, type.dtype)
    return np.ascontiguousarray(array).reshape(type.shape)


_inside = threading.local()
"""Whether this thread is in the middle of native code, carrying out an equation."""


def _fitting(values: list[Any], types: list[ArrayType]) -> list[np.ndarray]:
    """The values as contiguous arrays of their types."""
    return [
        value
        if isinstance(value, np.ndarray)
        and value.dtype == type.dtype
        and value.flags.c_contiguous
        else _contiguous(value, type)
        for value, type in zip(values, types, strict=True)
    ]


class Executable:
    """Calls native code with the addresses of arrays.

    Args:
        loaded: The machine code.
        inputs: Types of the constants and arguments.
        outputs: Types of the results.
        reused: For each result, the input position whose memory it takes, or None.
        arena: Bytes of working memory.
        callbacks: Equations that NumPy carries out.
        parallel: Whether the work is worth more than one thread.
    """

    def __init__(
        self,
        loaded: Loaded,
        inputs: Sequence[ArrayType],
        outputs: Sequence[ArrayType],
        reused: Sequence[int | None],
        arena: int,
        callbacks: Sequence[Equation],
        parallel: bool,
    ) -> None:
        self._loaded = loaded
        self._inputs, self._outputs = list(inputs), list(outputs)
        self._reused, self.parallel = list(reused), parallel
        self._equations = list(callbacks)
        donated = [place for place in self._reused if place is not None]
        large = [k for k in donated if self._inputs[k].nbytes >= SMALL_BYTES]
        self._large_donated = large
        self._lock = threading.Lock()
        self._constants: list[Any] | None = None
        self._kept: list[np.ndarray] = []
        self._error: BaseException | None = None
        self._alone = 0
        self._patience = 2
        self._run = Run(loaded.address)
        self._memory = aligned_empty(ArrayType((max(arena, 1),), np.dtype(np.uint8)))
        shared = CLAIMS + claim_bytes(config.get_num_threads())
        self._shared = aligned_empty(ArrayType((shared,), np.dtype(np.uint8)))
        self._shared[:] = 0
        self._offers = self._shared[OFFERS : OFFERS + 8].view(np.int64)
        self._flag = ctypes.c_uint8.from_address(self._shared.ctypes.data + FLAG)
        self._callback = Callback(self._call_numpy)
        slots = HEADER + len(self._inputs) + len(self._outputs)
        self._table = (ctypes.c_size_t * slots)()
        address = self._shared.ctypes.data
        callback = ctypes.cast(self._callback, ctypes.c_void_p).value
        header = (self._memory.ctypes.data, address, callback, yield_address())
        self._table[:HEADER] = (*header, address + FLAG)
        self._table_address = ctypes.addressof(self._table)

    def __call__(self, constants: list[Any], arguments: list[Any]) -> list[Any]:
        """Run on arrays; results are fresh arrays, or donated ones."""
        with self._lock:
            if constants is not self._constants:
                self._take_constants(constants)
            arrays = _fitting(arguments, self._inputs[len(constants) :])
            self._align_donated(arrays)
            results = [
                new_array(type) if reused is None else arrays[reused - len(constants)]
                for reused, type in zip(self._reused, self._outputs, strict=True)
            ]
            addresses = [address_of(array) for array in arrays + results]
            self._table[HEADER + len(constants) :] = addresses
            self._start()
        return results

    def _take_constants(self, constants: list[Any]) -> None:
        """Put the constants' addresses into the table; they are the same every time."""
        self._constants = constants
        self._kept = _fitting(constants, self._inputs[: len(constants)])
        addresses = [address_of(array) for array in self._kept]
        self._table[HEADER : HEADER + len(constants)] = addresses

    def _align_donated(self, arrays: list[np.ndarray]) -> None:
        """What is updated in place must not share cache lines between threads.

        A donated array that does not start on a line moves to one that does, once: the
        result, which is donated next time, is that array.
        """
        before = len(self._kept)
        for place in self._large_donated:
            array = arrays[place - before]
            if address_of(array) % ALIGN:
                moved = aligned_empty(self._inputs[place])
                np.copyto(moved, array)
                arrays[place - before] = moved

    def _start(self) -> None:
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
        if self._flag.value:
            self._flag.value = 0
            raise IndexError(
                "Expected indices within the axis they index, got one outside while a "
                "compiled function ran: check the integer arrays that it indexes with."
            )

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
