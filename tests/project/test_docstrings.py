"""Every public name has words in the template's form, and an example that runs."""

import pytest

from tests.project import docstrings
from tests.project.docstrings import Name

ALWAYS = (docstrings.first_sentence_fault, docstrings.order_fault)
SPOKEN = (*ALWAYS, docstrings.args_fault, docstrings.returns_fault)
WHOLE = (*SPOKEN, docstrings.example_fault)

NAMES = docstrings.public_names()
METHODS = [method for name in NAMES for method in docstrings.public_methods(name)]


def params(names: list[Name]) -> list:
    return [pytest.param(name.value, id=name.place) for name in names]


def is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


@pytest.mark.parametrize("value", params(NAMES))
def test_a_public_name_is_documented_in_the_template(value):
    checks = ALWAYS if is_exception(value) else WHOLE
    assert docstrings.faults(value, checks) == []


@pytest.mark.parametrize("value", params(METHODS))
def test_a_public_method_is_documented(value):
    assert docstrings.faults(value, ALWAYS) == []


def test_the_names_of_the_issue_are_among_them():
    places = {name.place for name in NAMES}
    assert {"chainrule.grad", "chainrule.jit", "chainrule.Sequential"} <= places


def good(x: float) -> float:
    """Double a number.

    Args:
        x: The number.

    Returns:
        Twice of it.

    Examples:
        >>> good(2.0)
        4.0
    """
    return 2 * x


def silent(x: float) -> float:
    """Double a number

    Returns:
        Twice of it.

    Args:
        y: Another one.
    """
    return 2 * x


def test_the_checks_see_what_is_missing():
    assert docstrings.faults(good, WHOLE) == []
    assert docstrings.faults(silent, WHOLE) == [
        "the first paragraph is not a sentence",
        "sections stand in the order Returns, Args",
        "Args: says nothing of x",
        "Examples: has no doctest",
    ]
    assert docstrings.faults(lambda x: x, WHOLE) == ["there is no docstring"]
