"""Callbacks: early stopping's bookkeeping, and what is shown."""

import io
import re

import pytest

from chainrule.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    LambdaCallback,
    ProgressBar,
)
from chainrule.callbacks.progress import format_logs, format_seconds


class Model:
    """What early stopping needs of a model."""

    def __init__(self):
        self.stop_training = False
        self.weights = 0

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def epochs_until_stop(values, **kwargs):
    """Run early stopping over values; the epoch it stopped after, and the model."""
    stopping = EarlyStopping(**kwargs)
    model = Model()
    stopping.set_model(model)
    stopping.on_train_begin()
    for epoch, value in enumerate(values):
        model.weights = epoch
        stopping.on_epoch_end(epoch, {stopping.monitor: value})
        if model.stop_training:
            break
    stopping.on_train_end()
    return stopping.stopped_epoch, model, stopping


@pytest.mark.parametrize(
    ("values", "options", "stopped"),
    [
        ([3, 2, 1, 0], {}, 0),
        ([3, 2, 2, 2], {}, 2),
        ([3, 2, 2, 2], {"patience": 2}, 3),
        ([3, 2, 2.5, 1, 1.5, 1.5], {"patience": 2}, 5),
        ([3, 2.9, 2.8, 2.7], {"min_delta": 0.5, "patience": 2}, 2),
        ([1, 2, 3, 2], {"monitor": "val_accuracy"}, 3),
        ([1, 2, 3, 2], {"mode": "max"}, 3),
        ([3, 2, 1], {"baseline": 0.5, "patience": 2}, 0),
        ([3, 2, 2, 2], {"baseline": 0.5, "patience": 2}, 2),
        ([1, 9, 9, 9], {"start_from_epoch": 3}, 0),
    ],
)
def test_early_stopping(values, options, stopped):
    assert epochs_until_stop(values, **options)[0] == stopped


@pytest.mark.parametrize("restore", [True, False])
def test_the_best_weights_come_back(restore, capsys):
    stopped, model, stopping = epochs_until_stop(
        [3, 1, 2, 2], patience=2, restore_best_weights=restore, verbose=1
    )
    assert (stopped, stopping.best_epoch, stopping.best) == (3, 1, 1)
    assert model.weights == (1 if restore else 3)
    assert "Epoch 4: early stopping" in capsys.readouterr().out


def test_a_result_that_is_not_there():
    stopping = EarlyStopping()
    with pytest.warns(UserWarning, match="watches 'val_loss'.*choose among loss"):
        stopping.on_epoch_end(0, {"loss": 1.0})


def test_lambda_callback_and_what_it_overrides():
    seen = []
    callback = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    every = CallbackList([callback, Callback()], model="m", params={"epochs": 1})
    assert every.overrides("on_train_batch_end")
    assert not every.overrides("on_test_batch_end", "on_epoch_end")
    every.call("on_train_batch_end", 3, None)
    assert (seen, callback.model) == ([3], "m")
    with pytest.raises(TypeError, match="did you mean 'on_epoch_end'"):
        LambdaCallback(on_epoch_ends=print)


def test_something_that_is_no_callback():
    with pytest.raises(TypeError, match="must be instances of Callback, got <function"):
        CallbackList([test_early_stopping])


def play(live, logs):
    stream = io.StringIO()
    bar = ProgressBar(live=live, stream=stream)
    bar.set_params({"epochs": 12, "steps": 40})
    bar.on_epoch_begin(2)
    for step in range(1, 41):
        bar.on_train_progress(step, logs)
    bar.on_epoch_end(2, logs)
    bar.on_train_end()
    return stream.getvalue()


def test_one_line_an_epoch():
    text = play(False, {"loss": 0.25, "val_accuracy": 0.5})
    times = r"0\.\d\d s  \d+(\.\d)? [mµ]s/step"
    results = r"loss 0\.2500  val_accuracy 0\.5000"
    assert re.fullmatch(rf"Epoch  3/12  {times}  {results}\n", text)


def test_the_bar_is_drawn_in_place_and_not_too_often():
    text = play(True, {"loss": 0.25})
    assert text.count("\n") == 1
    assert text.count("━" * 24) == 1
    assert "\r\x1b[2KEpoch  3/12" in text
    assert "0/40" in text


def test_the_bar_shows_pace_and_time_left(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    stream = io.StringIO()
    bar = ProgressBar(live=True, stream=stream)
    bar.set_params({"epochs": 1, "steps": 100})
    bar.on_epoch_begin(0)
    bar._drawn = 0
    bar.on_train_progress(1, {"loss": 2.0})
    assert re.search(r"1/100  loss 2\.0000", stream.getvalue())
    bar._started -= 50
    bar._drawn = 0
    bar.on_train_progress(21, {"loss": 1.0})
    assert re.search(r"21/100  2\.5 s/step  ETA 3:18  loss 1\.0000", stream.getvalue())
    monkeypatch.setenv("COLUMNS", "60")
    bar._drawn = 0
    bar.on_train_progress(21, {"loss": 1.0})
    last = stream.getvalue().rpartition("\r")[2]
    assert len(re.sub(r"\x1b\[\d*[mK]", "", last)) < 60


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 µs"),
        (9.96e-5, "100 µs"),
        (0.0123, "12 ms"),
        (1.5, "1.5 s"),
        (61, "1:01"),
    ],
)
def test_times(seconds, text):
    assert format_seconds(seconds) == text


def test_numbers():
    logs = {"a": 0.0, "b": 1e-4, "c": 1e6, "d": float("nan")}
    assert format_logs(logs) == "a 0.0000  b 1.000e-04  c 1.000e+06  d nan"


def test_a_single_callback_stands_for_a_list_of_it():
    callback = Callback()
    assert CallbackList(callback).callbacks == [callback]
