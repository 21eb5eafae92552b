"""``jit``: trace once for each signature, simplify, compile; from then on, run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from functools import update_wrapper
from types import MethodType
from typing import Any, NamedTuple

import numpy as np

from chainrule import backends, config
from chainrule.calculus.arguments import Function, expect_function, positions
from chainrule.calculus.show import ProgramText
from chainrule.calculus.signature import TracedArgument, assembler, read
from chainrule.core.errors import user_line
from chainrule.core.printer import to_text
from chainrule.core.program import Program, evaluate
from chainrule.core.tracer import Tracer
from chainrule.core.tree import flatten, unflatten
from chainrule.core.types import is_number, native, type_of
from chainrule.transforms.simplify import simplify
from chainrule.transforms.trace import Traced, trace, with_literals

_KEYWORDS = "**"


class _Compiled:
    """One program of a jitted function, ready to run on leaves."""

    __slots__ = (
        "_assemble",
        "_constants",
        "_executable",
        "_fixes",
        "_scalars",
        "program",
    )

    def __init__(
        self,
        program: Program,
        traced: Traced,
        executable: backends.Executable,
        fixes: Sequence[tuple[int, np.dtype[Any]]],
    ) -> None:
        self.program = program
        self._constants = [np.asarray(value) for value in traced.constants]
        self._executable = executable
        self._fixes = fixes
        self._assemble = assembler(traced.structure)
        types = enumerate(program.output_types)
        self._scalars = [place for place, type in types if type.shape == ()]

    def __call__(self, leaves: list[Any]) -> Any:
        for place, dtype in self._fixes:
            leaves[place] = np.asarray(leaves[place], dtype)
        results = self._executable(self._constants, leaves)
        for place in self._scalars:
            results[place] = results[place][()]
        return self._assemble(results)


class _Call(NamedTuple):
    """Arguments of one call: those that are traced, as leaves; and how to call."""

    leaves: list[Any]
    function: Callable[..., Any]
    donated: tuple[int, ...]


class Jitted:
    """A compiled function; see :func:`jit`."""

    def __init__(
        self,
        function: Function,
        donate: tuple[int, ...],
        static: tuple[frozenset[int], frozenset[str]],
        flush: bool,
    ) -> None:
        update_wrapper(self, function)
        self._function = function
        self._donate = frozenset(donate)
        self._static, self._static_names = static
        self._flush = flush
        self._settings: dict[Hashable, dict[Hashable, _Compiled]] = {}
        self._entries: dict[Hashable, _Compiled] = {}
        self._version = -1

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._version != config.version:
            self._follow_settings()
        leaves: list[Any] = []
        key: list[Any] = []
        try:
            if self._static:
                self._read_static(args, leaves, key)
            else:
                read(args, leaves, key)
            if kwargs:
                key.append(_KEYWORDS)
                read(self._traced_keywords(kwargs, key), leaves, key)
        except TracedArgument:
            return self._function(*args, **kwargs)
        compiled = self._entries.get(tuple(key))
        if compiled is not None:
            return compiled(leaves)
        return self._first_call(tuple(key), args, kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A method, where it stands in a class; the instance is argument 0."""
        return self if instance is None else MethodType(self, instance)

    def cache_size(self) -> int:
        """How many programs were compiled under the settings that hold now."""
        self._follow_settings()
        return len(self._entries)

    @property
    def programs(self) -> tuple[Program, ...]:
        """The programs compiled under the settings that hold now."""
        self._follow_settings()
        return tuple([compiled.program for compiled in self._entries.values()])

    def lower(self, *args: Any, **kwargs: Any) -> ProgramText:
        """The simplified program for these arguments, as text; nothing is compiled."""
        call = self._part(args, kwargs)
        return ProgramText(to_text(simplify(_trace(call).program)))

    def _follow_settings(self) -> None:
        self._entries = self._settings.setdefault(config.snapshot(), {})
        self._version = config.version

    def _read_static(
        self, args: tuple[Any, ...], leaves: list[Any], key: list[Any]
    ) -> None:
        for number, arg in enumerate(args):
            if number in self._static:
                key.append(type(arg))
                key.append(_hashable(arg, number))
            else:
                read(arg, leaves, key)

    def _traced_keywords(
        self, kwargs: dict[str, Any], key: list[Any]
    ) -> dict[str, Any]:
        """The keyword arguments that are traced; the others go into the key."""
        if self._static_names.isdisjoint(kwargs):
            return kwargs
        for name in sorted(self._static_names.intersection(kwargs)):
            value = kwargs[name]
            key += [name, type(value), _hashable(value, name)]
        return {k: v for k, v in kwargs.items() if k not in self._static_names}

    def _first_call(
        self, key: Hashable, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        call = self._part(args, kwargs)
        traced = _trace(call)
        if any(isinstance(constant, Tracer) for constant in traced.constants):
            # It closes over values of an outer transform: part of that program.
            values = [np.asarray(leaf) for leaf in call.leaves]
            results = evaluate(traced.program, traced.constants, values)
            return unflatten(traced.structure, results)
        program = simplify(traced.program)
        backend = backends.get(config.get_backend())
        name = getattr(self._function, "__name__", "function")
        executable = backend.compile(program, call.donated, name, self._flush)
        compiled = _Compiled(program, traced, executable, _fixes(call.leaves))
        self._entries[key] = compiled
        return compiled(list(call.leaves))

    def _part(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        """Part the arguments into leaves to trace and a function of the leaves."""
        moving = [number for number in range(len(args)) if number not in self._static]
        donated: list[int] = []
        leaves: list[Any] = []
        for number in moving:
            more, _ = flatten(args[number])
            if number in self._donate:
                donated += range(len(leaves), len(leaves) + len(more))
            leaves += more
        dynamic = self._traced_keywords(kwargs, [])
        leaves += flatten(dynamic)[0]
        _, structure = flatten(([args[number] for number in moving], dynamic))

        def call(*traced: Any) -> Any:
            rebuilt, keywords = unflatten(structure, traced)
            full = list(args)
            for number, arg in zip(moving, rebuilt, strict=True):
                full[number] = arg
            return self._function(*full, **{**kwargs, **keywords})

        values = [x if is_number(x) else np.asarray(x) for x in leaves]
        return _Call(values, call, tuple(donated))


def _hashable(value: Any, argument: int | str) -> Any:
    try:
        hash(value)
    except TypeError:
        raise TypeError(
            f"Expected a hashable value for static argument {argument}, got "
            f"{type(value).__name__} at {user_line()}: pass a tuple in place of a "
            "list, or take it out of the static arguments."
        ) from None
    return value


def _trace(call: _Call) -> Traced:
    for leaf in call.leaves:
        kind = type_of(leaf).dtype.kind
        if kind not in "biufc":
            raise TypeError(
                f"Expected arrays of numbers, got dtype {type_of(leaf).dtype} at "
                f"{user_line()}: convert it, or name its position in static_argnums."
            )
    given = [type_of(leaf) for leaf in call.leaves]
    types = [type.with_dtype(native(type.dtype)) for type in given]
    weak = [is_number(leaf) for leaf in call.leaves]
    return with_literals(trace(call.function, types, weak))


def _fixes(leaves: Sequence[Any]) -> list[tuple[int, np.dtype[Any]]]:
    """Places of leaves to convert at each call: numbers, and foreign byte orders."""
    dtypes = [(place, type_of(leaf).dtype) for place, leaf in enumerate(leaves)]
    return [
        (place, native(dtype))
        for place, dtype in dtypes
        if is_number(leaves[place]) or not dtype.isnative
    ]


def jit(
    function: Function,
    *,
    donate: int | Sequence[int] = (),
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    flush_denormals: bool = False,
) -> Jitted:
    """A function compiled for the shapes and dtypes that it is called with.

    It is traced once for each signature: only shapes and dtypes are known then, so
    Python's ``if`` on a value is an error. Arrays that it closes over become part of
    what is compiled, as they are then: later changes of them are not seen. Inside
    another transform it is simply called.

    Shapes:
        As the function's own.

    Args:
        function: NumPy code of arrays and numbers, in containers.
        donate: Argument numbers whose arrays may be overwritten, so that results of
            the same type can take their memory; do not use those arrays afterwards.
        static_argnums: Argument numbers that are not traced: hashable values, and a
            program for each.
        static_argnames: The same by name. Arguments named in one of the two are static
            however they are passed.
        flush_denormals: Whether numbers too small to be normal (below 1.2e-38 in
            float32) may become zeros: some processors are slow with them. Training
            sets it.

    Returns:
        A function of the same arguments, with ``lower(*args)`` (the program as text),
        ``programs`` and ``cache_size()``.

    Raises:
        TypeError: If an argument is not an array, a number or a container of these.

    Examples:
        >>> import numpy as np
        >>> double = jit(lambda x: x + x)
        >>> double(np.float32(4.0))
        np.float32(8.0)
        >>> double.cache_size()
        1
    """
    expect_function(function, "jit")
    donated = _numbers(donate, "donate")
    names = (static_argnames,) if isinstance(static_argnames, str) else static_argnames
    static = _static(function, _numbers(static_argnums, "static_argnums"), names)
    return Jitted(function, donated, static, flush_denormals)


def _static(
    function: Function, numbers: Sequence[int], names: Sequence[str]
) -> tuple[frozenset[int], frozenset[str]]:
    """Places and names of the static arguments, each by both where it has both."""
    if not numbers and not names:
        return frozenset(), frozenset()
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin may not tell
        return frozenset(numbers), frozenset(names)
    either = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    places = {p.name: place for place, p in enumerate(parameters) if p in either}
    found = {places[name] for name in names if name in places}
    named = {name for name, place in places.items() if place in numbers}
    return frozenset({*numbers, *found}), frozenset({*names, *named})


def _numbers(numbers: int | Sequence[int], name: str) -> tuple[int, ...]:
    chosen = positions(numbers, name)
    for number in chosen:
        if number < 0:
            raise ValueError(
                f"Expected argument numbers from 0 up, got {number}: count from the "
                "first argument."
            )
    return chosen
