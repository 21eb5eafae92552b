"""Time one contestant on one problem in this process; prints a line of JSON.

``python -m calculus.measure jax hessian --threads 2``, from ``benchmarks/``.
"""

import argparse
import json
import os
import time
from importlib import import_module
from typing import Any

import numpy as np
from measure import hold

from calculus.problems import PROBLEMS

SECONDS = 1.0
"""For how long calls are timed, after the first; one that takes longer is timed by
itself."""


def leaves(tree: Any) -> list[Any]:
    """The arrays of a result, flat."""
    if isinstance(tree, (list, tuple)):
        return [leaf for item in tree for leaf in leaves(item)]
    return [np.asarray(tree, np.float64).ravel()]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant")
    parser.add_argument("problem", choices=PROBLEMS)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    given = parser.parse_args()
    hold(given.threads)
    module = import_module(f"calculus.solve_{given.contestant}")
    problem = PROBLEMS[given.problem]
    solve = module.solvers(given.threads)[given.problem]
    prepare = getattr(module, "prepare", lambda arguments: arguments)
    arguments = prepare(problem.arguments())

    start = time.perf_counter()
    result = module.ready(solve(*arguments))
    first = time.perf_counter() - start
    times: list[float] = []
    calls = 1 if first > SECONDS else problem.inner
    end = time.perf_counter() + SECONDS
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(calls):
            module.ready(solve(*arguments))
        times.append((time.perf_counter() - start) / calls)
    answer = np.concatenate(leaves(result))
    sample = answer[:: max(1, answer.size // 1000)]
    print(json.dumps({"first": first, "seconds": times, "sample": sample.tolist()}))


if __name__ == "__main__":
    main()
