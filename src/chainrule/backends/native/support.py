"""Code that every program may need: the barrier and the shared copy."""

from __future__ import annotations

from chainrule.backends.native.ir import Function, Module, Value, const

SPINS = 16384
"""Turns of waiting, some microseconds, before the processor is offered to others."""

FLAG, OFFERS, CLAIMS = 128, 192, 256
"""Places in the memory that threads share, after the barrier's count and turn: the flag
of an index out of range, how often a waiting thread offered its processor, and how much
of a kernel each thread's range has been claimed."""

BARRIER = """
define internal void @renew(ptr %shared, i64 %claims) nounwind {
entry:
  br label %head
head:
  %line = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp ult i64 %line, %claims
  br i1 %more, label %body, label %done
body:
  %bytes = shl i64 %line, 6
  %place = add i64 %bytes, CLAIMS
  %at = getelementptr i8, ptr %shared, i64 %place
  store atomic i64 0, ptr %at monotonic, align 8
  %next = add i64 %line, 1
  br label %head
done:
  ret void
}

define internal void @barrier(ptr %shared, i64 %threads, ptr %yield, i64 %claims)
    noinline nounwind {
entry:
  %alone = icmp eq i64 %threads, 1
  br i1 %alone, label %pass, label %arrive
pass:
  call void @renew(ptr %shared, i64 %claims)
  br label %done
arrive:
  %turn.at = getelementptr i8, ptr %shared, i64 64
  %turn = load atomic i64, ptr %turn.at acquire, align 8
  %before = atomicrmw add ptr %shared, i64 1 acq_rel
  %count = add i64 %before, 1
  %last = icmp eq i64 %count, %threads
  br i1 %last, label %open, label %wait
open:
  call void @renew(ptr %shared, i64 %claims)
  store atomic i64 0, ptr %shared monotonic, align 8
  %next = add i64 %turn, 1
  store atomic i64 %next, ptr %turn.at release, align 8
  br label %done
wait:
  %spun = phi i64 [ 0, %arrive ], [ %more, %again ]
  %now = load atomic i64, ptr %turn.at acquire, align 8
  %moved = icmp ne i64 %now, %turn
  br i1 %moved, label %done, label %pause
pause:
  %more = add i64 %spun, 1
  %tired = icmp ugt i64 %more, SPINS
  br i1 %tired, label %offer, label %again
offer:
  call void %yield()
  %offers = getelementptr i8, ptr %shared, i64 OFFERS
  %noted = atomicrmw add ptr %offers, i64 1 monotonic
  br label %again
again:
  br label %wait
done:
  ret void
}
"""


def add_barrier(module: Module) -> None:
    """Define the barrier: a count, and a turn that the last to arrive moves on.

    ``shared`` holds the two, on cache lines of their own. Waiting is plain reading; a
    PAUSE in it changed the best epoch of the MNIST network by less than the noise. The
    last thread sets so many lines of claims back to zero, while the others wait.
    """
    text = BARRIER
    for name, number in {"SPINS": SPINS, "OFFERS": OFFERS, "CLAIMS": CLAIMS}.items():
        text = text.replace(name, str(number))
    module.globals.append(text)


def emit_barrier(
    f: Function, shared: Value, threads: Value, give_way: Value, sets: int
) -> None:
    """All threads meet here; the first sets of claims start anew."""
    claims = f.mul(threads, const("i64", sets))
    arguments = (shared, threads, give_way, claims)
    f.line(f"call void @barrier({', '.join(value.typed for value in arguments)})")


def share_of(f: Function, units: int, thread: Value, threads: Value) -> list[Value]:
    """First unit of a thread's range, and the one after its last."""
    total = const("i64", units)
    after = f.add(thread, const("i64", 1))
    return [f.binary("udiv", f.mul(total, t), threads) for t in (thread, after)]


def emit_copy(
    f: Function, to: Value, source: Value, size: int, thread: Value, threads: Value
) -> None:
    """Each thread copies its share of ``size`` bytes."""
    low, high = share_of(f, size, thread, threads)
    count = f.sub(high, low)
    at, start = f.gep("i8", to, low), f.gep("i8", source, low)
    f.module.declare("llvm.memcpy.p0.p0.i64", "void", ["ptr", "ptr", "i64", "i1"])
    f.line(
        "call void @llvm.memcpy.p0.p0.i64("
        f"{at.typed}, {start.typed}, {count.typed}, i1 false)"
    )
