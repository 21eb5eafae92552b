"""Which function answers a NumPy function for traced values; filled by other rooms."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

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


class Form(NamedTuple):
    """How a function of NumPy's may be called.

    Attributes:
        required: Its arguments without a default, in order.
        out: The place of ``out`` among the arguments; infinite where it has none.
    """

    required: tuple[str, ...]
    out: float


@cache
def form_of(function: Any) -> Form:
    """The form of a call, read from NumPy's signature."""
    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError):
        return Form((), math.inf)
    required = [name for name, p in parameters.items() if p.default is p.empty]
    by_place = [n for n, p in parameters.items() if p.kind is not p.KEYWORD_ONLY]
    place = by_place.index("out") if "out" in by_place else math.inf
    return Form(tuple(required), place)


def in_form(
    function: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call's arguments, required ones by place and ``out`` by name.

    Our handlers name arrays as mathematics does, not as NumPy's signatures do; and none
    of them takes ``out``, which must not be passed over in silence.
    """
    form = form_of(function)
    if not options and len(args) <= form.out:
        return args, options
    if options and len(args) < len(form.required):
        options, found = dict(options), list(args)
        for name in form.required[len(args) :]:
            if name not in options:
                break
            found.append(options.pop(name))
        args = tuple(found)
    if len(args) > form.out and args[int(form.out)] is not None:
        options = {**options, "out": args[int(form.out)]}
    if len(args) == form.out + 1:
        args = args[:-1]
    return args, options
