"""This library's own figures: first epoch, import, one row, memory."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from launch import HERE, OURS, environment, epochs, report
from workloads import MNIST


class Figure(NamedTuple):
    """One line of the table: what, the measured value, and the most it may be."""

    what: str
    value: float
    most: float
    unit: str


def first_epochs(threads: int, rounds: int) -> list[Figure]:
    """Seconds that the first epoch takes beyond a later one, by the disk cache.

    Args:
        threads: Cores to use.
        rounds: How many cold and warm processes.

    Returns:
        The figures from a cold and from a warm cache.
    """
    extra: dict[str, list[float]] = {"cold": [], "warm": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for seconds in extra.values():  # cold first, then warm
                env = environment(CHAINRULE_CACHE_DIR=cache)
                taken, _, _ = epochs(OURS, "mnist", threads, env)
                seconds.append(taken[0] - median(taken[1:]))
    return [
        Figure("first `fit`'s extra, cold cache", median(extra["cold"]), 1.0, "s"),
        Figure("first `fit`'s extra, warm cache", median(extra["warm"]), 0.3, "s"),
    ]


def _start(code: str, env: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    return time.perf_counter() - start


def imports(rounds: int) -> list[Figure]:
    """Import time over an interpreter that imports nothing, in fresh processes.

    Args:
        rounds: How many triples of processes; one triple before them is not counted.

    Returns:
        Milliseconds of both imports, and their ratio.
    """
    codes = ("pass", "import numpy", "import chainrule")
    with tempfile.TemporaryDirectory() as compiled:
        # Both as after an installation: with their bytecode on disk, ours here, and
        # kept there by the triple that is not counted.
        env = environment(PYTHONPYCACHEPREFIX=compiled)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        every = range(rounds + 1)
        taken = [[_start(code, env) for code in codes] for _ in every][1:]
    base = median(empty for empty, _, _ in taken)
    numpy_ms = 1e3 * (median(second for _, second, _ in taken) - base)
    ours_ms = 1e3 * (median(third for _, _, third in taken) - base)
    return [
        Figure("`import numpy`", numpy_ms, float("inf"), "ms"),
        Figure("`import chainrule`", ours_ms, 2.5 * numpy_ms, "ms"),
    ]


def latencies(rounds: int) -> list[Figure]:
    """Microseconds of ``model(x)`` and ``predict`` for one row.

    Args:
        rounds: How many processes.

    Returns:
        The median of each.
    """
    told = [report(["probes/latency.py"], environment()) for _ in range(rounds)]
    call, predict = (
        median(float(str(each[key])) for each in told)
        for key in ("call_us", "predict_us")
    )
    return [
        Figure("`model(x)`, one row", call, 20.0, "µs"),
        Figure("`model.predict(x)`, one row", predict, 200.0, "µs"),
    ]


def memory() -> list[Figure]:
    """Peak memory of ``examples/mnist.py`` beyond the arrays that it makes.

    Returns:
        The bytes that it holds at once when it divides by 255 (images as bytes and as
        float64, labels), and the peak over them.
    """
    with np.load(MNIST) as arrays:
        images = arrays["x_train"].size + arrays["x_test"].size
        labels = arrays["y_train"].nbytes + arrays["y_test"].nbytes
    arrays_mb = ((1 + 8) * images + labels) / 1e6
    script = HERE.parent / "examples" / "mnist.py"
    with tempfile.TemporaryDirectory() as folder:
        peak_mb = _peak(script, Path(folder))
    return [
        Figure("the MNIST script's arrays", arrays_mb, float("inf"), "MB"),
        Figure("the MNIST script's peak beyond them", peak_mb - arrays_mb, 150.0, "MB"),
    ]


def _peak(script: Path, folder: Path) -> float:
    """Peak resident megabytes of a script run in ``folder``."""
    child = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=folder,
        env=environment(MPLBACKEND="Agg"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise RuntimeError(
            f"{script} ended with status {status}, expected 0; run it by hand"
        )
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes, or KiB
    return usage.ru_maxrss * unit / 1e6


def measure_all(threads: int, rounds: int) -> list[Figure]:
    """Every figure of this file.

    Args:
        threads: Cores that training may use.
        rounds: How many processes for each median.

    Returns:
        The lines of the table, in order.
    """
    return [
        *first_epochs(threads, rounds),
        *imports(3 * rounds),
        *latencies(rounds),
        *memory(),
    ]
