"""Whose rule is wrong: each equation of a program held to differences of its own.

The program runs once more with every operation watched, inside loops too: each is
differentiated by itself, at the numbers that it really meets, in both modes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function
from chainrule.calculus.differences import (
    Estimate,
    Vector,
    as_vector,
    central_difference,
    disagreement,
    one_sided,
)
from chainrule.core.errors import MissingRuleError
from chainrule.core.program import Equation, Program, evaluate, subprograms
from chainrule.core.tree import flatten, unflatten
from chainrule.core.types import is_differentiable
from chainrule.primitives.comparison import select
from chainrule.primitives.custom import custom_call, linear_call
from chainrule.transforms.jvp import linearize, push_forward
from chainrule.transforms.trace import trace_with_values
from chainrule.transforms.transpose import pull_back

_LOOKS = 4
"""Times that one equation of a loop's body is looked at."""

_BY_HAND = (custom_call, linear_call)
"""What they hold is not differentiated, so it is not looked at."""

Inspect = Callable[["_Place", tuple[Any, ...]], str]


class _Place:
    """An equation and where it stands."""

    def __init__(self, equation: Equation, inside: str, masked: bool) -> None:
        self.primitive = equation.primitive
        self.params = equation.params
        self.masked = masked
        self.looks = 0
        by_hand = equation.primitive is custom_call
        name = repr(self.params["rule"]) if by_hand else equation.primitive.name
        self.name = name + inside


class _Walk:
    """Runs a function with every operation watched, until something is found."""

    def __init__(self, inspect: Inspect) -> None:
        self._inspect = inspect
        self.found = ""

    def run(self, function: Function, args: Sequence[Any]) -> str:
        """What was found, or nothing."""
        leaves, structure = flatten(tuple(args))
        values = [np.asarray(leaf) for leaf in leaves]
        traced = trace_with_values(
            lambda *xs: function(*unflatten(structure, xs)), values
        )
        watched = self._watched(traced.program, "")
        evaluate(watched, traced.constants, values)
        return self.found

    def _watched(self, program: Program, inside: str) -> Program:
        masked = _reaching_select(program)
        equations = [
            self._watch(
                _Place(eq, inside, not masked.isdisjoint(eq.outputs)), eq, inside
            )
            for eq in program.equations
        ]
        return replace(program, equations=tuple(equations))

    def _watch(self, place: _Place, equation: Equation, inside: str) -> Equation:
        primitive, params = equation.primitive, equation.params
        within = f" inside {primitive.name}{inside}"
        if primitive not in _BY_HAND:
            inner = {k: self._watched(p, within) for k, p in subprograms(params)}
            params = {**params, **inner}

        def meaning(*xs: Any, **params: Any) -> Any:
            result = primitive.numpy(*xs, **params)
            if not self.found and place.looks < _LOOKS:
                place.looks += 1
                self.found = self._inspect(place, xs)
            return result

        watched = replace(primitive, numpy=meaning)
        return Equation(watched, equation.inputs, params, equation.outputs)


def _reaching_select(program: Program) -> set[Any]:
    """The variables that some np.where of the program chooses from, or leaves out."""
    reached: set[Any] = set()
    for equation in reversed(program.equations):
        if equation.primitive is select:
            reached.update(equation.inputs[1:])
        elif any(var in reached for var in equation.outputs):
            reached.update(equation.inputs)
    return reached


def wrong_rule(function: Function, args: Sequence[Any], eps: float) -> str:
    """Words that name the operation whose rule disagrees with differences, or none."""
    random = np.random.default_rng(0)

    def inspect(place: _Place, xs: tuple[Any, ...]) -> str:
        one = _One(place, xs, random)
        for argument, x in enumerate(xs):
            if is_differentiable(np.asarray(x).dtype):
                fault = one.fault(argument, eps)
                if fault:
                    return fault
        return ""

    return _Walk(inspect).run(function, args)


