"""Sums by place have NumPy's bits, whatever the shape and however many threads."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import config
from chainrule.backends.native.compile import compile_program
from chainrule.backends.native.graph import build_graph, foreign_names
from chainrule.backends.native.target import supported_levels, target_for
from chainrule.core.types import type_of
from chainrule.primitives.indexing import scatter_add
from chainrule.transforms.trace import trace

LEVELS = [None, *supported_levels()]
SHAPES = [
    # before, indices, after, size
    ((), (1000,), (), 37),
    ((), (7,), (), 5),
    ((), (50,), (3,), 11),
    ((), (300,), (64,), 100),
    ((), (40,), (5, 33), 20),
    ((3,), (100,), (), 9),
    ((2, 3), (10, 4), (7,), 6),
    ((), (200,), (17,), 1),
    ((5,), (), (), 4),
    ((), (), (20,), 4),
    ((), (3,), (20,), 400),
    ((), (0,), (4,), 6),
]
DTYPES = [np.float32, np.float64, np.int64, np.int8, np.bool_]


@pytest.fixture(autouse=True)
def threads():
    before = config.get_num_threads()
    yield
    config.set_num_threads(before)


def bits(function, arrays, level=None):
    """The results on one, two and three threads: alike, and NumPy's."""
    recording = trace(function, [type_of(array) for array in arrays])
    assert foreign_names(build_graph(recording.program)) == ()
    with np.errstate(invalid="ignore"):
        want = [np.asarray(x).tobytes() for x in function(*arrays)]
    for count in (1, 2, 3):
        config.set_num_threads(count)
        native = compile_program(recording.program, (), target_for(level))
        native.parallel = True
        got = native(recording.constants, arrays)
        assert [x.tobytes() for x in got] == want


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level or "host")
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_sums_by_place_have_numpys_bits(shapes, dtype, level):
    before, places, after, size = shapes
    rng = np.random.default_rng(0)
    axis = len(before)
    indices = rng.integers(-size, size, places).astype(np.int16)
    updates = (rng.normal(size=(*before, *places, *after)) * 3).astype(dtype)
    weights = rng.normal(size=(*before, size, *after)).astype(dtype)

    def sums(updates, indices, weights):
        z = scatter_add(updates + updates, indices, axis=axis, size=size)
        other = scatter_add(updates, indices, axis=axis, size=size)
        return other, z, weights + z + z, other + z

    bits(sums, [updates, np.asarray(indices), weights], level)


def test_zeros_and_infinities_add_up_as_in_numpy():
    updates = np.array([-0.0, -0.0, np.inf, -np.inf, np.nan, 1e-310, 2e-310])
    indices = np.array([0, 0, 1, 1, 2, 3, 3], np.uint8)
    bits(lambda x, i: (scatter_add(x, i, axis=0, size=5),), [updates, indices])


def test_a_row_of_an_index_outside_is_an_error():
    recording = trace(
        lambda x, i: scatter_add(x, i, axis=0, size=4),
        [type_of(np.ones((2, 3))), type_of(np.arange(2))],
    )
    native = compile_program(recording.program, ())
    native([], [np.ones((2, 3)), np.array([-4, 3])])
    for outside in (-5, 4):
        with pytest.raises(IndexError, match="within the axis"):
            native([], [np.ones((2, 3)), np.array([0, outside])])


def test_the_gradient_of_gathered_rows_runs_in_a_compiled_loop():
    """Embeddings that are trained: gather, scatter and step, a hundred times."""
    rng = np.random.default_rng(1)
    table, numbers = rng.normal(size=(30, 20)), rng.integers(0, 30, (100, 8))

    def train(table, numbers):
        def step(table, rows):
            grad = cr.grad(lambda t: np.sum(np.tanh(t[rows]) ** 2))(table)
            return table - 0.1 * grad, None

        return cr.scan(step, table, numbers)[0]

    want = table.copy()
    for rows in numbers:
        grad = np.zeros_like(want)
        y = np.tanh(want[rows])
        np.add.at(grad, rows, 2 * y * (1 - y * y))
        want -= 0.1 * grad
    np.testing.assert_allclose(cr.jit(train)(table, numbers), want, rtol=1e-12)
