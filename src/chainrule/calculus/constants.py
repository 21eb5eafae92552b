"""Values that derivatives do not pass."""

from __future__ import annotations

from typing import Any

from chainrule.core.tracer import Tracer
from chainrule.core.tree import map_leaves
from chainrule.primitives import conversion


def stop_gradient(x: Any) -> Any:
    r"""The same values, which derivatives do not pass.

    .. math:: y = x, \qquad \dot y = 0

    Shapes:
        y: the shapes and containers of x.

    Args:
        x: An array, or arrays in containers.

    Returns:
        x itself for plain arrays; under a transform, values that count as constants.

    Examples:
        >>> from chainrule import grad
        >>> grad(lambda x: x * stop_gradient(x))(3.0)
        np.float64(3.0)
    """
    return map_leaves(_hold, x)


def _hold(leaf: Any) -> Any:
    return conversion.stop_gradient(leaf) if isinstance(leaf, Tracer) else leaf
