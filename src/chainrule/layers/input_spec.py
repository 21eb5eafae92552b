"""What a layer expects of its input, and the error when it isn't so."""

from __future__ import annotations

from chainrule._typing import BatchShape

__all__ = ["InputSpec"]


class InputSpec:
    """Expected number of axes and lengths of axes.

    Args:
        ndim: Exact number of axes.
        min_ndim: Least number of axes.
        axes: Length by axis, such as ``{-1: 784}``.
        shape: The whole shape; ``None`` stands for any length.

    Examples:
        >>> InputSpec(min_ndim=2, axes={-1: 784}).check("layer 'dense'", (32, 784))
        >>> InputSpec(min_ndim=2, axes={-1: 784}).check("layer 'dense'", (32, 100))
        Traceback (most recent call last):
            ...
        ValueError: layer 'dense' expects an input of shape (..., 784), got shape \
(32, 100): axis -1 must have length 784, not 100.
    """

    def __init__(
        self,
        ndim: int | None = None,
        min_ndim: int = 0,
        axes: dict[int, int] | None = None,
        shape: BatchShape | None = None,
    ) -> None:
        self.ndim = len(shape) if shape is not None else ndim
        self.min_ndim = min_ndim
        self.shape = shape
        lengths = enumerate(shape) if shape is not None else ()
        known = {axis: length for axis, length in lengths if length is not None}
        self.axes = {**known, **(axes or {})}

    def check(self, owner: str, shape: BatchShape) -> None:
        """Compare a shape with what is expected.

        Args:
            owner: What the message calls the receiver, such as ``"layer 'dense'"``.
            shape: The shape received, with the batch axis.

        Raises:
            ValueError: The shape doesn't fit.
        """
        problem = self._problem(shape)
        if problem:
            raise ValueError(
                f"{owner} expects an input of shape {self.describe()}, got shape "
                f"{shape}: {problem}."
            )

    def describe(self) -> str:
        """Write the expected shape down."""
        if self.shape is not None:
            words = [
                "batch" if axis == 0 and length is None else str(length or "any")
                for axis, length in enumerate(self.shape)
            ]
            return f"({', '.join(words)}{',' if len(words) == 1 else ''})"
        last = self.axes.get(-1)
        if self.ndim is not None:
            return f"with {self.ndim} axes"
        if last is not None:
            return f"(..., {last})"
        return f"with at least {self.min_ndim} axes"

    def _problem(self, shape: BatchShape) -> str | None:
        if self.ndim is not None and len(shape) != self.ndim:
            return f"it must have {self.ndim} axes, not {len(shape)}"
        if len(shape) < self.min_ndim:
            return (
                f"it must have at least {self.min_ndim} axes, the first of them the "
                "batch's; x[None] adds one for a single row"
            )
        for axis, length in self.axes.items():
            if shape[axis] != length:
                return f"axis {axis} must have length {length}, not {shape[axis]}"
        return None
