"""Training: the numbers of a step, epochs as Keras counts them, seeds, callbacks."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import grad, layers, losses, metrics, models, optimizers, utils
from chainrule.activations import softmax
from chainrule.callbacks import Callback, EarlyStopping, LambdaCallback
from chainrule.models import DivergenceError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(np.uint8) + (X[:, 1] > 0)
TARGETS = (X @ np.array([[1.0], [-2.0], [0.5], [3.0]]) + 1).astype(np.float32)


def classifier(dropout=0.0, optimizer="adam", **kwargs):
    model = models.Sequential(
        [
            layers.Dense(8, activation="relu", input_shape=(4,)),
            layers.Dropout(dropout),
            layers.Dense(3, activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, metrics=["accuracy"], **kwargs)
    return model


def regressor(optimizer="sgd", loss="mse", **kwargs):
    model = models.Sequential([layers.Dense(1, input_shape=(4,))])
    model.compile(optimizer, loss, **kwargs)
    return model


def test_one_step_of_linear_regression_by_hand():
    model = regressor(optimizers.SGD(0.1))
    w, b = (v.astype(float) for v in model.get_weights())
    loss = model.train_on_batch(X, TARGETS)
    error = X @ w + b - TARGETS
    assert_allclose(loss, (error**2).mean(), rtol=1e-5)
    new_w, new_b = model.get_weights()
    assert_allclose(new_w, w - 0.1 * 2 * X.T @ error / 50, rtol=1e-4, atol=1e-6)
    assert_allclose(new_b, b - 0.1 * 2 * error.mean(0), rtol=1e-4, atol=1e-6)


def test_one_step_of_softmax_regression_by_hand():
    model = models.Sequential([layers.Dense(3, "softmax", input_shape=(4,))])
    model.compile(optimizers.SGD(0.5), "sparse_categorical_crossentropy", ["accuracy"])
    w, b = (v.astype(float) for v in model.get_weights())
    p = softmax(X @ w + b)
    loss, accuracy = model.train_on_batch(X, LABELS)
    assert_allclose(loss, -np.log(p[np.arange(50), LABELS]).mean(), rtol=1e-5)
    assert_allclose(accuracy, (p.argmax(-1) == LABELS).mean())
    error = p - np.eye(3)[LABELS]
    new_w, new_b = model.get_weights()
    assert_allclose(new_w, w - 0.5 * X.T @ error / 50, rtol=1e-4, atol=1e-6)
    assert_allclose(new_b, b - 0.5 * error.mean(0), rtol=1e-4, atol=1e-6)


def test_an_epoch_is_its_steps_and_the_last_batch_counts_by_its_size():
    fitted, stepped = classifier(), classifier()
    stepped.set_weights(fitted.get_weights())
    history = fitted.fit(X, LABELS, batch_size=16, shuffle=False, verbose=0)
    sums = np.zeros(2)
    for start in range(0, 50, 16):
        part = slice(start, min(50, start + 16))
        count = part.stop - part.start
        sums += count * np.array(stepped.train_on_batch(X[part], LABELS[part]))
    assert_allclose(history.history["loss"], [sums[0] / 50], rtol=1e-6)
    assert_allclose(history.history["accuracy"], [sums[1] / 50])
    assert fitted.optimizer.iterations == stepped.optimizer.iterations == 4
    for a, b in zip(fitted.get_weights(), stepped.get_weights(), strict=True):
        assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_learning_reduces_the_loss():
    utils.set_random_seed(0)
    model = classifier(0.1, optimizers.Adam(0.02))
    history = model.fit(X, LABELS, epochs=30, verbose=0).history
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert history["accuracy"][-1] > 0.6


def test_validation_split_takes_the_last_samples():
    model = classifier()
    history = model.fit(X, LABELS, validation_split=0.2, epochs=2, verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    loss, accuracy = model.evaluate(X[40:], LABELS[40:], verbose=0)
    assert_allclose(history.history["val_loss"][-1], loss, rtol=1e-6)
    assert_allclose(history.history["val_accuracy"][-1], accuracy)
    assert model.optimizer.iterations == 2 * 2


def test_validation_data_and_frequency():
    model = classifier()
    history = model.fit(
        X, LABELS, 8, 4, 0, validation_data=(X, LABELS), validation_freq=2
    )
    assert len(history.history["val_loss"]) == 2
    assert history.epoch == [0, 1, 2, 3]


@pytest.mark.parametrize("batch_size", [7, 32, 50, 64])
def test_evaluate_does_not_depend_on_the_batch_size(batch_size):
    model = classifier(dropout=0.5)
    p = model(X)
    loss, accuracy = model.evaluate(X, LABELS, batch_size, verbose=0)
    assert_allclose(loss, -np.log(p[np.arange(50), LABELS]).mean(), rtol=1e-5)
    assert_allclose(accuracy, (p.argmax(-1) == LABELS).mean())
    named = model.evaluate(X, LABELS, verbose=0, return_dict=True)
    assert list(named) == ["loss", "accuracy"]
    assert_allclose(model.test_on_batch(X, LABELS), [loss, accuracy], rtol=1e-6)


def weights_after(seed, **kwargs):
    utils.set_random_seed(seed)
    model = classifier(dropout=0.3)
    model.fit(X, LABELS, batch_size=8, epochs=2, verbose=0, **kwargs)
    return np.concatenate([w.ravel() for w in model.get_weights()])


def test_the_same_seed_gives_the_same_bits():
    first = weights_after(5)
    assert_array_equal(first, weights_after(5))
    assert not np.array_equal(first, weights_after(6))
    assert not np.array_equal(first, weights_after(5, shuffle=False))


def test_stopping_and_going_on_gives_the_same_bits():
    utils.set_random_seed(5)
    model = classifier(dropout=0.3)
    for _ in range(2):
        model.fit(X, LABELS, batch_size=8, verbose=0)
    got = np.concatenate([w.ravel() for w in model.get_weights()])
    assert_array_equal(got, weights_after(5))


def test_looking_at_every_step_changes_no_bit():
    plain = weights_after(5)
    seen = []
    each = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    assert_array_equal(weights_after(5, callbacks=[each]), plain)
    assert seen == [*range(7), *range(7)]


@pytest.mark.parametrize("name", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_every_optimizer_trains(name):
    model = regressor(optimizers.get(name))
    model.optimizer.learning_rate = 0.05
    history = model.fit(X, TARGETS, epochs=10, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_the_rate_can_change_while_training():
    model = regressor(optimizers.SGD(0.1))

    def freeze(epoch, logs):
        model.optimizer.learning_rate = 0.0

    model.fit(
        X, TARGETS, epochs=1, verbose=0, callbacks=[LambdaCallback(on_epoch_end=freeze)]
    )
    before = model.get_weights()
    model.fit(X, TARGETS, epochs=2, verbose=0)
    assert_array_equal(before[0], model.get_weights()[0])


def test_training_compiles_one_program_for_each_length_of_batch():
    model = classifier(dropout=0.5)
    for batch_size, programs in ((25, 1), (25, 1), (16, 3)):
        utils.set_random_seed(batch_size)
        model.optimizer.learning_rate = 1 / batch_size
        model.fit(X, LABELS, batch_size, 2, 0, validation_data=(X, LABELS))
        steps = model._trainer._steps
        assert steps.train.cache_size() == steps.test.cache_size() == programs


def test_a_rate_that_follows_the_step():
    model = regressor(optimizers.SGD(lambda step: 0.1 / (step + 1.0)))
    other = regressor(optimizers.SGD(0.1))
    other.set_weights(model.get_weights())
    for step in range(3):
        other.optimizer.learning_rate = 0.1 / (step + 1.0)
        assert_allclose(
            model.train_on_batch(X, TARGETS),
            other.train_on_batch(X, TARGETS),
            rtol=1e-6,
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.float16])
def test_data_of_any_number_type_is_used_as_it_is(dtype):
    x = (X > 0).astype(dtype)
    model, other = classifier(), classifier()
    other.set_weights(model.get_weights())
    model.fit(x, LABELS.astype(np.int64), shuffle=False, verbose=0)
    other.fit(x.astype(np.float32), LABELS[:, None], shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        assert_allclose(a, b, rtol=1e-6, atol=1e-8)


class Scaled(layers.Layer):
    """A layer of a user's own, with a weight, and one that is counted up."""

    def build(self, input_shape):
        self.scale = self.add_weight("scale", (input_shape[-1],), initializer="ones")
        self.passes = self.add_weight("passes", (), "zeros", trainable=False)

    def call(self, x, training=False):
        if training:
            self.passes.assign(self.passes + 1)
        return x * self.scale


