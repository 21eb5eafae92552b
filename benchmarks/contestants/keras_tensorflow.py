"""Keras 3 on TensorFlow, as the tutorials run it: ``compile``, ``fit``."""

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import tensorflow
from workloads import Data, Work

from contestants.keras_fit import Trainer


def trainer(work: Work, data: Data, threads: int, **compiled: Any) -> Trainer:
    """A Keras trainer whose TensorFlow thread pools are held to ``threads``."""
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    return Trainer(keras, work, data, **compiled)


def prepare(work: Work, data: Data, threads: int) -> Trainer:
    """Keras's defaults."""
    return trainer(work, data, threads)
