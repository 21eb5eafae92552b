"""Metrics by name; "accuracy" by the shapes of targets and predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from chainrule._parameters import did_you_mean
from chainrule._typing import BatchShape
from chainrule.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
)
from chainrule.metrics.errors import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
)
from chainrule.metrics.metric import FunctionMetric, Metric

__all__ = ["MetricLike", "get", "resolve"]

MetricLike: TypeAlias = "str | Metric | type[Metric] | Callable[[Any, Any], Any]"

_KNOWN: dict[str, type[Metric]] = {
    "accuracy": Accuracy,
    "binary_accuracy": BinaryAccuracy,
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_accuracy": CategoricalAccuracy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}
_ALIASES: dict[str, type[Metric]] = {
    **{metric.__name__: metric for metric in _KNOWN.values()},
    "acc": Accuracy,
    "bce": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "rmse": RootMeanSquaredError,
}


def get(identifier: MetricLike) -> Metric:
    """Find a metric.

    Args:
        identifier: A name such as ``"mae"``, a metric, its class, or a function of
            ``y_true`` and ``y_pred``.

    Returns:
        The metric. A name becomes the metric's name as it is given.

    Raises:
        ValueError: No metric has this name.
        TypeError: The identifier is none of these.

    Examples:
        >>> get("mae")
        <MeanAbsoluteError name=mae>
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, str):
        known = {**_KNOWN, **_ALIASES}
        if identifier not in known:
            raise ValueError(did_you_mean("metric", identifier, _KNOWN, _ALIASES))
        return known[identifier](name=identifier)
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if callable(identifier):
        return FunctionMetric(identifier)
    raise TypeError(
        f"A metric is a name, a Metric or a function, got {identifier!r}: names are "
        f"{', '.join(_KNOWN)}."
    )


def resolve(
    identifier: MetricLike, true_shape: BatchShape, pred_shape: BatchShape
) -> Metric:
    """Find a metric, choosing the kind of accuracy as Keras does.

    Args:
        identifier: As in `get`.
        true_shape: Shape of the targets.
        pred_shape: Shape of the predictions.

    Returns:
        The metric: for ``"accuracy"`` (or ``"acc"``) binary where the predictions'
        last axis has length 1, sparse categorical where the targets lack that axis,
        else categorical.

    Examples:
        >>> resolve("accuracy", (32,), (32, 10))
        <SparseCategoricalAccuracy name=accuracy>
    """
    if identifier not in ("accuracy", "acc"):
        return get(identifier)
    name = str(identifier)
    if pred_shape[-1] == 1:
        return BinaryAccuracy(name)
    if len(true_shape) < len(pred_shape) or true_shape[-1] == 1:
        return SparseCategoricalAccuracy(name)
    return CategoricalAccuracy(name)
