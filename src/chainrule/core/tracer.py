"""A tracer: a stand-in for an array, of which a trace writes down what is done with it.

Where the numbers are at hand (plain ``grad``), each tracer also knows its value, so
Python's ``if`` and ``for`` work; under ``jit`` it does not, and asking for it is an
error that names the user's line.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from chainrule.core.errors import (
    ConversionError,
    MissingRuleError,
    TracerError,
    user_line,
)
from chainrule.core.handlers import HANDLERS as HANDLERS
from chainrule.core.handlers import LATE as LATE
from chainrule.core.handlers import NAMED as NAMED
from chainrule.core.handlers import implements as implements
from chainrule.core.handlers import in_form
from chainrule.core.interpreter import Traced
from chainrule.core.methods import PLAIN, ArrayMethods
from chainrule.core.program import Var
from chainrule.core.unchanging import Unchanging

BY_VALUE = (
    "Pass the value as a static argument (static_argnums of jit), or keep to functions "
    "of arrays, with cr.cond, cr.fori_loop and np.where in place of Python's own."
)
BRANCHING = (
    "Use np.where(condition, x, y) or cr.cond in place of if, cr.while_loop in place "
    "of while, & and | in place of and and or, np.maximum in place of max; leave "
    "asserts on values out; or pass the value as a static argument."
)


class Tracer(Unchanging, ArrayMethods, Traced):
    """A traced array: shape and dtype known, its value perhaps not yet."""

    __slots__ = ("recording", "type", "value", "variable", "weak")

    def __init__(
        self, trace: Any, var: Var, value: Any = None, weak: bool = False
    ) -> None:
        self.recording = trace
        self.variable = var
        self.type = var.type
        self.value = value
        self.weak = weak

    shape = property(attrgetter("type.shape"), doc="Extent of each axis.")
    dtype = property(attrgetter("type.dtype"), doc="Type of the elements.")

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        for x in inputs:
            if type(x) not in PLAIN and type(x) is not Tracer and not _is_known(x):
                return NotImplemented
        key = ufunc if method == "__call__" else (ufunc, method)
        return self.answer(key, inputs, kwargs)

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        for kind in types:
            if kind is not Tracer and kind is not np.ndarray:
                return NotImplemented
        if kwargs or len(args) > 1:
            args, kwargs = in_form(function, args, kwargs)
        return self.answer(function, args, kwargs)

    def answer(self, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call what answers a function of NumPy's, or a ufunc's method."""
        handler = HANDLERS.get(key) or _late_handler(key)
        if kwargs and kwargs.get("out") is not None:
            raise TracerError(
                "Expected a call that returns its result, got out= with a traced "
                f"array at {user_line()}: drop out= and use the returned value; write "
                "a = a + x in place of a += x where a is a plain array."
            )
        return handler(*args, **kwargs)

    def known(self, what: str, advice: str = BY_VALUE) -> Any:
        """The concrete value, or an error that says why there is none."""
        if self.value is None and not self.recording.open:
            raise self.recording.escaped(self)
        if self.value is None:
            raise TracerError(
                f"Expected a known number for {what}, got the traced {self!r} at "
                f"{user_line()}: under jit, vmap or scan only shapes and dtypes are "
                f"known while tracing. {advice}"
            )
        return self.value

    def __bool__(self) -> bool:
        return bool(self.known("the truth of a condition", BRANCHING))

    def __int__(self) -> int:
        return int(self.known("int()"))

    def __float__(self) -> float:
        return float(self._constant("float"))

    def __complex__(self) -> complex:
        return complex(self._constant("complex"))

    def _constant(self, kind: str) -> Any:
        """The value as a Python number, where that loses no derivative."""
        if self.type.dtype.kind in "fc":
            raise ConversionError(
                f"Expected array code that can be traced, got a conversion of {self!r} "
                f"to a Python {kind} at {user_line()}, which would lose its derivative "
                "(math.sin(x) converts so, and a[i] = x in a plain array): use NumPy's "
                "functions (np.sin(x), np.stack), or, under plain grad, x.item() where "
                "no derivative is wanted."
            )
        return self.known(f"{kind}()")

    def __index__(self) -> int:
        if self.type.dtype.kind not in "iu" or self.type.shape:
            raise TypeError(
                f"Expected an integer scalar as an index, got {self.type!r} at "
                f"{user_line()}: only integers can be indices."
            )
        return int(self.known("an index or a length"))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise ConversionError(
            f"Expected array code that can be traced, got a conversion of {self!r} to "
            f"a plain ndarray at {user_line()}: use NumPy functions on it directly "
            "(np.stack for a list of traced values, chainrule.vmap in place of "
            "np.vectorize, chainrule.numpy.take(array, i) for a traced index into a "
            "plain array); a function of another library needs a rule of its own, by "
            "chainrule.custom_jvp."
        )

    def __repr__(self) -> str:
        value = "" if self.value is None else f", value={self.value!r}"
        return f"Tracer({self.type!r}{value})"

    def __format__(self, spec: str) -> str:
        return repr(self) if self.value is None else format(self.value[()], spec)


def _late_handler(key: Any) -> Any:
    """What answers a function that is rarer, or of another library; or an error."""
    name = getattr(key, "__name__", None)
    handler = NAMED.get(name)
    while handler is None and LATE:
        LATE.pop()()
        handler = HANDLERS.get(key) or NAMED.get(name)
    if handler is None:
        raise MissingRuleError(
            f"Expected a function that chainrule can trace, got {_spelled(key)} at "
            f"{user_line()}: write it with functions listed in chainrule.numpy, or "
            "call it in a function f of your own under @chainrule.custom_jvp, with "
            "a rule under @f.defjvp (help(chainrule.custom_jvp) shows one)."
        )
    return handler


def _spelled(key: Any) -> str:
    """A function of NumPy's, or a ufunc and its method, as people write it."""
    if isinstance(key, tuple):
        ufunc, method = key
        return f"{_spelled(ufunc)}.{method}"
    name = getattr(key, "__name__", str(key))
    room = getattr(key, "__module__", None) or ("numpy" if hasattr(np, name) else "")
    return f"{room}.{name}" if room else name


def _is_known(value: Any) -> bool:
    """Whether an operand does not answer NumPy's protocols in a way of its own."""
    if isinstance(value, (Tracer, np.ndarray)):
        return True
    return getattr(type(value), "__array_ufunc__", None) is None
