"""Element-by-element functions of NumPy, for traced values: promote, broadcast, apply."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.tracer import implements
from chainrule.numpy.promotion import common
from chainrule.primitives import elementwise as p


@implements(np.add)
def add(x: Any, y: Any) -> Any:
    return p.add(*common(x, y))

@implements(np.multiply)
def multiply(x: Any, y: Any) -> Any:
    return p.mul(*common(x, y))

@implements(np.subtract)
def subtract(x: Any, y: Any) -> Any:
    return p.sub(*common(x, y))
