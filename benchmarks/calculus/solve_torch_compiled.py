"""PyTorch: the same ``torch.func``, given to ``torch.compile``."""

from typing import Any

import torch

from calculus import solve_torch
from calculus.solve_torch import prepare as prepare
from calculus.solve_torch import ready as ready


def solvers(threads: int) -> dict[str, Any]:
    """A function for each problem, compiled when it is first called."""
    eager = solve_torch.solvers(threads)
    return {name: torch.compile(solve) for name, solve in eager.items()}
