"""Parts of the book that load when they are first needed, so that importing is quick.

A traced value that meets a function without a handler loads these, one by one.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

from chainrule.core.methods import NAMESPACE
from chainrule.core.tracer import LATE

ROOMS: tuple[str, ...] = (
    "chainrule.numpy.running",
    "chainrule.numpy.order",
    "chainrule.numpy.everyday",
    "chainrule.numpy.assembly",
    "chainrule.numpy.padding",
    "chainrule.numpy.contraction",
    "chainrule.numpy.statistics",
    "chainrule.numpy.nan_aware",
    "chainrule.numpy.polynomials",
    "chainrule.numpy.folds",
    "chainrule.numpy.sets",
    "chainrule.numpy.histograms",
    "chainrule.numpy.linalg",
    "chainrule.numpy.fft",
    "chainrule.numpy.array_api",
    "chainrule.numpy.special",
    "chainrule.primitives.branches",
    "chainrule.primitives.checkpoint",
    "chainrule.primitives.host",
    "chainrule.primitives.krylov",
    "chainrule.primitives.while_loop",
)
"""Modules that declare handlers, and import the records that these use."""

LATE.extend([partial(importlib.import_module, room) for room in reversed(ROOMS)])
NAMESPACE.append(partial(importlib.import_module, "chainrule.numpy"))


def namespace(name: str) -> Any:
    """A room of the book that is a namespace of ``chainrule.numpy``, loaded now."""
    place = f"chainrule.numpy.{name}"
    if place not in ROOMS:
        raise AttributeError(f"module 'chainrule.numpy' has no attribute {name!r}")
    return importlib.import_module(place)


def load_all() -> None:
    """Load every part of the book: all records and all handlers."""
    for room in ROOMS:
        importlib.import_module(room)
