"""Sharing a large kernel as the threads get on: each claims units a few at a time.

Processors are seldom equally fast: a neighbour on the same core, or on the same
machine, halves one of them. A thread claims from its own range, so that it keeps to
what its cache holds, and when that is done from the others'. Who computes a unit
changes no bit of it.

Source: Blumofe and Leiserson, Scheduling multithreaded computations by work stealing,
Journal of the ACM 46(5), 1999.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from chainrule.backends.native.ir import Function, Value, const
from chainrule.backends.native.support import CLAIMS, share_of

SETS = 4
"""How many kernels may be under way since the last barrier."""

CHUNKS = 16
"""Into how many claims a kernel's units fall."""

LINE = 64
"""Bytes of a cache line: each thread's count has one of its own."""


def claim_bytes(threads: int) -> int:
    """Bytes of the counts, behind what else threads share."""
    return SETS * threads * LINE


def emit_claims(
    f: Function,
    units: int,
    number: int,
    team: tuple[Value, Value, Value],
    work: Callable[[Value, Value], None],
) -> None:
    """Do ``work(low, high)`` for all units, with the other threads.

    Args:
        f: The function that every thread runs.
        units: How many there are.
        number: Which set of counts; all zero before.
        team: What is shared, this thread, and how many there are.
        work: Emits the units from ``low`` to ``high``.
    """
    shared, thread, threads = team
    first = f.add(const("i64", CLAIMS), f.mul(threads, const("i64", number * LINE)))
    chunk = const("i64", -(-units // CHUNKS))
    with f.loop(0, threads) as ahead:
        owner = f.binary("urem", f.add(thread, ahead), threads)
        low, high = share_of(f, units, owner, threads)
        place = f.add(first, f.mul(owner, const("i64", LINE)))
        count = f.gep("i8", shared, place)
        with _until_claimed(f, count, chunk, low, high) as start:
            end = f.add(start, chunk)
            over = f.icmp("slt", high, end)
            work(start, f.select(over, high, end))


@contextmanager
def _until_claimed(
    f: Function, count: Value, chunk: Value, low: Value, high: Value
) -> Generator[Value]:
    """The body runs with the first unit of each claim, until none is left."""
    head, body, end = f.fresh("claim"), f.fresh("claimed"), f.fresh("end")
    f.branch(head)
    f.block(head)
    done = f.value(f"atomicrmw add {count.typed}, {chunk.typed} monotonic", "i64")
    start = f.add(low, done)
    f.branch_if(f.icmp("slt", start, high), body, end)
    f.block(body)
    yield start
    f.branch(head)
    f.block(end)
