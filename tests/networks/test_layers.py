"""Layers: outputs, shapes, weights, names, training, and the base class."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import layers, utils
from chainrule._scope import scope
from chainrule.layers.variable import substituted

X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def test_dense_is_an_affine_map_and_an_activation():
    layer = layers.Dense(4, activation="tanh", bias_initializer="ones")
    y = layer(X)
    kernel, bias = layer.get_weights()
    assert (kernel.shape, bias.tolist()) == ((3, 4), [1, 1, 1, 1])
    assert_allclose(y, np.tanh(X.astype(float) @ kernel + bias), rtol=1e-5)
    assert y.dtype == np.float32


def test_dense_without_bias_and_on_more_axes():
    layer = layers.Dense(4, use_bias=False)
    x = X.reshape(5, 1, 3)
    assert_allclose(layer(x)[:, 0], x[:, 0] @ layer.kernel.numpy(), rtol=1e-6)
    assert layer.compute_output_shape((None, 7, 3)) == (None, 7, 4)
    assert len(layer.weights) == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.uint8, np.int64, bool])
def test_inputs_are_cast_to_the_layers_dtype(dtype):
    x = np.abs(X).round().astype(dtype)
    layer = layers.Dense(2)
    assert layer(x).dtype == np.float32
    assert layers.Dense(2, dtype="float64")(x).dtype == np.float64
    assert_array_equal(layer(x.tolist()), layer(x.astype(np.float32)))


def test_activation_flatten_reshape():
    assert_array_equal(layers.Activation("relu")(X), np.maximum(X, 0))
    assert layers.Flatten()(np.zeros((2, 3, 4))).shape == (2, 12)
    assert layers.Flatten()(np.zeros(2)).shape == (2, 1)
    assert layers.Flatten().compute_output_shape((None, None, 3)) == (None, None)
    reshape = layers.Reshape((3, -1))
    assert reshape(np.zeros((2, 6))).shape == (2, 3, 2)
    assert reshape.compute_output_shape((None, 4, 3)) == (None, 3, 4)
    assert reshape.compute_output_shape((None, None)) == (None, 3, None)
    with pytest.raises(ValueError, match=r"\(3, -1\) of each sample, got .* \(7,\)"):
        reshape(np.zeros((2, 7)))


def test_dropout_keeps_the_mean_and_the_other_values():
    utils.set_random_seed(0)
    x = np.ones((100, 200), np.float32)
    y = layers.Dropout(0.25)(x, training=True)
    kept = y != 0
    assert abs(kept.mean() - 0.75) < 0.015
    assert_allclose(y[kept], 1 / 0.75)
    assert y.dtype == np.float32


@pytest.mark.parametrize("training", [None, False])
def test_dropout_does_nothing_outside_training(training):
    assert layers.Dropout(0.5)(X, training=training) is X
    assert layers.Dropout(0)(X, training=True) is X


def test_all_can_be_dropped():
    assert not layers.Dropout(1.0)(X, training=True).any()


def test_dropout_masks_follow_seed_place_and_step():
    x = np.ones((20, 20), np.float32)
    key = np.array([1, 2], np.uint32)

    def masks(step, key=key):
        with scope(True, key, step):
            return [layers.Dropout(0.5)(x) for _ in range(2)]

    first, second = masks(0)
    assert not np.array_equal(first, second)
    assert_array_equal(masks(0), [first, second])
    assert not np.array_equal(masks(1)[0], first)
    assert not np.array_equal(masks(0, key[::-1])[0], first)


def test_dropout_with_its_own_seed():
    x = np.ones((20, 20), np.float32)
    one, other = layers.Dropout(0.5, seed=3), layers.Dropout(0.5, seed=3)
    first = one(x, training=True)
    assert_array_equal(first, other(x, training=True))
    assert not np.array_equal(first, one(x, training=True))
    with scope(True, np.array([1, 2], np.uint32), 5):
        again = layers.Dropout(0.5, seed=3)(x)
    with scope(True, np.array([9, 9], np.uint32), 5):
        assert_array_equal(again, layers.Dropout(0.5, seed=3)(x))


def test_automatic_names():
    utils.clear_session()
    assert [layers.Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert layers.Dense(1, name="mine").name == "mine"


class Block(layers.Layer):
    """Two layers, one of them in a list, and a weight of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = [layers.Dense(2, name="inner")]
        self.table = {"last": layers.Dense(1, name="last")}

    def build(self, input_shape):
        self.scale = self.add_weight("scale", (), initializer="ones")
        self.count = self.add_weight("count", (), "zeros", trainable=False)

    def call(self, x, training=False):
        self.seen = training
        return self.table["last"](self.parts[0](x)) * self.scale


def test_weights_are_found_in_attributes_lists_and_dicts():
    block = Block()
    block(X)
    paths = [weight.path for weight in block.weights]
    assert paths[0].endswith("scale")
    assert [path.split("/")[1] for path in paths] == [
        "scale",
        "count",
        "kernel",
        "bias",
        "kernel",
        "bias",
    ]
    assert len(block.trainable_weights) == 5
    assert block.non_trainable_weights == [block.count]
    assert block.count_params() == 2 + (3 * 2 + 2) + (2 + 1)
    block.parts.append(layers.Dense(3))
    assert len(block.sublayers()) == 3


