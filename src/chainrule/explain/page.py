"""The page ``docs/rules.md``, printed from the records."""

from __future__ import annotations

import re

from chainrule.explain.entries import Chapter, Entry, chapters, entry

HEAD = """\
# The book of rules

<!-- Printed from the records in src/chainrule/primitives by `make rules`. -->

Every operation that chainrule knows, {count} of them, as its record states it. Whatever
NumPy code is differentiated comes apart into these, and derivatives of every order and
direction are made of their rules. In the terminal: `chainrule rules tanh`.

How to read an entry:

- The first line is the **meaning**, which is NumPy's. Operands are $`x, y`$, results
  $`y, z`$; axes that a formula does not name go along. $`[a < b]`$ is 1 where it holds
  and 0 elsewhere.
- The **derivative** says how results move, $`\\dot z`$, when operands move, by
  $`\\dot x`$. It is the one rule of the record, written with other primitives, and so
  has derivatives itself.
- The **transpose** stands where the operation is linear: from a cotangent of the
  result, $`\\bar z`$, to one of the operand, $`\\bar x`$. Reverse mode needs no more,
  since every derivative is linear.
- The **convention** says what holds where mathematics leaves a choice.
- The example is computed from the record: `dx` is $`\\dot x`$, `z_bar` is $`\\bar z`$.
- What runs **natively** is compiled to machine code. What runs **by NumPy** is called
  from the middle of compiled code.
- **float32** says how far results in it may be from the exact ones of the same
  operands, in units in the last place (ulp) of the result, in either backend. 0.5 ulp
  is the exact result, rounded. Where terms of different signs can cancel, the units are
  those of the **terms**: of $`\\sum_j |\\partial y / \\partial x_j|\\,|x_j|`$, which is
  what one rounding of each operand could move the result by; in a sum, that of the
  absolute values; where its bound is for up to 32 terms, it grows with their number.
  Of the **norm** means, of the largest such number in all of the result, each
  $`|x_j|`$ being the operand's largest. The tests hold every record to it.

| chapter | entries |
|---|---|
"""


def page() -> str:
    """The whole book as a page of GitHub's Markdown.

    Returns:
        What ``docs/rules.md`` holds.

    Examples:
        >>> page().splitlines()[0]
        '# The book of rules'
    """
    book = chapters()
    count = sum(len(chapter.records) for chapter in book)
    parts = [HEAD.format(count=count) + "\n".join(map(_index_row, book))]
    for chapter in book:
        parts.append(f"## {chapter.title}")
        parts += [_entry(entry(record)) for record in chapter.records]
    return "\n\n".join(parts) + "\n"


def _index_row(chapter: Chapter) -> str:
    names = [f"[{r.name}](#{r.name})" for r in chapter.records]
    return f"| [{chapter.title}](#{_anchor(chapter.title)}) | {', '.join(names)} |"


def _anchor(heading: str) -> str:
    """The name that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _entry(entry: Entry) -> str:
    lines = [f"### {entry.name}", "", _math(entry.meaning), ""]
    lines.append(f"- derivative: {_math(entry.derivative)}")
    if entry.transposes:
        lines.append(f"- transpose: {', '.join(map(_math, entry.transposes))}")
    if entry.convention:
        lines.append(f"- convention: {entry.convention}")
    lines.append(f"- runs {'natively' if entry.native else 'by NumPy'}")
    lines.append(f"- float32: {entry.accuracy}")
    if entry.source:
        lines.append(f"- source: {_linked(entry.source)}")
    return "\n".join([*lines, "", "```text", *entry.example, "```"])


def _math(latex: str) -> str:
    r"""LaTeX in a line. GitHub refuses ``\operatorname``, and reads ``<a`` as HTML."""
    latex = re.sub(r"\\operatorname\*\{((?:[^{}]|\{[^{}]*\})*)\}", _limited, latex)
    latex = re.sub(
        r"\\operatorname(\{[^{}]*\})(?=[A-Za-z]| [A-Za-z\\])", r"\\mathrm\1\\,", latex
    )
    latex = latex.replace(r"\operatorname", r"\mathrm")
    spaced = re.sub(r"\s*([<>])\s*", r" \1 ", latex)
    return f"$`{spaced}`$"


def _limited(found: re.Match[str]) -> str:
    return rf"\mathop{{\mathrm{{{found[1]}}}}}"


def _linked(source: str) -> str:
    """Addresses as links, without the comma behind."""
    return re.sub(r"https?://\S*[^\s,;]", lambda found: f"<{found[0]}>", source)
