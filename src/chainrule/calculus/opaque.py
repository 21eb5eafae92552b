"""Functions with a rule of their own that cannot be traced: another library's, say."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.calculus.arguments import as_value
from chainrule.core.errors import ConversionError, MissingRuleError
from chainrule.core.trace import plain
from chainrule.core.tree import flatten, unflatten
from chainrule.core.types import type_of
from chainrule.primitives.host import host_call
from chainrule.transforms.trace import Traced, trace_with_values


def trace_or_call(function: Callable[..., Any], arrays: Sequence[Any]) -> Traced:
    """The function traced; one that cannot be is called as it is, on plain arrays.

    What types it gives is then found by one call: at the values, or where they are not
    known at ones.
    """
    try:
        return trace_with_values(function, arrays)
    except (MissingRuleError, ConversionError):
        pass
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # ones are no point that the user chose
        results, structure = flatten(function(*[_example(x) for x in arrays]))
    types = tuple([type_of(as_value(result)) for result in results])

    def run(*xs: Any) -> list[Any]:
        return flatten(function(*xs))[0]

    def call(*xs: Any) -> Any:
        return unflatten(structure, host_call(*xs, function=run, types=types))

    return trace_with_values(call, arrays)


def _example(x: Any) -> Any:
    value = plain(x)
    return np.ones(x.shape, x.dtype) if value is None else value
