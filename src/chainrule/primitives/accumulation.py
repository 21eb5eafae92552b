"""Running extremes along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.interpreter import find_trace
from chainrule.core.primitive import REGISTRY, Formula, Primitive, Sample, register
from chainrule.primitives.bitwise import bitwise_and, bitwise_not, bitwise_or
from chainrule.primitives.comparison import equal, select
from chainrule.primitives.reduction import ALONG, INDEX, along, along_type
from chainrule.primitives.rounding import isnan
from chainrule.primitives.rules import numpy_page
from chainrule.primitives.slicing import concatenate, part
from chainrule.primitives.structure import iota


def _changes(y: Any, axis: int) -> Any:
    """Whether each running extreme differs from the one before; the first does."""
    length = y.shape[axis]
    before, after = part(y, axis, 0, length - 1), part(y, axis, 1, length)
    alike = equal(before, after)
    if y.dtype.kind == "f":
        alike = bitwise_or(alike, bitwise_and(isnan(before), isnan(after)))
    shape = tuple([1 if i == axis else n for i, n in enumerate(y.shape)])
    return concatenate(np.ones(shape, bool), bitwise_not(alike), axis=axis)


def _extreme_jvp(dx: Any, y: Any, x: Any, axis: int) -> Any:
    """The tangent of the element that first reached each extreme."""
    if not x.shape[axis]:
        return None
    params = {"shape": x.shape, "axis": axis, "dtype": INDEX}
    trace = find_trace((x, y))
    numbers = iota(**params) if trace is None else trace.process(iota, (), params)
    reached = cummax(select(_changes(y, axis), numbers, 0), axis=axis)
    return along(dx, reached, axis)


def _running(name: str, symbol: str, numpy: Callable[..., Any]) -> Primitive:
    return register(
        Primitive(
            name=name,
            formula=Formula(
                rf"y_k = \{symbol}_{{i \le k}} x_i",
                r"\dot y_k = \dot x_{m(k)},\ m(k) = \min \{i : x_i = y_k\}",
            ),
            type=along_type,
            numpy=lambda x, axis: numpy(x, axis),
            jvp=(_extreme_jvp,),
            transpose=None,
            samples=(*ALONG, Sample(((5,),), {"axis": 0}, (-9, 9), dtypes="i")),
            batch=lambda batched, x, axis: REGISTRY[name](x, axis=axis + 1),
            convention="The first of those that tie has the tangent. NaN propagates.",
            source=numpy_page("ufunc.accumulate"),
        )
    )


cummax = _running("cummax", "max", np.maximum.accumulate)
cummin = _running("cummin", "min", np.minimum.accumulate)
