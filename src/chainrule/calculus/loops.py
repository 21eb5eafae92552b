"""Loops as one operation: ``scan`` over leading axes, ``fori_loop`` over a range.

The body is traced once, to a Program; arrays that it closes over become constants of
the loop. Under a transform or ``jit`` a loop stays one equation, however long it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from chainrule.calculus.arguments import as_value, result_value
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.trace import is_weak
from chainrule.core.tree import Structure, flatten, paths, unflatten
from chainrule.core.types import ArrayType, is_number, type_of
from chainrule.primitives import control
from chainrule.primitives.conversion import convert
from chainrule.transforms.trace import Traced, trace

_ATTEMPTS = 3
"""Times that a body is traced again for carries that start as Python numbers."""


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    checkpoint: bool | int = False,
    unroll: bool | int = 1,
) -> tuple[Any, Any]:
    r"""Carry a value along leading axes, and stack what each step returns.

    .. math:: (c_{t+1}, y_t) = f(c_t, x_t), \qquad t = 0, \dots, n - 1

    Shapes:
        xs: ``(n, ...)`` each; ys: ``(n, ...)`` each; the carry keeps its shapes.

    Args:
        f: ``f(carry, x) -> (carry, y)`` in NumPy code; traced once.
        init: The first carry, in any containers.
        xs: Arrays to walk along their first axis; None where there are none.
        length: The number of steps; needed where ``xs`` is None.
        reverse: Walk from the last to the first; the places in ys are kept.
        checkpoint: Reverse mode keeps only every k-th carry, and computes the steps
            between once more: memory of order n / k + k. An integer is k; True stands
            for the square root of n.
        unroll: How many steps one turn of the loop takes, in as many copies of the
            body: the same results to the bit (sums in their derivatives may round
            differently), and less to do between steps. True leaves no loop.

    Returns:
        ``(carry, ys)``: the last carry, and the stacked results.

    Raises:
        TypeError: If the carry that ``f`` returns is not of the type it takes.
        ValueError: If leading extents and length do not agree, or checkpoint or
            unroll is not a number of steps.

    Examples:
        >>> import numpy as np
        >>> scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
        (np.float64(6.0), array([0., 1., 3.]))

    Source: the meaning is that of ``jax.lax.scan``.
    """
    items, items_structure = flatten(xs)
    items = [as_value(item) for item in items]
    steps = common_length(items, length)
    carry, structure = flatten(init)
    slices = [ArrayType(tuple(x.shape[1:]), x.dtype) for x in items]

    def body(*leaves: Any) -> Any:
        state = unflatten(structure, leaves[: len(carry)])
        result = f(state, unflatten(items_structure, leaves[len(carry) :]))
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(
                "Expected a body that returns (carry, y), got "
                f"{type(result).__name__} at {user_line()}: return a pair, with None "
                "for y where there is nothing to stack."
            )
        return result

    traced, start = trace_body(body, (), carry, slices, structure)
    stacked = traced.structure.children[1]
    params = {
        "body": traced.program.without_constants(),
        "consts": len(traced.constants),
        "carry": len(carry),
        "length": steps,
        "reverse": bool(reverse),
    }
    parts = (traced.constants, start, items)
    results = _run(*parts, params, unroll, checkpoint)
    values = [result_value(value) for value in results]
    last = unflatten(structure, values[: len(carry)])
    return last, unflatten(stacked, values[len(carry) :])


def _is_one(unroll: bool | int) -> bool:
    """Whether a turn of the loop is one step."""
    return unroll is False or (unroll is not True and unroll == 1)


def _run(
    consts: Sequence[Any],
    start: Sequence[Any],
    xs: Sequence[Any],
    params: dict[str, Any],
    unroll: bool | int,
    checkpoint: bool | int = False,
) -> Sequence[Any]:
    """The results of a scan, in parts where that is asked for."""
    if checkpoint is False and _is_one(unroll):
        return control.scan(*consts, *start, *xs, **params)
    chunks = import_module("chainrule.calculus.control.chunks")
    return chunks.scan_in_parts(consts, start, xs, params, unroll, checkpoint)


def fori_loop(
    lower: Any,
    upper: Any,
    body: Callable[[Any, Any], Any],
    init: Any,
    *,
    unroll: bool | int = 1,
) -> Any:
    r"""Apply a function for each integer of a range, carrying a value along.

    .. math:: c_{i+1} = f(i, c_i), \qquad i = l, \dots, u - 1

    Shapes:
        The carry keeps its shapes.

    Args:
        lower: The first integer; possibly traced.
        upper: The integer to stop before; possibly traced.
        body: ``body(i, carry) -> carry`` in NumPy code; traced once.
        init: The first carry, in any containers.
        unroll: As that of ``scan``; between Python integers alone.

    Returns:
        The last carry. Between Python integers the loop is a scan, and so has
        derivatives in reverse mode; otherwise its length is not known beforehand, and
        only forward mode goes through it.

    Raises:
        TypeError: If the bounds are not integers, or the body changes the carry's
            type.
        ValueError: If unroll is not a number of steps, or the bounds may be traced.

    Examples:
        >>> fori_loop(0, 5, lambda i, total: total + i, 0)
        np.int64(10)

    Source: the meaning is that of ``jax.lax.fori_loop``.
    """
    bounds = _bounds(lower, upper)
    carry, structure = flatten(init)

    def step(i: Any, *leaves: Any) -> Any:
        return body(i, unflatten(structure, leaves)), i + 1

    traced, start = trace_body(step, bounds[:1], carry, (), structure)
    consts = len(traced.constants)
    program = traced.program.without_constants()
    *state, following = program.outputs
    if isinstance(lower, int) and isinstance(upper, int):
        params = {
            "body": replace(program, outputs=(following, *state)),
            "consts": consts,
            "carry": 1 + len(carry),
            "length": max(upper - lower, 0),
            "reverse": False,
        }
        first = (bounds[0], *start)
        _, *results = _run(traced.constants, first, (), params, unroll)
    elif not _is_one(unroll):
        raise ValueError(
            f"Expected bounds that are Python integers to unroll between, got {lower} "
            f"and {upper} at {user_line()}: leave unroll out."
        )
    else:
        results = control.fori_loop(
            *bounds,
            *traced.constants,
            *start,
            body=replace(program, outputs=tuple(state)),
            consts=consts,
        )
    return unflatten(structure, [result_value(value) for value in results])


def _bounds(lower: Any, upper: Any) -> list[Any]:
    """Both bounds as integer scalars of one dtype."""
    bounds = [as_value(lower), as_value(upper)]
    for bound in bounds:
        type = type_of(bound)
        if type.dtype.kind not in "iu" or type.shape:
            raise TypeError(
                f"Expected integer scalars as the bounds of fori_loop, got {type} at "
                f"{user_line()}: convert it with .astype(int)."
            )
    known = [x for x in (lower, upper) if not is_number(x)]
    dtype = np.result_type(*[x.dtype for x in known]) if known else np.dtype(np.int64)
    return [convert(x, dtype=dtype) if x.dtype != dtype else x for x in bounds]


def common_length(items: Sequence[Any], length: int | None) -> int:
    """The leading extent of all arrays, which is the length where one is given."""
    if not all(item.shape for item in items):
        raise ShapeError(
            "Expected arrays with a leading axis as xs, got a scalar at "
            f"{user_line()}: scan walks along the first axis; close over scalars."
        )
    extents = {int(item.shape[0]) for item in items}
    if length is not None:
        extents.add(int(length))
    if len(extents) != 1:
        found = sorted(extents) if extents else "neither"
        raise ValueError(
            f"Expected one length from xs and length, got {found} at {user_line()}: "
            "give arrays of one leading extent, or length where xs is None."
        )
    return extents.pop()


def trace_body(
    body: Callable[..., Any],
    leading: Sequence[Any],
    carry: Sequence[Any],
    slices: Sequence[ArrayType],
    structure: Structure,
) -> tuple[Traced, list[Any]]:
    """Trace a body, and the first carry in the types that the body settles on.

    A carry that starts as a Python number takes the dtype that the body gives it.
    """
    types = [type_of(as_value(leaf)) for leaf in carry]
    before = [type_of(bound) for bound in leading]
    free = [is_weak(leaf) for leaf in carry]
    attempt = _Attempt(body, before, slices, structure)
    traced, found = attempt.trace(types, free)
    for _ in range(_ATTEMPTS):
        rows = zip(types, found, free, strict=True)
        wanted = [t.with_dtype(f.dtype) if w else t for t, f, w in rows]
        if wanted == types:
            break
        free = [w and f == t for t, f, w in zip(types, found, free, strict=True)]
        types = wanted
        traced, found = attempt.trace(types, free)
    _expect_same(types, found, structure)
    start = [as_type(leaf, type) for leaf, type in zip(carry, types, strict=True)]
    return traced, start


class _Attempt:
    """Traces a body with a carry of given types, which it may turn out not to keep."""

    def __init__(
        self,
        body: Callable[..., Any],
        before: Sequence[ArrayType],
        slices: Sequence[ArrayType],
        structure: Structure,
    ) -> None:
        self._body = body
        self._before = before
        self._slices = slices
        self._structure = structure

    def trace(
        self, types: Sequence[ArrayType], free: Sequence[bool]
    ) -> tuple[Traced, list[ArrayType]]:
        """What was traced, and the types of the carry that the body returns."""
        self._types = types
        inputs = [*self._before, *types, *self._slices]
        weak = [False] * len(inputs)
        weak[len(self._before) : len(self._before) + len(types)] = free
        traced = trace(self._settled, inputs, weak)
        return traced, [type_of(leaf) for leaf in traced.results[: len(types)]]

    def _settled(self, *leaves: Any) -> Any:
        """The body, its weak results in the dtype of the carry that they become."""
        state, y = self._body(*leaves)
        values, structure = flatten(state)
        if structure != self._structure:
            raise TypeError(
                f"Expected a body that returns its carry in {self._structure}, got "
                f"{structure} at {user_line()}: return the same containers."
            )
        pairs = zip(values, self._types, strict=True)
        settled = [as_type(v, t) if is_weak(v) else v for v, t in pairs]
        return unflatten(structure, settled), y


def as_type(value: Any, type: ArrayType) -> Any:
    """A number or array as this dtype, where that loses nothing of its kind."""
    value = as_value(value)
    found = type_of(value)
    fits = np.can_cast(found.dtype, type.dtype, "same_kind")
    if found.dtype == type.dtype or found.shape != type.shape or not fits:
        return value
    return convert(value, dtype=type.dtype)


def _expect_same(
    types: Sequence[ArrayType], found: Sequence[ArrayType], structure: Structure
) -> None:
    for expected, got, path in zip(types, found, paths(structure), strict=True):
        if expected != got:
            where = f" leaf {path}" if path else ""
            raise TypeError(
                f"Expected the carry{where} to stay {expected}, got {got} from the "
                f"body at {user_line()}: start with that type, or cast the result with "
                ".astype."
            )
