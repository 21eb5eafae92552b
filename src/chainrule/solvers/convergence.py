"""What is said when a solver ends before it has a solution."""

from __future__ import annotations


class ConvergenceError(RuntimeError):
    """A solver ended without a solution; the message has its residual and steps."""


class ConvergenceWarning(UserWarning):
    """A method of SciPy's says that it did not converge; what it found is returned."""
