"""Vector elementary functions as LLVM IR, one table by primitive name."""

from chainrule.backends.native.elementary import (
    error,
    exponential,
    hyperbolic,
    inverse,
    logarithm,
    power,
    roots,
    tails,
    trigonometric,
)
from chainrule.backends.native.elementary.table import ELEMENTARY as ELEMENTARY
from chainrule.backends.native.elementary.table import Emit as Emit
from chainrule.backends.native.elementary.threefry import (
    emit_threefry as emit_threefry,
)

FAMILIES = (
    error,
    exponential,
    hyperbolic,
    inverse,
    logarithm,
    power,
    roots,
    tails,
    trigonometric,
)
"""The modules that fill the table."""
