"""``fit`` of Keras's names, shared by Keras on each backend and by chainrule.

Each of those contestants hands in its own ``keras``; what is built is the same.
"""

import time
from typing import Any

import numpy as np
from workloads import Array, Data, Work


def network(keras: Any, work: Work) -> Any:
    """Dense, dropout, ...; softmax at the end of a classifier."""
    layers = keras.layers
    parts: list[Any] = [keras.Input((work.widths[0],))]
    for units in work.widths[1:-1]:
        parts.append(layers.Dense(units, activation="relu"))
        if work.dropout:
            parts.append(layers.Dropout(work.dropout))
    last = "softmax" if work.kind == "classify" else None
    parts.append(layers.Dense(work.widths[-1], activation=last))
    return keras.Sequential(parts)


def clock_of(keras: Any) -> Any:
    """A callback whose ``seconds`` are those of each epoch, the first from now on."""

    class Clock(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.mark = time.perf_counter()
            self.seconds: list[float] = []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            now = time.perf_counter()
            self.seconds.append(now - self.mark)
            self.mark = now

    return Clock()


class Trainer:
    """A compiled model and its rows."""

    def __init__(self, keras: Any, work: Work, data: Data, **compiled: Any) -> None:
        keras.utils.set_random_seed(0)
        classify = work.kind == "classify"
        self.keras, self.work, self.data = keras, work, data
        self.model = network(keras, work)
        self.model.compile(
            optimizer="adam",
            loss="sparse_categorical_crossentropy" if classify else "mse",
            metrics=["accuracy"] if classify else None,
            **compiled,
        )

    def train(self, epochs: int) -> list[float]:
        """Seconds of each epoch of one ``fit``."""
        clock = clock_of(self.keras)
        self.model.fit(
            self.data.x,
            self.data.y,
            batch_size=self.work.batch,
            epochs=epochs,
            verbose=0,
            callbacks=[clock],
        )
        return clock.seconds

    def predict(self, x: Array) -> Array:
        """Class probabilities, or values."""
        return np.asarray(self.model.predict(x, verbose=0))
