"""The proof of derivatives: against differences, in both modes, of any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.calculus.arguments import Function, as_value, differentiable_leaves
from chainrule.calculus.culprit import not_finite, wrong_rule
from chainrule.calculus.differences import (
    Estimate,
    Vector,
    as_vector,
    central_difference,
    disagreement,
    one_sided,
)
from chainrule.calculus.forward import jvp
from chainrule.calculus.reverse import vjp
from chainrule.core.tree import flatten, paths, unflatten
from chainrule.core.types import Shape, is_differentiable

MODES = ("fwd", "rev")
SEED = 20240229


def check_grads(
    function: Function,
    args: Any,
    order: int = 1,
    modes: Sequence[str] | str = MODES,
) -> None:
    r"""Compare the derivatives of a function with differences of its values.

    .. math:: f'(x)\,\dot x \approx \frac{f(x + h \dot x) - f(x - h \dot x)}{2 h}

    In float64, for each array among the arguments along one random direction, which
    is complex for complex arrays. Steps
    are extrapolated to zero, which also tells how far the differences can be off, so
    that rounding is not taken for a wrong rule, nor a wrong rule for rounding.

    Shapes:
        Any, in any containers.

    Args:
        function: NumPy code with floating-point results.
        args: A tuple of its arguments.
        order: Check derivatives up to this order.
        modes: ``"fwd"``, ``"rev"`` or both.

    Raises:
        AssertionError: If a derivative is wrong; it names the order, the mode, the
            argument and the numbers. Also if the function has a kink at the point, or
            its values are too rough for differences to tell.
        ValueError: If the order or a mode is not one of those.

    Examples:
        >>> import numpy as np
        >>> check_grads(np.tanh, (np.array([0.5, -1.0]),), order=2)

    Source: Ridders, Advances in Engineering Software 4(2), 1982.
    """
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if order < 1 or not chosen or not set(chosen) <= set(MODES):
        raise ValueError(
            f"Expected an order from 1 and modes among {MODES}, got order {order} and "
            f"modes {chosen}: choose from these."
        )
    points = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    with np.errstate(all="ignore"):
        _check(function, [_in_float64(point) for point in points], order, chosen, "")


def _check(
    function: Function, args: list[Any], order: int, modes: Sequence[str], trail: str
) -> None:
    random = np.random.default_rng(SEED)
    for mode in modes:
        label = f"{trail} then {mode}" if trail else mode
        _Check(function, args, mode, label, random).run()
    if order == 1:
        return
    for mode in modes:
        derived = _derivative(function, args, mode, random)
        label = f"{trail} then {mode}" if trail else mode
        _check(derived, args, order - 1, modes, label)


def _in_float64(tree: Any) -> Any:
    leaves, structure = flatten(tree)
    values = [as_value(leaf) for leaf in leaves]
    wide = [
        v.astype(np.result_type(v.dtype, np.float64))
        if is_differentiable(v.dtype)
        else v
        for v in values
    ]
    return unflatten(structure, wide)


def _derivative(
    function: Function, args: list[Any], mode: str, random: np.random.Generator
) -> Function:
    """The derivative along fixed directions, as a function of the point."""
    if mode == "fwd":
        directions = tuple([_direction(arg, random) for arg in args])
        return lambda *xs: jvp(function, xs, directions)[1]
    cotangent = _direction(function(*args), random, scaled=False)
    return lambda *xs: vjp(function, *xs)[1](cotangent)


def _direction(tree: Any, random: np.random.Generator, scaled: bool = True) -> Any:
    """Random numbers of either sign, none small; on the scale of each element or 1."""
    leaves, structure = flatten(tree)
    result: list[Any] = []
    for leaf in leaves:
        x = np.asarray(leaf)
        scale = np.maximum(np.abs(x), 0.01) if scaled else 1.0
        size = _signed(x.shape, random) * scale
        if x.dtype.kind == "c":
            size = size + 1j * _signed(x.shape, random) * scale
        result.append(np.asarray(size, x.dtype))
    return unflatten(structure, result)


def _signed(shape: Shape, random: np.random.Generator) -> Any:
    sign = np.where(random.random(shape) < 0.5, -1.0, 1.0)
    return sign * random.uniform(0.5, 1.5, shape)


def _as_vector(tree: Any) -> Vector:
    return as_vector(flatten(tree)[0])


class _Check:
    """One function at one point in one mode."""

    def __init__(
        self,
        function: Function,
        args: list[Any],
        mode: str,
        label: str,
        random: np.random.Generator,
    ) -> None:
        self.function = function
        self.args = args
        self.mode = mode
        self.label = label
        self.random = random
        self.value = function(*args)
        leaves = [np.asarray(leaf) for leaf in flatten(self.value)[0]]
        epsilons = [np.finfo(y.dtype).eps for y in leaves if y.dtype.kind in "fc"]
        self.eps = float(max(epsilons, default=np.finfo(np.float64).eps))

    def run(self) -> None:
        """Check each array of each argument."""
        for number, arg in enumerate(self.args):
            leaves, structure = differentiable_leaves(arg, "check_grads")
            for place, path in enumerate(paths(structure)):
                direction = [np.zeros_like(leaf) for leaf in leaves]
                direction[place] = _direction(leaves[place], self.random)
                where = f"argument {number}" + (f", leaf {path}" if path else "")
                self._along(number, unflatten(structure, direction), where)

    def _along(self, number: int, direction: Any, where: str) -> None:
        tangents = [
            direction if i == number else unflatten(s, [np.zeros_like(x) for x in xs])
            for i, (xs, s) in enumerate(flatten(arg) for arg in self.args)
        ]
        weigh = _as_vector
        if self.mode == "fwd":
            _, moved = jvp(self.function, tuple(self.args), tuple(tangents))
            got = _as_vector(moved)
        else:
            cotangent = _direction(self.value, self.random, scaled=False)
            pulled = vjp(self.function, *self.args)[1](cotangent)
            got = np.atleast_1d(_pairing(pulled[number], direction))

            def weigh(tree: Any) -> Vector:
                return np.atleast_1d(_pairing(tree, cotangent))

        def along(step: float) -> Vector:
            return weigh(self.function(*_moved(self.args, tangents, step)))

        self._compare(got, along, f"{where}, {self.label}")

    def _compare(
        self, got: Vector, along: Callable[[float], Vector], where: str
    ) -> None:
        if not got.size:
            return
        if np.isnan(got).any() and np.isfinite(along(0.0)).all():
            raise AssertionError(self._why_nan(where))
        expected = central_difference(along, self.eps)
        if not np.isfinite(expected.error).all():
            raise AssertionError(
                f"Expected finite values near the point ({where}), got NaN or inf: "
                "choose a point inside the domain."
            )
        worst = disagreement(got, expected)
        if worst is not None:
            raise AssertionError(self._verdict(got, expected, along, worst, where))
        rough = expected.error > 1e-3 * max(np.max(np.abs(expected.value)), 1e-3)
        if rough.any():
            worst = int(np.argmax(expected.error))
            raise AssertionError(
                f"Expected a function smooth enough for differences to tell ({where}), "
                f"got {expected.value[worst]:.6g} give or take "
                f"{expected.error[worst]:.1g}: choose a point away from jumps, or "
                "rescale the function."
            )

    def _why_nan(self, where: str) -> str:
        """A derivative that is not a number, though the value is one."""
        name, masked = not_finite(self.function, self.args)
        if not name:
            return (
                f"Expected a derivative that is a number ({where}), got NaN though the "
                "value is finite: look for inf - inf or 0 * inf in the rules."
            )
        if not masked:
            return (
                f"Expected a derivative that is a number ({where}), got NaN: that of "
                f"{name} is not finite at the point. Choose another point."
            )
        return (
            f"Expected a derivative that is a number ({where}), got NaN from a double "
            f"where: at elements that np.where leaves out, the derivative of {name} is "
            "not finite, and 0 * inf is NaN. Make its argument safe first, then leave "
            "the result out: safe = np.where(mask, x, 1.0) and then "
            f"np.where(mask, {name.partition(' ')[0]}(safe), other)."
        )

    def _verdict(
        self,
        got: Vector,
        expected: Estimate,
        along: Callable[[float], Vector],
        place: int,
        where: str,
    ) -> str:
        right, left = [slopes[place] for slopes in one_sided(along)]
        value, error = expected.value[place], expected.error[place]
        if abs(right - left) > 1e-3 * (abs(right) + abs(left)):
            return (
                f"Expected a differentiable function ({where}), got a kink at the "
                f"point: the slopes beside it are {left:.6g} and {right:.6g}, and the "
                f"rule says {got[place]:.6g}. Move the point."
            )
        off = abs(got[place] - value) / max(abs(value), np.finfo(np.float64).tiny)
        culprit = wrong_rule(self.function, self.args, self.eps)
        return (
            f"Expected the derivative {value:.12g} (by differences, off by at most "
            f"{error:.1g}) for {where}, element {place} of the result; got "
            f"{got[place]:.12g}, wrong by {off:.2g} of it, which is not rounding: "
            f"{culprit or 'look at the derivative rules of the functions used'}."
        )


def _pairing(first: Any, second: Any) -> Any:
    """The real part of the sum of products, without conjugation, of two containers."""
    pairs = zip(flatten(first)[0], flatten(second)[0], strict=True)
    total = sum([np.sum(np.asarray(a) * b) for a, b in pairs], np.float64(0))
    return _as_vector(np.real(total))


def _moved(args: list[Any], tangents: list[Any], step: float) -> list[Any]:
    result: list[Any] = []
    for arg, tangent in zip(args, tangents, strict=True):
        leaves, structure = flatten(arg)
        pairs = zip(leaves, flatten(tangent)[0], strict=True)
        result.append(unflatten(structure, [x + step * dx for x, dx in pairs]))
    return result
