"""The backends mean what the records mean: each record, each sample, each level.

In float32 to the number of ulp that the record states, wherever the operands lie, with
special values among them.
"""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import backends
from chainrule.backends.native.compile import compile_program, emit
from chainrule.backends.native.engine import assembly
from chainrule.backends.native.target import cross_target, supported_levels, target_for
from chainrule.core.primitive import REGISTRY, Scale
from chainrule.core.types import type_of
from chainrule.transforms.jvp import push_forward
from chainrule.transforms.trace import trace
from tests.primitives.accuracy import exact, hold, in_single, meaning
from tests.primitives.layouts import LAYOUTS, contiguous, outcome, repeated
from tests.primitives.samples import FLOATS, complex_of, draw, kinds, samples_of
from tests.primitives.test_rules import direction, moves

LEVELS = [None, *supported_levels()]
TOLERANCE = {np.float32: 4e-6, np.float64: 1e-13}
TOLERANCE |= {complex_of(real).type: bound for real, bound in TOLERANCE.items()}
"""A few units in the last place for elementary functions, sums in another order."""

CASES = [
    pytest.param(record, number, id=f"{record.name}-{number}")
    for record in REGISTRY.values()
    for number in range(len(record.samples))
]

OF_COMPLEX = [
    pytest.param(record, sample, id=f"{record.name}-{number}")
    for record in REGISTRY.values()
    for number, sample in enumerate(samples_of(record))
    if "c" in sample.dtypes
]


def params_of(sample, dtype):
    """The sub-programs of samples are of float64."""
    return in_single(sample.params) if dtype == np.float32 else sample.params


def traced(record, sample, dtype):
    arrays, params = draw(sample, dtype), params_of(sample, dtype)
    types = [type_of(array) for array in arrays]
    return arrays, trace(lambda *xs: record(*xs, **params), types)


class Compiled:
    """A record at a sample, in native code."""

    def __init__(self, record, sample, dtype, target):
        self.record, self.sample, self.dtype = record, sample, dtype
        self.arrays, self.recording = traced(record, sample, dtype)
        self.native = compile_program(self.recording.program, (), target)

    def __call__(self, *arrays):
        return self.native(self.recording.constants, list(arrays))

    def meaning(self, *arrays):
        return meaning(self.record, arrays, params_of(self.sample, self.dtype))


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level or "host")
@pytest.mark.parametrize(("record", "number"), CASES)
def test_every_sample_gives_what_numpy_gives(record, number, level):
    gives_what_numpy_gives(record, record.samples[number], target_for(level))


@pytest.mark.parametrize(("record", "sample"), OF_COMPLEX)
def test_complex_samples_give_what_numpy_gives(record, sample):
    gives_what_numpy_gives(record, sample, target_for(None))


def gives_what_numpy_gives(record, sample, target):
    """One compilation, tried in all ways: compiling takes the time."""
    for dtype in FLOATS:
        if not traced(record, sample, dtype)[1].program.equations:
            continue
        compiled = Compiled(record, sample, dtype, target)
        arrays = compiled.arrays
        got = compiled(*arrays)
        compare(got, compiled.meaning(*arrays))
        if dtype == np.float32 and "c" not in kinds(sample):
            hold(record, got, exact_at(record, sample))
        takes_operands_from_anywhere(compiled, got)
        if record.accuracy.scale is not Scale.PROGRAM:
            takes_special_values(compiled)


KNOWN = {}


def exact_at(record, sample):
    """What a record should give at a sample, found once for all levels."""
    key = record.name, id(sample)
    if key not in KNOWN:
        KNOWN[key] = exact(record, draw(sample, np.float32), sample.params)
    return KNOWN[key]


def compare(got, want):
    """The same arrays or the same error; floats to a few ulp."""
    if isinstance(want, type):
        assert got is want
        return
    for mine, numpys in zip(got, want, strict=True):
        assert (mine.shape, mine.dtype) == (numpys.shape, numpys.dtype)
        if mine.dtype.kind in "fc":
            tolerance = TOLERANCE[mine.dtype.type]
            assert_allclose(mine, numpys, rtol=tolerance, atol=tolerance)
        else:
            assert np.array_equal(mine, numpys)


