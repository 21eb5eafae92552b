"""Tracing: a stand-in for an array that writes down what is done with it.

A :class:`Trace` collects equations; a :class:`Tracer` is one of its values. Where the
numbers are at hand (plain ``grad``), each tracer also knows its value, so Python's
``if`` and ``for`` work; under ``jit`` it does not, and asking for it is an error that
names the user's line. Traces nest by level: a tracer of an outer trace that meets an
inner one is captured there as a constant.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.captured import Captured
from chainrule.core.errors import (
    ConversionError,
    EscapedTracerError,
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
from chainrule.core.methods import ArrayMethods
from chainrule.core.primitive import Primitive
from chainrule.core.program import Atom, Equation, Literal, Program, Var
from chainrule.core.types import PYTHON_SCALARS, ArrayType, is_number
from chainrule.core.unchanging import Unchanging

_stack = threading.local()


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

    recording: Trace

    def __init__(
        self, trace: Trace, var: Var, value: Any = None, weak: bool = False
    ) -> None:
        self.recording = trace
        self.variable = var
        self.type = var.type
        self.value = value
        self.weak = weak

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of each axis."""
        return self.type.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self.type.dtype

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        for x in inputs:
            if type(x) is not Tracer and not _is_known(x):
                return NotImplemented
        if method != "__call__":
            return self._call(getattr(ufunc, method), inputs, kwargs, (ufunc, method))
        handler = None if kwargs else HANDLERS.get(ufunc)
        if handler is None:
            return self._call(ufunc, inputs, kwargs, ufunc)
        return handler(*inputs)

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if any(kind is not Tracer and kind is not np.ndarray for kind in types):
            return NotImplemented
        return self._call(function, *in_form(function, args, kwargs), function)

    def _call(
        self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], key: Any
    ) -> Any:
        handler = HANDLERS.get(key) or NAMED.get(getattr(key, "__name__", None))
        while handler is None and LATE:
            LATE.pop()()
            handler = HANDLERS.get(key) or NAMED.get(getattr(key, "__name__", None))
        if handler is None:
            raise MissingRuleError(
                f"Expected a function that chainrule can trace, got {_spelled(key)} at "
                f"{user_line()}: write it with functions listed in chainrule.numpy, or "
                "call it in a function f of your own under @chainrule.custom_jvp, with "
                "a rule under @f.defjvp (help(chainrule.custom_jvp) shows one)."
            )
        if kwargs.get("out") is not None:
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


