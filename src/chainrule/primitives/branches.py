"""One of several programs, chosen by a number: ``cond`` and ``switch``.

A branch's derivative needs values of that branch alone. What the branches keep shares
places by type, so that there is room for the branch that keeps most; a branch fills
with zeros what it does not use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.core.errors import ShapeError
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
from chainrule.core.program import Atom, Literal, Program, Var, evaluate, literal_array
from chainrule.core.trace import open_trace
from chainrule.core.types import ArrayType
from chainrule.primitives.bitwise import bitwise_not
from chainrule.primitives.comparison import less_equal, select
from chainrule.primitives.control import VECTOR, example
from chainrule.primitives.elementwise import add, mul
from chainrule.primitives.exponential import exp
from chainrule.primitives.loop_rules import (
    Derive,
    Flags,
    Split,
    expect_operands,
    spread_over,
    zeros,
)
from chainrule.primitives.rules import GRIEWANK
from chainrule.primitives.structure import broadcast_to, reshape
from chainrule.primitives.trigonometric import sin

Branches = dict[str, Program]
"""The branches by name, in the order in which they are counted."""


def switch_type(
    index: ArrayType, *types: ArrayType, **branches: Program
) -> tuple[ArrayType, ...]:
    """What the branches return, which is the same for all."""
    if index.shape or index.dtype.kind not in "biu":
        raise ShapeError(
            f"Expected an integer or boolean scalar to choose a branch by, got {index}:"
            " reduce it to one number, and convert it."
        )
    if not branches:
        raise ShapeError("Expected at least one branch, got none: give a program.")
    first, *others = branches.values()
    for branch in (first, *others):
        expect_operands("switch", branch.input_types, types)
    for branch in others:
        if branch.output_types != first.output_types:
            raise ShapeError(
                f"Expected branches of one result type, got {first.output_types} and "
                f"{branch.output_types}: convert or reshape what they return."
            )
    return first.output_types


def chosen(index: Any, count: int) -> int:
    """The place of the branch: the index, or the first or last where it is outside."""
    return min(max(int(index), 0), count - 1)


def _switch(index: Any, *operands: Any, **branches: Program) -> tuple[Any, ...]:
    taken = list(branches.values())[chosen(index, len(branches))]
    return tuple(evaluate(taken, (), operands))


def _switch_jvp(
    dxs: Sequence[Any], xs: Sequence[Any], params: Branches, derive: Derive
) -> tuple[list[Any], list[Any]]:
    index, *operands = xs
    flags = [dx is not None for dx in dxs[1:]]
    splits = {name: derive(branch, flags) for name, branch in params.items()}
    kept = _Kept(list(splits.values()))
    forward = {name: kept.forward(split) for name, split in splits.items()}
    results = switch(index, *operands, **forward)
    count = len(kept.nonzero)
    known = [*[operands[place] for place in kept.places], *results[count:]]
    linear = {name: kept.linear(split, flags) for name, split in splits.items()}
    tangents = [dx for dx in dxs[1:] if dx is not None]
    moved = switch(index, *known, *tangents, **linear)
    return list(results[:count]), spread_over(moved, kept.nonzero)


class _Kept:
    """What the derivatives of the branches need, in places that they share.

    Attributes:
        places: Operands that some branch's derivative reads.
        slots: Types of the results, behind the branches' own, that hold the rest.
        nonzero: For each result, whether its tangent can be other than zero.
    """

    def __init__(self, splits: Sequence[Split]) -> None:
        flags = zip(*[split.nonzero for split in splits], strict=True)
        self.nonzero: Flags = [any(row) for row in flags]
        self.slots: list[ArrayType] = []
        wanted: set[int] = set()
        for split in splits:
            inputs = split.forward.inputs
            atoms = self._residuals(split)
            wanted.update(inputs.index(a) for a in atoms if a in inputs)
            own = [atom.type for atom in self._made(split)]
            for type in dict.fromkeys(own):
                missing = own.count(type) - self.slots.count(type)
                self.slots += [type] * missing
        self.places = sorted(wanted)

    def _residuals(self, split: Split) -> Sequence[Atom]:
        return split.forward.outputs[len(self.nonzero) :]

    def _made(self, split: Split) -> list[Var]:
        """The residuals that the branch computes, each once."""
        inputs = split.forward.inputs
        found = [
            atom
            for atom in self._residuals(split)
            if isinstance(atom, Var) and atom not in inputs
        ]
        return list(dict.fromkeys(found))

    def _slot_of(self, split: Split) -> dict[Atom, int]:
        free = list(range(len(self.slots)))
        taken: dict[Atom, int] = {}
        for var in self._made(split):
            slot = next(k for k in free if self.slots[k] == var.type)
            free.remove(slot)
            taken[var] = slot
        return taken

    def forward(self, split: Split) -> Program:
        """The branch, with what it keeps in the slots and zeros in the others."""
        program: Program = split.forward
        atoms = {slot: var for var, slot in self._slot_of(split).items()}
        extra = [atoms.get(k, Literal(0, t)) for k, t in enumerate(self.slots)]
        outputs = (*program.outputs[: len(self.nonzero)], *extra)
        return Program((), program.inputs, program.equations, outputs)

    def linear(self, split: Split, flags: Flags) -> Program:
        """The branch's derivative: operands, slots and tangents to tangents."""
        program: Program = split.forward
        slots = self._slot_of(split)
        with open_trace(concrete=False) as trace:
            given = {p: trace.input(program.inputs[p].type) for p in self.places}
            held = [trace.input(type) for type in self.slots]
            pairs = zip(program.inputs, flags, strict=True)
            tangents = [trace.input(var.type) for var, moves in pairs if moves]

            def value(atom: Atom) -> Any:
                if isinstance(atom, Literal):
                    return literal_array(atom)
                if atom in slots:
                    return held[slots[atom]]
                return given[program.inputs.index(atom)]

            known = [value(atom) for atom in self._residuals(split)]
            moved = iter(evaluate(split.linear, (), [*known, *tangents]))
            spread = zip(self.nonzero, split.nonzero, program.outputs, strict=False)
            result, _ = trace.close(
                [
                    next(moved) if own else Literal(0, atom.type)
                    for some, own, atom in spread
                    if some
                ]
            )
        return result