def takes_operands_from_anywhere(compiled, same):
    """Strides do not change a bit."""
    bits = [y.tobytes() for y in same]
    for layout in LAYOUTS:
        got = compiled(*map(layout, compiled.arrays))
        assert [y.tobytes() for y in got] == bits
    rows = [repeated(x) for x in compiled.arrays]
    got, want = outcome(compiled, *rows), outcome(compiled, *map(contiguous, rows))
    assert repr(got) == repr(want)


LACKING = [
    (record, shape)
    for record in REGISTRY.values()
    if record.elementwise
    for shape in ((), (2, 0))
    if shape not in [sample.shapes[0] for sample in record.samples]
]


@pytest.mark.parametrize(
    ("record", "shape"), LACKING, ids=[f"{r.name}-{s}" for r, s in LACKING]
)
def test_elementwise_records_take_scalars_and_nothing(record, shape):
    """What the samples lack of these is tried here."""
    first = record.samples[0]
    sample = replace(first, shapes=(shape,) * len(first.shapes), distinct=False)
    compiled = Compiled(record, sample, np.float64, target_for(None))
    xs = compiled.arrays
    compare(compiled(*xs), compiled.meaning(*xs))
    dxs = [direction(x, 1) if moves(record, i) else None for i, x in enumerate(xs)]
    program = compiled.recording.program
    _, dys = push_forward(program, compiled.recording.constants, xs, dxs)
    assert all(dy is None or np.shape(dy) == shape for dy in dys)


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-310, 1.5, -2.5])


def takes_special_values(compiled):
    """One element of each operand is none of the ordinary numbers."""
    rng = np.random.default_rng(0)
    for value in SPECIAL[:7]:
        arrays = [x.copy() for x in compiled.arrays]
        for x in arrays:
            if x.dtype.kind == "f" and x.size:
                x.flat[rng.integers(x.size)] = value
        compare(outcome(compiled, *arrays), outcome(compiled.meaning, *arrays))


@pytest.mark.parametrize(("record", "number"), CASES)
def test_every_sample_compiles_for_another_processor(record, number):
    target = cross_target("aarch64-unknown-linux-gnu", "generic")
    _, recording = traced(record, record.samples[number], np.float32)
    if recording.program.equations:
        text = emit(recording.program, (), target).text
        assert "run:" in assembly(text, target)


# -- special values, element by element -------------------------------------

ELEMENTWISE = [
    record.name
    for record in REGISTRY.values()
    if record.elementwise and set(kinds(record.samples[0])) & set("fc")
]


def specials(kind, dtype):
    """Special values of a kind; complex ones have them in both parts."""
    values = SPECIAL.astype(dtype)
    if kind == "b":
        return np.array([False, True])
    if kind == "f":
        return values
    if kind == "i":
        return np.array([0, -1, 5000, -5000])
    real, imag = np.meshgrid(values, values)
    z = np.empty(real.size, complex_of(dtype))
    z.real, z.imag = real.ravel(), imag.ravel()
    return z


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", FLOATS)
def test_special_values_are_numpys(name, dtype):
    record = REGISTRY[name]
    sample = record.samples[0]
    grids = np.meshgrid(*[specials(kind, dtype) for kind in kinds(sample)])
    arrays = [grid.ravel().copy() for grid in grids]
    types = [type_of(array) for array in arrays]
    recording = trace(lambda *xs: record(*xs, **sample.params), types)
    want = meaning(record, arrays, sample.params)
    for backend in ("native", "numpy"):
        run = backends.get(backend).compile(recording.program, (), name)
        with np.errstate(all="ignore"):
            got = run([], arrays)
        compare(got, want)
        if dtype == np.float32:
            hold(record, got, exact(record, arrays, sample.params))
