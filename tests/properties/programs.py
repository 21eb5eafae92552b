"""Random programs of the book's primitives, drawn so that they shrink to few steps.

A step is a record at one of its samples, and picks of earlier values as its operands.
A value becomes an operand of the sample's shape by taking elements in a circle, and of
its domain by a sine where it lies outside; what is not a float is a constant of the
sample. So every program is well typed, bounded, and smooth almost everywhere.
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from chainrule.core.primitive import REGISTRY, Primitive, Sample, Unknown
from chainrule.core.program import Program
from chainrule.primitives.elementwise import add, mul
from chainrule.primitives.indexing import take
from chainrule.primitives.structure import reshape
from chainrule.primitives.trigonometric import sin
from tests.primitives.samples import domains, draw, kinds

SHAPES = ((3,), (2, 3), (), (4,), (2, 2), (3, 2, 1))
MOST = 30  # primitives in a program
LARGEST = 1e3


def run(record, *operands, **params):
    """A record means itself; other libraries may give it a meaning of theirs."""
    return record(*operands, **params)


def is_float(value):
    return np.result_type(value).kind == "f"


class Step(NamedTuple):
    """A record at one of its samples, its operands by their numbers in the pool."""

    record: Primitive
    sample: Sample
    picks: tuple[int, ...]
    outside: tuple[bool, ...]  # of the domain, for each operand

    def operands(self, pool, dtype, apply):
        """The sample's operands, made of earlier values."""
        fixed = draw(self.sample, dtype, seed=sum(self.picks))
        rows = zip(
            self.sample.shapes,
            domains(self.sample),
            moving(self.record, self.sample),
            self.picks,
            self.outside,
            strict=True,
        )
        for place, (shape, domain, moves, pick, outside) in enumerate(rows):
            if moves:
                value = fitted(pool[pick % len(pool)], shape, apply)
                yield into(value, domain, apply) if outside else value
            else:
                yield fixed[place]

    def results(self, pool, dtype, apply=run):
        """What the record gives, of that the floats."""
        operands = list(self.operands(pool, dtype, apply))
        result = apply(self.record, *operands, **self.sample.params)
        results = result if self.record.multiple else (result,)
        return [value for value in results if is_float(value)]

    def __repr__(self):
        return f"{self.record.name}{self.picks}"


class Plan(NamedTuple):
    """A program: the shapes of its arguments, and its steps."""

    shapes: tuple[tuple[int, ...], ...]
    steps: tuple[Step, ...]
    seed: int

    def __call__(self, *xs, apply=run):
        """Each value that no later step reads, in the order of their making."""
        pool, dtype = list(xs), xs[0].dtype
        read = set()
        for step in self.steps:
            pairs = zip(moving(step.record, step.sample), step.picks, strict=True)
            read.update(pick % len(pool) for moves, pick in pairs if moves)
            pool += step.results(pool, dtype, apply)
        start = len(self.shapes)
        last = [v for i, v in enumerate(pool) if i >= start and i not in read]
        return tuple(last)

    def total(self, *xs, apply=run):
        """A number that depends on all of it, with a weight for each element."""
        total = 0.0
        for place, value in enumerate(self(*xs, apply=apply)):
            weights = np.cos(np.arange(value.size) + place).reshape(value.shape)
            total = total + (value * weights.astype(value.dtype)).sum()
        return total

    def arguments(self, dtype=np.float64):
        """Numbers to call it with, none of them special."""
        rng = np.random.default_rng(self.seed)
        drawn = [rng.uniform(-2, 2, shape) for shape in self.shapes]
        return [np.asarray(x).astype(dtype) for x in drawn]

    def batch(self, count):
        """Arguments for many examples, near the ones that the domains were kept for."""
        factors = 1 + 1e-3 * np.arange(count)
        return [np.multiply.outer(factors, x) for x in self.arguments()]

    def __repr__(self):
        return f"Plan(shapes={self.shapes}, steps={self.steps}, seed={self.seed})"


