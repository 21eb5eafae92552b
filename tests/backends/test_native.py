"""Native kernels at their edges: shapes, views, threads, donated arrays, the cache."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import config
from chainrule.backends.native.compile import compile_program, emit
from chainrule.backends.native.engine import object_code, statistics
from chainrule.backends.native.target import target_for
from chainrule.calculus import fori_loop, value_and_grad
from chainrule.core.types import type_of
from chainrule.transforms.trace import trace

# -- kernels at their edges ------------------------------------------------


def both(function, *arrays):
    """Native results and NumPy's."""
    recording = trace(function, [type_of(array) for array in arrays])
    native = compile_program(recording.program, ())
    want = function(*arrays)
    want = want if isinstance(want, tuple) else (want,)
    return native(recording.constants, list(arrays)), [np.asarray(w) for w in want]


def agree(function, *arrays, tolerance=1e-5):
    for got, want in zip(*both(function, *arrays), strict=True):
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def normal(*shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


SIZES = [1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 100]


@pytest.mark.parametrize("columns", SIZES)
@pytest.mark.parametrize("rows", [1, 2, 7, 8, 9, 33])
def test_products_of_every_edge(rows, columns):
    x, y = normal(rows, 13), normal(13, columns, seed=1)
    agree(lambda x, y: np.maximum(x @ y + 1.0, 0.0), x, y)
    agree(lambda x, y: x.T @ y, normal(13, rows), y)
    agree(lambda x, y: x @ y.T, x, normal(columns, 13, seed=1))


def test_products_with_a_batch_and_in_other_dtypes():
    agree(lambda x, y: x @ y, normal(3, 2, 5, 4), normal(3, 2, 4, 6))
    agree(lambda x, y: x @ y, normal(5, 9, dtype=float), normal(9, 17, dtype=float))
    whole = np.arange(12).reshape(3, 4)
    agree(lambda x, y: x @ y, whole, whole.T.copy())
    agree(lambda x, y: x @ y, np.zeros((3, 0), "f"), np.zeros((0, 4), "f"))


@pytest.mark.parametrize("shape", [(1,), (5,), (3, 10), (40, 1), (17, 33), (4, 5, 6)])
def test_maps_and_reductions_of_every_shape(shape):
    x = normal(*shape)
    agree(lambda x: np.exp(x) * 2 - np.sqrt(np.abs(x)), x)
    for axis in range(-1, len(shape)):
        where = None if axis < 0 else axis
        agree(lambda x, a=where: np.sum(x, axis=a), x)
        agree(lambda x, a=where: np.max(x, axis=a), x)
    agree(lambda x: np.argmax(x, axis=-1), x)
    agree(lambda x: x.T + 1, x)


@pytest.mark.parametrize("size", [16_384, 16_385, 100_003])
def test_large_sums_go_in_fixed_runs(size):
    x = normal(size, dtype=float)
    agree(lambda x: (np.sum(x * x), np.max(x)), x, tolerance=1e-12)
    agree(lambda x: np.sum(x), normal(size // 100, 100, dtype=float), tolerance=1e-9)


def test_views_of_views():
    x = normal(6, 10)
    agree(lambda x: x[::-1, 1::3].T.reshape(2, 9), x)
    agree(lambda x: np.concatenate([x[:2], x[4:]], axis=0).reshape(-1), x)
    agree(lambda x: x.reshape(3, 2, 10).transpose(2, 0, 1).reshape(10, 6) @ x, x)
    agree(lambda x: np.pad(x, ((1, 2), (0, 3))), x)


def test_outputs_that_are_inputs_constants_or_twice_the_same():
    x = normal(4, 3)

    def several(x):
        y = x * 2
        return x, y, y, np.zeros((2, 2)) + 0 * np.sum(x)

    agree(several, x)


def test_an_index_out_of_range_is_an_error_as_in_numpy():
    recording = trace(lambda x, i: x[i], [type_of(normal(5, 3)), type_of(np.arange(2))])
    native = compile_program(recording.program, ())
    assert_allclose(
        native([], [normal(5, 3), np.array([4, -5])])[0], normal(5, 3)[[4, 0]]
    )
    with pytest.raises(IndexError, match="within the axis"):
        native([], [normal(5, 3), np.array([0, 5])])


def test_what_has_no_lowering_runs_through_numpy_in_the_middle():
    agree(lambda x: np.linalg.inv(x * 2) + np.cumsum(x, axis=0), normal(5, 5, seed=2))


@pytest.mark.parametrize("dtype", [np.float16, np.complex64, np.complex128])
def test_numbers_of_half_precision_and_complex_ones(dtype):
    x = (normal(3, 4) * 2).astype(dtype)
    agree(lambda x: (x * 2 + x, np.sum(x), x.T, x @ x.T), x, tolerance=1e-2)
    agree(lambda x: x[np.array([2, 0])].reshape(-1) * 3, x)
    agree(lambda x: x * x, np.asarray(x[0, 0]))


def test_half_precision_data_is_read_as_single():
    agree(lambda x: np.exp(x.astype(np.float32)) + 1, normal(3, 4).astype(np.float16))


# -- donation, threads, cache ----------------------------------------------


def test_donated_arrays_are_updated_in_place_and_may_trade_places():
    x, y = normal(40, 3), normal(40, 3, seed=1)
    recording = trace(lambda x, y: (y + 1, x), [type_of(x), type_of(y)])
    native = compile_program(recording.program, (0, 1))
    wanted = [y + 1, x.copy()]
    got = native([], [x, y])
    assert {id(a) for a in got} == {id(x), id(y)}
    for mine, want in zip(got, wanted, strict=True):
        assert_allclose(mine, want)


def test_any_number_of_threads_gives_the_same_bits():
    x, y = normal(256, 300), normal(300, 200, seed=1)

    def network(x, y):
        h = np.tanh(x @ y)
        return h @ y.T, np.sum(h, axis=0), np.sum(h), np.max(h, axis=1)

    recording = trace(network, [type_of(x), type_of(y)])
    before = config.get_num_threads()
    results = []
    for threads in (1, 2, 3, 5):
        config.set_num_threads(threads)
        results.append(compile_program(recording.program, ())([], [x, y]))
    config.set_num_threads(before)
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            assert one.tobytes() == other.tobytes()


def test_the_cache_serves_a_second_compilation_and_notices_damage(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    recording = trace(lambda x: np.exp(x) * 3.25, [type_of(normal(37))])
    target = target_for(None)
    text = emit(recording.program, (), target).text
    first = dict(statistics)
    code = object_code(text, target)
    assert object_code(text, target) == code
    assert statistics["compiled"] == first["compiled"] + 1
    assert statistics["loaded"] == first["loaded"] + 1
    (file,) = (tmp_path / "native").iterdir()
    file.write_bytes(file.read_bytes()[:-8])
    assert object_code(text, target) == code
    assert statistics["compiled"] == first["compiled"] + 2


def test_a_gradient_step_keeps_the_gradient_out_of_memory():
    """A weight gradient's product carries the update: one kernel writes the weight."""
    x, w = normal(32, 64), normal(64, 48)

    def step(x, w):
        return w - 0.1 * (x.T @ (x @ w))

    recording = trace(step, [type_of(x), type_of(w)])
    code = emit(recording.program, (1,), target_for(None))
    assert code.reused == [1]
    assert code.arena == 32 * 48 * 4
    native = compile_program(recording.program, (1,))
    want = step(x, w)
    assert_allclose(native([], [x, w])[0], want, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("rows", [9, 32, 50])
def test_no_thread_reads_what_another_has_not_written(rows):
    """A step with every kind of kernel, on more threads than processors, many times."""
    x, y = normal(200, 20), np.arange(200) % 7
    state = [normal(20, 33), normal(33), normal(33, 7), normal(7)]

    def loss(state, x, y):
        w, b, v, c = state
        z = np.maximum(x @ w + b, 0) @ v + c
        z = z - np.max(z, axis=1, keepdims=True)
        right = np.arange(7) == y[:, None]
        terms = np.log(np.sum(np.exp(z), axis=1)) - np.sum(
            np.where(right, z, 0), axis=1
        )
        return np.mean(terms)

    def train(state, x, y, order):
        def turn(i, carry):
            state, total = carry
            pick = order[i]
            value, slopes = value_and_grad(loss)(state, x[pick], y[pick])
            new = [s - np.float32(0.1) * d for s, d in zip(state, slopes, strict=True)]
            return new, total + value

        return fori_loop(0, len(order), turn, (state, np.float32(0)))

    order = np.random.default_rng(0).integers(0, 200, (30, rows))
    leaves = [*state, x, y, order]
    types = [type_of(leaf) for leaf in leaves]
    recording = trace(lambda *ls: train(list(ls[:4]), *ls[4:]), types)
    native = compile_program(recording.program, ())
    before = config.get_num_threads()
    native.parallel = True
    results = []
    for threads in (1, 2, 3, 4) * 5:
        config.set_num_threads(threads)
        arrays = native(recording.constants, leaves)
        results.append(b"".join(array.tobytes() for array in arrays))
    config.set_num_threads(before)
    assert len(set(results)) == 1
