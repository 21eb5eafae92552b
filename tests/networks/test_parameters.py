"""Parameter tables: every rule of every class refuses what it should, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import callbacks, initializers, layers, losses, metrics, optimizers
from chainrule._names import snake_case
from chainrule._parameters import (
    Boolean,
    Interval,
    NonNegativeInt,
    OneOf,
    Optional,
    PositiveInt,
    Shape,
    check_parameters,
    did_you_mean,
)
from chainrule.models import Model

RULES = [
    Boolean(),
    Interval(0),
    Interval(0, 1, closed="both"),
    Interval(0, 1, closed="right"),
    Interval(0, closed="neither"),
    NonNegativeInt(),
    OneOf("a", 1, None),
    Optional(PositiveInt()),
    PositiveInt(),
    Shape(),
    Shape(unknown=True),
]
ROOMS = (callbacks, initializers, layers, losses, metrics, optimizers)
CLASSES = sorted(
    {
        thing
        for room in ROOMS
        for thing in vars(room).values()
        if isinstance(thing, type) and getattr(thing, "parameters", None)
    },
    key=lambda cls: (cls.__qualname__, cls.__module__),
)
CASES = [
    pytest.param(cls, name, rule, id=f"{cls.__module__}.{cls.__name__}-{name}")
    for cls in CLASSES
    for name, rule in cls.parameters.items()
]
REQUIRED = {
    "Dense": {"units": 2},
    "Dropout": {"rate": 0.5},
    "Reshape": {"target_shape": (2,)},
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.expected())
def test_a_rule_agrees_with_its_own_examples(rule):
    assert all(rule.accepts(value) for value in rule.good)
    assert not any(rule.accepts(value) for value in rule.bad)


@pytest.mark.parametrize(("cls", "name", "rule"), CASES)
def test_every_parameter_is_checked_by_its_constructor(cls, name, rule):
    others = REQUIRED.get(cls.__name__, {})
    cls(**{**others, name: rule.good[0]})
    for value in rule.bad:
        message = rf"{name} must be .*, got "
        with pytest.raises(ValueError, match=message):
            cls(**{**others, name: value})


@pytest.mark.parametrize("name", Model.fit_parameters)
def test_every_parameter_of_fit_is_checked(name):
    model = Model()
    model.compile("sgd", "mse")
    for value in Model.fit_parameters[name].bad:
        if value is not None:
            with pytest.raises(ValueError, match=f"fit: {name} must be"):
                model.fit([[1.0]], [[1.0]], **{name: value})


def test_tables_were_found():
    names = {cls.__name__ for cls in CLASSES}
    assert names >= {"Dense", "Adam", "EarlyStopping", "VarianceScaling"}


def test_the_message_has_three_parts():
    with pytest.raises(ValueError, match=r"Dense: units must be a positive integer, "):
        check_parameters("Dense", {"units": PositiveInt()}, {"units": -3})
    check_parameters("Dense", {}, {"other": object()})


@pytest.mark.parametrize(
    ("get", "wrong", "right"),
    [
        (optimizers.get, "adem", "adam"),
        (losses.get, "mean_squred_error", "mean_squared_error"),
        (metrics.get, "acuracy", "accuracy"),
        (initializers.get, "he_norml", "he_normal"),
        (layers.Activation, "rleu", "relu"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(get, wrong, right):
    with pytest.raises(ValueError, match=f"'{wrong}': did you mean '{right}'"):
        get(wrong)


@pytest.mark.parametrize(
    "get", [optimizers.get, losses.get, metrics.get, initializers.get]
)
def test_something_that_names_nothing_is_refused(get):
    with pytest.raises(TypeError, match=r"is a name.* got 3"):
        get(3)


@pytest.mark.parametrize(
    "room", [optimizers, losses, metrics, initializers], ids=lambda r: r.__name__
)
def test_classes_and_instances_are_found_as_they_are(room):
    cls = {
        optimizers: optimizers.SGD,
        losses: losses.MeanSquaredError,
        metrics: metrics.MeanSquaredError,
        initializers: initializers.Zeros,
    }[room]
    assert type(room.get(cls)) is cls
    instance = cls()
    assert room.get(instance) is instance


def test_no_hint_where_nothing_is_near():
    assert "did you mean" not in did_you_mean("loss", "qqqqqq", ["mse"])


@given(st.integers())
def test_intervals_follow_comparison(number):
    assert Interval(-3, 7, closed="both").accepts(number) == (-3 <= number <= 7)
    assert PositiveInt().accepts(number) == (number >= 1)


@pytest.mark.parametrize(
    ("name", "word"),
    [("Dense", "dense"), ("MyDenseLayer", "my_dense_layer"), ("Conv2D", "conv2d")],
)
def test_snake_case(name, word):
    assert snake_case(name) == word
