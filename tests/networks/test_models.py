"""Models: building, summaries, weights, prediction, subclasses."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import layers, models, utils
from chainrule.callbacks import LambdaCallback

X = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)


def two_layers(**kwargs):
    return models.Sequential(
        [layers.Dense(4, activation="relu", **kwargs), layers.Dense(2)]
    )


@pytest.mark.parametrize(
    "made",
    [
        lambda: models.Sequential([layers.Input((3,)), layers.Dense(2)]),
        lambda: models.Sequential([layers.Dense(2, input_shape=(3,))]),
        lambda: models.Sequential([layers.Dense(2, input_dim=3)]),
    ],
)
def test_weights_exist_at_once_where_the_shape_is_known(made):
    model = made()
    assert model.built
    assert model.count_params() == 8
    assert len(model.layers) == 1
    assert model.output_shape == (None, 2)


def test_else_they_are_made_on_the_first_data():
    model = two_layers()
    assert not model.weights
    with pytest.raises(ValueError, match="don't exist yet"):
        model.count_params()
    y = model(X)
    hidden = np.maximum(X @ model.weights[0].numpy() + model.weights[1].numpy(), 0)
    assert_allclose(y, hidden @ model.weights[2].numpy(), rtol=1e-5)


def test_add_and_pop():
    model = models.Sequential()
    model.add(layers.Input((3,)))
    model.add(layers.Dense(4))
    model.add(layers.Dense(2))
    assert model(X).shape == (10, 2)
    kernel = model.weights[0]
    assert model.pop().units == 2
    assert model(X).shape == (10, 4)
    assert model.weights[0] is kernel
    model.pop()
    with pytest.raises(ValueError, match="no layer to remove"):
        model.pop()


def test_get_layer():
    model = two_layers(name="first")
    assert model.get_layer("first") is model.layers[0]
    assert model.get_layer(index=-1) is model.layers[1]
    with pytest.raises(ValueError, match="has no layer 'third': its layers are first"):
        model.get_layer("third")


def test_summary(capsys):
    utils.clear_session()
    model = two_layers(input_shape=(3,))
    model.summary()
    text = capsys.readouterr().out
    assert 'Model: "sequential"' in text
    assert (
        "│ dense (Dense)                │ (None, 4)            │         16 │" in text
    )
    assert "Total params: 26 (104.00 B)" in text
    lines = []
    two_layers().summary(print_fn=lines.append)
    assert "0 (unbuilt)" in lines[0]


@pytest.mark.parametrize("samples", [1, 3, 10])
@pytest.mark.parametrize("batch_size", [None, 1, 4])
def test_predict_equals_the_call(samples, batch_size):
    model = two_layers()
    got = model.predict(X[:samples], batch_size=batch_size)
    assert got.dtype == np.float32
    assert_allclose(got, model(X[:samples]), rtol=1e-6)


def test_predict_follows_new_weights_and_takes_lists():
    model = two_layers()
    model.predict(X)
    model.set_weights([0 * w for w in model.get_weights()])
    assert_array_equal(model.predict(X.tolist()), np.zeros((10, 2)))
    assert_array_equal(model.predict_on_batch(X), np.zeros((10, 2)))


def test_predict_calls_back():
    seen = []
    tell = LambdaCallback(
        on_predict_begin=lambda logs: seen.append("begin"),
        on_predict_batch_end=lambda batch, logs: seen.append(len(logs["outputs"])),
        on_predict_end=lambda logs: seen.append("end"),
    )
    two_layers().predict(X, batch_size=4, callbacks=[tell])
    assert seen == ["begin", 4, 4, 2, "end"]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64, np.float16, bool])
def test_inputs_of_any_number_type(dtype):
    model = two_layers()
    x = (X > 0).astype(dtype)
    assert_allclose(model.predict(x), model(x.astype(np.float32)), rtol=1e-6)
    assert model(x).dtype == np.float32


def test_a_model_in_a_model():
    inner = two_layers()
    outer = models.Sequential([layers.Input((3,)), inner, layers.Dense(1)])
    assert outer(X).shape == (10, 1)
    assert outer.count_params() == 26 + 3
    assert len(outer.weights) == 6


class Residual(models.Model):
    """A model with its own call, a list of layers, and dropout."""

    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(3, activation="tanh") for _ in range(2)]
        self.drop = layers.Dropout(0.5)
        self.out = layers.Dense(1)

    def call(self, x, training=False):
        for block in self.blocks:
            x = x + block(x)
        return self.out(self.drop(x))


def test_a_subclass():
    model = Residual()
    y = model(X)
    assert y.shape == (10, 1)
    assert model.count_params() == 2 * 12 + 4
    assert [layer.name for layer in model.layers][2].startswith("dropout")
    assert_array_equal(model(X), y)
    assert not np.array_equal(model(X, training=True), y)
    assert_allclose(model.predict(X), y, rtol=1e-5)
