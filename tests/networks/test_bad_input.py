"""Bad input: an error before any work, which says what to do, and nothing lost."""

import numpy as np
import pytest

import chainrule
from chainrule import layers, models
from chainrule.models.data import as_data, check_finite

X = np.random.default_rng(0).normal(size=(12, 2, 2))
LABELS = np.arange(12) % 3
ONE_HOT = np.eye(3)[LABELS]
NUMBERS = np.arange(12.0)
BITS = (NUMBERS % 2)[:, None]


def model(loss="sparse_categorical_crossentropy", units=3, metrics=()):
    made = models.Sequential(
        [layers.Flatten(input_shape=(2, 2)), layers.Dense(units)], name="net"
    )
    made.compile("sgd", loss, metrics)
    return made


def spoilt(place, value=np.nan):
    x = X.copy()
    x[place] = value
    return x


CASES = [
    (
        "sparse",
        X[:, 0],
        LABELS,
        r"'net' \(first layer.*\(batch, 2, 2\), got.*\(12, 2\)",
    ),
    ("sparse", X[:, :1], LABELS, r"'net'.*axis 1 must have length 2, not 1"),
    ("sparse", X, LABELS + 1, r"labels in \[0, 3\).*got 3 at position 2 \(4 such"),
    ("sparse", X, LABELS - 1, r"labels in \[0, 3\).*got -1 at position 0"),
    ("sparse", X, LABELS + 0.5, "whole numbers, got 0.5 at position 0"),
    ("sparse", X, ONE_HOT, "one-hot rows: use categorical_crossentropy"),
    ("categorical", X, LABELS, "use sparse_categorical_crossentropy"),
    ("categorical", X, LABELS[:, None], "use sparse_categorical_crossentropy"),
    ("categorical", X, ONE_HOT[:, :2], r"\(12, 2\) and \(12, 3\)"),
    ("mse", X, NUMBERS, r"\(12,\) and \(12, 1\).* y_true.reshape\(-1, 1\)"),
    ("binary", X, BITS[:, 0], r"\(12,\) and \(12, 1\)"),
    ("binary", X, BITS * 2, r"targets in \[0, 1\], got values from 0.0 to 2.0"),
    ("binary many", X, LABELS, "use sparse_categorical_crossentropy with a softmax"),
    ("sparse", spoilt((3, 1, 0)), LABELS, r"1 NaN or infinite.*\[3, 1, 0\] \(nan\)"),
    ("sparse", spoilt((slice(4, 6), 0), np.inf), LABELS, r"4 NaN or inf.*\[4, 0, 0\]"),
    ("mse", X, NUMBERS[:, None] * np.nan, "y must hold finite numbers, got 12"),
    ("sparse", X[:0], LABELS[:0], r"x must hold at least one sample.*\(0, 2, 2\)"),
    ("sparse", X, LABELS[:5], r"got 12 \(shape \(12, 2, 2\)\) and 5 \(shape \(5,\)\)"),
    ("sparse", X, None, "y is missing"),
    ("sparse", 3.0, LABELS, "x must have an axis of samples, got the single number"),
]
LOSSES = {
    "sparse": ("sparse_categorical_crossentropy", 3),
    "categorical": ("categorical_crossentropy", 3),
    "mse": ("mse", 1),
    "binary": ("binary_crossentropy", 1),
    "binary many": ("binary_crossentropy", 3),
}


@pytest.mark.parametrize(("loss", "x", "y", "message"), CASES)
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
def test_data_that_does_not_fit_is_refused_before_any_work(verb, loss, x, y, message):
    made = model(*LOSSES[loss])
    before = made.get_weights()
    with pytest.raises(ValueError, match=message):
        getattr(made, verb)(x, y)
    for old, new in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert made.optimizer.iterations == 0


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((X[:3], LABELS[:2]), "validation x and validation y must have as many"),
        ((X[:0], LABELS[:0]), "validation x must hold at least one"),
        ((spoilt(0), LABELS), "validation x must hold finite numbers"),
        ((X, ONE_HOT), "one-hot rows"),
        ((X[:, 0], LABELS), "'net'"),
        (X, "must be a pair .* got ndarray"),
    ],
)
def test_validation_data_is_checked_before_training(validation, message):
    made = model()
    with pytest.raises(ValueError, match=message):
        made.fit(X, LABELS, validation_data=validation)
    assert made.optimizer.iterations == 0


def test_a_validation_split_that_leaves_nothing():
    with pytest.raises(ValueError, match="of 12 samples leaves 0 to train on and 12"):
        model().fit(X, LABELS, validation_split=0.99)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_compile_comes_first(verb):
    made = models.Sequential([layers.Dense(1)], name="net")
    with pytest.raises(
        RuntimeError, match=r"'net', which was not compiled: call model"
    ):
        getattr(made, verb)(X, LABELS)