def test_weights_can_be_frozen():
    block = Block()
    block(X)
    block.parts[0].trainable = False
    assert len(block.trainable_weights) == 3
    block.trainable = False
    assert block.trainable_weights == []
    assert len(block.non_trainable_weights) == 6
    assert not block.table["last"].trainable


@pytest.mark.parametrize(("given", "want"), [(None, False), (True, True)])
def test_training_is_told_to_those_that_ask(given, want):
    block = Block()
    block(X, training=given)
    assert block.seen is want
    with scope(training=True):
        block(X)
    assert block.seen is True


def test_training_reaches_sublayers_that_are_not_told():
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.block = Block()

        def call(self, x):
            return self.block(x)

    outer = Outer()
    outer(X, training=True)
    assert outer.block.seen is True
    outer(X)
    assert outer.block.seen is False


def test_get_and_set_weights():
    layer = layers.Dense(2)
    layer(X)
    new = [np.ones((3, 2)), np.zeros(2)]
    layer.set_weights(new)
    assert_allclose(layer(X), X.sum(-1, keepdims=True).repeat(2, -1), rtol=1e-6)
    layer.get_weights()[0][:] = 7
    assert layer.kernel.numpy()[0, 0] == 1
    with pytest.raises(ValueError, match=r"has 2 weights, got 1.*dense.*/kernel"):
        layer.set_weights(new[:1])
    with pytest.raises(ValueError, match=r"kernel' has shape \(3, 2\), got shape \(2,"):
        layer.set_weights([new[1], new[0]])
    assert layer.kernel.numpy()[0, 0] == 1


def test_weights_in_keras_order_of_arguments():
    layer = layers.Layer()
    layer.built = True
    assert_array_equal(layer.add_weight((2, 2), "ones").numpy(), np.ones((2, 2)))
    named = layer.add_weight(shape=(3,), initializer="zeros", name="named")
    assert (named.name, named.shape) == ("named", (3,))
    with pytest.raises(ValueError, match="needs known lengths, got shape"):
        layer.add_weight("kernel", (None, 2))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5, 4), r"'wide' expects .*\(\.\.\., 3\), got shape \(5, 4\): axis -1"),
        ((3,), r"'wide' expects .*, got shape \(3,\): it must have at least 2 axes"),
    ],
)
def test_a_wrong_shape_names_the_layer(shape, message):
    layer = layers.Dense(2, name="wide")
    layer(X)
    with pytest.raises(ValueError, match=message):
        layer(np.zeros(shape))


def test_what_a_layer_must_have():
    with pytest.raises(NotImplementedError, match="Layer defines no call"):
        layers.Layer()(X)

    class Forgetful(layers.Layer):
        def __init__(self):
            self.inner = 3

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match=r"call super\(\).__init__\(\) first"):
        Forgetful()(X)
    with pytest.raises(ValueError, match=r"needs the weights of .* don't exist yet"):
        layers.Dense(2).count_params()


def test_input_declares_a_shape():
    declared = layers.Input((28, 28), batch_size=7, dtype="uint8", name="pictures")
    assert declared.shape == (7, 28, 28)
    assert (declared.dtype, declared.name) == (np.uint8, "pictures")
    with pytest.raises(ValueError, match="Input: shape must be a tuple of positive"):
        layers.Input(28)


def test_a_variable_answers_as_its_array():
    w = layers.Variable(np.arange(6.0).reshape(2, 3), name="w")
    assert_array_equal(w + 1, np.arange(1.0, 7).reshape(2, 3))
    assert_array_equal(np.eye(2) @ w, w.numpy())
    assert_array_equal(np.concatenate([w, w]).shape, (4, 3))
    assert_array_equal(np.asarray(w, np.float32).dtype, np.float32)
    assert_array_equal(w[1], [3, 4, 5])
    assert_array_equal(w.T, w.numpy().T)
    assert (w.sum(), len(w), w.ndim, w.size) == (15, 2, 2, 6)
    assert [row.tolist() for row in w] == [[0, 1, 2], [3, 4, 5]]
    assert float(layers.Variable(2.0)) == 2
    assert bool(layers.Variable(1)) is True
    assert "w, shape=(2, 3)" in repr(w)
    assert {w: 1}[w] == 1


def test_a_variable_can_be_assigned_and_substituted():
    w = layers.Variable(np.zeros(2, np.float32))
    w.assign([1, 2])
    assert w.value.dtype == np.float32
    with pytest.raises(ValueError, match=r"shape \(2,\), got shape \(3,\)"):
        w.assign(np.zeros(3))
    with substituted([w], [np.array([5.0, 5.0])]):
        w.assign(w + np.array([0.5, 1.0]))
        assert_array_equal(w * 2, [11, 12])
    assert_array_equal(w.numpy(), [1, 2])
    with pytest.raises(KeyError), substituted([w], [np.zeros(2)]):
        raise KeyError
    assert_array_equal(w.numpy(), [1, 2])


def test_to_categorical():
    assert_array_equal(utils.to_categorical([[1], [0]], 3), [[0, 1, 0], [1, 0, 0]])
    with pytest.raises(ValueError, match=r"labels in \[0, 2\), got labels from 0 to 2"):
        utils.to_categorical([0, 2], 2)
    with pytest.raises(ValueError, match="expects whole numbers"):
        utils.to_categorical([0.5])
