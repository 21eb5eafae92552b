"""The neighbours of a floating-point number."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import (
    Formula,
    Primitive,
    Ulp,
    register,
)
from chainrule.primitives.rules import (
    BINARY,
    float_type,
    numpy_page,
)

nextafter = register(
    Primitive(
        name="nextafter",
        formula=Formula(
            r"z = x \pm \varepsilon_x\ \text{towards}\ y", r"\dot z = \dot x"
        ),
        type=float_type,
        numpy=np.nextafter,
        jvp=(lambda dx, z, x, y: dx, None),
        transpose=None,
        samples=BINARY,
        elementwise=True,
        accuracy=Ulp(1),
        convention="The neighbour moves as the number does; the direction is no value.",
        source=numpy_page("nextafter"),
    )
)
