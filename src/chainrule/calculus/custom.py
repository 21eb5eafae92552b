"""Functions whose derivative is given by hand: ``custom_jvp`` and ``custom_vjp``.

A call becomes one equation, which differentiation opens by the rule. The rule is NumPy
code, so it is differentiated in turn where a higher order asks for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial, reduce, update_wrapper
from types import MethodType
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function, expect_function, positions
from chainrule.calculus.opaque import trace_or_call
from chainrule.calculus.parted import Parted, expect_like, place_of
from chainrule.core.errors import MissingRuleError, user_line
from chainrule.core.program import Program, evaluate
from chainrule.core.tree import Structure, flatten, map_leaves, unflatten
from chainrule.core.types import is_differentiable
from chainrule.primitives.custom import custom_call, linear_call
from chainrule.primitives.loop_rules import zeros
from chainrule.transforms.jvp import SplitProgram as Split
from chainrule.transforms.jvp import linearize_program, prune
from chainrule.transforms.trace import trace, trace_with_values
from chainrule.transforms.transpose import transpose_program


class _Call:
    """One call: what stands still, what moves, and the program that they give."""

    def __init__(
        self, function: Function, args: Sequence[Any], nondiff: frozenset[int]
    ) -> None:
        self.name = place_of(function)
        self._nondiff = nondiff
        self._count = len(args)
        self.fixed = Parted(tuple([a for i, a in enumerate(args) if i in nondiff]))
        self.moving = Parted(tuple([a for i, a in enumerate(args) if i not in nondiff]))
        self.arrays = [*self.fixed.arrays, *self.moving.arrays]
        traced = trace_or_call(lambda *xs: function(*self.args(xs)), self.arrays)
        self.constants = traced.constants
        self.structure: Structure = traced.structure
        self.body: Program = traced.program.without_constants()

    def args(self, arrays: Sequence[Any]) -> list[Any]:
        """All positional arguments, with these arrays."""
        count = len(self.fixed.arrays)
        fixed = iter(self.fixed.tree(arrays[:count]))
        moving = iter(self.moving.tree(arrays[count:]))
        return [
            next(fixed if i in self._nondiff else moving) for i in range(self._count)
        ]

    def bind(self, rule: Any) -> Any:
        """Write the call down as one equation."""
        fixed = len(self.constants) + len(self.fixed.arrays)
        operands = [*self.constants, *self.arrays]
        results = custom_call(*operands, body=self.body, rule=rule, consts=fixed)
        return unflatten(self.structure, results)

    def results(self, tree: Any, what: str) -> list[Any]:
        """What a rule returned, as leaves like those of the function."""
        return expect_like(tree, self.structure, self.body.output_types, what)

    def differentiable(self, dys: Sequence[Any]) -> list[Any]:
        """Tangents of the results that can move, None for the others."""
        pairs = zip(dys, self.body.output_types, strict=True)
        return [dy if is_differentiable(type.dtype) else None for dy, type in pairs]


def _pair(result: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise TypeError(
            f"Expected a pair, {what}, got {type(result).__name__}: return two values."
        )
    return result[0], result[1]


class _JvpRule:
    """A rule ``(primals, tangents) -> (y, dy)`` as a function of leaves."""

    def __init__(self, call: _Call, rule: Function) -> None:
        self.name = call.name
        self._call = call
        self._rule = rule

    def __repr__(self) -> str:
        return f"the custom rule of {self.name}"

    def __call__(
        self, xs: Sequence[Any], dxs: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        call, what = self._call, f"of the rule {place_of(self._rule)}"
        start = len(call.constants)
        stop = start + len(call.fixed.arrays)
        result = self._rule(
            *call.fixed.tree(xs[start:stop]),
            call.moving.tree(xs[stop:]),
            call.moving.tangents(dxs[stop:]),
        )
        y, dy = _pair(result, f"(y, dy), {what}")
        ys = call.results(y, f"the value {what}")
        dys = call.results(dy, f"the tangent {what}")
        return ys, call.differentiable(dys)


class _VjpRule:
    """Rules ``fwd`` and ``bwd`` as a function of leaves and their tangents."""

    def __init__(self, call: _Call, fwd: Function, bwd: Function) -> None:
        self.name = call.name
        self._call = call
        self._fwd = fwd
        self._bwd = bwd

    def __repr__(self) -> str:
        return f"the custom rule of {self.name}"

    def __call__(
        self, xs: Sequence[Any], dxs: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        call, what = self._call, f"of {place_of(self._fwd)}"
        arrays = xs[len(call.constants) :]
        y, kept = _pair(self._fwd(*call.args(arrays)), f"(y, residuals), {what}")
        ys = call.results(y, f"the value {what}")
        parted = Parted(kept)
        fixed = arrays[: len(call.fixed.arrays)]
        residuals = [*fixed, *parted.arrays]
        count = len(residuals)

        def back(*leaves: Any) -> list[Any]:
            return self._bars(parted, leaves[:count], leaves[count:])

        traced = trace_with_values(back, [*residuals, *call.body.output_types])
        program = traced.program.without_constants()
        residuals = [*traced.constants, *residuals]
        moving = dxs[len(xs) - len(call.moving.arrays) :]
        dys = linear_call(
            *residuals,
            *[dx for dx in moving if is_differentiable(dx.dtype)],
            back=program,
            push=partial(self._push, program, len(residuals)),
            residuals=len(residuals),
        )
        return ys, call.differentiable(dys)

    def _bars(
        self, parted: Parted, residuals: Sequence[Any], z_bars: Sequence[Any]
    ) -> list[Any]:
        """Cotangents of the arrays that can move, zeros written out."""
        call, what = self._call, f"of {place_of(self._bwd)}"
        count = len(call.fixed.arrays)
        result = self._bwd(
            *call.fixed.tree(residuals[:count]),
            parted.tree(residuals[count:]),
            unflatten(call.structure, z_bars),
        )
        primals = call.moving.tree(call.moving.arrays)
        if not isinstance(result, (tuple, list)) or len(result) != len(primals):
            got = len(result) if isinstance(result, (tuple, list)) else "no tuple"
            raise TypeError(
                f"Expected a tuple of {len(primals)} cotangents {what}, one for each "
                f"argument, got {got}: return None for an argument without one."
            )
        bars: list[Any] = []
        for bar, primal in zip(result, primals, strict=True):
            bars += self._leaves_of(bar, primal, f"a cotangent {what}")
        return bars

    def _leaves_of(self, bar: Any, primal: Any, what: str) -> list[Any]:
        part = Parted(primal)
        moves = [is_differentiable(type.dtype) for type in part.types]
        if bar is None:
            pairs = zip(part.types, moves, strict=True)
            return [zeros(type) for type, flag in pairs if flag]
        _, structure = flatten(bar)
        if structure != part.structure:
            expect_like(bar, part.structure, (), what)
        found = zip(part.arrays_of(bar), part.types, moves, strict=True)
        leaf = flatten(0)[1]
        return [expect_like(b, leaf, (t,), what)[0] for b, t, flag in found if flag]

    def _push(self, back: Program, residuals: int) -> Program:
        """The map itself: the transpose of the transpose, where that is linear."""
        taken = [place >= residuals for place in range(len(back.inputs))]
        split = linearize_program(back, taken)
        whole, count = split.forward, len(back.outputs)
        forward = prune(
            Program((), whole.inputs, whole.equations, whole.outputs[count:])
        )
        read = {atom for equation in forward.equations for atom in equation.inputs}
        read.update(forward.outputs)
        if not read.isdisjoint(whole.inputs[residuals:]):
            raise MissingRuleError(
                f"Expected a bwd of {self.name} that is linear in the cotangent, since "
                f"forward mode transposes it, got one that is not, at {user_line()}: "
                "use reverse mode, or give the derivative with custom_jvp."
            )
        linear = transpose_program(split.linear, len(forward.outputs))
        return _joined(Split(forward, linear, split.nonzero), back, residuals)


def _joined(split: Split, back: Program, residuals: int) -> Program:
    """From residuals and tangents to the tangents of all results, as one program."""
    known = back.input_types[:residuals]
    results = back.input_types[residuals:]
    zero_bars = [zeros(type) for type in results]

    def push(*leaves: Any) -> list[Any]:
        kept = evaluate(split.forward, (), [*leaves[:residuals], *zero_bars])
        pairs = zip(leaves[residuals:], split.nonzero, strict=True)
        moved = evaluate(split.linear, (), [*kept, *[dx for dx, nz in pairs if nz]])
        supply = iter(moved)
        return [
            next(supply) if is_differentiable(type.dtype) else zeros(type)
            for type in results
        ]

    return trace(push, [*known, *back.output_types]).program


def _positional(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """All arguments by position, defaults too, where the function has a signature."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # NumPy's own functions have none
        return args
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