def test_a_loss_is_needed_to_train():
    made = model(loss=None)
    with pytest.raises(ValueError, match="compiled without a loss"):
        made.fit(X, LABELS)


def test_unknown_names_in_compile():
    made = models.Sequential([layers.Dense(1)])
    with pytest.raises(ValueError, match="optimizer 'adamm': did you mean 'adam'"):
        made.compile("adamm", "mse")
    with pytest.raises(ValueError, match="loss 'msee': did you mean"):
        made.compile("adam", "msee")
    with pytest.raises(ValueError, match="metric 'acuracy': did you mean 'accuracy'"):
        made.compile("adam", "mse", ["acuracy"])


@pytest.mark.parametrize("value", [["a", "b"], [object()], [1j]])
def test_what_are_no_numbers(value):
    with pytest.raises(TypeError, match="x must hold real numbers, got dtype"):
        as_data(value, "x")


def test_finite_data_is_not_copied_and_overflow_is_not_infinity():
    x = np.full((1000, 100), 1e300)
    assert as_data(x, "x") is x
    check_finite(x, "x")


def test_the_first_bad_number_is_found_across_blocks():
    x = np.zeros((3000, 100), np.float32)
    x[2500, 7] = np.inf
    x[2900, 1] = np.nan
    with pytest.raises(ValueError, match=r"got 2 NaN .* first at \[2500, 7\] \(inf\)"):
        check_finite(x, "x")


def test_predict_checks_its_input():
    with pytest.raises(ValueError, match="'net'"):
        model().predict(X[:, 0])
    with pytest.raises(ValueError, match="x must hold finite numbers"):
        model().predict(spoilt(0))
    with pytest.raises(ValueError, match="predict: batch_size must be a positive"):
        model().predict(X, batch_size=0)


@pytest.mark.parametrize(
    ("chain", "error", "message"),
    [
        ([layers.Dense], TypeError, "takes layers, got <class"),
        ([np.tanh], TypeError, "takes layers, got <ufunc"),
        ([layers.Dense(1), layers.Input((2,))], ValueError, "Input must come first"),
        ([layers.Input((4,)), layers.Reshape((3,))], ValueError, "same number of elem"),
        ([layers.Input(()), layers.Dense(1)], ValueError, "at least 2 axes"),
    ],
)
def test_a_chain_that_cannot_be(chain, error, message):
    with pytest.raises(error, match=message):
        models.Sequential(chain)


def test_one_layer_in_two_places():
    shared = layers.Dense(2)
    with pytest.raises(ValueError, match="derive a class from Model to share one"):
        models.Sequential([shared, shared])


def test_a_model_of_inputs_and_outputs():
    with pytest.raises(TypeError, match="use Sequential for a chain"):
        models.Model(inputs=1, outputs=2)


def test_a_chain_of_nothing():
    empty = models.Sequential(name="empty")
    empty.compile("sgd", "mse")
    with pytest.raises(ValueError, match="'empty' needs at least one layer"):
        empty.fit(X, NUMBERS)


def test_lists_of_unequal_lengths():
    with pytest.raises(ValueError, match="x must be an array, or lists of equal"):
        model().fit([[1, 2], [3]], LABELS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: layers.Dense(3, activaton="relu"),
            "argument of Dense 'activaton': did you mean 'activation'",
        ),
        (lambda: layers.Flatten(input_shap=(2,)), "did you mean 'input_shape'"),
        (lambda: models.Model(nam="net"), "argument of Model 'nam': did you mean"),
    ],
)
def test_unknown_arguments_of_layers(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_unknown_names_in_the_package():
    with pytest.raises(AttributeError, match="'gard': did you mean 'grad'"):
        _ = chainrule.gard
    with pytest.raises(AttributeError, match="did you mean 'Sequential'"):
        _ = chainrule.Sequental
    assert not hasattr(chainrule, "__wrapped__")


def test_what_is_no_list_of_layers():
    with pytest.raises(TypeError, match="takes a list of layers, got 3: put them in"):
        models.Sequential(3)


def test_a_single_number_has_nothing_to_flatten():
    with pytest.raises(ValueError, match=r"layer 'flatten.*at least 1 axes, got shape"):
        layers.Flatten()(1.0)


def test_layers_are_not_called_on_a_declaration():
    with pytest.raises(TypeError, match=r"an array, got <InputLayer.*Sequential\(\["):
        layers.Dense(2)(layers.Input((3,)))
