"""Arguments drawn for a record's samples: the same in every test and every example."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Sample
from chainrule.core.types import Shape

Array = np.ndarray[Any, np.dtype[Any]]


def kinds(sample: Sample) -> str:
    """The kind of each argument, one letter each."""
    letters = sample.dtypes
    return letters * len(sample.shapes) if len(letters) == 1 else letters


def domains(sample: Sample) -> tuple[tuple[float, float], ...]:
    """The interval that each argument is drawn from."""
    if np.ndim(sample.domain) == 2:
        return tuple(sample.domain)
    return (sample.domain,) * len(sample.shapes)


def draw(sample: Sample, dtype: Any = np.float64, seed: int = 0) -> list[Array]:
    """Arrays for a sample, floats of the given dtype; integers up to the upper end."""
    return prepared(sample, drawn(sample, dtype, seed))


def prepared(sample: Sample, arrays: list[Array]) -> list[Array]:
    """Drawn arrays, taken to where the operation is defined."""
    return arrays if sample.prepare is None else list(sample.prepare(*arrays))


def drawn(sample: Sample, dtype: Any = np.float64, seed: int = 0) -> list[Array]:
    """Arrays for a sample before they are prepared."""
    rng = np.random.default_rng(seed)
    if sample.distinct:
        return _distinct(sample, dtype, rng)
    rows = zip(sample.shapes, kinds(sample), domains(sample), strict=True)
    return [_one(shape, kind, domain, dtype, rng) for shape, kind, domain in rows]


def _one(
    shape: Shape,
    kind: str,
    domain: tuple[float, float],
    dtype: Any,
    rng: np.random.Generator,
) -> Array:
    low, high = domain
    if kind == "b":
        return np.asarray(rng.integers(0, 2, shape)).astype(bool)
    if kind == "f":
        return np.asarray(rng.uniform(low, high, shape)).astype(dtype)
    if kind == "c":
        parts = rng.uniform(low, high, (2, *shape))
        return np.asarray(parts[0] + 1j * parts[1]).astype(complex_of(dtype))
    integer = np.uint32 if kind == "u" else np.int64
    bounds = int(max(low, 0) if kind == "u" else low), int(high)
    return np.asarray(rng.integers(*bounds, shape, endpoint=True)).astype(integer)


def complex_of(dtype: Any) -> np.dtype[Any]:
    """The complex dtype whose parts are of this one."""
    return np.dtype(np.dtype(dtype).char.upper())


def _distinct(sample: Sample, dtype: Any, rng: np.random.Generator) -> list[Array]:
    """Values that differ pairwise by clear steps, over all arguments together."""
    sizes = [int(np.prod(shape)) for shape in sample.shapes]
    low, high = domains(sample)[0]
    values = rng.permutation(np.linspace(low, high, sum(sizes)))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    if "c" in sample.dtypes:
        dtype = complex_of(dtype)
        parts = [part + 1j * rng.uniform(low, high, part.shape) for part in parts]
    pairs = zip(parts, sample.shapes, strict=True)
    return [part.reshape(shape).astype(dtype) for part, shape in pairs]
