"""The book as a page and in the terminal: complete, readable, up to date."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule.core.primitive import FAMILIES, REGISTRY
from chainrule.explain import chapters, entry, page, readable
from chainrule.explain.example import argument_names, in_short
from chainrule.explain.latex_text import LatexError
from tests.primitives import samples as samples  # loads every record
from tests.project.sources import ROOT

BOOK = [
    pytest.param(record, id=name)
    for name, record in REGISTRY.items()
    if FAMILIES[name].startswith("chainrule.")
]
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?(?![\w.])")


def test_the_page_is_up_to_date():
    """Words to the letter; numbers to the digits that another machine also gives."""
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    fresh = page()
    assert NUMBER.sub("#", written) == NUMBER.sub("#", fresh), (
        "docs/rules.md is not what the records say: run `make rules`, which is "
        "chainrule rules --markdown > docs/rules.md"
    )
    numbers = [np.array(NUMBER.findall(text), float) for text in (written, fresh)]
    assert_allclose(*numbers, rtol=2e-3, atol=1e-12)


def test_the_index_of_the_page_leads_to_its_headings():
    text = page()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) == set(anchors[1:])


def test_every_record_is_in_one_chapter():
    listed = [record.name for chapter in chapters() for record in chapter.records]
    assert sorted(listed) == sorted(param.values[0].name for param in BOOK)
    titles = [chapter.title for chapter in chapters()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("record", BOOK)
def test_every_formula_is_readable_as_text(record):
    formula = record.formula
    for latex in (formula.value, formula.tangent, *formula.cotangent):
        text = readable(latex)
        assert "\\" not in text
        assert text == text.strip() != ""


@pytest.mark.parametrize("record", BOOK)
def test_every_entry_has_an_example_with_numbers(record):
    said = entry(record)
    text = "\n".join(said.example)
    assert "→" in text
    assert re.search(r"= \[*(-?\d|nan|True|False)", text)
    assert "_bar" in text or not record.formula.cotangent
    assert max(map(len, said.example)) <= 100


def test_an_example_is_what_the_operation_gives():
    lines = entry(REGISTRY["tanh"]).example
    x, y, dx, dy = [
        np.array(numbers.split(","), float)
        for line in lines
        for numbers in re.findall(r"\[(.*?)\]", line)
    ]
    assert_allclose(np.tanh(x), y, atol=1e-4)
    assert_allclose((1 - np.tanh(x) ** 2) * dx, dy, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "names"),
    [("tanh", ["x"]), ("matmul", ["X", "Y"]), ("select", ["c", "x", "y"])],
)
def test_operands_have_the_names_of_the_formula(name, names):
    assert argument_names(REGISTRY[name], len(names)) == names


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"y = \sqrt[3]{x + 1}", "y = ∛(x + 1)"),
        (r"\tfrac12 x_{ij}^2", "1/2 xᵢⱼ²"),
        (r"\dot z_{t+1} = x^{\top}\,\bar Y", "żₜ₊₁ = xᵀ Ȳ"),
        (r"x\ln x + 2\sin^2 x", "x ln x + 2 sin² x"),
        (r"e^{-x^2/2}\text{ if } x \ge 0", "e^(−x²/2) if x ≥ 0"),
        (r"\begin{cases} x & c \\ y & \neg c \end{cases}", "x if c; y if ¬c"),
        (r"\operatorname*{arg\,max}_i x_i", "arg maxᵢ xᵢ"),
        (r"\left\lfloor \frac{a + b}{2} \right\rfloor", "⌊(a + b)/2⌋"),
        (r"\Gamma(x) \oplus \infty", "Γ(x) ⊕ ∞"),
    ],
)
def test_latex_as_text(latex, text):
    assert readable(latex) == text


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\frac{x}{y", "a brace that is closed"),
        (r"x}", "an opening brace"),
        (r"\unheardof x", r"got \\unheardof"),
        (r"\frac{x}", "an argument"),
        (r"\begin{cases} x \end{matrix}", "another end"),
    ],
)
def test_latex_that_cannot_be_read_is_refused(latex, message):
    with pytest.raises(LatexError, match=message):
        readable(latex)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([[1.0, -0.25], [1e-17, 123456.0]]), "[[1, -0.25], [0, 1.235e+05]]"),
        (np.array([1 + 2j, -1.5j]), "[1+2j, 0-1.5j]"),
        (np.array([True, False]), "[True, False]"),
        (np.float64(np.nan), "nan"),
    ],
)
def test_numbers_in_short(value, text):
    assert in_short(value) == text
