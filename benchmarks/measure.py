"""Run one contestant on one workload in this process and print what it measured.

``run.py`` starts this file once for every measurement; by hand:
``python benchmarks/measure.py jax_scan mnist --threads 2``.
"""

import argparse
import json
import os
import resource
from importlib import import_module
from typing import Protocol

from workloads import WORKS, Array, Data, Work, load, score


class Trainer(Protocol):
    """What a contestant's ``prepare(work, data, threads)`` gives back."""

    def train(self, epochs: int) -> list[float]:
        """Train, and give the seconds of each epoch.

        The first counts from the call, so that it holds compilation and whatever
        else the contestant does before its first step.
        """
        ...

    def predict(self, x: Array) -> Array:
        """Class scores, or values, for every row."""
        ...


def hold(threads: int) -> None:
    """Let this process use ``threads`` cores, whatever its libraries would like."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def measure(contestant: str, work: Work, data: Data, threads: int) -> dict[str, object]:
    """Train afresh and report.

    Args:
        contestant: A module of ``contestants/``.
        work: What to train.
        data: Its arrays.
        threads: Cores it may use.

    Returns:
        Seconds of each epoch, the test score after the last, and peak memory in MB.
    """
    prepare = import_module(f"contestants.{contestant}").prepare
    trainer: Trainer = prepare(work, data, threads)
    seconds = trainer.train(work.epochs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "contestant": contestant,
        "work": work.name,
        "threads": threads,
        "seconds": seconds,
        "score": score(work, trainer.predict(data.x_test), data),
        "peak_mb": peak,
    }


def main() -> None:
    """Read the command line, measure, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant")
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    given = parser.parse_args()
    hold(given.threads)
    work = WORKS[given.work]
    report = measure(given.contestant, work, load(work), given.threads)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
