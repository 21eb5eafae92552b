"""Make a program that is to be run smaller, without changing any bit of its results.

One walk forward: every equation is rewritten by the table of identities, folded where
all its operands are numbers, shared where an equal one was made before; calls that
only differentiation keeps apart are opened; loops are opened and cleaned inside. Then
one walk backward drops what nobody uses. Differentiate before, not after: what only
differentiation needs (``stop_gradient``, custom rules) is gone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from chainrule.core.check import checked
from chainrule.core.primitive import Primitive
from chainrule.core.program import Atom, Equation, Literal, Program, Var, subprograms
from chainrule.primitives import structure
from chainrule.transforms.identities import RULES, UNIFORM, Made, Rewrite
from chainrule.transforms.loops import LOOPS, clean, drop_unused

OF_LOOPS: Final = (clean, drop_unused)
OPENED = dict.fromkeys(LOOPS, OF_LOOPS)
"""Primitives that are cleaned inside: what does so, and what drops what is unused."""

_REWRITES = 8
"""Rewrites of one equation in a row: a bound far above what occurs."""


def simplify(program: Program) -> Program:
    """A program of the same meaning, inputs and outputs, with less work in it.

    Constants and inputs keep their places, used or not.
    """
    return checked(sweep(_walk(program, {})))


def _walk(program: Program, known: dict[Var, Atom]) -> Program:
    return _Walk().program(program, known)


class _Walk:
    """The walk forward over one program."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self.made: Made = {}
        self._shared: dict[Any, tuple[Var, ...]] = {}
        self._literals: dict[Any, Literal] = {}

    def program(self, program: Program, known: dict[Var, Atom]) -> Program:
        """Walk all equations; ``known`` says what some variables are."""
        environment = dict(known)
        for equation in program.equations:
            inputs = tuple([self._resolve(a, environment) for a in equation.inputs])
            results = self.emit(
                equation.primitive, inputs, equation.params, equation.outputs
            )
            for var, atom in zip(equation.outputs, results, strict=True):
                if atom is not var:
                    environment[var] = atom
        outputs = tuple([self._resolve(a, environment) for a in program.outputs])
        return Program(
            program.constants, program.inputs, tuple(self.equations), outputs
        )

    def emit(
        self,
        primitive: Primitive,
        inputs: tuple[Atom, ...],
        params: dict[str, Any],
        outputs: tuple[Var, ...],
    ) -> tuple[Atom, ...]:
        """Write one equation, or find that it need not be written: its results."""
        if primitive.multiple:
            return self._emit_multiple(primitive, inputs, params, outputs)
        out = outputs[0].type
        for _ in range(_REWRITES):
            rule = RULES.get(primitive)
            found = None if rule is None else rule(inputs, params, out, self.made)
            if found is None:
                break
            if not isinstance(found, Rewrite):
                return (self._resolve(found, {}),)
            primitive, inputs, params = found
            inputs = tuple([self._resolve(atom, {}) for atom in inputs])
        folded = _fold(primitive, inputs, params, outputs[0])
        if folded is not None:
            return (self._resolve(folded, {}),)
        return self._write(primitive, inputs, params, outputs)

    def _emit_multiple(
        self,
        primitive: Primitive,
        inputs: tuple[Atom, ...],
        params: dict[str, Any],
        outputs: tuple[Var, ...],
    ) -> tuple[Atom, ...]:
        if primitive.inline is not None:
            return self._open(primitive.inline(**params), inputs)
        if primitive not in OPENED:
            inner = {key: simplify(body) for key, body in subprograms(params)}
            return self._write(primitive, inputs, {**params, **inner}, outputs)
        clean, _ = OPENED[primitive]
        equation = Equation(primitive, inputs, params, outputs)
        cleaned = clean(equation, self.made, self._emit_new, _walk)
        if cleaned.opened is not None:
            return self._open(*cleaned.opened)
        if cleaned.equation is not None:
            left = cleaned.equation
            self._write(primitive, left.inputs, left.params, left.outputs)
        return tuple([cleaned.results.get(var, var) for var in outputs])

    def _open(self, program: Program, inputs: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """Write a program's equations in place of a call of it: its results."""
        environment: dict[Var, Atom] = dict(zip(program.inputs, inputs, strict=True))
        for equation in program.equations:
            operands = tuple([self._resolve(a, environment) for a in equation.inputs])
            fresh = tuple([Var(var.type) for var in equation.outputs])
            results = self.emit(equation.primitive, operands, equation.params, fresh)
            environment.update(zip(equation.outputs, results, strict=True))
        return tuple([self._resolve(a, environment) for a in program.outputs])

    def _emit_new(
        self, primitive: Primitive, inputs: tuple[Atom, ...], params: dict[str, Any]
    ) -> Atom:
        """Emit an equation of one result that the program did not have."""
        type = primitive.type(*[atom.type for atom in inputs], **params)
        return self.emit(primitive, inputs, params, (Var(type),))[0]

    def _write(
        self,
        primitive: Primitive,
        inputs: tuple[Atom, ...],
        params: dict[str, Any],
        outputs: tuple[Var, ...],
    ) -> tuple[Var, ...]:
        key = (primitive, inputs, tuple(params.items()))
        try:
            before = self._shared.setdefault(key, outputs)
        except TypeError:  # a parameter that does not hash is never equal to another
            before = outputs
        if before is outputs:
            equation = Equation(primitive, inputs, params, outputs)
            self.equations.append(equation)
            for var in outputs:
                self.made[var] = equation
        return before

    def _resolve(self, atom: Atom, environment: dict[Var, Atom]) -> Atom:
        """What an atom is known to be; equal literals become one object."""
        if isinstance(atom, Var):
            found = environment.get(atom, atom)
            if isinstance(found, Var):
                return found
            atom = found
        bits = np.asarray(atom.value, atom.type.dtype).tobytes()
        return self._literals.setdefault((bits, atom.type), atom)


def _fold(
    primitive: Primitive, inputs: tuple[Atom, ...], params: dict[str, Any], out: Var
) -> Literal | None:
    """The result of an equation whose operands are one number each, repeated."""
    numbers: list[Any] = []
    for atom in inputs:
        if not isinstance(atom, Literal):
            return None
        numbers.append(np.asarray(atom.value, atom.type.dtype))
    if not numbers:
        return None
    if primitive in UNIFORM:
        return Literal(numbers[0][()], out.type) if inputs[0].type.size else None
    if primitive is structure.reduce_sum:
        return _fold_sum(inputs[0], out)
    if not primitive.elementwise:
        return None
    with np.errstate(all="ignore"):
        return Literal(np.asarray(primitive.numpy(*numbers, **params))[()], out.type)


def _fold_sum(operand: Atom, out: Var) -> Literal | None:
    """A sum of equal whole numbers, where it is exact in any order."""
    assert isinstance(operand, Literal)
    dtype = out.type.dtype
    if dtype.kind != "f" or not out.type.size or not np.isfinite(operand.value):
        return None
    number = float(operand.value)
    negative_zero = number == 0 and bool(np.signbit(number))
    total = number * (operand.type.size // out.type.size)
    exact = number == round(number) and abs(total) <= 2.0 ** np.finfo(dtype).nmant
    return Literal(total, out.type) if exact and not negative_zero else None


def sweep(program: Program) -> Program:
    """The program without what nobody uses, inside loops too."""
    live = {atom for atom in program.outputs if isinstance(atom, Var)}
    kept: list[Equation] = []
    for equation in reversed(program.equations):
        if not any(var in live for var in equation.outputs):
            continue
        if equation.primitive in OPENED:
            _, drop = OPENED[equation.primitive]
            equation = drop(equation, live, sweep)
        kept.append(equation)
        live.update(atom for atom in equation.inputs if isinstance(atom, Var))
    kept.reverse()
    return Program(program.constants, program.inputs, tuple(kept), program.outputs)
