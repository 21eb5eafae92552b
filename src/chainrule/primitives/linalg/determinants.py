"""Determinants: as they are, and as a sign and a logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import (
    Formula,
    Primitive,
    Sample,
    Scale,
    Ulp,
    register,
)
from chainrule.core.types import ArrayType, Shape
from chainrule.primitives.complex_numbers import complex, imag, real
from chainrule.primitives.elementwise import add, mul, neg
from chainrule.primitives.linalg.matrices import (
    real_of,
    regular,
    square_type,
    trace,
)
from chainrule.primitives.linalg.solving import solve
from chainrule.primitives.linear_algebra import matmul
from chainrule.primitives.structure import reduce_sum, spread, swap

SHAPES = ((3, 3), (1, 1), (2, 2, 2), (0, 3, 3), (0, 0))


def _expanded(shapes: tuple[Shape, ...]) -> tuple[Sample, ...]:
    """Matrices near singular ones, and far from them where they are solved with."""
    return tuple([Sample((s,), prepare=regular(s[-1])) for s in shapes])


def scalar_type(x: ArrayType) -> ArrayType:
    """A stack (*s, n, n) gives numbers (*s)."""
    return square_type(x).with_shape(x.shape[:-2])


def _all_but_one(s: Any) -> Any:
    """For each element of a line, the product of the others: no division."""
    ones = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], -1), -1)[..., ::-1]
    return before * after


def _cofactor(x: Any) -> Any:
    if not x.size:
        return x
    u, s, vh = np.linalg.svd(x)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    scaled = np.conj(u) * (_all_but_one(s) * sign[..., None])[..., None, :]
    return np.matmul(scaled, np.conj(vh))


def _cofactor_jvp(dx: Any, y: Any, x: Any) -> Any:
    quotient = solve(swap(x), matmul(swap(dx), y))
    growth = spread(trace(solve(x, dx)), _last_two(x), x.shape)
    return add(mul(growth, y), neg(quotient))


def _last_two(x: Any) -> tuple[int, int]:
    return len(x.shape) - 2, len(x.shape) - 1


cofactor = register(
    Primitive(
        name="cofactor",
        formula=Formula(
            r"Y = \partial \det(X) / \partial X",
            r"\dot Y = \operatorname{tr}(X^{-1} \dot X)\,Y"
            r" - X^{-\top} \dot X^{\top} Y",
        ),
        type=square_type,
        numpy=_cofactor,
        jvp=(_cofactor_jvp,),
        transpose=None,
        samples=_expanded(SHAPES),
        batch=lambda batched, x: cofactor(x),
        accuracy=Ulp(2, Scale.NORM),
        convention=(
            "Finite for singular matrices too, by the singular values; the derivative "
            "of a singular matrix's cofactors raises LinAlgError."
        ),
        source="Golub & Varah, SIAM Review 16(1), 1974; Giles (2008), 2.2.3",
    )
)

det = register(
    Primitive(
        name="det",
        formula=Formula(
            r"y = \det X",
            r"\dot y = \operatorname{tr}(\operatorname{adj}(X)\,\dot X)",
        ),
        type=scalar_type,
        numpy=lambda x: np.asarray(np.linalg.det(x)),
        jvp=(lambda dx, y, x: reduce_sum(mul(dx, cofactor(x)), axes=_last_two(x)),),
        transpose=None,
        samples=(*_expanded(SHAPES), Sample(((3, 3),)), Sample(((2, 3, 3),))),
        batch=lambda batched, x: det(x),
        accuracy=Ulp(1),
        convention="Of no rows it is 1. Singular matrices have a derivative too.",
        source="Jacobi's formula; Giles (2008), 2.2.4",
    )
)


def slogdet_type(x: ArrayType) -> tuple[ArrayType, ArrayType]:
    """Sign, and logarithm of the size, for each matrix of a stack."""
    return scalar_type(x), real_of(scalar_type(x))


def _slogdet_jvp(dx: Any, ys: Any, x: Any) -> tuple[Any, Any]:
    growth = trace(solve(x, dx))
    if growth.dtype.kind != "c":
        return None, growth
    return mul(ys[0], complex(0.0, imag(growth))), real(growth)


slogdet = register(
    Primitive(
        name="slogdet",
        formula=Formula(
            r"s e^{y} = \det X,\ |s| = 1",
            r"\dot s = i s \operatorname{Im} t,\ \dot y = \operatorname{Re} t,\ "
            r"t = \operatorname{tr}(X^{-1} \dot X)",
        ),
        type=slogdet_type,
        numpy=lambda x: tuple(map(np.asarray, np.linalg.slogdet(x))),
        jvp=(_slogdet_jvp,),
        transpose=None,
        samples=_expanded(SHAPES),
        batch=lambda batched, x: slogdet(x),
        multiple=True,
        accuracy=Ulp(1),
        convention=(
            "A singular matrix has sign 0 and logarithm -inf; its derivative raises "
            "LinAlgError."
        ),
        source="Giles, Collected matrix derivative results (2008), 2.2.4",
    )
)
