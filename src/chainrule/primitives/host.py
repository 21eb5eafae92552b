"""A function of plain arrays in the middle of a program, run as it is: SciPy's, say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from chainrule.core.errors import MissingRuleError
from chainrule.core.primitive import (
    Formula,
    Primitive,
    Sample,
    Scale,
    Ulp,
    register,
)
from chainrule.core.types import ArrayType
from chainrule.primitives.custom import Spelled
from chainrule.primitives.loop_rules import Derive


def _run(
    *xs: Any, function: Callable[..., Any], types: tuple[ArrayType, ...]
) -> tuple[Any, ...]:
    pairs = zip(function(*xs), types, strict=True)
    return tuple([np.asarray(y, t.dtype).reshape(t.shape) for y, t in pairs])


def _no_rule(
    dxs: Sequence[Any], xs: Sequence[Any], params: dict[str, Any], derive: Derive
) -> NoReturn:
    raise MissingRuleError(
        "Expected a derivative rule around a function that runs as it is, got none: "
        "give it one with custom_jvp."
    )


host_call = register(
    Primitive(
        name="host_call",
        formula=Formula(r"y = f(x)"),
        type=lambda *xs, function, types: types,
        numpy=_run,
        jvp=_no_rule,
        transpose=None,
        samples=(
            Sample(
                ((4,),),
                {
                    "function": Spelled("cumsum", lambda x: (np.cumsum(x),)),
                    "types": (ArrayType((4,), np.dtype(np.int64)),),
                },
                domain=(0, 9),
                dtypes="i",
            ),
        ),
        multiple=True,
        accuracy=Ulp(1, Scale.PROGRAM),
        convention="Python code on plain arrays; its derivative is a rule around it.",
        source="https://docs.jax.dev/en/latest/_autosummary/jax.pure_callback.html",
    )
)
