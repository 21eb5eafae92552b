"""The record of a primitive: everything chainrule knows of one operation.

Name, formula, type rule, NumPy meaning, one derivative rule (the JVP), a transpose
where the operation is linear, and samples. Reverse mode is transpose(linearize(f)),
so no record holds a VJP. Tests, documentation pages and reports follow from here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from chainrule.core.errors import MissingRuleError, user_line
from chainrule.core.interpreter import find_trace
from chainrule.core.types import ArrayType, Shape

Rule = Callable[..., Any]


@dataclass(frozen=True)
class Widening:
    """A ``batch`` rule of a record that holds sub-programs.

    ``rule(batched, xs, params, widen, size) -> (ys, batched_out)``, both sequences: a
    result that no batched operand reaches may stay as it is. ``size`` is the extent of
    the batch. ``widen(program, batched, size, wanted=None)`` is the transform of a
    sub-program (``transforms.batch.batch_program``): the flags tell which inputs get
    the batch as their first axis; the result is ``(program, batched_out)``, where the
    outputs flagged in ``wanted`` have it whether they need it or not. What a loop
    carries is found by ``primitives.loop_batching.settle_batch``.
    """

    rule: Rule


class _Same:
    """Marks an argument in which the operation is linear: its JVP is itself."""

    def __repr__(self) -> str:
        return "same"


same: Final = _Same()
"""JVP entry: linear in this argument, so the tangent goes through the operation."""


@dataclass(frozen=True)
class Unknown:
    """JVP entry: no derivative by this argument is known; asking for it is an error.

    Attributes:
        argument: What the argument is, for example ``the parameter b of hyp0f1``.
    """

    argument: str

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise MissingRuleError(
            f"Expected derivatives by arguments that have a rule, got one by "
            f"{self.argument} at {user_line()}: differentiate by the others only, or "
            "pass it through chainrule.stop_gradient."
        )


@dataclass(frozen=True)
class Formula:
    """LaTeX of the meaning and of the derivative, as data for docs and reports.

    Attributes:
        value: The meaning, for example ``y = \\tanh x``.
        tangent: The JVP, for example ``\\dot y = (1 - y^2)\\,\\dot x``.
        cotangent: One formula for each argument with a transpose.
    """

    value: str
    tangent: str = r"\dot y = 0"
    cotangent: tuple[str, ...] = ()


class Scale(Enum):
    """What an error in units in the last place is measured by.

    The terms of an element ``y_i`` of the result are what operands rounded once would
    move it by, ``Σ_j |∂y_i/∂x_j| |x_j|``: in a sum, the absolute values added up. Where
    terms cancel, no algorithm can promise more than an ulp of them.
    """

    RESULT = "within {0} ulp"
    """The element of the result itself."""
    TERMS = "within {0} ulp of its terms"
    """The terms of the element, or the element itself if that is larger."""
    SUM = "within {0} ulp of its terms, up to 32 of them"
    """The same; of more terms, each 32 err as much."""
    NORM = "within {0} ulp of its norm"
    """The largest of all terms in the result, where |x_j| is that of the largest
    element of the operand: what factorizations and transforms can promise."""
    PROGRAM = "as what it runs; in the samples within {0} ulp of its terms"
    """That of the samples; what else the operation runs has bounds of its own."""


@dataclass(frozen=True)
class Ulp:
    """How far results in float32 may be from the exact ones of the same operands.

    It holds for every backend; in units in the last place, of a scale.

    Attributes:
        bound: The greatest error: 0 where nothing is rounded, 0.5 where the exact
            result is, once.
        scale: What the units are the last place of.
    """

    bound: float
    scale: Scale = Scale.RESULT

    def __str__(self) -> str:
        return self.scale.value.format(f"{self.bound:g}") if self.bound else "exact"


EXACT: Final = Ulp(0)
ROUNDED: Final = Ulp(0.5)


@dataclass(frozen=True)
class Sample:
    """Arguments at which a record is proved and shown.

    Attributes:
        shapes: The shape of each argument.
        params: The primitive's static parameters.
        domain: ``(low, high)`` that values are drawn from, one for all or one each.
        dtypes: The kind of each argument: ``"f"`` float, ``"i"`` integer, ``"b"``
            bool, ``"u"`` uint32, ``"c"`` complex; one character each, or one for all.
            A record that takes complex numbers for its floats is proved with both.
        distinct: Values differ pairwise by clear steps (no ties, for max and sort).
        prepare: Takes the drawn arrays to where the operation is defined, such as
            matrices far from singular ones; gives as many, of their types.
        observe: What of the results is held against differences, written with
            primitives, where the rest is a free choice: the phases of eigenvectors.
    """

    shapes: tuple[Shape, ...]
    params: dict[str, Any] = field(default_factory=lambda: {})
    domain: Any = (-2.0, 2.0)
    dtypes: str = "f"
    distinct: bool = False
    prepare: Callable[..., tuple[Any, ...]] | None = None
    observe: Callable[..., tuple[Any, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Primitive:
    """One operation, one record.

    Attributes:
        name: Its name in programs, tables and pages.
        formula: What it is, as LaTeX.
        type: Type rule: argument types and parameters to the result type (or a tuple
            of types where ``multiple``); raises ``ShapeError`` for what does not fit.
        numpy: The meaning, on arrays. Backends are right when they agree with it.
        jvp: For each argument, ``rule(dx, y, *xs, **params)``, ``same`` (linear in
            it), ``Unknown`` (no rule is known), or None (derivative zero or
            undefined); where ``multiple``, ``y`` is the tuple of results, and a rule
            gives a tuple of tangents; or, for an operation that is linear in all
            together or holds sub-programs, one function
            ``rule(dxs, xs, params, derive) -> (ys, dys)`` with None for a zero.
        transpose: For each argument, ``rule(z_bar, *xs, **params)`` where the
            operation is linear in it, else None; positions that are linear hold the
            argument's ArrayType. Or one function of the whole equation,
            ``rule(z_bars, xs, linear, params, transpose_program) -> x_bars``, where
            ``linear`` tells of each argument whether it is. None: nowhere linear.
        samples: Points of its domain, for the proofs and the pages.
        batch: How ``vmap`` widens it: ``rule(batched, *xs, **params) -> y``. Operands
            flagged in ``batched``, at least one, have the batch along a new first
            axis, and so has the result (every result where ``multiple``). With
            sub-programs, a :class:`Widening`. None where it can be derived:
            elementwise operations repeat what is not batched, all others become a
            loop over the batch.
        inline: For an operation that is a program under a name: ``rule(**params)`` is
            that program, which takes its place when all differentiation is done.
        elementwise: Operands and result share one shape, each element by itself.
        multiple: The result is a tuple.
        accuracy: How near float32 results are to the exact ones, in every backend.
        convention: What holds at non-differentiable points, and in doubtful cases.
        source: Where the formula or the convention is from.
    """

    name: str
    formula: Formula
    type: Callable[..., Any]
    numpy: Callable[..., Any]
    jvp: tuple[Rule | _Same | None, ...] | Rule
    transpose: tuple[Rule | None, ...] | Rule | None
    samples: tuple[Sample, ...]
    batch: Rule | Widening | None = None
    inline: Callable[..., Any] | None = None
    elementwise: bool = False
    multiple: bool = False
    accuracy: Ulp = EXACT
    convention: str = ""
    source: str = ""

    def __call__(self, *arguments: Any, **params: Any) -> Any:
        """Apply to arrays or traced values."""
        trace = find_trace(arguments)
        if trace is None:
            return self.numpy(*arguments, **params)
        return trace.process(self, arguments, params)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


REGISTRY: dict[str, Primitive] = {}

FAMILIES: dict[str, str] = {}
"""The module that each record is written in: a family, and a chapter of the book."""


def register(primitive: Primitive) -> Primitive:
    """Enter a record in the book; names are unique."""
    if primitive.name in REGISTRY:
        raise ValueError(
            f"Expected a new primitive name, got {primitive.name!r}, which is "
            "registered already: choose another name."
        )
    REGISTRY[primitive.name] = primitive
    FAMILIES[primitive.name] = str(sys._getframe(1).f_globals["__name__"])
    return primitive


def types_of_result(
    primitive: Primitive, types: tuple[ArrayType, ...], params: dict[str, Any]
) -> tuple[ArrayType, ...]:
    """The result types as a tuple, whether the primitive has one result or more."""
    result = primitive.type(*types, **params)
    return result if primitive.multiple else (result,)
