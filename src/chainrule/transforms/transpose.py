r"""Reverse mode: a linear program run backwards, each equation by its transpose rule.

The convention for complex numbers, here for the whole of chainrule (it is JAX's). A
tangent of complex values is complex, and a derivative is a map that is linear over the
reals: what is analytic multiplies by f'(z), while ``real``, ``imag``, ``conj`` and
``abs`` treat the two parts each in its way. A cotangent pairs with a tangent by the
real part of the plain product, without conjugation,

.. math:: \langle \bar z, \dot z \rangle
    = \operatorname{Re} \sum_i \bar z_i\,\dot z_i

so that transposes of complex-linear maps are plain transposes (of a product with A the
product with Aᵀ, not its conjugate), and those of the others follow:
x̄ + 0i for ``real``, -i·ȳ for ``imag``, w̄* for ``conj``. Hence

* of a real function of z = x + iy, ``grad`` is ∂f/∂x - i ∂f/∂y: the direction of
  steepest ascent is its conjugate, so one descends by z - rate * np.conj(gradient);
* of an analytic function, ``grad(..., holomorphic=True)`` is the complex derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.core.check import checked
from chainrule.core.errors import MissingRuleError
from chainrule.core.primitive import Rule
from chainrule.core.program import (
    Equation,
    Literal,
    Program,
    Var,
    literal_array,
    read,
)
from chainrule.core.trace import open_trace
from chainrule.transforms.jvp import accumulate, prune


def pull_back(
    program: Program, residuals: Sequence[Any], cotangents: Sequence[Any]
) -> list[Any]:
    """Cotangents of a linear program's inputs from those of its outputs.

    ``program.constants`` are its residuals; None stands for a zero cotangent, in the
    arguments and in the result.
    """
    values: dict[Var, Any] = dict(zip(program.constants, residuals, strict=True))
    for equation in program.equations:
        if True not in _linear(equation, values):
            _evaluate(equation, values)
    bars: dict[Var, Any] = {}
    for atom, bar in zip(program.outputs, cotangents, strict=True):
        if isinstance(atom, Var) and atom not in values:
            bars[atom] = accumulate(bars.get(atom), bar)
    for equation in reversed(program.equations):
        z_bars = [bars.pop(var, None) for var in equation.outputs]
        if all(bar is None for bar in z_bars):
            continue
        for atom, bar in _transposed(equation, z_bars, values):
            bars[atom] = accumulate(bars.get(atom), bar)
    return [bars.get(var) for var in program.inputs]


def _evaluate(equation: Equation, values: dict[Var, Any]) -> None:
    """What is made of residuals alone is one, too: NumPy code in a rule may say so."""
    xs = [read(values, atom) for atom in equation.inputs]
    result = equation.primitive(*xs, **equation.params)
    results = result if equation.primitive.multiple else (result,)
    values.update(zip(equation.outputs, results, strict=True))


def _transposed(
    equation: Equation, z_bars: list[Any], values: dict[Var, Any]
) -> list[tuple[Var, Any]]:
    """The contributions of one equation to the cotangents of its linear inputs."""
    primitive = equation.primitive
    linear = _linear(equation, values)
    xs = [
        values.get(atom, atom.type) if isinstance(atom, Var) else literal_array(atom)
        for atom in equation.inputs
    ]
    rules = primitive.transpose
    if rules is None:
        raise MissingRuleError(
            f"Expected {primitive.name} to have a transpose rule, since its derivative "
            "needs one, got none: give its record a transpose."
        )
    if callable(rules):
        bars = rules(z_bars, xs, linear, equation.params, transpose_program)
    else:
        bars = [
            _by_rule(equation, rule, z_bars[0], xs) if moves else None
            for rule, moves in zip(rules, linear, strict=True)
        ]
    return [
        (atom, bar)
        for atom, bar, moves in zip(equation.inputs, bars, linear, strict=True)
        if moves and bar is not None and isinstance(atom, Var)
    ]


def _by_rule(equation: Equation, rule: Rule | None, z_bar: Any, xs: list[Any]) -> Any:
    if rule is None:
        raise MissingRuleError(
            "Expected a derivative that is linear in its tangent, got "
            f"{equation.primitive} of a tangent where it is not linear: let the rule "
            "that uses it take masks and indices from the operands."
        )
    return rule(z_bar, *xs, **equation.params)


def _linear(equation: Equation, values: dict[Var, Any]) -> list[bool]:
    """Which operands are variables whose values are not known."""
    return [isinstance(x, Var) and x not in values for x in equation.inputs]


def transpose_program(linear: Program, residual_count: int) -> Program:
    """The transpose of a linear program whose first inputs are its residuals.

    Takes the residuals and a cotangent for each output; returns a cotangent for each
    of the other inputs, zeros written out.
    """
    residuals = linear.inputs[:residual_count]
    moving = linear.inputs[residual_count:]
    body = Program(residuals, moving, linear.equations, linear.outputs)
    with open_trace(concrete=False) as trace:
        values = [trace.input(var.type) for var in residuals]
        cotangents = [trace.input(atom.type) for atom in linear.outputs]
        bars = pull_back(body, values, cotangents)
        results = [
            Literal(0, var.type) if bar is None else bar
            for var, bar in zip(moving, bars, strict=True)
        ]
        program, _ = trace.close(results)
    return checked(prune(program))
