"""NumPy's sets for traced values: which elements are distinct, shared or alone.

How many there are decides the shape, so the values must be known; the elements that are
picked out keep their derivatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.tracer import implements
from chainrule.core.types import ArrayType
from chainrule.numpy.indexing import take
from chainrule.numpy.promotion import is_traced, lifted, operands, refuse
from chainrule.primitives.host import host_call


def _known(x: Any, what: str) -> Any:
    return np.asarray(x.known(what) if is_traced(x) else x)


@implements(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The distinct elements of both."""
    return np.unique(_joined(ar1, ar2))


def _joined(first: Any, second: Any) -> Any:
    return np.concatenate([np.ravel(lifted(first)), np.ravel(lifted(second))])


@implements(np.intersect1d)
def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    """The distinct elements that both have, as they are in the first."""
    what = "the values of np.intersect1d, which decide the shape"
    x, y = _known(ar1, what), _known(ar2, what)
    _, first, second = np.intersect1d(x, y, assume_unique, return_indices=True)
    line = np.ravel(lifted(ar1))
    shared = take(line, first).astype(np.result_type(x, y))
    return (shared, first, second) if return_indices else shared


@implements(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements of the first that the second lacks."""
    what = "the values of np.setdiff1d, which decide the shape"
    x, y = _known(ar1, what), _known(ar2, what)
    line = np.ravel(lifted(ar1))
    places = np.arange(line.shape[0])
    if not assume_unique:
        places = np.unique(x, return_index=True)[1]
    lacking = ~np.isin(x.ravel()[places], y)
    return take(line, places[lacking])


@implements(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements that one alone has."""
    what = "the values of np.setxor1d, which decide the shape"
    known = [_known(ar, what) for ar in (ar1, ar2)]
    parts = [np.arange(ar.size) for ar in known]
    if not assume_unique:
        parts = [np.unique(ar, return_index=True)[1] for ar in known]
    places = np.concatenate([parts[0], parts[1] + known[0].size])
    both = np.concatenate([ar.ravel() for ar in known])[places]
    _, first, counts = np.unique(
        both, return_index=True, return_counts=True, equal_nan=False
    )
    return take(_joined(ar1, ar2), places[first[counts == 1]])


def _of_integers(ufunc: np.ufunc) -> None:
    """A function of integers, which has no derivative: NumPy's, run as it is."""

    def run(*xs: Any) -> tuple[Any]:
        return (ufunc(*xs),)

    def handler(*xs: Any, **options: Any) -> Any:
        refuse(ufunc, options)
        values = operands(ufunc, *xs)
        like = next(x for x in values if is_traced(x))
        loop = ufunc.resolve_dtypes((*[like.dtype] * ufunc.nin, None))
        types = (ArrayType(like.shape, loop[-1]),)
        return host_call(*values, function=run, types=types)[0]

    implements(ufunc)(handler)


for _ufunc in (np.gcd, np.lcm, np.bitwise_count):
    _of_integers(_ufunc)


@implements(np.sort_complex)
def sort_complex(a: Any) -> Any:
    """The elements as complex numbers, in rising order."""
    y = np.sort(a)
    if y.dtype.kind == "c":
        return y
    return y.astype(np.complex64 if y.dtype.char in "bhBH" else np.complex128)
