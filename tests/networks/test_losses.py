"""Losses against independent formulas, reductions, aliases, and their errors."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special

from chainrule import activations, losses
from chainrule._scope import scope

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 4)) * 3
PROBABILITIES = special.softmax(LOGITS, axis=-1)
LABELS = np.array([0, 1, 2, 3, 1, 2])
ONE_HOT = np.eye(4)[LABELS]
BITS = (RNG.random((6, 4)) < 0.5).astype(float)


def binary(y, p):
    return -np.mean(special.xlogy(y, p) + special.xlogy(1 - y, 1 - p), axis=-1)


FORMULAS = [
    ("mse", ONE_HOT, LOGITS, ((ONE_HOT - LOGITS) ** 2).mean(axis=-1)),
    ("mae", ONE_HOT, LOGITS, abs(ONE_HOT - LOGITS).mean(axis=-1)),
    ("bce", BITS, special.expit(LOGITS), binary(BITS, special.expit(LOGITS))),
    (
        "categorical_crossentropy",
        ONE_HOT,
        PROBABILITIES,
        -(ONE_HOT * np.log(PROBABILITIES)).sum(axis=-1),
    ),
    (
        "sparse_categorical_crossentropy",
        LABELS,
        PROBABILITIES,
        -np.log(PROBABILITIES[np.arange(6), LABELS]),
    ),
]


@pytest.mark.parametrize(("name", "y", "p", "want"), FORMULAS)
def test_value(name, y, p, want):
    loss = losses.get(name)
    assert_allclose(loss.call(y, p), want, rtol=1e-12)
    assert_allclose(loss(y, p), want.mean(), rtol=1e-12)
    assert_allclose(loss(y, p.astype(np.float32)), want.mean(), rtol=1e-5)


@pytest.mark.parametrize(
    ("reduction", "join"),
    [
        ("sum_over_batch_size", np.mean),
        ("mean", np.mean),
        ("sum", np.sum),
        ("none", np.asarray),
        (None, np.asarray),
    ],
)
def test_reductions(reduction, join):
    loss = losses.MeanSquaredError(reduction=reduction)
    want = join(((ONE_HOT - LOGITS) ** 2).mean(axis=-1))
    assert_allclose(loss(ONE_HOT, LOGITS), want)


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_from_logits_is_stable(scale):
    z = LOGITS * scale
    log_p = special.log_softmax(z, axis=-1)
    sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
    dense = losses.CategoricalCrossentropy(from_logits=True)
    assert_allclose(sparse.call(LABELS, z), -log_p[np.arange(6), LABELS], atol=1e-12)
    assert_allclose(dense.call(ONE_HOT, z), -(ONE_HOT * log_p).sum(-1), atol=1e-12)
    yes_no = losses.BinaryCrossentropy(from_logits=True)
    want = np.logaddexp(0, z) - BITS * z
    assert_allclose(yes_no.call(BITS, z), want.mean(-1), rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "y", "activation"),
    [
        (losses.SparseCategoricalCrossentropy, LABELS, activations.softmax),
        (losses.CategoricalCrossentropy, ONE_HOT, activations.softmax),
        (losses.BinaryCrossentropy, BITS, activations.sigmoid),
    ],
)
def test_in_a_scope_the_logits_are_used(loss, y, activation):
    z = LOGITS * 1e3
    with scope(training=True):
        got = loss().call(y, activation(z))
    assert_allclose(got, loss(from_logits=True).call(y, z), rtol=1e-12)
    assert got.max() > 1e3
    assert loss().call(y, activation(z)).max() < 1.01 * -math.log(1e-7)


def test_probabilities_are_held_away_from_zero_as_in_keras():
    sure = np.array([[1.0, 0.0]])
    assert_allclose(losses.get("bce")([[0.0, 1.0]], sure), -math.log(1e-7), rtol=1e-6)
    wrong = losses.get("sparse_categorical_crossentropy")([1], sure)
    assert_allclose(wrong, -math.log(1e-7), rtol=1e-6)


def test_probabilities_are_divided_by_their_sum():
    loss = losses.get("categorical_crossentropy")
    assert_allclose(loss(ONE_HOT, 7 * PROBABILITIES), loss(ONE_HOT, PROBABILITIES))


def test_label_smoothing():
    s = 0.2
    smooth = losses.CategoricalCrossentropy(label_smoothing=s)
    want = -((ONE_HOT * (1 - s) + s / 4) * np.log(PROBABILITIES)).sum(-1)
    assert_allclose(smooth.call(ONE_HOT, PROBABILITIES), want)
    p = special.expit(LOGITS)
    smooth = losses.BinaryCrossentropy(label_smoothing=s)
    assert_allclose(smooth.call(BITS, p), binary(BITS * (1 - s) + s / 2, p))


def test_labels_may_have_a_last_axis_of_one_and_any_number_type():
    loss = losses.get("sparse_categorical_crossentropy")
    want = loss(LABELS, PROBABILITIES)
    for labels in (LABELS[:, None], LABELS.astype(np.uint8), LABELS.astype(float)):
        assert_allclose(loss(labels, PROBABILITIES), want)


def test_integer_predictions_and_lists():
    assert losses.get("mse")([[0, 2]], [[1, 0]]) == 2.5


@pytest.mark.parametrize(
    ("name", "y", "p", "message"),
    [
        (
            "mse",
            np.zeros(6),
            np.zeros((6, 1)),
            r"\(6,\) and \(6, 1\).*reshape\(-1, 1\)",
        ),
        ("mse", np.zeros((6, 1)), np.zeros(6), r"\(6, 1\) and \(6,\).*y_true.ravel"),
        ("mae", np.zeros((6, 2)), np.zeros((6, 3)), "give both the same shape"),
        ("bce", np.zeros(6), np.zeros((6, 1)), "of one shape"),
        ("categorical_crossentropy", LABELS, PROBABILITIES, "use sparse_categorical"),
        (
            "sparse_categorical_crossentropy",
            ONE_HOT,
            PROBABILITIES,
            "one-hot rows: use categorical_crossentropy",
        ),
        (
            "sparse_categorical_crossentropy",
            LABELS + 1,
            PROBABILITIES,
            r"labels in \[0, 4\).* got 4 at position 3 \(1 such labels\)",
        ),
        ("sparse_categorical_crossentropy", LABELS + 0.5, PROBABILITIES, "whole numb"),
        ("sparse_categorical_crossentropy", LABELS[:3], PROBABILITIES, "one label to"),
    ],
)
def test_targets_that_do_not_fit_are_refused(name, y, p, message):
    with pytest.raises(ValueError, match=message):
        losses.get(name)(y, p)


def test_names_aliases_functions_and_subclasses():
    assert losses.get("MeanAbsoluteError").name == "mean_absolute_error"
    found = losses.get(losses.mean_squared_error)
    assert isinstance(found, losses.MeanSquaredError)

    def cubic(y_true, y_pred):
        return np.abs(y_true - y_pred) ** 3

    wrapped = losses.get(cubic)
    assert wrapped.name == "cubic"
    assert_allclose(wrapped(np.zeros(2), np.array([1.0, 2.0])), 4.5)

    class Half(losses.Loss):
        pass

    assert Half().name == "half"
    with pytest.raises(NotImplementedError, match="Half defines no call"):
        Half()(LABELS, LABELS)
