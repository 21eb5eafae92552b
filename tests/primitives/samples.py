"""Arguments drawn for a record's samples: the same in every test and every backend."""

import numpy as np

from chainrule.numpy import late

late.load_all()

FLOATS = (np.float32, np.float64)


def kinds(sample):
    """The kind of each argument, one letter each."""
    letters = sample.dtypes
    return letters * len(sample.shapes) if len(letters) == 1 else letters


def domains(sample):
    """The interval that each argument is drawn from."""
    if np.ndim(sample.domain) == 2:
        return sample.domain
    return (sample.domain,) * len(sample.shapes)


def draw(sample, dtype=np.float64, seed=0):
    """Arrays for a sample, floats of the given dtype; integers up to the upper end."""
    rng = np.random.default_rng(seed)
    if sample.distinct:
        return distinct(sample, dtype, rng)
    rows = zip(sample.shapes, kinds(sample), domains(sample), strict=True)
    return [one(shape, kind, domain, dtype, rng) for shape, kind, domain in rows]


def one(shape, kind, domain, dtype, rng):
    low, high = domain
    if kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if kind == "f":
        return np.asarray(rng.uniform(low, high, shape)).astype(dtype)
    integer = np.uint32 if kind == "u" else np.int64
    low = max(low, 0) if kind == "u" else low
    return np.asarray(rng.integers(low, high, shape, endpoint=True)).astype(integer)


def distinct(sample, dtype, rng):
    """Values that differ pairwise by clear steps, over all arguments together."""
    sizes = [int(np.prod(shape)) for shape in sample.shapes]
    low, high = domains(sample)[0]
    values = rng.permutation(np.linspace(low, high, sum(sizes)))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    pairs = zip(parts, sample.shapes, strict=True)
    return [part.reshape(shape).astype(dtype) for part, shape in pairs]
