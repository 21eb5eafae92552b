"""Metrics: values, accumulation over unequal batches, and which accuracy is meant."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import metrics
from chainrule._scope import scope
from chainrule.activations import softmax
from chainrule.metrics.registry import resolve

RNG = np.random.default_rng(0)
SCORES = RNG.random((7, 3))
LABELS = np.array([0, 1, 2, 2, 1, 0, 0])
ONE_HOT = np.eye(3)[LABELS]
RIGHT = (SCORES.argmax(-1) == LABELS).mean()
BITS = (RNG.random((7, 1)) < 0.5).astype(int)

CASES = [
    (metrics.SparseCategoricalAccuracy, LABELS, SCORES, RIGHT),
    (metrics.SparseCategoricalAccuracy, LABELS[:, None], SCORES, RIGHT),
    (metrics.CategoricalAccuracy, ONE_HOT, SCORES, RIGHT),
    (
        metrics.BinaryAccuracy,
        BITS,
        SCORES[:, :1],
        ((SCORES[:, :1] > 0.5) == BITS).mean(),
    ),
    (metrics.Accuracy, LABELS[:, None], np.ones((7, 1)), (LABELS == 1).mean()),
    (metrics.MeanSquaredError, ONE_HOT, SCORES, ((ONE_HOT - SCORES) ** 2).mean()),
    (metrics.MeanAbsoluteError, ONE_HOT, SCORES, abs(ONE_HOT - SCORES).mean()),
    (
        metrics.RootMeanSquaredError,
        ONE_HOT,
        SCORES,
        math.sqrt(((ONE_HOT - SCORES) ** 2).mean()),
    ),
    (
        metrics.CategoricalCrossentropy,
        ONE_HOT,
        softmax(SCORES),
        -np.log(softmax(SCORES)[np.arange(7), LABELS]).mean(),
    ),
    (
        metrics.SparseCategoricalCrossentropy,
        LABELS,
        softmax(SCORES),
        -np.log(softmax(SCORES)[np.arange(7), LABELS]).mean(),
    ),
    (
        metrics.BinaryCrossentropy,
        BITS,
        SCORES[:, :1],
        -np.log(np.where(BITS, SCORES[:, :1], 1 - SCORES[:, :1])).mean(),
    ),
]


@pytest.mark.parametrize(("cls", "y", "p", "want"), CASES)
def test_value_over_unequal_batches(cls, y, p, want):
    metric = cls()
    metric.update_state(y[:5], p[:5])
    metric.update_state(y[5:], p[5:])
    assert_allclose(metric.result(), want, rtol=1e-12)
    metric.reset_state()
    assert math.isnan(metric.result())
    assert_allclose(metric(y, p), want, rtol=1e-12)


@pytest.mark.parametrize(("cls", "y", "p", "want"), CASES)
def test_the_pure_functions_are_what_the_others_are_made_of(cls, y, p, want):
    metric = cls()
    state = metric.advance(metric.start(), y, p)
    assert_allclose(metric.finish(state), want, rtol=1e-12)
    assert all(number.dtype == np.float64 for number in state)
    assert math.isnan(metric.result())


@pytest.mark.parametrize(
    ("true_shape", "pred_shape", "cls"),
    [
        ((8, 1), (8, 1), metrics.BinaryAccuracy),
        ((8,), (8, 10), metrics.SparseCategoricalAccuracy),
        ((8, 1), (8, 10), metrics.SparseCategoricalAccuracy),
        ((8, 10), (8, 10), metrics.CategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_is_resolved_by_shapes_as_in_keras(true_shape, pred_shape, cls, name):
    metric = resolve(name, true_shape, pred_shape)
    assert type(metric) is cls
    assert metric.name == name


def test_a_threshold_and_a_mean():
    assert metrics.BinaryAccuracy(threshold=0.9)([[1], [0]], [[0.8], [0.8]]) == 0.5
    mean = metrics.Mean()
    assert mean([1.0, 3.0]) == 2.0
    assert mean(8.0) == 4.0


def test_a_function_becomes_a_metric_of_its_name():
    def largest(y_true, y_pred):
        return np.max(np.abs(y_true - y_pred), axis=-1)

    metric = metrics.get(largest)
    assert metric.name == "largest"
    assert_allclose(metric(ONE_HOT, SCORES), abs(ONE_HOT - SCORES).max(-1).mean())


def test_the_order_of_logits_serves_as_that_of_their_softmax():
    with scope(training=False):
        got = metrics.SparseCategoricalAccuracy()(LABELS, softmax(SCORES))
    assert_allclose(got, RIGHT)


def test_targets_of_the_other_kind_are_refused():
    with pytest.raises(ValueError, match="one-hot rows"):
        metrics.CategoricalAccuracy()(LABELS, SCORES)
    with pytest.raises(ValueError, match="of one shape"):
        metrics.BinaryAccuracy()(BITS[:, 0], SCORES[:, :1])
    with pytest.raises(NotImplementedError, match="defines no values"):
        metrics.Metric()(LABELS, SCORES)