def moving(record, sample):
    """Which operands are earlier values: floats, by which a derivative is known."""
    rules = [None] * len(sample.shapes) if callable(record.jvp) else record.jvp
    letters = kinds(sample)
    return [
        kind == "f" and not isinstance(rule, Unknown)
        for kind, rule in zip(letters, rules, strict=True)
    ]


def fitted(value, shape, apply=run):
    """The elements of a value, in a circle, in another shape."""
    if value.shape == shape:
        return value
    size, wanted = value.size, int(np.prod(shape))
    flat = apply(reshape, value, shape=(size,))
    if size != wanted:
        flat = apply(take, flat, np.arange(wanted) % size, axis=0)
    return apply(reshape, flat, shape=shape)


def into(value, domain, apply=run):
    """A sine between the ends of the domain, clear of both."""
    low, high = domain
    middle = np.full(value.shape, (low + high) / 2, value.dtype)
    reach = np.full(value.shape, 0.45 * (high - low), value.dtype)
    return apply(add, middle, apply(mul, reach, apply(sin, value)))


def lies_in(value, domain):
    low, high = domain
    return bool(np.all((value >= low) & (value <= high)))


def usable(record, sample, any_dtype):
    """Whether floats go in and come out, and something is in them."""
    full = all(0 not in shape for shape in sample.shapes)
    fixed = any(isinstance(v, (Program, np.dtype)) for v in sample.params.values())
    anything = any(moving(record, sample)) and "c" not in kinds(sample)
    if not anything or not full or (fixed and any_dtype):
        return False
    result = record(*draw(sample), **sample.params)
    results = result if record.multiple else (result,)
    return any(is_float(value) and np.size(value) for value in results)


def rows(smooth, any_dtype):
    """The records and samples to draw from."""
    return [
        (record, sample)
        for record in REGISTRY.values()
        if "No reverse mode" not in record.convention
        if not smooth or moves(record)
        for sample in record.samples
        # A domain such as the positive definite matrices is left by what is composed,
        # and what is a free choice there, as a basis, has no derivative elsewhere.
        if sample.prepare is None and sample.observe is None
        if usable(record, sample, any_dtype)
    ]


def moves(record):
    """Whether a record has a derivative; a step has none."""
    return callable(record.jvp) or any(rule is not None for rule in record.jvp)


TABLE = rows(smooth=False, any_dtype=False)
SMOOTH_TABLE = rows(smooth=True, any_dtype=True)


@st.composite
def plans(draw_from, table=TABLE):
    """Programs that shrink to few steps of the first records."""
    count = draw_from(st.integers(1, 3))
    shapes = tuple(draw_from(st.sampled_from(SHAPES)) for _ in range(count))
    plan = Plan(shapes, (), draw_from(st.integers(0, 99)))
    pool = plan.arguments()
    drawn = st.tuples(
        st.integers(0, len(table) - 1),
        st.lists(st.integers(0, 9), min_size=4, max_size=4),
    )
    for place, picks in draw_from(st.lists(drawn, min_size=1, max_size=12)):
        step = placed(*table[place], tuple(picks), pool)
        with np.errstate(all="ignore"):
            results = step.results(pool, np.float64)
        if all(np.all(np.abs(value) < LARGEST) for value in results):
            pool += [np.asarray(value) for value in results]
            plan = plan._replace(steps=(*plan.steps, step))
    return plan


def placed(record, sample, picks, pool):
    """The step at these values: which operands must be brought into the domain."""
    picks = (picks * len(sample.shapes))[: len(sample.shapes)]
    rows = zip(moving(record, sample), picks, domains(sample), strict=True)
    outside = [
        moves and not lies_in(pool[pick % len(pool)], domain)
        for moves, pick, domain in rows
    ]
    return Step(record, sample, picks, tuple(outside))