class _Custom:
    """What both decorators share: the function, and how its arguments are read."""

    def __init__(
        self, function: Function, nondiff_argnums: int | Sequence[int] = ()
    ) -> None:
        expect_function(function, type(self).__name__)
        update_wrapper(self, function)
        self._function = function
        self._nondiff = frozenset(positions(nondiff_argnums, "nondiff_argnums"))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not Parted((args, kwargs)).is_traced:
            return self._function(*args, **kwargs)
        self._expect_rule()
        args = _positional(self._function, args, kwargs)
        return self._bind(_Call(self._function, args, self._nondiff))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A method, where it stands in a class; the instance is argument 0."""
        return self if instance is None else MethodType(self, instance)

    def _expect_rule(self) -> None:
        raise NotImplementedError

    def _bind(self, call: _Call) -> Any:
        raise NotImplementedError

    def _no_rule(self, how: str) -> MissingRuleError:
        return MissingRuleError(
            f"Expected {place_of(self._function)} to have its derivative rule before "
            f"it is differentiated, got none at {user_line()}: {how}."
        )


class custom_jvp(_Custom):
    r"""A function with a derivative rule given by hand, in forward form.

    .. math:: (x, \dot x) \mapsto (f(x), \dot y)

    Reverse mode follows from it, and so do higher orders, since the rule is NumPy code
    that is differentiated in turn. The rule must be linear in the tangents. A function
    that cannot be traced, of another library say, is called as it is.

    Shapes:
        Each tangent has the shape and dtype of its value.

    Args:
        function: NumPy code; its arguments and results may be containers.
        nondiff_argnums: Positions of arguments that the rule gets as they are, before
            the others: functions, texts, whole numbers.

    Raises:
        MissingRuleError: When it is differentiated before a rule was given, or by a
            value that it closes over.

    Examples:
        >>> import numpy as np
        >>> from chainrule import grad
        >>> @custom_jvp
        ... def log1pexp(x):
        ...     return np.log(1.0 + np.exp(x))
        >>> @log1pexp.defjvp
        ... def rule(primals, tangents):
        ...     (x,), (dx,) = primals, tangents
        ...     return log1pexp(x), dx / (1.0 + np.exp(-x))
        >>> grad(log1pexp)(100.0)
        np.float64(1.0)

    Source: the form of the rule is that of ``jax.custom_jvp``.
    """

    _rule: Function | None = None

    def defjvp(self, rule: Function) -> Function:
        """Give the rule: ``rule(primals, tangents) -> (y, dy)``, both tuples."""
        self._rule = rule
        return rule

    def defjvps(self, *rules: Callable[..., Any] | None) -> None:
        """Give a rule for each argument: ``rule(dx, y, *primals) -> dy``, or None."""

        def rule(*given: Any) -> Any:
            *fixed, primals, tangents = given
            y = self(*self._positions(fixed, primals))
            terms = [
                one(dx, y, *primals)
                for one, dx in zip(rules, tangents, strict=True)
                if one is not None
            ]
            none = map_leaves(np.zeros_like, y)
            return y, reduce(partial(map_leaves, np.add), terms) if terms else none

        self._rule = update_wrapper(rule, self._function)

    def _positions(self, fixed: Sequence[Any], primals: Sequence[Any]) -> list[Any]:
        still, moving = iter(fixed), iter(primals)
        count = len(fixed) + len(primals)
        return [next(still if i in self._nondiff else moving) for i in range(count)]

    def _expect_rule(self) -> None:
        if self._rule is None:
            raise self._no_rule("decorate the rule with .defjvp")

    def _bind(self, call: _Call) -> Any:
        assert self._rule is not None
        return call.bind(_JvpRule(call, self._rule))


class custom_vjp(_Custom):
    r"""A function with a derivative rule given by hand, in reverse form.

    .. math:: x \mapsto (f(x), r), \qquad (r, \bar y) \mapsto \bar x

    Where ``bwd`` is linear in the cotangent, forward mode transposes it; where it is
    not (it clips gradients, say), there is reverse mode alone.

    Shapes:
        Each cotangent has the shape and dtype of its argument.

    Args:
        function: NumPy code; its arguments and results may be containers.
        nondiff_argnums: Positions of arguments that ``bwd`` gets as they are, before
            the others: functions, texts, whole numbers.

    Raises:
        MissingRuleError: When it is differentiated before its rules were given, or by
            a value that it closes over.

    Examples:
        >>> import numpy as np
        >>> from chainrule import grad
        >>> @custom_vjp
        ... def steady(x):
        ...     return x
        >>> steady.defvjp(
        ...     lambda x: (x, None), lambda _, y_bar: (np.clip(y_bar, -1.0, 1.0),)
        ... )
        >>> grad(lambda x: 100.0 * steady(x))(2.0)
        np.float64(1.0)

    Source: the form of the rules is that of ``jax.custom_vjp``.
    """

    _rules: tuple[Function, Function] | None = None

    def defvjp(self, fwd: Function, bwd: Function) -> None:
        """Give ``fwd(*args) -> (y, kept)`` and ``bwd(kept, y_bar) -> x_bars``."""
        self._rules = fwd, bwd

    def _expect_rule(self) -> None:
        if self._rules is None:
            raise self._no_rule("call .defvjp(fwd, bwd)")

    def _bind(self, call: _Call) -> Any:
        assert self._rules is not None
        return call.bind(_VjpRule(call, *self._rules))
