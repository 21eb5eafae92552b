"""Which function answers a NumPy function for traced values; filled by other rooms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HANDLERS: dict[Any, Callable[..., Any]] = {}
"""NumPy function or ufunc -> our function; filled by the ``numpy`` room."""

NAMED: dict[Any, Callable[..., Any]] = {}
"""The same for ufuncs of libraries that are not to be imported for it, by name."""

LATE: list[Callable[[], object]] = []
"""Loaders of further handlers, called one by one when a handler is missed."""


def implements(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that a function answers these NumPy functions for traced values."""

    def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            HANDLERS[function] = handler
        return handler

    return declare
