"""The same bits on any number of threads, and the same masks in all backends."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import config, layers, models, utils
from chainrule.datasets import mnist

(X, Y), _ = mnist.load_data()
X, Y = X[:2000], Y[:2000]


@pytest.fixture(autouse=True)
def settings_come_back():
    backend, threads = config.get_backend(), config.get_num_threads()
    yield
    config.set_backend(backend)
    config.set_num_threads(threads)


def trained(samples=2000, epochs=2):
    """The MNIST network, after some epochs on a part of MNIST; the last batch is 16."""
    utils.set_random_seed(1)
    model = models.Sequential(
        [
            layers.Flatten(input_shape=(28, 28)),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X[:samples] / 255.0, Y[:samples], epochs=epochs, verbose=0)
    return model.get_weights()


def test_one_thread_and_two_give_the_same_bits():
    config.set_num_threads(1)
    one = trained()
    config.set_num_threads(2)
    for a, b in zip(one, trained(), strict=True):
        assert_array_equal(a, b)


def test_all_backends_drop_the_same_inputs_and_shuffle_alike():
    native = trained(samples=320, epochs=1)
    config.set_backend("numpy")
    for a, b in zip(native, trained(samples=320, epochs=1), strict=True):
        assert_allclose(a, b, atol=2e-4)
    largest = max(np.abs(w).max() for w in native)
    assert largest > 0.05
