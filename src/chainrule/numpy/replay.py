"""What types decide is thought through once, and from then on written down again.

What a handler makes of its arguments often follows from their types and from static
arguments alone: which slice an index is, which reshapes and transposes make a product
of vectors. The first call records its equations; the next ones of the same types write
these down for their own operands. The handler stays the one definition.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import wraps
from operator import itemgetter
from typing import Any

import numpy as np

from chainrule.core.program import Equation, Literal, literal_array
from chainrule.core.trace import Recipe, Step, Trace, open_trace
from chainrule.core.tracer import Tracer

MOST = 4096
"""Recipes that are kept."""

_RECIPES: dict[Hashable, Recipe | None] = {}

Handler = Callable[..., Any]


def replay_one(
    handler: Handler, x: Tracer, name: Any, *args: Any, **kwargs: Any
) -> Any:
    """``handler(x, *args, **kwargs)``, by its recipe for a traced value of this type.

    Args:
        handler: Its equations, and its one result, depend on types alone.
        x: The one operand.
        name: What tells the other arguments apart.
        args: Further arguments.
        kwargs: Arguments by name.
    """
    type_ = x.type
    key = (handler, name, type_.dtype, type_.shape, x.weak)
    recipe = _RECIPES.get(key)
    if recipe is None:
        recipe = _recipe(key, lambda x: handler(x, *args, **kwargs), (x,))
        if recipe is None:
            return handler(x, *args, **kwargs)
    return x.recording.replay(recipe, (x,))


def by_types(handler: Handler) -> Handler:
    """A handler that goes by recipes where all but its first argument are plain."""

    @wraps(handler)
    def quick(x: Any, *args: Any, **kwargs: Any) -> Any:
        name = _name(args, kwargs) if args or kwargs else ()
        if name is None or type(x) is not Tracer:
            return handler(x, *args, **kwargs)
        return replay_one(handler, x, name, *args, **kwargs)

    return quick


_PLAIN = frozenset({int, bool, str, type(None)})


def _name(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What tells plain arguments apart (True and 1.0 equal 1); None for others."""
    name: list[Any] = [*kwargs]
    for value in (*args, *kwargs.values()):
        kind = type(value)
        if kind in _PLAIN:
            name += kind, value
        elif kind is tuple and all(type(item) is int for item in value):
            name.append(value)
        else:
            return None
    return tuple(name)


def replay(handler: Handler, operands: Sequence[Any], **static: Hashable) -> Any:
    """``handler(*operands, **static)``, as above; arrays may be among the operands."""
    key: list[Any] = [handler, *static.items()]
    trace = None
    for x in operands:
        if type(x) is Tracer:
            if trace is None:
                trace = x.recording
            elif x.recording is not trace:
                return handler(*operands, **static)
            type_ = x.type
            key += type_.dtype, type_.shape, x.weak
        elif type(x) is np.ndarray and any(x.strides):
            key += x.dtype, x.shape
        else:
            return handler(*operands, **static)
    whole = tuple(key)
    recipe = _RECIPES.get(whole)
    if recipe is None:
        recipe = _recipe(whole, lambda *xs: handler(*xs, **static), operands)
    if recipe is None or trace is None:
        return handler(*operands, **static)
    return trace.replay(recipe, operands)


def _recipe(key: Hashable, call: Handler, operands: Sequence[Any]) -> Recipe | None:
    """What was recorded under a key, now if not before."""
    if key not in _RECIPES:
        if len(_RECIPES) >= MOST:
            _RECIPES.clear()
        _RECIPES[key] = _recorded(call, operands)
    return _RECIPES[key]


def _recorded(call: Handler, operands: Sequence[Any]) -> Recipe | None:
    """The recipe, or None where the equations are of another form."""
    with open_trace(concrete=False) as trace:
        inputs = [
            trace.input(x.type, None, x.weak) if type(x) is Tracer else x
            for x in operands
        ]
        result = call(*inputs)
    if type(result) is not Tracer or result.recording is not trace:
        return None
    equations = trace.equations
    given = {id(x) for x in operands}
    if any(e.primitive.multiple for e in equations):
        return None
    if any(id(value) not in given for value in trace.captured.values):
        return None
    return _numbered(trace, equations, inputs, result)


def _numbered(
    trace: Trace, equations: list[Equation], inputs: list[Any], result: Tracer
) -> Recipe:
    """Equations with their operands by number: literals, operands, results."""
    literals: list[Literal] = []
    numbers: list[Any] = []
    for equation in equations:
        for atom in equation.inputs:
            if isinstance(atom, Literal):
                whole = not equation.primitive.elementwise
                literals.append(atom)
                numbers.append(literal_array(atom) if whole else atom.value)
    atoms = [*literals, *map(trace.atom, inputs)]
    atoms += [equation.outputs[0] for equation in equations]
    places = {atom: place for place, atom in enumerate(atoms)}
    steps = [
        Step(
            equation.primitive,
            _picker([places[atom] for atom in equation.inputs]),
            equation.params,
            equation.outputs[0].type,
        )
        for equation in equations
    ]
    return Recipe(literals, numbers, steps, places[result.variable], result.weak)


def _picker(places: list[int]) -> Callable[[list[Any]], Sequence[Any]]:
    """What takes the items at these places from a list; a single one as a list too."""
    if len(places) == 1:
        return itemgetter(slice(places[0], places[0] + 1))
    return itemgetter(*places)
