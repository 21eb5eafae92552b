"""The threads that run native code: plain ones, started once, asleep between calls."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from typing import Any


class Worker:
    """A daemon thread that runs what it is given and says when it is done."""

    def __init__(self, number: int) -> None:
        self._job: Callable[[], Any] | None = None
        self._start = threading.Semaphore(0)
        self._done = threading.Semaphore(0)
        name = f"chainrule-{number}"
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._start.acquire()
            if self._job is not None:
                self._job()
            self._done.release()

    def begin(self, job: Callable[[], Any]) -> None:
        """Start a job."""
        self._job = job
        self._start.release()

    def wait(self) -> None:
        """Until the job is done."""
        self._done.acquire()
        self._job = None


class Pool:
    """As many workers as have ever been needed; one call at a time uses them."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []
        self._busy = threading.Lock()
        self._process = os.getpid()

    def run(self, call: Callable[[int], Any], count: int) -> None:
        """Carry out ``call(0)`` … ``call(count - 1)`` at the same time."""
        with self._busy:
            self._grow(count - 1)
            workers = self._workers[: count - 1]
            for number, worker in enumerate(workers, start=1):
                worker.begin(lambda number=number: call(number))
            try:
                call(0)
            finally:
                for worker in workers:
                    worker.wait()

    def _grow(self, count: int) -> None:
        if self._process != os.getpid():
            self._workers, self._process = [], os.getpid()
        while len(self._workers) < count:
            self._workers.append(Worker(len(self._workers) + 1))


POOL = Pool()


def yield_address() -> int:
    """The address of the system's function that offers the processor to others."""
    if os.name == "nt":
        function = ctypes.WinDLL("kernel32").SwitchToThread  # type: ignore[attr-defined]
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0
