"""Derivatives of numerical code, beside the other libraries, in one command.

``python benchmarks/derivatives.py`` measures all; ``--write`` puts the table into
``benchmarks/README.md``; ``--only hvp bodies`` and ``--contestants jax`` choose.
"""

import argparse
import os
import sys
import tempfile
from importlib.util import find_spec
from statistics import geometric_mean, median

import numpy as np
import table
from calculus.problems import PROBLEMS
from launch import environment, report
from machine import cpu_name

PEERS = {
    "jax": "jax",
    "torch": "torch",
    "torch_compiled": "torch",
    "autograd": "autograd",
    "numba": "numba",
}
"""Contestant to the package without which it cannot run."""

OURS = "chainrule"
BY_HAND = "numba"

Times = dict[tuple[str, str], list[float]]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--only", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    add("--contestants", nargs="+", choices=PEERS, default=list(PEERS))
    add("--threads", type=int, default=os.cpu_count() or 1)
    add("--rounds", type=int, default=3, help="processes for each contestant")
    add("--write", action="store_true", help="update benchmarks/README.md")
    return parser.parse_args()


def race(
    given: argparse.Namespace, peers: list[str], cache: str
) -> tuple[Times, Times]:
    """Everyone on every problem in turn, each time in a process of its own.

    Returns:
        Median seconds of a call, and seconds of the first call, one for each round.
    """
    env = environment(CHAINRULE_CACHE_DIR=cache)
    laters: Times = {}
    firsts: Times = {}
    answers: dict[str, np.ndarray] = {}
    for problem in given.only:
        for number in range(given.rounds):
            for contestant in (OURS, *peers):
                if contestant == BY_HAND and problem not in by_hand():
                    continue
                command = ["-m", "calculus.measure", contestant, problem]
                told = report([*command, "--threads", str(given.threads)], env)
                seconds = median(told["seconds"])  # type: ignore[arg-type]
                laters.setdefault((problem, contestant), []).append(seconds)
                firsts.setdefault((problem, contestant), []).append(told["first"])  # type: ignore[arg-type]
                answer = np.array(told["sample"])
                expect_same(problem, contestant, answer, answers)
                print(f"  {problem} {number + 1}: {contestant} {1e6 * seconds:.1f} µs")
    return laters, firsts


def by_hand() -> list[str]:
    """The problems that someone derived by hand."""
    return [name for name in PROBLEMS if name.startswith(("rosenbrock", "bodies"))]


def expect_same(
    problem: str, contestant: str, answer: np.ndarray, answers: dict[str, np.ndarray]
) -> None:
    """Stop where a contestant's answer is not the first's."""
    known = answers.setdefault(problem, answer)
    scale = np.abs(known).max()
    tolerance = PROBLEMS[problem].tolerance
    if answer.shape != known.shape or np.abs(answer - known).max() > tolerance * scale:
        raise RuntimeError(f"{contestant} answers {problem} otherwise than {OURS}")


def over(laters: Times, problem: str, peer: str) -> float:
    """How many times our seconds a peer takes: the median over rounds."""
    pairs = zip(laters[problem, peer], laters[problem, OURS], strict=True)
    return median(theirs / mine for theirs, mine in pairs)


def spelled(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    if seconds < 1e-3:
        return f"{1e6 * seconds:.1f} µs"
    return f"{1e3 * seconds:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def lines(laters: Times, firsts: Times, peers: list[str]) -> str:
    """The table, and the geometric means below it."""
    rows: list[tuple[str, ...]] = []
    best: list[float] = []
    for problem in dict.fromkeys(name for name, _ in laters):
        cells = [spelled(median(laters[problem, OURS]))]
        ratios: dict[str, float] = {}
        for peer in peers:
            if (problem, peer) not in laters:
                cells.append("")
                continue
            ratios[peer] = over(laters, problem, peer)
            cells.append(
                f"{spelled(median(laters[problem, peer]))} ({ratios[peer]:.2f})"
            )
        best.append(min(r for peer, r in ratios.items() if peer != BY_HAND))
        first = spelled(median(firsts[problem, OURS]))
        rows.append((PROBLEMS[problem].title, *cells, f"{best[-1]:.2f}", first))
    head = (
        "derivative",
        OURS,
        *[f"{peer} (times ours)" for peer in peers],
        "best peer, times ours",
        "our first call",
    )
    means = f"Best peer, geometric mean: {geometric_mean(best):.2f} times chainrule's."
    return f"{table.markdown(head, rows)}\n\n{means}"


def main() -> None:
    """Measure what was asked for, print the table, write it if told."""
    given = arguments()
    peers = [peer for peer in given.contestants if find_spec(PEERS[peer])]
    with tempfile.TemporaryDirectory() as cache:
        laters, firsts = race(given, peers, cache)
    machine = f"{cpu_name()}, {given.threads} threads"
    command = " ".join(["python benchmarks/derivatives.py", *sys.argv[1:]])
    text = f"{lines(laters, firsts, peers)}\n\n{table.footer(machine, command)}"
    print(text)
    if given.write:
        table.write("calculus", text)


if __name__ == "__main__":
    main()
