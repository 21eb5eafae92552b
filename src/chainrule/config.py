"""Settings for the whole process: backend, threads, checks, where things are cached.

Each has an environment variable, read once at import: ``CHAINRULE_BACKEND``,
``CHAINRULE_NUM_THREADS``, ``CHAINRULE_DEBUG``, ``CHAINRULE_CACHE_DIR`` and
``CHAINRULE_TARGET``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from chainrule.core import check

__all__ = [
    "get_backend",
    "get_cache_dir",
    "get_debug",
    "get_num_threads",
    "get_target",
    "info",
    "set_backend",
    "set_debug",
    "set_num_threads",
]

BACKENDS = ("native", "numpy")
TARGETS = ("x86-64-v2", "x86-64-v3", "x86-64-v4")

version = 0
"""Counts the changes of settings, so that what was compiled before can be told."""


class _Settings:
    """The values that hold now."""

    backend = "native"
    threads = 1
    debug = False


def _changed() -> None:
    global version
    version += 1


def snapshot() -> tuple[str, int, bool]:
    """The settings that a compiled function depends on."""
    return _Settings.backend, _Settings.threads, _Settings.debug


def set_backend(name: str) -> None:
    """Choose what runs compiled functions: ``"native"`` (LLVM) or ``"numpy"``.

    Args:
        name: ``"native"``, the default, or ``"numpy"``, which evaluates a program
            equation by equation and defines what is right.

    Raises:
        ValueError: If there is no such backend.

    Examples:
        >>> set_backend("numpy")
        >>> get_backend()
        'numpy'
        >>> set_backend("native")
    """
    if name not in BACKENDS:
        raise ValueError(
            f"Expected a backend among {', '.join(map(repr, BACKENDS))}, got {name!r}: "
            "give one of these names (or set CHAINRULE_BACKEND to it)."
        )
    if name != _Settings.backend:
        _Settings.backend = name
        _changed()


def get_backend() -> str:
    """The backend chosen for compiled functions.

    Returns:
        ``"native"`` or ``"numpy"``.
    """
    return _Settings.backend


def set_num_threads(count: int) -> None:
    """Choose how many threads compiled functions use; results do not depend on it.

    Args:
        count: A positive integer.

    Raises:
        ValueError: If the count is not a positive integer.

    Examples:
        >>> before = get_num_threads()
        >>> set_num_threads(1)
        >>> get_num_threads()
        1
        >>> set_num_threads(before)
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(
            f"Expected a positive number of threads, got {count!r}: give an integer "
            "from 1 up (or set CHAINRULE_NUM_THREADS to it)."
        )
    if count != _Settings.threads:
        _Settings.threads = count
        _changed()


def get_num_threads() -> int:
    """The number of threads that compiled functions use.

    Returns:
        A positive integer; at first the number of physical cores that this
        process may run on.
    """
    return _Settings.threads


def set_debug(enabled: bool) -> None:
    """Check every program after every transform; slow, and off by default.

    Args:
        enabled: Whether to check.

    Examples:
        >>> set_debug(True)
        >>> get_debug()
        True
        >>> set_debug(False)
    """
    check.set_debug(enabled)
    if bool(enabled) != _Settings.debug:
        _Settings.debug = bool(enabled)
        _changed()


def get_debug() -> bool:
    """Whether every program is checked after every transform.

    Returns:
        True or False.
    """
    return _Settings.debug


def get_cache_dir() -> Path:
    """The folder that compiled objects are kept in, from run to run.

    Returns:
        ``CHAINRULE_CACHE_DIR`` where that is set, else a folder ``chainrule`` where
        this system keeps caches.
    """
    chosen = os.environ.get("CHAINRULE_CACHE_DIR")
    return Path(chosen) if chosen else _caches_of_the_system() / "chainrule"


def _caches_of_the_system() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def get_target() -> str | None:
    """The CPU feature level that native code is held to, or None for this CPU's own.

    Returns:
        ``CHAINRULE_TARGET``: ``"x86-64-v2"``, ``"x86-64-v3"`` or ``"x86-64-v4"``.

    Raises:
        ValueError: If the variable names another level.
    """
    target = os.environ.get("CHAINRULE_TARGET") or None
    if target is not None and target not in TARGETS:
        raise ValueError(
            f"Expected CHAINRULE_TARGET among {', '.join(TARGETS)}, got {target!r}: "
            "unset it to use all that this CPU has."
        )
    return target


def info() -> dict[str, Any]:
    """The settings, each under its name.

    Returns:
        Backend, threads, debug switch, cache folder and target.

    Examples:
        >>> sorted(info())
        ['backend', 'cache', 'debug', 'target', 'threads']
    """
    return {
        "backend": get_backend(),
        "threads": get_num_threads(),
        "cache": get_cache_dir(),
        "target": get_target() or "this CPU",
        "debug": get_debug(),
    }


def _available_threads() -> int:
    """Physical cores among the CPUs that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    if affinity is None:
        count = getattr(os, "process_cpu_count", os.cpu_count)()
        return max(1, count or 1)
    return max(1, len({_siblings(cpu) for cpu in affinity(0)}))


def _siblings(cpu: int) -> str:
    """A name for the core that a CPU is a hardware thread of; its own if unknown."""
    place = f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
    try:
        return Path(place).read_text(encoding="ascii").strip()
    except OSError:
        return str(cpu)


def _from_environment(name: str, default: str) -> str:
    return os.environ.get(name) or default


def _read_environment() -> None:
    set_backend(_from_environment("CHAINRULE_BACKEND", "native"))
    threads = _from_environment("CHAINRULE_NUM_THREADS", str(_available_threads()))
    digits = threads.isascii() and threads.isdigit()
    set_num_threads(int(threads) if digits else threads)  # type: ignore[arg-type]
    set_debug(_from_environment("CHAINRULE_DEBUG", "0") not in ("0", "false", "no"))


_read_environment()
