"""What is trained: three networks, their data, and the arithmetic they cost.

Every contestant gets the same float32 arrays, the same batch size and the same Adam
(learning rate 1e-3, betas 0.9 and 0.999, epsilon 1e-7, Keras's defaults).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

ADAM = {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
MNIST = Path(__file__).parents[1] / "src" / "chainrule" / "datasets" / "mnist.npz"


@dataclass(frozen=True)
class Work:
    """One network with its data set and the speed that the project asks for.

    Args:
        name: The word that the command line uses.
        title: The line that heads its table.
        kind: Which loss: sparse cross-entropy of a softmax, or squared error.
        widths: Units of every layer, the input's first.
        dropout: Rate after each hidden layer.
        batch: Rows in a step.
        rows: Rows in an epoch.
        epochs: Epochs that one process trains; the first is told apart.
        musts: Contestant to the ratio of its seconds over chainrule's that is asked.
        reach: What else the project reaches for, in words.
    """

    name: str
    title: str
    kind: Literal["classify", "regress"]
    widths: tuple[int, ...]
    dropout: float
    batch: int
    rows: int
    epochs: int
    musts: dict[str, float]
    reach: str

    @property
    def steps(self) -> int:
        """Steps in an epoch; every row count here is a multiple of its batch or is
        cut by a last, smaller batch, which counts as a step."""
        return -(-self.rows // self.batch)

    @property
    def layers(self) -> Iterator[tuple[int, int]]:
        """The ``(inputs, outputs)`` of each dense layer."""
        return pairwise(self.widths)

    @property
    def flops(self) -> int:
        """Floating-point operations of an epoch's matrix products.

        Forward and weight gradient cost ``2 rows inputs outputs`` in each layer, so
        does the gradient to the input in all layers but the first. Adam, dropout and
        the activations are not counted: a contestant earns nothing by them.
        """
        sizes = [inputs * outputs for inputs, outputs in self.layers]
        return 2 * self.rows * (3 * sum(sizes) - sizes[0])


class Data(NamedTuple):
    """Training rows and held-out rows."""

    x: Array
    y: Array
    x_test: Array
    y_test: Array


WORKS = {
    "mnist": Work(
        name="mnist",
        title="MNIST, 784-128-10, ReLU, dropout 0.2, softmax, Adam, batch 32",
        kind="classify",
        widths=(784, 128, 10),
        dropout=0.2,
        batch=32,
        rows=60_000,
        epochs=3,
        musts={"jax_scan": 2.2, "torch_eager": 4.5, "keras_tensorflow": 15.0},
        reach="55 % of the FMA peak",
    ),
    "deep": Work(
        name="deep",
        title="MNIST, 784-512-512-10, ReLU, dropout 0.2 twice, Adam, batch 128",
        kind="classify",
        widths=(784, 512, 512, 10),
        dropout=0.2,
        batch=128,
        rows=60_000,
        epochs=3,
        musts={"jax_scan": 1.4, "torch_eager": 2.5},
        reach="75 % of the FMA peak",
    ),
    "small": Work(
        name="small",
        title="20,480 rows, 8-64-64-1, ReLU, squared error, Adam, batch 32",
        kind="regress",
        widths=(8, 64, 64, 1),
        dropout=0.0,
        batch=32,
        rows=20_480,
        epochs=8,
        musts={"jax_scan": 2.0, "torch_eager": 20.0},
        reach="15 µs a step",
    ),
}


def load(work: Work) -> Data:
    """Give the arrays of a workload, float32 features, int32 or float32 targets.

    Args:
        work: One of ``WORKS``.

    Returns:
        Training and test rows; images are flattened and lie in [0, 1].
    """
    return _digits() if work.kind == "classify" else _surface(work)


def _digits() -> Data:
    with np.load(MNIST) as arrays:
        x, x_test = (
            arrays[name].reshape(-1, 784).astype(np.float32) / np.float32(255)
            for name in ("x_train", "x_test")
        )
        y, y_test = (arrays[name].astype(np.int32) for name in ("y_train", "y_test"))
    return Data(x, y, x_test, y_test)


def _surface(work: Work) -> Data:
    """A smooth function of eight inputs with a little noise, made, not downloaded."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (work.rows + 4096, 8)).astype(np.float32)
    y = np.sin(2 * x[:, 0] + x[:, 1]) + x[:, 2] * x[:, 3] + np.abs(x[:, 4]) - x[:, 5]
    y = (y + rng.normal(0, 0.05, len(x))).astype(np.float32).reshape(-1, 1)
    cut = work.rows
    return Data(x[:cut], y[:cut], x[cut:], y[cut:])


def score(work: Work, predictions: Array, data: Data) -> float:
    """Judge predictions on the test rows.

    Args:
        work: The workload.
        predictions: One row of class scores, or one value, for each test row.
        data: Its arrays.

    Returns:
        Accuracy for a classifier, R squared for a regression; 1 is perfect in both.
    """
    if work.kind == "classify":
        return float(np.mean(predictions.argmax(axis=1) == data.y_test))
    residual = predictions.reshape(-1, 1) - data.y_test
    return float(1 - np.mean(residual**2) / np.var(data.y_test))
