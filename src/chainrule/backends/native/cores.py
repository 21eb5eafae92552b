"""Which emitter makes a kernel, by the operation at its heart."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.backends.native.frame import Frame, KernelCode
from chainrule.backends.native.node import RUNNING
from chainrule.backends.native.product import emit_product
from chainrule.backends.native.running import emit_running
from chainrule.backends.native.scatter import emit_scatter
from chainrule.backends.native.sorting import emit_sort

CORES: dict[str, Callable[[Frame], KernelCode]] = {
    "matmul": emit_product,
    "scatter_add": emit_scatter,
    "sort": emit_sort,
    "argsort": emit_sort,
    **dict.fromkeys(RUNNING, emit_running),
}
"""All others are reductions."""