def _switch_transpose(
    z_bars: Sequence[Any],
    xs: Sequence[Any],
    linear: Sequence[bool],
    params: Branches,
    derive: Callable[[Program, int], Program],
) -> list[Any]:
    """The same branch, backwards."""
    moving = linear[1:]
    known = [place for place, moves in enumerate(moving) if not moves]
    moved = [place for place, moves in enumerate(moving) if moves]

    def back(branch: Program) -> Program:
        inputs = tuple([branch.inputs[place] for place in (*known, *moved)])
        ordered = Program((), inputs, branch.equations, branch.outputs)
        return derive(ordered, len(known))

    types = next(iter(params.values())).output_types
    pairs = zip(z_bars, types, strict=True)
    bars = [zeros(type) if bar is None else bar for bar, type in pairs]
    backwards = {name: back(branch) for name, branch in params.items()}
    held = [xs[1 + place] for place in known]
    return spread_over(switch(xs[0], *held, *bars, **backwards), linear)


def _switch_batch(
    batched: Sequence[bool],
    xs: Sequence[Any],
    params: Branches,
    widen: Rule,
    size: int,
) -> tuple[list[Any], Flags]:
    """One branch for all; where each example chooses, all branches, and a choice."""
    index, *operands = xs
    flags = list(batched[1:])
    found = [widen(branch, flags, size)[1] for branch in params.values()]
    some = [batched[0] or any(row) for row in zip(*found, strict=True)]
    wide = {
        name: widen(branch, flags, size, some)[0] for name, branch in params.items()
    }
    if not batched[0]:
        return list(switch(index, *operands, **wide)), some
    results = [evaluate(branch, (), operands) for branch in wide.values()]
    return [_picked(index, column) for column in zip(*results, strict=True)], some


def _picked(index: Any, ys: Sequence[Any]) -> Any:
    """For each example, the row of the branch that it chose."""
    if index.dtype.kind == "b":
        ys = ys[:2]
    *others, last = ys
    for place, y in reversed(list(enumerate(others))):
        if index.dtype.kind == "b":
            before = bitwise_not(index)
        else:
            before = less_equal(index, place)
        row = reshape(before, shape=(*before.shape, *[1] * (len(y.shape) - 1)))
        last = select(broadcast_to(row, shape=y.shape), y, last)
    return last


def _waves(a: Any, x: Any) -> tuple[Any, Any]:
    return sin(mul(a, x)), a


def _growth(a: Any, x: Any) -> tuple[Any, Any]:
    return mul(exp(a), exp(mul(a, x))), mul(x, 2.0)


def _line(a: Any, x: Any) -> tuple[Any, Any]:
    return add(mul(a, 3.0), x), mul(mul(a, x), x)


_STEPS = (_waves, _growth, _line)
_EXAMPLE = {step.__name__[1:]: example(step, VECTOR, VECTOR) for step in _STEPS}


def _samples() -> tuple[Sample, ...]:
    """Each branch, and an index beyond the last and before the first."""
    domains = [((i, i), (-1.0, 1.0), (-1.0, 1.0)) for i in (0, 1, 2, 7, -3)]
    return tuple(
        [Sample(((), (3,), (3,)), _EXAMPLE, domain, "iff") for domain in domains]
    )


switch = register(
    Primitive(
        name="switch",
        formula=Formula(
            r"y = f_i(x)",
            r"\dot y = \partial f_i\,\dot x",
            (r"\bar x = (\partial f_i)^{\top} \bar y",),
        ),
        type=switch_type,
        numpy=_switch,
        jvp=_switch_jvp,
        transpose=_switch_transpose,
        samples=_samples(),
        batch=Widening(_switch_batch),
        multiple=True,
        accuracy=Ulp(3, Scale.PROGRAM),
        convention="Outside of 0 ... n - 1 the nearest branch is taken. At a border "
        "between branches, the derivative of the branch that is taken.",
        source=f"{GRIEWANK}, chapter 14",
    )
)
