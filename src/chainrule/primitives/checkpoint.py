"""Recompute instead of store: calls that keep their operands and nothing else.

The derivative of a checkpointed program runs it again for what it needs. A barrier in
front of the second run keeps it from being shared with the first, and from starting
before the cotangent is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
from chainrule.core.types import ArrayType
from chainrule.primitives.control import VECTOR, example
from chainrule.primitives.elementwise import mul
from chainrule.primitives.loop_rules import (
    Derive,
    Flags,
    expect_operands,
    spread_over,
    zeros,
)
from chainrule.primitives.rules import GRIEWANK
from chainrule.primitives.trigonometric import cos, sin


def _barrier_tangents(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[Any, list[Any]]:
    return barrier(*xs), _held(dxs)


def _held(values: Sequence[Any]) -> list[Any]:
    """A barrier for the values that are there; None for the others."""
    flags = [value is not None for value in values]
    return spread_over(barrier(*[v for v in values if v is not None]), flags)


barrier = register(
    Primitive(
        name="barrier",
        formula=Formula(
            r"y_i = x_i", r"\dot y_i = \dot x_i", (r"\bar x_i = \bar y_i",)
        ),
        type=lambda *types: types,
        numpy=lambda *xs: xs,
        jvp=_barrier_tangents,
        transpose=lambda z_bars, xs, linear, params, transpose_program: _held(z_bars),
        samples=(Sample(((3,), (2, 2))), Sample(((0,),))),
        batch=Widening(
            lambda batched, xs, params, widen, size: (barrier(*xs), batched)
        ),
        multiple=True,
        convention="What is computed behind it is not shared with what is before it.",
        source="https://docs.jax.dev/en/latest/_autosummary/jax.lax.optimization_barrier.html",
    )
)


def _checkpoint_type(*types: ArrayType, body: Program) -> tuple[ArrayType, ...]:
    expect_operands("checkpoint", body.input_types, types)
    return body.output_types


def _checkpoint_tangents(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[Any, list[Any]]:
    return checkpoint(*xs, **params), _tangents(params["body"], dxs, xs, derive)


def _checkpoint_batch(
    batched: Flags, xs: Sequence[Any], params: dict[str, Any], widen: Rule, size: int
) -> tuple[Any, Flags]:
    body, found = widen(params["body"], batched, size)
    return checkpoint(*xs, body=body), found


def _tangents(
    body: Program, dxs: Sequence[Any], xs: Sequence[Any], derive: Derive
) -> list[Any]:
    """Tangents of a body's results, by a call that computes what it needs again."""
    split = derive(body, [dx is not None for dx in dxs])
    if not any(split.nonzero):
        return [None] * len(split.nonzero)
    whole = split.forward
    residuals = whole.outputs[len(split.nonzero) :]
    forward = Program((), whole.inputs, whole.equations, residuals)
    moving = [dx for dx in dxs if dx is not None]
    moved = recompute(*xs, *moving, forward=forward, linear=split.linear)
    return spread_over(moved, split.nonzero)


checkpoint = register(
    Primitive(
        name="checkpoint",
        formula=Formula(r"y = f(x)", r"\dot y = f'(x)\,\dot x"),
        type=_checkpoint_type,
        numpy=lambda *operands, body: tuple(evaluate(body, (), operands)),
        jvp=_checkpoint_tangents,
        transpose=None,
        samples=(
            Sample(
                ((3,), (3,)),
                {"body": example(lambda x, y: [sin(mul(x, y)), y], VECTOR, VECTOR)},
            ),
        ),
        batch=Widening(_checkpoint_batch),
        inline=lambda body: body,
        multiple=True,
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="For its derivative it is computed again; only x is kept.",
        source=f"{GRIEWANK}, chapter 12",
    )
)


def _recompute_type(
    *types: ArrayType, forward: Program, linear: Program
) -> tuple[ArrayType, ...]:
    kept = len(forward.outputs)
    wanted = [*forward.input_types, *linear.input_types[kept:]]
    expect_operands("recompute", wanted, types)
    expect_operands("recompute", linear.input_types[:kept], forward.output_types)
    return linear.output_types


def _recompute(*operands: Any, forward: Program, linear: Program) -> tuple[Any, ...]:
    count = len(forward.inputs)
    residuals = evaluate(forward, (), operands[:count])
    return tuple(evaluate(linear, (), [*residuals, *operands[count:]]))


def _recompute_tangents(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> tuple[Any, list[Any]]:
    ys = recompute(*xs, **params)
    count = len(params["forward"].inputs)
    if any(dx is not None for dx in dxs[:count]):
        return ys, _tangents(_composed(_recompute, params), dxs, xs, derive)
    pairs = zip(dxs[count:], xs[count:], strict=True)
    moved = [zeros(x) if dx is None else dx for dx, x in pairs]
    return ys, list(recompute(*xs[:count], *moved, **params))


def _recompute_transpose(
    z_bars: Sequence[Any],
    xs: Sequence[Any],
    linear: Sequence[bool],
    params: dict[str, Any],
    transpose_program: Callable[..., Program],
) -> list[Any]:
    """The same call again, of the transpose: what it needs is computed anew."""
    forward: Program = params["forward"]
    count = len(forward.inputs)
    pairs = zip(z_bars, params["linear"].output_types, strict=True)
    bars = [zeros(type) if bar is None else bar for bar, type in pairs]
    back = transpose_program(params["linear"], len(forward.outputs))
    results = recompute(*xs[:count], *bars, forward=forward, linear=back)
    return [None] * count + list(results)


def _recompute_batch(
    batched: Flags, xs: Sequence[Any], params: dict[str, Any], widen: Rule, size: int
) -> tuple[Any, Flags]:
    count = len(params["forward"].inputs)
    forward, kept = widen(params["forward"], batched[:count], size)
    linear, found = widen(params["linear"], [*kept, *batched[count:]], size)
    return recompute(*xs, forward=forward, linear=linear), found


def _composed(run: Callable[..., Any], params: dict[str, Any]) -> Program:
    """Forward and linear as one program of all operands."""
    forward, linear = params["forward"], params["linear"]
    moving = linear.input_types[len(forward.outputs) :]
    return example(
        lambda *xs: run(*xs, forward=forward, linear=linear),
        *forward.input_types,
        *moving,
    )


def _behind_barrier(*operands: Any, forward: Program, linear: Program) -> Any:
    return _recompute(*barrier(*operands), forward=forward, linear=linear)


recompute = register(
    Primitive(
        name="recompute",
        formula=Formula(
            r"\dot y = A(r(x))\,\dot x",
            r"\ddot y = A(r(x))\,\ddot x + \partial_x(A(r(x))\,\dot x)\,\dot x'",
            (r"\bar x = A(r(x))^{\top}\,\bar y",),
        ),
        type=_recompute_type,
        numpy=_recompute,
        jvp=_recompute_tangents,
        transpose=_recompute_transpose,
        samples=(
            Sample(
                ((3,), (3,)),
                {
                    "forward": example(lambda x: [cos(x)], VECTOR),
                    "linear": example(lambda r, dx: [mul(r, dx)], VECTOR, VECTOR),
                },
            ),
        ),
        batch=Widening(_recompute_batch),
        inline=lambda **params: _composed(_behind_barrier, params),
        multiple=True,
        accuracy=Ulp(2, Scale.PROGRAM),
        convention="r is computed from x again each time, behind a barrier.",
        source=f"{GRIEWANK}, chapter 12",
    )
)
