"""``checkpoint``: what a function computes on the way is computed again, not kept."""

from __future__ import annotations

from functools import wraps
from typing import Any

from chainrule.calculus.arguments import Function, expect_function, result_value
from chainrule.calculus.parted import Parted
from chainrule.core.trace import plain
from chainrule.core.tracer import Tracer
from chainrule.core.tree import unflatten
from chainrule.primitives import checkpoint as records
from chainrule.transforms.trace import trace_with_values


def checkpoint(function: Function) -> Function:
    r"""The same function, whose derivative computes again what it needs.

    .. math:: \bar x = f'(x)^{\top}\,\bar y, \qquad \text{kept: } x \text{ alone}

    Reverse mode keeps the values of a whole computation until it walks back. Of a
    checkpointed function it keeps the arguments, and runs it once more when their
    turn comes: less memory, for about a third more work. Under ``jit`` too: the second
    run is neither shared with the first nor started early.

    Shapes:
        As the function's own.

    Args:
        function: NumPy code; its arguments and results may be containers.

    Returns:
        A function of the same arguments and results.

    Examples:
        >>> import numpy as np
        >>> from chainrule import grad
        >>> f = checkpoint(lambda x: np.sin(np.sin(x)))
        >>> grad(f)(0.0)
        np.float64(1.0)

    Source: Griewank and Walther (2008), chapter 12.
    """

    expect_function(function, "checkpoint")

    @wraps(function)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        parted = Parted((args, kwargs))

        def call(*arrays: Any) -> Any:
            positional, keywords = parted.tree(arrays)
            return function(*positional, **keywords)

        traced = trace_with_values(call, parted.arrays)
        operands = [*traced.constants, *parted.arrays]
        if any(isinstance(operand, Tracer) for operand in operands):
            body = traced.program.without_constants()
            results = list(records.checkpoint(*operands, body=body))
        else:
            results = [plain(result) for result in traced.results]
        return unflatten(traced.structure, [result_value(y) for y in results])

    return checkpointed