class _One:
    """One operation at one point, as a program of one equation."""

    def __init__(
        self, place: _Place, xs: Sequence[Any], random: np.random.Generator
    ) -> None:
        self._place = place
        self._xs = [np.asarray(x) for x in xs]
        self._random = random
        self._program = trace_with_values(self._run, self._xs).program

    def _run(self, *xs: Any) -> tuple[Any, ...]:
        primitive, params = self._place.primitive, self._place.params
        result = primitive(*xs, **params)
        return tuple(result) if primitive.multiple else (result,)

    def fault(self, argument: int, eps: float) -> str:
        """Words for a rule that disagrees in one argument, or nothing."""
        x = self._xs[argument]
        sizes = self._random.uniform(0.5, 1.5, x.shape)
        signs = np.where(self._random.random(x.shape) < 0.5, -1.0, 1.0)
        dx = np.asarray(signs * sizes * np.maximum(np.abs(x), 0.01), x.dtype)

        def along(step: float) -> Vector:
            moved = [*self._xs]
            moved[argument] = x + step * dx
            return as_vector(_moving(self._run(*moved)))

        expected = central_difference(along, eps)
        if not expected.value.size or not np.isfinite(expected.error).all():
            return ""
        right, left = one_sided(along)
        if np.any(np.abs(right - left) > 1e-3 * (np.abs(right) + np.abs(left))):
            return ""  # a kink: either slope is right
        return self._modes(argument, dx, expected)

    def _modes(self, argument: int, dx: Any, expected: Estimate) -> str:
        """Forward mode against differences; reverse mode against forward mode.

        Where there is reverse mode alone, it is held to differences itself.
        """
        name = f"{self._place.name} has a rule for argument {argument} that"
        try:
            got = self._pushed(argument, dx)
        except MissingRuleError:
            got = expected.value
        worst = disagreement(got, expected)
        if worst is not None:
            want = expected.value[worst]
            return f"{name} gives {got[worst]:.9g} where differences give {want:.9g}"
        try:
            z_bars, x_bar = self._pulled(argument)
        except MissingRuleError:
            return ""
        weights = as_vector(z_bars)
        forward, backward = np.sum(weights * got), np.sum(x_bar * dx)
        slack = np.sum(np.abs(weights) * expected.error) if got is expected.value else 0
        if abs(forward - backward) <= 1e-6 * np.sum(np.abs(weights * got)) + 10 * slack:
            return ""
        return (
            f"{name} gives {backward:.9g} in reverse mode where forward mode and "
            f"differences give {forward:.9g}: a transpose rule in it is wrong"
        )

    def _pushed(self, argument: int, dx: Any) -> Vector:
        """What forward mode gives: the tangents of the results that can move."""
        tangents = [dx if i == argument else None for i in range(len(self._xs))]
        ys, dys = push_forward(self._program, (), self._xs, tangents)
        pairs = zip(ys, dys, strict=True)
        written = [np.zeros_like(y) if dy is None else dy for y, dy in pairs]
        moves = [is_differentiable(y.dtype) for y in ys]
        return as_vector([dy for dy, m in zip(written, moves, strict=True) if m])

    def _pulled(self, argument: int) -> tuple[list[Any], Any]:
        """Cotangents of the results that can move, and what the argument gets."""
        active = [i == argument for i in range(len(self._xs))]
        ys, linear = linearize(self._program, (), self._xs, active)
        bars = [
            np.asarray(self._random.standard_normal(y.shape), y.dtype)
            if nonzero
            else np.zeros_like(y)
            for y, nonzero in zip(ys, linear.nonzero, strict=True)
        ]
        given = [bar for bar, nz in zip(bars, linear.nonzero, strict=True) if nz]
        (x_bar,) = pull_back(linear.program, linear.residuals, given)
        return _moving(bars), 0.0 if x_bar is None else x_bar


def _moving(values: Sequence[Any]) -> list[Any]:
    """Those that can move."""
    return [value for value in values if is_differentiable(value.dtype)]


def not_finite(function: Function, args: Sequence[Any]) -> tuple[str, bool]:
    """The operation whose derivative is not finite though its arguments are.

    Its name, or nothing; and whether np.where leaves out some of its elements.
    """
    masked: list[bool] = []

    def inspect(place: _Place, xs: tuple[Any, ...]) -> str:
        if not place.primitive.elementwise or not _some_derivative_is_not(place, xs):
            return ""
        masked.append(place.masked)
        return place.name

    return _Walk(inspect).run(function, args), any(masked)


def _some_derivative_is_not(place: _Place, xs: tuple[Any, ...]) -> bool:
    values = [np.asarray(x) for x in xs]
    if not all(np.isfinite(x).all() for x in values):
        return False
    primitive, params = place.primitive, place.params
    traced = trace_with_values(lambda *xs: [primitive(*xs, **params)], values)
    for argument, x in enumerate(values):
        if not is_differentiable(x.dtype):
            continue
        tangents = [np.ones_like(x) if i == argument else None for i in range(len(xs))]
        _, (dy,) = push_forward(traced.program, (), values, tangents)
        if dy is not None and not np.isfinite(dy).all():
            return True
    return False
