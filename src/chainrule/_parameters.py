"""Parameter checks as data: one table per class gives check, message and test.

A class lists its rules in ``parameters = {"units": PositiveInt(), ...}``; its
constructor calls `check_parameters`. Each rule carries values that it accepts and
values that it refuses (``good``, ``bad``), and the tests walk all tables with them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

__all__ = [
    "Boolean",
    "Interval",
    "NonNegativeInt",
    "OneOf",
    "Optional",
    "PositiveInt",
    "Rule",
    "Shape",
    "check_parameters",
    "did_you_mean",
    "refuse_arguments",
]


class Rule:
    """One condition on one parameter.

    Attributes:
        good: Values that the rule accepts, for the tests.
        bad: Values that the rule refuses, for the tests.
    """

    good: tuple[Any, ...] = ()
    bad: tuple[Any, ...] = ()

    def accepts(self, value: Any) -> bool:
        """Tell whether ``value`` fulfils the condition."""
        raise NotImplementedError

    def expected(self) -> str:
        """Say in words what is expected, to follow "must be"."""
        raise NotImplementedError


class PositiveInt(Rule):
    """A whole number of at least 1."""

    good = (1, 7, np.int64(3))
    bad = (0, -1, 2.5, "3", None, True)

    def accepts(self, value: Any) -> bool:
        return _is_int(value) and value >= 1

    def expected(self) -> str:
        return "a positive integer"


class NonNegativeInt(Rule):
    """A whole number of at least 0."""

    good = (0, 7, np.int64(3))
    bad = (-1, 2.5, "3", None, True)

    def accepts(self, value: Any) -> bool:
        return _is_int(value) and value >= 0

    def expected(self) -> str:
        return "an integer of at least 0"


class Boolean(Rule):
    """``True`` or ``False``."""

    good = (True, False, np.bool_(True))
    bad = ("yes", None, 2)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, (bool, np.bool_))

    def expected(self) -> str:
        return "True or False"


class Interval(Rule):
    """A real number between two bounds.

    Args:
        low: Lower bound.
        high: Upper bound; infinity is never itself accepted.
        closed: Which bounds belong: ``"both"``, ``"left"``, ``"right"``, ``"neither"``.
    """

    def __init__(
        self, low: float, high: float = math.inf, closed: str = "left"
    ) -> None:
        self.low, self.high = low, high
        self.left = closed in ("both", "left")
        self.right = closed in ("both", "right")
        inside = 1.0 if math.isinf(low) else low + 0.5 * min(high - low, 2.0)
        self.good = (inside, np.float32(inside)) + ((low,) if self.left else ())
        outside = (
            () if math.isinf(low) else (low - 1.0,) + (() if self.left else (low,))
        )
        self.bad = ("0.5", None, math.nan, True, *outside)
        if not math.isinf(high):
            self.bad += (high + 1.0,) + (() if self.right else (high,))

    def accepts(self, value: Any) -> bool:
        if not _is_real(value) or not math.isfinite(value):
            return False
        above = value >= self.low if self.left else value > self.low
        below = value <= self.high if self.right else value < self.high
        return bool(above and below)

    def expected(self) -> str:
        if math.isinf(self.low) and math.isinf(self.high):
            return "a finite number"
        if math.isinf(self.high):
            return f"a number {'≥' if self.left else '>'} {self.low:g}"
        opening = "[" if self.left else "("
        closing = "]" if self.right else ")"
        return f"a number in {opening}{self.low:g}, {self.high:g}{closing}"


class OneOf(Rule):
    """One of some fixed values.

    Args:
        *choices: The values that are accepted.
    """

    def __init__(self, *choices: Any) -> None:
        self.choices = choices
        self.good = choices
        self.bad = ("no such choice", 0.123)

    def accepts(self, value: Any) -> bool:
        return any(type(value) is type(c) and value == c for c in self.choices)

    def expected(self) -> str:
        return "one of " + ", ".join(repr(choice) for choice in self.choices)


class Optional(Rule):
    """Another rule, or ``None``.

    Args:
        rule: The rule for values other than ``None``.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.good = (None, *rule.good)
        self.bad = tuple(value for value in rule.bad if value is not None)

    def accepts(self, value: Any) -> bool:
        return value is None or self.rule.accepts(value)

    def expected(self) -> str:
        return f"{self.rule.expected()} or None"


class Shape(Rule):
    """Lengths of axes, without the batch's; -1 at most once where it is allowed.

    Args:
        unknown: Whether one length may be -1, to be computed from the others.
    """

    def __init__(self, *, unknown: bool = False) -> None:
        self.unknown = unknown
        self.good = ((3,), (2, 4), [5]) + (((-1, 2),) if unknown else ())
        self.bad = ("3", 3, (0,), (2.5,), (-1, -1))

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, (tuple, list)):
            return False
        lengths: list[Any] = list(value)
        free = lengths.count(-1)
        known = [length for length in lengths if length != -1]
        return free <= int(self.unknown) and all(
            _is_int(length) and length >= 1 for length in known
        )

    def expected(self) -> str:
        end = ", one of which may be -1" if self.unknown else ""
        return f"a tuple of positive integers{end}"


def check_parameters(
    owner: str, rules: Mapping[str, Rule], values: Mapping[str, Any]
) -> None:
    """Check values against a class's table.

    Args:
        owner: What the message calls the owner, such as ``"Dense"``.
        rules: The table.
        values: The values by name; a name without a rule is not checked.

    Raises:
        ValueError: A value doesn't fulfil its rule.

    Examples:
        >>> check_parameters("Dense", {"units": PositiveInt()}, {"units": 0})
        Traceback (most recent call last):
            ...
        ValueError: Dense: units must be a positive integer, got 0.
    """
    for name, value in values.items():
        rule = rules.get(name)
        if rule is not None and not rule.accepts(value):
            raise ValueError(
                f"{owner}: {name} must be {rule.expected()}, got {value!r}."
            )


def did_you_mean(
    kind: str, name: object, known: Collection[str], aliases: Collection[str] = ()
) -> str:
    """Compose the message for an unknown name.

    Args:
        kind: What the name should name, such as ``"optimizer"``.
        name: What was received.
        known: The names that exist.
        aliases: Other names, which may be the nearest but are not listed.

    Returns:
        A sentence with what is expected, what was received, and the nearest name.

    Examples:
        >>> did_you_mean("optimizer", "adm", ["adam", "sgd"])
        "Unknown optimizer 'adm': did you mean 'adam'? Known names: adam, sgd."
    """
    import difflib

    lowered = {candidate.lower(): candidate for candidate in sorted({*known, *aliases})}
    near = difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.5)
    hint = f"did you mean {lowered[near[0]]!r}? " if near else ""
    return f"Unknown {kind} {name!r}: {hint}Known names: {', '.join(sorted(known))}."


def refuse_arguments(owner: type, unknown: Collection[str]) -> None:
    """Refuse keyword arguments that none of a class's constructors takes.

    Args:
        owner: The class.
        unknown: Names that were given and are left over.

    Raises:
        TypeError: There are some; the message suggests the nearest name.

    Examples:
        >>> refuse_arguments(object, [])
    """
    if not unknown:
        return
    known: dict[str, None] = {}
    for base in owner.__mro__:
        code = getattr(vars(base).get("__init__"), "__code__", None)
        if code is not None:
            named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            known |= dict.fromkeys(named[1:])
    raise TypeError(
        did_you_mean(f"argument of {owner.__name__}", next(iter(unknown)), known)
    )


def _is_int(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    real = isinstance(value, (int, float, np.integer, np.floating))
    return real and not isinstance(value, bool)
