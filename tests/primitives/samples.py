"""What the tests of the book share: every record, drawn as the book's examples are."""

from dataclasses import replace

import numpy as np

from chainrule.core.types import ArrayType
from chainrule.explain.samples import complex_of as complex_of
from chainrule.explain.samples import domains as domains
from chainrule.explain.samples import draw as draw
from chainrule.explain.samples import kinds as kinds
from chainrule.numpy import late

late.load_all()

FLOATS = (np.float32, np.float64)


def samples_of(record):
    """A record's samples, and the same with complex numbers if it takes them."""
    variants = [in_complex(sample) for sample in record.samples]
    return [*record.samples, *[v for v in variants if v and accepts(record, v)]]


def in_complex(sample):
    """The sample with complex numbers in the place of floats; None without floats."""
    letters = kinds(sample)
    return replace(sample, dtypes=letters.replace("f", "c")) if "f" in letters else None


def accepts(record, sample):
    """Whether a record's type rule takes the types of a sample."""
    types = [ArrayType(x.shape, x.dtype) for x in draw(sample)]
    try:
        record.type(*types, **sample.params)
    except (TypeError, ValueError):
        return False
    return True
