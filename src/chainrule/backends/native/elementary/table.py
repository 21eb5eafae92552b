"""The table of elementary functions, by primitive name, and how a row is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from chainrule.backends.native.elementary.lanes import Lanes
from chainrule.backends.native.ir import Function, Value

Emit: TypeAlias = Callable[..., Value]
"""``emit(function, *values) -> value``; arguments and result share one float type."""

Formula: TypeAlias = Callable[..., Lanes]

ELEMENTARY: dict[str, Emit] = {}


def elementary(name: str, widen: bool = False) -> Callable[[Formula], Formula]:
    """Enter a formula over :class:`Lanes` in the table.

    With ``widen``, ``float`` lanes are computed as ``double`` and rounded once at the
    end: for functions outside the hot path, where accuracy comes free that way.
    """

    def enter(formula: Formula) -> Formula:
        def emit(f: Function, *values: Value) -> Value:
            xs = [Lanes(f, v) for v in values]
            if widen and xs[0].element == "float":
                wide = formula(*(x.cast("fpext", "double") for x in xs))
                return wide.cast("fptrunc", "float").v
            return formula(*xs).v

        ELEMENTARY[name] = emit
        return formula

    return enter
