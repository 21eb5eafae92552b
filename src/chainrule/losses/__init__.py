"""Losses, under Keras's names."""

from chainrule.losses.functions import binary_crossentropy as binary_crossentropy
from chainrule.losses.functions import (
    categorical_crossentropy as categorical_crossentropy,
)
from chainrule.losses.functions import mean_absolute_error as mae
from chainrule.losses.functions import mean_absolute_error as mean_absolute_error
from chainrule.losses.functions import mean_squared_error as mean_squared_error
from chainrule.losses.functions import mean_squared_error as mse
from chainrule.losses.functions import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from chainrule.losses.loss import BinaryCrossentropy as BinaryCrossentropy
from chainrule.losses.loss import CategoricalCrossentropy as CategoricalCrossentropy
from chainrule.losses.loss import Loss as Loss
from chainrule.losses.loss import MeanAbsoluteError as MeanAbsoluteError
from chainrule.losses.loss import MeanSquaredError as MeanSquaredError
from chainrule.losses.loss import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from chainrule.losses.registry import get as get

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "mae",
    "mean_absolute_error",
    "mean_squared_error",
    "mse",
    "sparse_categorical_crossentropy",
]
