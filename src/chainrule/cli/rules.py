"""What ``chainrule rules`` prints: the book as a list, an entry, or a page."""

import difflib
from textwrap import fill

import typer
from rich.console import Console
from rich.text import Text

from chainrule.explain import chapters, entry, page, readable
from chainrule.explain.entries import Entry

INDENT = 15
NOT_LINEAR = "none, it is not linear: reverse mode transposes the derivative"
BY_NUMPY = "by NumPy, which jit calls from the middle of compiled code"


def print_page() -> None:
    """Write the Markdown of docs/rules.md."""
    typer.echo(page(), nl=False)


def print_book() -> None:
    """A line for each rule, below the titles of their chapters."""
    console = Console(highlight=False)
    book = chapters()
    width = max(len(record.name) for chapter in book for record in chapter.records)
    for chapter in book:
        console.print(Text(chapter.title, style="bold"), soft_wrap=True)
        for record in chapter.records:
            name, value = f"  {record.name:{width}}  ", readable(record.formula.value)
            console.print(Text.assemble((name, "cyan"), value), soft_wrap=True)
        console.print()
    console.print(Text("One of them: chainrule rules tanh", style="dim"))


def print_rule(name: str) -> None:
    """All that the book says of one rule, under its name or as NumPy's: np.tanh.

    Raises:
        typer.BadParameter: There is none of that name.
    """
    found = {r.name: (r, c.title) for c in chapters() for r in c.records}
    bare = name.lower().removeprefix("numpy.").removeprefix("np.")
    if bare not in found:
        raise typer.BadParameter(_unknown(bare, list(found)), param_hint="'NAME'")
    record, chapter = found[bare]
    console = Console(highlight=False)
    title = Text.assemble((record.name, "bold cyan"), (f"  {chapter}", "dim"))
    console.print(title, soft_wrap=True)
    width = console.width - INDENT
    for label, text in _facts(entry(record, width), width).items():
        console.print()
        for place, line in enumerate(text.split()):
            head = (label if place == 0 else "").rjust(INDENT - 3) + "   "
            console.print(Text.assemble((head, "dim"), line), soft_wrap=True)


def _facts(said: Entry, width: int) -> dict[str, Text]:
    """What is said of a rule, under its names; nothing of what is not said."""
    back = "\n".join(map(readable, said.transposes))
    facts = {
        "meaning": Text(readable(said.meaning), style="bold"),
        "derivative": Text(readable(said.derivative), style="bold"),
        "transpose": Text(back, style="bold") if back else Text(NOT_LINEAR),
        "convention": Text(fill(said.convention, width)),
        "example": Text("\n".join(said.example)),
        "runs": Text("natively" if said.native else BY_NUMPY),
        "float32": Text(said.accuracy),
        "source": Text(said.source),
    }
    return {label: text for label, text in facts.items() if text.plain}


def _unknown(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    return (
        f"expected a rule of the book, got {name!r}: {hint}chainrule rules lists all. "
        "What NumPy composes of others, as np.mean, has no rule of its own."
    )