class Two(models.Model):
    """A model of a user's own."""

    def __init__(self):
        super().__init__()
        self.scaled = Scaled()
        self.hidden = layers.Dense(5, activation="tanh")
        self.out = layers.Dense(1)

    def call(self, x):
        return self.out(np.concatenate([self.hidden(self.scaled(x)), x], axis=-1))


def test_own_layers_and_models_train_and_keep_count():
    model = Two()
    model.compile(optimizers.Adam(0.05), "mse", ["mae"])
    history = model.fit(X, TARGETS, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert not np.array_equal(model.scaled.scale.numpy(), np.ones(4))
    assert model.scaled.passes.numpy() == 40


def test_own_losses_and_metrics():
    def cubic(y_true, y_pred):
        return np.mean(np.abs(y_true - y_pred) ** 3, axis=-1)

    class Bias(metrics.Metric):
        def values(self, y_true, y_pred):
            return np.mean(y_pred - y_true, axis=-1)

    model = regressor(optimizers.SGD(1e-3), cubic, metrics=[Bias(), cubic, "mse"])
    logs = model.evaluate(X, TARGETS, verbose=0, return_dict=True)
    error = model(X).astype(float) - TARGETS
    want = [(abs(error) ** 3).mean(), error.mean(), (abs(error) ** 3).mean()]
    assert_allclose(list(logs.values())[:3], want, rtol=1e-4)
    assert list(logs) == ["loss", "bias", "cubic", "mse"]
    history = model.fit(X, TARGETS, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_sums_of_losses():
    model = regressor(loss=losses.MeanSquaredError(reduction="sum"))
    error = model(X) - TARGETS
    got = model.evaluate(X, TARGETS, batch_size=50, verbose=0)
    assert_allclose(got, (error**2).sum(), rtol=1e-4)


def test_frozen_weights_stay():
    model = classifier()
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(X, LABELS, verbose=0)
    after = model.get_weights()
    assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])
    model.layers[0].trainable = True
    model.fit(X, LABELS, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_one_optimizer_for_two_models_counts_for_each():
    optimizer = optimizers.Adam(0.1)
    regressor(optimizer).train_on_batch(X, TARGETS)
    model = regressor(optimizer)
    before = model.get_weights()[0]
    model.train_on_batch(X, TARGETS)
    # Adam's first step moves each weight by the rate.
    assert_allclose(abs(model.get_weights()[0] - before), 0.1, rtol=1e-3)


def test_a_model_is_differentiable_in_its_input():
    model = models.Sequential([layers.Dense(1, "sigmoid", input_shape=(4,))])
    slope = grad(lambda x: np.sum(model(x)))(X)
    y = model(X)
    assert_allclose(slope, y * (1 - y) * model.weights[0].numpy().T, rtol=1e-4)


class Recorder(Callback):
    """Writes down what is called."""

    def __init__(self):
        self.calls = []

    def __getattribute__(self, name):
        if name.startswith("on_"):
            self.calls.append(name.removeprefix("on_"))
        return super().__getattribute__(name)


def test_callbacks_are_called_in_keras_order():
    recorder = Recorder()
    model = classifier()
    model.fit(X, LABELS, 32, 2, 0, [recorder], validation_data=(X, LABELS))
    epoch = ["epoch_begin", "test_begin", "test_end", "epoch_end"]
    calls = [call for call in recorder.calls if call != "train_progress"]
    assert calls == ["train_begin", *epoch, *epoch, "train_end"]
    assert recorder.params == {"epochs": 2, "verbose": 0, "steps": 2}
    assert recorder.model is model


def test_batch_functions_are_called_for_every_batch():
    seen = []
    names = (
        "train_batch_begin",
        "train_batch_end",
        "test_batch_begin",
        "test_batch_end",
    )
    hooks = {
        f"on_{name}": lambda batch, logs, name=name: seen.append((name, batch))
        for name in names
    }
    classifier().fit(
        X, LABELS, 25, 1, 0, [LambdaCallback(**hooks)], validation_data=(X, LABELS)
    )
    train = [(name, batch) for batch in range(2) for name in names[:2]]
    test = [(name, batch) for batch in range(2) for name in names[2:]]
    assert seen == train + test


def test_early_stopping_puts_the_best_weights_back():
    model = regressor(optimizers.SGD(0.05))
    kept = []
    keep = LambdaCallback(
        on_epoch_end=lambda epoch, logs: kept.append(model.get_weights())
    )
    stopping = EarlyStopping("loss", patience=2, restore_best_weights=True, mode="max")
    history = model.fit(X, TARGETS, epochs=20, verbose=0, callbacks=[keep, stopping])
    assert history.epoch == [0, 1, 2]
    assert_array_equal(model.get_weights()[0], kept[0][0])


def test_training_can_be_stopped_within_an_epoch():
    model = regressor()

    def stop(batch, logs):
        model.stop_training = batch == 3

    model.fit(X, TARGETS, 5, 9, 0, [LambdaCallback(on_train_batch_end=stop)])
    assert model.optimizer.iterations == 4


def test_weights_set_by_a_callback_are_trained_on():
    model = regressor(optimizers.SGD(0.0))
    new = [np.full((4, 1), 7.0), np.ones(1)]
    change = LambdaCallback(on_epoch_begin=lambda epoch, logs: model.set_weights(new))
    model.fit(X, TARGETS, verbose=0, callbacks=[change])
    assert_array_equal(model.get_weights()[0], new[0])


@pytest.mark.parametrize("single", [True, False])
def test_divergence_names_the_step_and_keeps_the_last_finite_weights(single):
    x, y = np.ones((64, 4), np.float32), np.ones((64, 1), np.float32)
    rate = 1e6
    each = [LambdaCallback(on_train_batch_end=lambda batch, logs: None)]
    model = regressor(optimizers.SGD(rate))
    message = (
        r"became NaN or infinite at epoch 1, step \d+ of 16. .* Lower the learning"
    )
    with pytest.raises(DivergenceError, match=message) as caught:
        model.fit(x, y, 4, 3, 0, each if single else None, shuffle=False)
    assert caught.value.epoch == 0
    assert model.optimizer.iterations == caught.value.step > 1
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert model.history.history == {}
    assert np.abs(model.get_weights()[0]).max() > 1e15


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_within_a_step_leaves_the_weights_as_they_were(error, monkeypatch):
    model = regressor()
    model.fit(X, TARGETS, verbose=0)
    before = [weight.numpy() for weight in model.weights]
    steps = model._trainer._steps

    def spoil_and_fail(state, *args):
        for array in state["trainable"]:
            array[:] = 7
        raise error

    monkeypatch.setattr(steps, "train", spoil_and_fail)
    with pytest.raises(error):
        model.train_on_batch(X, TARGETS)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert_array_equal(old, new)
    assert model.optimizer.iterations == 2


def test_ctrl_c_ends_cleanly():
    model = regressor()

    def press(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    ended = []
    callbacks = [
        LambdaCallback(on_epoch_begin=press, on_train_end=lambda logs: ended.append(1))
    ]
    history = model.fit(X, TARGETS, epochs=9, verbose=0, callbacks=callbacks)
    assert history.epoch == [0, 1]
    assert len(history.history["loss"]) == 2
    assert ended == [1]


def test_ctrl_c_in_the_middle_of_an_epoch(capsys):
    import signal

    model = regressor()

    def press(step, logs):
        if model.optimizer.iterations >= 15:
            signal.raise_signal(signal.SIGINT)

    tell = LambdaCallback(on_train_progress=press, on_train_batch_end=lambda b, _: None)
    history = model.fit(X, TARGETS, 5, 9, 2, [tell])
    assert history.epoch == [0]
    assert model.optimizer.iterations == 15
    assert "Interrupted after 1 whole epochs" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_printed(capsys):
    model = classifier()
    model.fit(X, LABELS, epochs=2, verbose=2, validation_data=(X, LABELS))
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert all("val_accuracy" in line for line in lines)
    model.evaluate(X, LABELS, verbose=1)
    assert "loss" in capsys.readouterr().out
    model.fit(X, LABELS, verbose=0)
    assert capsys.readouterr().out == ""


def test_running_eagerly_gives_nearly_the_same_numbers():
    def losses_of(run_eagerly):
        utils.set_random_seed(3)
        model = classifier(dropout=0.2, run_eagerly=run_eagerly)
        return model.fit(X, LABELS, epochs=2, verbose=0).history["loss"]

    assert_allclose(losses_of(True), losses_of(False), rtol=1e-4)
