"""Microseconds of ``model(x)`` and ``model.predict(x)`` for one row, as JSON.

The model is the trained MNIST network's shape; its weights do not matter here.
"""

import json
import time
from collections.abc import Callable
from statistics import median

import numpy as np

import chainrule as keras
from chainrule import layers


def microseconds(call: Callable[[], object], calls: int) -> float:
    """Median over ``calls`` single calls, after a tenth as many to warm up."""
    for _ in range(calls // 10):
        call()
    taken: list[float] = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1e6 * median(taken)


def main() -> None:
    """Build, call, print."""
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    row = np.random.default_rng(0).random((1, 784), dtype=np.float32)
    told = {
        "call_us": microseconds(lambda: model(row), 2000),
        "predict_us": microseconds(lambda: model.predict(row, verbose=0), 1000),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
