"""Random numbers: known answers, distributions, and the same bits under a trace."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import random
from chainrule.core.errors import ShapeError
from chainrule.core.program import evaluate
from chainrule.core.types import type_of
from chainrule.primitives.random import (
    FOLD_COUNTER,
    random_bits,
    random_fold,
    threefry2x32,
)
from chainrule.transforms.trace import trace

# The known-answer vectors of Random123, file kat_vectors, threefry2x32 with 20 rounds:
# https://github.com/DEShawResearch/random123/blob/main/tests/kat_vectors
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]
KEY = random.key(12)
MANY = 200_000

DRAWS = {
    "bits": lambda key: random.bits(key, (3, 5)),
    "second word": lambda key: random.bits(key, 7, word=1),
    "uniform": lambda key: random.uniform(key, (3, 5)),
    "uniform float64": lambda key: random.uniform(key, 4, dtype=np.float64),
    "uniform between": lambda key: random.uniform(key, 4, -2, 3.5),
    "normal": lambda key: random.normal(key, (3, 5)),
    "normal float64": lambda key: random.normal(key, 4, np.float64),
    "bernoulli": lambda key: random.bernoulli(key, 0.3, (3, 5)),
    "certain": lambda key: random.bernoulli(key, 1.0, 4),
    "randint": lambda key: random.randint(key, (3, 5), -3, 9),
    "permutation": lambda key: random.permutation(key, 11),
    "fold_in": lambda key: random.fold_in(key, 5),
    "split": lambda key: random.split(key, 3),
}


@pytest.mark.parametrize(("key", "counter", "words"), KNOWN)
def test_threefry_gives_the_known_answers(key, counter, words):
    assert threefry2x32(*key, *counter) == words


@pytest.mark.parametrize("word", [0, 1])
def test_bits_are_threefry_of_the_place(word):
    got = random_bits(np.uint32(7), np.uint32(9), shape=(4, 25), word=word)
    want = [threefry2x32(7, 9, 0, i)[word] for i in range(100)]
    assert_array_equal(got.ravel(), np.array(want, np.uint32))


@pytest.mark.parametrize("word", [0, 1])
def test_folds_have_a_counter_of_their_own(word):
    got = random_fold(np.uint32(7), np.uint32(9), np.uint32(3), word=word)
    assert got == threefry2x32(7, 9, FOLD_COUNTER, 3)[word]
    assert got.dtype == np.uint32


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_bits_under_a_trace(name):
    draw = DRAWS[name]
    traced = trace(draw, [type_of(KEY)])
    got = evaluate(traced.program, traced.constants, [KEY])[0]
    want = draw(KEY)
    assert got.dtype == want.dtype
    assert_array_equal(got, want)


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_key_gives_the_same_and_another_another(name):
    draw = DRAWS[name]
    assert_array_equal(draw(KEY), draw(random.key(12)))
    if name != "certain":
        assert not np.array_equal(draw(KEY), draw(random.key(13)))


def test_the_first_elements_do_not_depend_on_how_many_there_are():
    assert_array_equal(random.bits(KEY, 10), random.bits(KEY, 1000)[:10])


def test_keys_of_long_seeds_hold_both_words():
    assert_array_equal(random.key(2**32 + 5), [1, 5])


@pytest.mark.parametrize("seed", [5, 2**31 + 3])
def test_traced_seeds_and_folds_give_the_same_keys(seed):
    def draw(seed):
        return random.fold_in(random.key(seed), seed)

    traced = trace(draw, [type_of(np.int64(seed))])
    got = evaluate(traced.program, traced.constants, [np.int64(seed)])[0]
    assert_array_equal(got, draw(seed))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_numbers_fill_the_unit_interval_evenly(dtype):
    x = random.uniform(KEY, MANY, dtype=dtype)
    assert x.dtype == dtype
    assert x.min() >= 0
    assert x.max() < 1
    assert abs(x.mean() - 0.5) < 5 * np.sqrt(1 / 12 / MANY)
    counts = np.bincount((x * 20).astype(int), minlength=20)
    assert ((counts - MANY / 20) ** 2 / (MANY / 20)).sum() < 45  # χ², 19 degrees


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normal_numbers_have_the_normal_moments(dtype):
    x = random.normal(KEY, MANY, dtype).astype(np.float64)
    for power, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((x**power).mean() - moment) < 5 * np.sqrt(spread / MANY)
    assert np.isfinite(x).all()


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 1.0])
def test_booleans_are_true_with_their_probability(p):
    x = random.bernoulli(KEY, p, MANY)
    assert x.dtype == bool
    assert abs(x.mean() - p) <= 5 * np.sqrt(p * (1 - p) / MANY)


def test_whole_numbers_are_drawn_from_all_of_their_range():
    x = random.randint(KEY, 10_000, -2, 5, np.int32)
    assert x.dtype == np.int32
    counts = np.bincount(x + 2)
    assert len(counts) == 7
    assert counts.min() > 1_200


def test_a_permutation_sorts_words_and_ties_by_place():
    # Of as many words as this, some tie.
    drawn = random.bits(KEY, MANY)
    assert len(np.unique(drawn)) < MANY
    want = np.argsort(drawn, kind="stable")
    assert_array_equal(random.permutation(KEY, MANY), want)
    traced = trace(lambda k: random.permutation(k, MANY), [type_of(KEY)])
    assert_array_equal(evaluate(traced.program, traced.constants, [KEY])[0], want)


def test_a_permutation_holds_each_number_once():
    assert_array_equal(np.sort(random.permutation(KEY, 1000)), np.arange(1000))


def test_split_keys_differ_pairwise_and_from_their_parent():
    keys = np.vstack([random.split(KEY, 100), KEY[None]])
    assert len(np.unique(keys, axis=0)) == 101


def test_a_traced_probability_gives_the_same_booleans():
    traced = trace(lambda p: random.bernoulli(KEY, p, 50), [type_of(np.float64(0.3))])
    got = evaluate(traced.program, traced.constants, [np.float64(0.3)])[0]
    assert_array_equal(got, random.bernoulli(KEY, 0.3, 50))


def test_what_is_no_key_is_refused():
    with pytest.raises(
        ShapeError, match=r"Expected a key, uint32\[2\], got int64\[2\]"
    ):
        random.bits(np.array([1, 2]), 3)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_seeds_out_of_range_are_refused(seed):
    with pytest.raises(ValueError, match="Expected a seed from 0, below"):
        random.key(seed)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_probabilities_out_of_range_are_refused(p):
    with pytest.raises(ValueError, match="Expected a probability from 0 to 1"):
        random.bernoulli(KEY, p, 3)


@pytest.mark.parametrize("draw", [random.uniform, random.normal])
def test_other_dtypes_are_refused(draw):
    with pytest.raises(TypeError, match="Expected dtype float32 or float64"):
        draw(KEY, 3, dtype=np.int32)


def test_empty_ranges_are_refused():
    with pytest.raises(ValueError, match="Expected a range of 1 to"):
        random.randint(KEY, 3, 5, 5)


def test_too_many_elements_are_refused():
    with pytest.raises(ShapeError, match="Expected fewer than"):
        trace(lambda key: random.bits(key, (2**20, 2**13)), [type_of(KEY)])