class Trace:
    """An open recording. Use :func:`open_trace`; close it with :meth:`close`."""

    __slots__ = ("captured", "concrete", "equations", "inputs", "level", "open")

    def __init__(self, level: int, concrete: bool, by_value: bool = False) -> None:
        self.level = level
        self.concrete = concrete
        self.open = True
        self.equations: list[tuple[Equation, tuple[Any, ...] | None]] = []
        self.inputs: list[Tracer] = []
        self.captured = Captured(by_value)

    def input(self, type: ArrayType, value: Any = None, weak: bool = False) -> Tracer:
        """A new argument; its concrete value is the caller's, down to plain numbers."""
        known = plain(value) if self.concrete else None
        tracer = Tracer(self, Var(type), known, weak)
        self.inputs.append(tracer)
        return tracer

    def process(
        self, primitive: Primitive, arguments: tuple[Any, ...], params: dict[str, Any]
    ) -> Any:
        """Write one equation down; compute it too where all values are known."""
        if not self.open:
            raise self.escaped(next((x for x in arguments if _is_of(self, x)), None))
        atoms: list[Atom] = []
        values: list[Any] = []
        weak, known = True, self.concrete
        # One pass and no call for this trace's own values: small operations are many.
        for argument in arguments:
            if type(argument) is Literal and primitive.elementwise:
                # One number will do for all elements.
                atoms.append(argument)
                values.append(argument.value)
                continue
            if type(argument) is not Tracer or argument.recording is not self:
                atoms, values, weak = self._operands(primitive, arguments)
                known = self.concrete and all(value is not None for value in values)
                break
            atoms.append(argument.variable)
            values.append(argument.value)
            weak = weak and argument.weak
            known = known and argument.value is not None
        result = primitive.numpy(*values, **params) if known else None
        if primitive.multiple:
            return self._results(primitive, atoms, params, result, weak)
        var = Var(primitive.type(*[atom.type for atom in atoms], **params))
        equation = Equation(primitive, tuple(atoms), params, (var,))
        self.equations.append((equation, (result,) if known else None))
        return Tracer(self, var, result, weak)

    def escaped(self, value: Any) -> EscapedTracerError:
        """The error for the use of a value whose transform is over."""
        type = f" of type {value.type}" if isinstance(value, Tracer) else ""
        return EscapedTracerError(
            "Expected a traced value inside the function that is transformed, got one"
            f"{type} that escaped it at {user_line()}: return values from the "
            "function (with has_aux=True beside its result) instead of storing them in "
            "a list, an attribute or a global."
        )

    def _results(
        self,
        primitive: Primitive,
        atoms: list[Atom],
        params: dict[str, Any],
        result: Any,
        weak: bool,
    ) -> tuple[Tracer, ...]:
        """Write down an equation with several results."""
        types = primitive.type(*[atom.type for atom in atoms], **params)
        outputs = tuple([Var(type) for type in types])
        values = None if result is None else tuple(result)
        equation = Equation(primitive, tuple(atoms), params, outputs)
        self.equations.append((equation, values))
        pairs = zip(outputs, values or [None] * len(outputs), strict=True)
        return tuple([Tracer(self, var, value, weak) for var, value in pairs])

    def _operands(
        self, primitive: Primitive, arguments: tuple[Any, ...]
    ) -> tuple[list[Atom], list[Any], bool]:
        """Atoms of any arguments, the numbers behind them, and if all are weak."""
        arguments = self._typed(primitive, arguments)
        atoms = [self.atom(argument) for argument in arguments]
        weak = all(is_weak(argument) for argument in arguments)
        values = [plain(argument) for argument in arguments] if self.concrete else []
        return atoms, values, weak

    def _typed(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        """Give bare Python numbers the type that the other operands have."""
        if not any(map(is_number, arguments)):
            return arguments
        typed = [a for a in arguments if not is_number(a)]
        dtype = typed[-1].dtype
        if dtype.kind == "b":  # a condition alone does not make its choices boolean
            numbers = [a for a in arguments if isinstance(a, PYTHON_SCALARS)]
            dtype = np.result_type(*numbers)
        shape = typed[-1].shape if primitive.elementwise else ()
        type = ArrayType(tuple(shape), dtype)
        return tuple([Literal(a, type) if is_number(a) else a for a in arguments])

    def atom(self, value: Any) -> Atom:
        """The variable or literal that stands for a value in this trace."""
        if isinstance(value, Tracer) and value.recording is self:
            return value.variable
        if isinstance(value, Literal):
            return value
        if isinstance(value, PYTHON_SCALARS):
            return Literal(value, ArrayType((), np.dtype(type(value))))
        if not isinstance(value, Tracer):
            literal = as_literal(value)
            if literal is not None:
                return literal
        return self.captured.variable(value)

    def close(self, outputs: Sequence[Any]) -> tuple[Program, list[Any]]:
        """End the recording; the program, and the values of its constants."""
        atoms = tuple([self.atom(value) for value in outputs])
        self.open = False
        program = Program(
            tuple(self.captured.variables),
            tuple([tracer.variable for tracer in self.inputs]),
            tuple([equation for equation, _ in self.equations]),
            atoms,
        )
        return program, self.captured.values

    def known_values(self) -> dict[Var, Any] | None:
        """Every result computed while recording, or None where some are unknown."""
        known: dict[Var, Any] = {}
        for equation, values in self.equations:
            if values is None:
                return None
            known.update(zip(equation.outputs, values, strict=True))
        return known


def _is_of(trace: Trace, value: Any) -> bool:
    return isinstance(value, Tracer) and value.recording is trace


def as_literal(value: Any) -> Literal | None:
    """A literal for an array that repeats one number (a scalar, a view) or has none."""
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise TypeError(
            f"Expected numbers, got {type(value).__name__} at {user_line()}: pass "
            "arrays of numbers, booleans or Python scalars."
        )
    if not array.size:
        return Literal(array.dtype.type(0), ArrayType(array.shape, array.dtype))
    if not any(array.strides) or not array.shape:
        return Literal(array.flat[0], ArrayType(array.shape, array.dtype))
    return None


def plain(value: Any) -> Any:
    """The number behind a value, through all traces; None where it is unknown."""
    if isinstance(value, Tracer):
        return value.value
    if isinstance(value, Literal):
        number = np.asarray(value.value, value.type.dtype)
        return np.broadcast_to(number, value.type.shape) if value.type.shape else number
    return value


def is_weak(value: Any) -> bool:
    """Python numbers, and what is made of them alone: others give them a dtype."""
    if isinstance(value, Tracer):
        return value.weak
    return isinstance(value, Literal) or type(value) in PYTHON_SCALARS


class open_trace:
    """``with open_trace(concrete) as trace``: a recording above all open ones.

    Args:
        concrete: Whether the numbers are at hand.
        by_value: Whether arrays met are kept as they were then; see ``Captured``.
    """

    def __init__(self, concrete: bool, by_value: bool = False) -> None:
        self._concrete = concrete
        self._by_value = by_value

    def __enter__(self) -> Trace:
        level = getattr(_stack, "level", 0) + 1
        _stack.level = level
        self._trace = Trace(level, self._concrete, self._by_value)
        return self._trace

    def __exit__(self, *_: object) -> None:
        _stack.level -= 1
        self._trace.open = False
