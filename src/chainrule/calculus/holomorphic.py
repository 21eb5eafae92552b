"""What grad and jacobian ask of complex numbers, checked in words.

One number for a derivative is enough where inputs or results are real, and where the
function is analytic. The convention itself stands in ``transforms/transpose.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.core.errors import user_line

ANALYTIC = (
    "pass holomorphic=True if the function is analytic (its derivative is then one "
    "complex number); else differentiate np.real and np.imag of it, or use jvp or vjp"
)


def is_complex(values: Sequence[Any]) -> bool:
    """Whether one of these values or types is complex."""
    return any(value.dtype.kind == "c" for value in values)


def expect_real_result(
    verb: str, inputs: Sequence[Any], outputs: Sequence[Any], holomorphic: bool
) -> None:
    """For a gradient: a real result, or all complex where ``holomorphic``."""
    if holomorphic:
        _expect_complex(verb, inputs, outputs)
    elif is_complex(outputs):
        raise TypeError(
            f"Expected a real result for {verb}, got dtype {outputs[0].dtype} at "
            f"{user_line()}: {ANALYTIC}."
        )


def expect_one_real_side(
    verb: str, inputs: Sequence[Any], outputs: Sequence[Any], holomorphic: bool
) -> None:
    """For a matrix: real inputs or results, or all complex where ``holomorphic``."""
    if holomorphic:
        _expect_complex(verb, inputs, outputs)
    elif is_complex(inputs) and is_complex(outputs):
        raise TypeError(
            f"Expected real inputs or real results for {verb}, got complex ones of "
            f"both at {user_line()}: {ANALYTIC}."
        )


def _expect_complex(verb: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    for what, values in (("inputs to", inputs), ("results for", outputs)):
        for value in values:
            if value.dtype.kind != "c":
                raise TypeError(
                    f"Expected complex {what} {verb} with holomorphic=True, got dtype "
                    f"{value.dtype} at {user_line()}: leave holomorphic out where "
                    "inputs or results are real, or convert them with "
                    ".astype(complex)."
                )
