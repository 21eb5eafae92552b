"""``while_loop``: a loop whose length its values decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.calculus.arguments import result_value
from chainrule.calculus.loops import trace_body
from chainrule.core.errors import user_line
from chainrule.core.program import Program, evaluate
from chainrule.core.tree import flatten, unflatten
from chainrule.core.types import ArrayType, type_of
from chainrule.primitives import while_loop as records
from chainrule.transforms.trace import Traced, trace


def while_loop(
    cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init: Any
) -> Any:
    r"""Apply a function as long as a condition holds, carrying a value along.

    .. math:: c_{i+1} = f(c_i) \quad \text{while } p(c_i)

    Shapes:
        The carry keeps its shapes.

    Args:
        cond_fun: ``cond_fun(carry)`` in NumPy code: a boolean scalar; traced once.
        body_fun: ``body_fun(carry) -> carry`` in NumPy code; traced once.
        init: The first carry, in any containers.

    Returns:
        The first carry for which the condition does not hold. It has a derivative in
        forward mode; for one in reverse mode the number of steps must be known:
        ``fori_loop`` between Python integers, or ``scan``.

    Raises:
        TypeError: If the condition is not a boolean scalar, or the body changes the
            carry's type.

    Examples:
        >>> while_loop(lambda x: x < 100.0, lambda x: x * 3.0, 1.0)
        np.float64(243.0)

    Source: the meaning is that of ``jax.lax.while_loop``.
    """
    carry, structure = flatten(init)

    def step(*leaves: Any) -> Any:
        return body_fun(unflatten(structure, leaves)), None

    def holds(*leaves: Any) -> Any:
        return cond_fun(unflatten(structure, leaves))

    body, start = trace_body(step, (), carry, (), structure)
    test = trace(holds, [type_of(value) for value in start])
    _expect_condition(test)
    going = evaluate(test.program, test.constants, start)
    consts = [*test.constants, *body.constants]
    results = records.while_loop(
        *consts,
        *going,
        *start,
        body=_joined(body, test, [type_of(value) for value in consts]),
        consts=len(consts),
    )
    return unflatten(structure, [result_value(value) for value in results[1:]])


def _joined(body: Traced, test: Traced, consts: list[ArrayType]) -> Program:
    """A step, and whether there is to be another."""
    split = len(test.constants)
    types = [*consts, records.CONDITION, *body.program.input_types]

    def step(*values: Any) -> list[Any]:
        fixed, state = values[: len(consts)], values[len(consts) + 1 :]
        state = evaluate(body.program, fixed[split:], state)
        return [*evaluate(test.program, fixed[:split], state), *state]

    return trace(step, types).program


def _expect_condition(test: Traced) -> None:
    types = test.program.output_types
    if types != (records.CONDITION,):
        found = types[0] if len(types) == 1 else test.structure
        raise TypeError(
            "Expected a boolean scalar from the condition of while_loop, got "
            f"{found} at {user_line()}: compare (x > 0), and reduce arrays by np.any "
            "or np.all."
        )
