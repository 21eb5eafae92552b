"""A user's function as a program of one vector and of arrays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.calculus.arguments import (
    Function,
    differentiable_leaves,
    result_value,
)
from chainrule.calculus.parted import Parted
from chainrule.core.errors import ShapeError, user_line
from chainrule.core.program import evaluate
from chainrule.core.tracer import Tracer
from chainrule.core.tree import flatten, unflatten
from chainrule.core.types import ArrayType, type_of
from chainrule.numpy import concatenate
from chainrule.solvers.remember import Made, key_of, remembered
from chainrule.transforms.trace import trace


class Variables:
    """What is solved for, as a container and as one vector.

    Args:
        tree: Where to start, in any container.
        verb: The name of the solver, for errors.
        dtype: Of the vector; by default that of the arrays.
    """

    def __init__(self, tree: Any, verb: str, dtype: Any = None) -> None:
        leaves, self.structure = differentiable_leaves(tree, verb)
        self._types = [type_of(leaf) for leaf in leaves]
        kinds = {type.dtype.kind for type in self._types}
        if "c" in kinds:
            raise TypeError(
                f"Expected real numbers to start {verb} from, got complex ones at "
                f"{user_line()}: solve for the real and the imaginary part."
            )
        found = np.result_type(*[t.dtype for t in self._types] or [np.float64])
        self.dtype = np.dtype(dtype or found)
        self.start = self.vector(leaves)

    @property
    def type(self) -> ArrayType:
        """The type of the vector."""
        return ArrayType((sum(type.size for type in self._types),), self.dtype)

    def vector(self, leaves: Sequence[Any]) -> Any:
        """The leaves one after the other."""
        if not leaves:
            return np.zeros(0, self.dtype)
        rows = [np.reshape(leaf, (-1,)).astype(self.dtype) for leaf in leaves]
        return concatenate(rows) if len(rows) > 1 else rows[0]

    def tree(self, vector: Any) -> Any:
        """The container that a vector stands for."""
        leaves: list[Any] = []
        start = 0
        for type in self._types:
            part = vector[start : start + type.size]
            leaf = np.reshape(part, type.shape).astype(type.dtype)
            leaves.append(result_value(leaf))
            start += type.size
        return unflatten(self.structure, leaves)


class Closed:
    """A function of the vector and of arrays, among them what it closes over.

    Attributes:
        operands: The values of these arrays.
        types: The types of the function's results.
    """

    def __init__(
        self, function: Function, variables: Variables, args: Sequence[Any]
    ) -> None:
        parted = Parted(tuple(args))

        def flat(vector: Any, *arrays: Any) -> Any:
            results = function(variables.tree(vector), *parted.tree(arrays))
            return flatten(results)[0]

        traced = trace(flat, [variables.type, *parted.types])
        self._count = len(traced.constants)
        self._program = traced.program.without_constants()
        self.operands = [*traced.constants, *parted.arrays]
        self.types = traced.program.output_types

    @property
    def is_traced(self) -> bool:
        """Whether it is part of a transform."""
        return any(isinstance(operand, Tracer) for operand in self.operands)

    def scalar(self, verb: str) -> Function:
        """The function as one with a scalar result in float64."""
        if len(self.types) != 1 or self.types[0].shape:
            got = self.types[0] if len(self.types) == 1 else f"{len(self.types)} arrays"
            raise ShapeError(
                f"Expected a function with one scalar result for {verb}, got {got} at "
                f"{user_line()}: reduce it, for example with np.sum."
            )
        run = self._run()
        return lambda x, *operands: run(x, operands)[0].astype(np.float64)

    def vector(self) -> Function:
        """The function as one with all its results in a vector of the dtype of x."""
        results = self._run()

        def run(x: Any, *operands: Any) -> Any:
            rows = [np.reshape(y, (-1,)) for y in results(x, operands)]
            joined = concatenate(rows) if len(rows) != 1 else rows[0]
            return joined.astype(x.dtype)

        return run

    def compiled(self, name: Hashable, make: Callable[[], Made]) -> Made:
        """What was made of this program under a name, once for all of its like.

        It must not hold on to this object, whose arrays would live as long.
        """
        return remembered((self._key, name), make)

    @cached_property
    def _key(self) -> Hashable:
        return self._count, key_of(self._program)

    def _run(self) -> Callable[[Any, Sequence[Any]], list[Any]]:
        """The results of x and the operands; apart from their values now."""
        program, count = self._program, self._count

        def run(x: Any, operands: Sequence[Any]) -> list[Any]:
            return evaluate(program, (), [*operands[:count], x, *operands[count:]])

        return run
