"""Metrics, under Keras's names."""

from chainrule.metrics.accuracy import Accuracy as Accuracy
from chainrule.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
from chainrule.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
from chainrule.metrics.accuracy import (
    SparseCategoricalAccuracy as SparseCategoricalAccuracy,
)
from chainrule.metrics.errors import BinaryCrossentropy as BinaryCrossentropy
from chainrule.metrics.errors import CategoricalCrossentropy as CategoricalCrossentropy
from chainrule.metrics.errors import MeanAbsoluteError as MeanAbsoluteError
from chainrule.metrics.errors import MeanSquaredError as MeanSquaredError
from chainrule.metrics.errors import RootMeanSquaredError as RootMeanSquaredError
from chainrule.metrics.errors import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from chainrule.metrics.metric import Mean as Mean
from chainrule.metrics.metric import Metric as Metric
from chainrule.metrics.registry import get as get

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "Mean",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "get",
]
