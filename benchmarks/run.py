"""The speed and memory of chainrule beside its peers, in one command.

``python benchmarks/run.py`` measures everything; ``--quick`` one round of it without
TensorFlow; ``--write`` puts the tables into ``benchmarks/README.md``.
"""

import argparse
import os
import sys
import tempfile

import figures
import table
from launch import CONTESTANTS, Result, environment, epochs, installed
from machine import cpu_name, peak
from workloads import WORKS, Work

SECTIONS = (*WORKS, "figures")
SLOW = ("keras_tensorflow", "keras_tensorflow_many")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="one round, no TensorFlow")
    add("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="these sections")
    add("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    add("--threads", nargs="+", type=int, default=[os.cpu_count() or 1])
    add("--rounds", type=int, default=3, help="processes for each contestant")
    add("--write", action="store_true", help="update benchmarks/README.md")
    return parser.parse_args()


def entrants(given: argparse.Namespace) -> list[str]:
    """The contestants that can run here and were not left out."""
    chosen: list[str] = []
    for each in given.contestants:
        if not installed(each):
            print(f"not measured: {each}, its package is not installed")
        elif not (given.quick and each in SLOW):
            chosen.append(each)
    return chosen


def race(work: Work, given: argparse.Namespace, cache: str) -> list[Result]:
    """Run every contestant in turn, round after round, each in its own process.

    Args:
        work: What to train.
        given: The command line.
        cache: Folder for chainrule's compiled objects.

    Returns:
        One result for each contestant and thread count.
    """
    env = environment(CHAINRULE_CACHE_DIR=cache)
    results = [
        Result(contestant, threads)
        for threads in given.threads
        for contestant in entrants(given)
    ]
    rounds = 1 if given.quick else given.rounds
    for number in range(rounds):
        for each in results:
            each.add(*epochs(each.contestant, work.name, each.threads, env))
            told = f"{each.contestant} x{each.threads}: {each.laters[-1][-1]:.4f} s"
            print(f"  {work.name} {number + 1}/{rounds} {told}", file=sys.stderr)
    return results


def section(name: str, given: argparse.Namespace, peaks: dict[int, float]) -> str:
    """Measure one section and give its table; ``peaks`` may rise on the way."""
    if name == "figures":
        return table.lines(
            figures.measure_all(max(given.threads), 1 if given.quick else given.rounds)
        )
    with tempfile.TemporaryDirectory() as cache:
        results = race(WORKS[name], given, cache)
    # Anything else at work lowers a peak, so the highest of several is the peak.
    peaks.update({n: max(known, peak(n)) for n, known in peaks.items()})
    return table.race(WORKS[name], results, peaks)


def machine(peaks: dict[int, float]) -> str:
    """The CPU and its measured peaks in one line."""
    rates = [f"{rate:.0f} GFLOP/s on {n} threads" for n, rate in peaks.items()]
    return f"{cpu_name()}; measured FMA peak {', '.join(rates)}"


def main() -> None:
    """Measure the machine, then each section; print, and write where asked."""
    given = arguments()
    peaks = {threads: peak(threads) for threads in given.threads}
    print(f"{machine(peaks)}\n{table.versions()}\n")
    command = " ".join(["python", "benchmarks/run.py", *sys.argv[1:]])
    for name in given.only:
        text = (
            f"{section(name, given, peaks)}\n\n{table.footer(machine(peaks), command)}"
        )
        print(f"{text}\n", flush=True)
        if given.write:
            table.write(name, text)


if __name__ == "__main__":
    main()
