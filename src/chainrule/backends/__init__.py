"""Backends: what turns a Program into something that runs.

A backend is one folder with one ``BACKEND``. ``"native"`` (LLVM) loads on first use;
where it cannot, ``"numpy"`` serves in its place and a warning says so once.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any, Protocol

from chainrule.backends.numpy import BACKEND as NUMPY
from chainrule.core.program import Program

Executable = Callable[[list[Any], list[Any]], list[Any]]
"""``executable(constants, arguments) -> results``: lists of arrays in program order."""


class Backend(Protocol):
    """What a backend offers."""

    name: str

    def compile(
        self,
        program: Program,
        donated: tuple[int, ...],
        name: str,
        flush_denormals: bool = False,
    ) -> Executable:
        """Make a program ready to run.

        Args:
            program: What to run.
            donated: Positions in ``program.inputs`` whose arrays may be overwritten
                and returned as results.
            name: What the user calls it, for reports.
            flush_denormals: Whether numbers too small to be normal may become zeros.

        Returns:
            A function of the constants' and the inputs' arrays; its results own their
            memory, or are donated arrays.
        """
        ...

    def foreign(self, program: Program) -> tuple[str, ...]:
        """Names of the primitives that would run by their records' NumPy meaning."""
        ...

    def info(self) -> dict[str, Any]:
        """What it runs on, in words."""
        ...


class BackendWarning(UserWarning):
    """The backend asked for cannot load, and another serves in its place."""


_LOADED: dict[str, Backend] = {"numpy": NUMPY}


def get(name: str) -> Backend:
    """The backend of this name, loaded on first use.

    Args:
        name: ``"native"`` or ``"numpy"``.

    Returns:
        That backend; the NumPy one, with a :class:`BackendWarning`, where the native
        one cannot load.

    Examples:
        >>> get("numpy").name
        'numpy'
    """
    if name not in _LOADED:
        _LOADED[name] = _load(name)
    return _LOADED[name]


def _load(name: str) -> Backend:
    try:
        module = importlib.import_module(f"chainrule.backends.{name}")
    except (ImportError, OSError) as error:
        warnings.warn(
            f"Expected to load the {name} backend, got {type(error).__name__}: "
            f"{error}. NumPy runs compiled functions in its place, but slowly: "
            "reinstall llvmlite (pip install --force-reinstall llvmlite), or silence "
            'this with chainrule.config.set_backend("numpy").',
            BackendWarning,
            stacklevel=2,
        )
        return NUMPY
    return module.BACKEND
