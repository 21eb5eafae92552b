"""Words for types that the network rooms share."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

__all__ = ["Array", "BatchShape", "Floats", "Shape"]

# An ndarray in eager use, a tracer inside a transform, or a layer's Variable: what
# they have in common is NumPy's protocol, which Python's types can't express.
Array: TypeAlias = Any

Floats: TypeAlias = np.ndarray[Any, np.dtype[Any]]

Shape: TypeAlias = tuple[int, ...]

# A shape whose batch axis (and any other unknown length) is None.
BatchShape: TypeAlias = tuple[int | None, ...]
