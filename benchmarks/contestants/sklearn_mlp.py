"""scikit-learn's ``MLPClassifier`` or ``MLPRegressor``: no dropout, it has none."""

from sklearn.neural_network import MLPClassifier, MLPRegressor
from workloads import ADAM, Array, Data, Work

from contestants.clock import timed


class Trainer:
    """The estimator; ``partial_fit`` is one shuffled epoch."""

    def __init__(self, work: Work, data: Data) -> None:
        kind = MLPClassifier if work.kind == "classify" else MLPRegressor
        self.work, self.data = work, data
        self.model = kind(
            hidden_layer_sizes=work.widths[1:-1],
            batch_size=work.batch,
            learning_rate_init=ADAM["learning_rate"],
            beta_1=ADAM["beta_1"],
            beta_2=ADAM["beta_2"],
            epsilon=ADAM["epsilon"],
            alpha=0.0,
            random_state=0,
        )

    def once(self) -> None:
        """One epoch."""
        if self.work.kind == "classify":
            self.model.partial_fit(self.data.x, self.data.y, classes=range(10))
        else:
            self.model.partial_fit(self.data.x, self.data.y.ravel())

    def train(self, epochs: int) -> list[float]:
        """Seconds of each epoch."""
        return timed(self.once, epochs)

    def predict(self, x: Array) -> Array:
        """Class probabilities, or values."""
        if self.work.kind == "classify":
            return self.model.predict_proba(x)
        return self.model.predict(x)


def prepare(work: Work, data: Data, threads: int) -> Trainer:
    """Scikit-learn; ``threads`` acts through OpenBLAS."""
    del threads
    return Trainer(work, data)
