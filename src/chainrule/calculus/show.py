"""What a function becomes: its Program, and that as text."""

from __future__ import annotations

from functools import wraps
from typing import Any

from chainrule.calculus.arguments import Function, as_value
from chainrule.core.printer import to_text
from chainrule.core.program import Program
from chainrule.core.tree import flatten, unflatten
from chainrule.core.types import is_number, type_of
from chainrule.transforms.trace import trace


class ProgramText(str):
    """Text over several lines, shown as it is and not as a quoted string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def make_program(function: Function) -> Function:
    """A function that returns the Program traced for the arguments given.

    Args:
        function: NumPy code; its arguments and results may be containers.

    Returns:
        A function of the same arguments. Only their shapes and dtypes matter.

    Examples:
        >>> import numpy as np
        >>> program = make_program(lambda x: np.tanh(x * 2.0))(np.zeros(3))
        >>> [equation.primitive.name for equation in program.equations]
        ['mul', 'tanh']
    """

    @wraps(function)
    def program_of(*args: Any, **kwargs: Any) -> Program:
        leaves, structure = flatten((args, kwargs))
        types = [type_of(as_value(leaf)) for leaf in leaves]
        weak = [is_number(leaf) for leaf in leaves]

        def call(*traced: Any) -> Any:
            positional, keywords = unflatten(structure, traced)
            return function(*positional, **keywords)

        return trace(call, types, weak).program

    return program_of


def show(function: Function) -> Function:
    """A function that returns the Program for the arguments given as readable text.

    Args:
        function: NumPy code; its arguments and results may be containers.

    Returns:
        A function of the same arguments; only their shapes and dtypes matter.

    Examples:
        >>> import numpy as np
        >>> show(lambda x: np.tanh(x) * x)(np.zeros(3))
        program(a: float64[3]):
          b: float64[3] = tanh a
          c: float64[3] = mul b a
          return c
    """
    program_of = make_program(function)

    @wraps(function)
    def text_of(*args: Any, **kwargs: Any) -> ProgramText:
        return ProgramText(to_text(program_of(*args, **kwargs)))

    return text_of
