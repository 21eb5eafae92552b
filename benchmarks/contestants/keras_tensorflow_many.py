"""Keras 3 on TensorFlow with ``steps_per_execution``, its best form here.

``jit_compile=True`` measured three times slower than TensorFlow's own kernels.
"""

from workloads import Data, Work

from contestants.keras_fit import Trainer
from contestants.keras_tensorflow import trainer

STEPS_PER_EXECUTION = 32


def prepare(work: Work, data: Data, threads: int) -> Trainer:
    """Several steps in each call of the graph."""
    return trainer(work, data, threads, steps_per_execution=STEPS_PER_EXECUTION)
