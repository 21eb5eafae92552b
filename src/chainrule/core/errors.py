"""The errors people meet, and the user's own line for their messages.

Each message has three parts: what was expected, what was received, what to do.
"""

from __future__ import annotations

import os
import sys
import sysconfig

import numpy as np


class ShapeError(ValueError):
    """Shapes that do not fit together."""


class AxisError(ShapeError, IndexError):
    """An axis that an array lacks; both kinds of error, as NumPy's own is."""


class TracerError(TypeError):
    """A traced value was used where only a known number can serve."""


class ConversionError(TracerError):
    """A traced value was to become a plain array or number, which it is not."""


class EscapedTracerError(TracerError):
    """A traced value outlived the transform that made it."""


class MissingRuleError(TypeError):
    """A function has no derivative rule, or no meaning under a transform."""


_NOT_THE_USERS = (
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep,
    os.path.dirname(os.path.abspath(np.__file__)) + os.sep,
)


_LIBRARIES = tuple(
    {sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")}
)


def user_line() -> str:
    """Where the user's own code stands: ``file:line``, the innermost such frame.

    Frames of installed libraries count where there are no others.
    """
    frame = sys._getframe(1)
    library = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_NOT_THE_USERS):
            line = f"{name}:{frame.f_lineno}"
            if not name.startswith(_LIBRARIES):
                return line
            library = library or line
        frame = frame.f_back
    return library or "your code"
