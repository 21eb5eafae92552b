"""Calls of functions whose derivatives their authors give.

Such a call is one equation, so that differentiation meets the rule and not what is
inside. Its body takes its place once nothing more will be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from chainrule.core.errors import MissingRuleError, user_line
from chainrule.core.primitive import (
    Formula,
    Primitive,
    Rule,
    Sample,
    Scale,
    Ulp,
    Widening,
    register,
)
from chainrule.core.program import Program, evaluate
from chainrule.core.trace import open_trace
from chainrule.core.types import ArrayType
from chainrule.primitives.control import VECTOR, example
from chainrule.primitives.elementwise import mul
from chainrule.primitives.loop_batching import widened
from chainrule.primitives.loop_rules import (
    Derive,
    Flags,
    expect_operands,
    spread_over,
    zeros,
)
from chainrule.primitives.trigonometric import cos, sin


class CustomRule(Protocol):
    """A user's derivative rule as a function of leaves."""

    name: str

    def __call__(
        self, xs: Sequence[Any], dxs: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Results and their tangents (None for zero), of all operands."""
        ...


def custom_type(
    *types: ArrayType, body: Program, rule: Any, consts: int
) -> tuple[ArrayType, ...]:
    """The results of the body."""
    expect_operands(rule.name, body.input_types, types)
    return body.output_types


def _run(*operands: Any, body: Program, rule: Any, consts: int) -> tuple[Any, ...]:
    return tuple(evaluate(body, (), operands))


def _custom_tangents(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[list[Any], list[Any]]:
    rule, consts = params["rule"], params["consts"]
    if any(dx is not None for dx in dxs[:consts]):
        raise MissingRuleError(
            f"Expected {rule.name} to depend on what is differentiated through its "
            "arguments alone, since its derivative is a custom rule, got a value that "
            f"it closes over at {user_line()}: pass that value as an argument."
        )
    tangents = [zeros(x) if dx is None else dx for dx, x in zip(dxs, xs, strict=True)]
    return rule(list(xs), tangents)


class _WideRule:
    """A rule for one example as a rule for a batch; traced when it is needed."""

    def __init__(self, rule: CustomRule, batched: Flags, widen: Rule, size: int):
        self.name = rule.name
        self._rule = rule
        self._batched = list(batched)
        self._widen = widen
        self._size = size

    def __repr__(self) -> str:
        return repr(self._rule)

    def __call__(
        self, xs: Sequence[Any], dxs: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        pairs = list(zip(xs, self._batched, strict=True))
        types = [
            ArrayType(tuple(x.shape[1:] if b else x.shape), x.dtype) for x, b in pairs
        ]
        with open_trace(concrete=False) as trace:
            primals = [trace.input(type) for type in types]
            tangents = [trace.input(type) for type in types]
            ys, dys = self._rule(primals, tangents)
            moved = [dy for dy in dys if dy is not None]
            program, constants = trace.close([*ys, *moved])
        flags = [False] * len(constants) + self._batched * 2
        wanted = [True] * len(program.outputs)
        wide, _ = self._widen(program.without_constants(), flags, self._size, wanted)
        results = evaluate(wide, (), [*constants, *xs, *dxs])
        moves = [dy is not None for dy in dys]
        return results[: len(ys)], spread_over(results[len(ys) :], moves)


def _custom_batch(
    batched: Flags, xs: Sequence[Any], params: dict[str, Any], widen: Rule, size: int
) -> tuple[Any, Flags]:
    """The function and its rule, each for a whole batch."""
    wanted = [True] * len(params["body"].outputs)
    body, _ = widen(params["body"], batched, size, wanted)
    rule = _WideRule(params["rule"], batched, widen, size)
    return custom_call(*xs, **{**params, "body": body, "rule": rule}), wanted


def linear_type(
    *types: ArrayType, back: Program, push: Any, residuals: int
) -> tuple[ArrayType, ...]:
    """What the transpose takes, the map gives."""
    inputs = back.input_types
    wanted = [*inputs[:residuals], *back.output_types]
    expect_operands("a custom rule", wanted, types)
    return inputs[residuals:]


def _push(*operands: Any, back: Program, push: Any, residuals: int) -> tuple[Any, ...]:
    return tuple(evaluate(push(), (), operands))


def _linear_tangents(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[Any, list[Any]]:
    count = params["residuals"]
    if all(dx is None for dx in dxs[:count]):
        pairs = zip(dxs[count:], xs[count:], strict=True)
        moved = [zeros(x) if dx is None else dx for dx, x in pairs]
        ys = linear_call(*xs, **params)
        return ys, list(linear_call(*xs[:count], *moved, **params))
    return push_program(params["push"](), dxs, xs, derive)


def _linear_batch(
    batched: Flags, xs: Sequence[Any], params: dict[str, Any], widen: Rule, size: int
) -> tuple[Any, Flags]:
    """The map and its transpose, each for a whole batch of tangents."""
    count, back, push = params["residuals"], params["back"], params["push"]
    known = list(batched[:count])
    outer = [*known, *[True] * (len(back.inputs) - count)]
    inner = [*known, *[True] * len(back.outputs)]
    wide, _ = widen(back, outer, size, [True] * len(back.outputs))
    results = [True] * (len(outer) - count)
    return linear_call(
        *widened(xs, batched, inner, size),
        back=wide,
        push=lambda: widen(push(), inner, size, results)[0],
        residuals=count,
    ), results


def push_program(
    program: Program, dxs: Sequence[Any], xs: Sequence[Any], derive: Derive
) -> tuple[list[Any], list[Any]]:
    """Results of a program and their tangents, None for zero."""
    split = derive(program, [dx is not None for dx in dxs])
    results = evaluate(split.forward, (), xs)
    count = len(program.outputs)
    moving = [dx for dx in dxs if dx is not None]
    moved = evaluate(split.linear, (), [*results[count:], *moving])
    return results[:count], spread_over(moved, split.nonzero)


def _pull(
    z_bars: Sequence[Any],
    xs: Sequence[Any],
    linear: Sequence[bool],
    params: dict[str, Any],
    transpose_program: Callable[..., Program],
) -> list[Any]:
    count, back = params["residuals"], params["back"]
    if any(linear[:count]):
        raise MissingRuleError(
            "Expected a custom rule that is linear in its tangents, got one that keeps "
            f"a tangent among its residuals at {user_line()}: look at the rule."
        )
    pairs = zip(z_bars, back.input_types[count:], strict=True)
    bars = [zeros(type) if bar is None else bar for bar, type in pairs]
    return [None] * count + evaluate(back, (), [*xs[:count], *bars])


class Spelled:
    """A function among parameters that prints as what it computes."""

    def __init__(self, text: str, function: Callable[..., Any]) -> None:
        self._text = text
        self._function = function

    def __repr__(self) -> str:
        return self._text

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)


class _Sine:
    """The derivative of sin x, given by hand."""

    name = "sine"

    def __repr__(self) -> str:
        return "dx * cos(x)"

    def __call__(
        self, xs: Sequence[Any], dxs: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        return [sin(xs[0])], [mul(dxs[0], cos(xs[0]))]


SINE = example(lambda x: [sin(x)], VECTOR)
SCALE = example(lambda r, x: [mul(r, x)], VECTOR, VECTOR)


custom_call = register(
    Primitive(
        name="custom_call",
        formula=Formula(r"y = f(x)", r"\dot y = \mathrm{rule}(x, \dot x)"),
        type=custom_type,
        numpy=_run,
        jvp=_custom_tangents,
        transpose=None,
        samples=(Sample(((3,),), {"body": SINE, "rule": _Sine(), "consts": 0}),),
        batch=Widening(_custom_batch),
        inline=lambda body, rule, consts: body,
        multiple=True,
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="The derivative is the one that the function's author gives.",
        source="https://docs.jax.dev/en/latest/_autosummary/jax.custom_jvp.html",
    )
)

linear_call = register(
    Primitive(
        name="linear_call",
        formula=Formula(
            r"\dot y = A(r)\,\dot x",
            r"\ddot y = A(r)\,\ddot x + \dot A(r, \dot r)\,\dot x",
            (r"\bar x = A(r)^{\top}\,\bar y",),
        ),
        type=linear_type,
        numpy=_push,
        jvp=_linear_tangents,
        transpose=_pull,
        samples=(
            Sample(
                ((3,), (3,)),
                {
                    "back": SCALE,
                    "push": Spelled("r * x", lambda: SCALE),
                    "residuals": 1,
                },
            ),
        ),
        batch=Widening(_linear_batch),
        inline=lambda back, push, residuals: push(),
        multiple=True,
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="The transpose is the one that the function's author gives.",
        source="Radul et al., You Only Linearize Once, arXiv:2204.10923 (2022)",
    )
)
