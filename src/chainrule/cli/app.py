"""The commands and their options; what they do is in the files beside this one."""

import math
from pathlib import Path
from typing import Annotated

import typer

from chainrule._version import __version__
from chainrule.cli.machine import print_info
from chainrule.cli.rules import print_book, print_page, print_rule
from chainrule.cli.training import Settings, train_mnist

WIDEST = 100_000

app = typer.Typer(
    name="chainrule",
    help="Plain NumPy in, derivatives out, trained at the speed of the machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train = typer.Typer(help="Train a network on data that ships with the package.")
app.add_typer(train, name="train", no_args_is_help=True)


def show_version(wanted: bool) -> None:
    """Print the version and stop, when ``--version`` is given."""
    if wanted:
        typer.echo(f"chainrule {__version__}")
        raise typer.Exit


def hidden_sizes(text: str) -> tuple[int, ...]:
    """The sizes of the hidden layers: ``"256,128"`` is ``(256, 128)``.

    Raises:
        typer.BadParameter: A part is not a positive whole number, or too large.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 0 < int(part) <= WIDEST for part in parts):
        raise typer.BadParameter(
            f"expected the sizes of the hidden layers, whole numbers up to {WIDEST} "
            f"with commas between them, got {text!r}; for two layers write 256,128."
        )
    return tuple(int(part) for part in parts)


def at_least_one(value: int) -> int:
    """Pass a positive whole number on.

    Raises:
        typer.BadParameter: The number is zero or negative.
    """
    if value >= 1:
        return value
    raise typer.BadParameter(f"expected a whole number of at least 1, got {value}.")


def small_enough(value: int) -> int:
    """Pass a seed on.

    Raises:
        typer.BadParameter: The number is negative or needs more than 32 bits.
    """
    if 0 <= value < 2**32:
        return value
    raise typer.BadParameter(
        f"expected a whole number from 0 to {2**32 - 1}, got {value}; try 0."
    )


def positive(value: float | None) -> float | None:
    """Pass a finite number above zero on, and an option that was not given.

    Raises:
        typer.BadParameter: The number is zero, negative, infinite or not a number.
    """
    if value is None or (value > 0 and math.isfinite(value)):
        return value
    raise typer.BadParameter(f"expected a number above 0, got {value}; try 0.001.")


def fraction(value: float) -> float:
    """Pass a share of at least 0 and less than 1 on.

    Raises:
        typer.BadParameter: The number is outside that range.
    """
    if 0 <= value < 1:
        return value
    raise typer.BadParameter(
        f"expected the share of units to drop, at least 0 and below 1, got {value}."
    )


@app.callback()
def chainrule(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            is_eager=True,
            callback=show_version,
        ),
    ] = False,
) -> None:
    """Plain NumPy in, derivatives out, trained at the speed of the machine."""


@app.command()
def info() -> None:
    """Tell what chainrule found here: CPU, vector width, threads, backend, cache."""
    print_info()


@app.command()
def rules(
    name: Annotated[
        str | None, typer.Argument(help="One of them, such as tanh; else all.")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The whole book as a page.")
    ] = False,
) -> None:
    """The book of derivative rules: what each operation is, and how it moves."""
    if markdown and name is not None:
        raise typer.BadParameter(
            f"expected a name or --markdown, got both ({name!r}): leave one out."
        )
    if markdown:
        print_page()
    elif name is None:
        print_book()
    else:
        print_rule(name)


@train.callback()
def train_something() -> None:
    """Train a network on data that ships with the package."""


@train.command()
def mnist(
    epochs: Annotated[
        int, typer.Option(callback=at_least_one, help="Passes over the data.")
    ] = 5,
    batch_size: Annotated[
        int, typer.Option(callback=at_least_one, help="Digits in a step.")
    ] = 32,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            callback=positive, help="Step size.", show_default="the optimizer's own"
        ),
    ] = None,
    optimizer: Annotated[
        str, typer.Option(help="adam, adamw, sgd, rmsprop, adagrad.")
    ] = "adam",
    hidden: Annotated[
        str, typer.Option(metavar="SIZES", help="Hidden layers, as in 256,128.")
    ] = "128",
    activation: Annotated[
        str, typer.Option(help="relu, tanh, sigmoid, linear.")
    ] = "relu",
    dropout: Annotated[
        float,
        typer.Option(callback=fraction, help="Share dropped after a hidden layer."),
    ] = 0.2,
    seed: Annotated[
        int, typer.Option(callback=small_enough, help="The same seed, the same bits.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Folder for the results.",
            show_default="runs/mnist-DATE-TIME",
        ),
    ] = None,
) -> None:
    """Learn the handwritten digits, and write down how it went.

    Prints test loss and accuracy; writes weights, history and two pictures.
    """
    try:
        sizes = hidden_sizes(hidden)
    except typer.BadParameter as error:
        error.param_hint = "'--hidden'"
        raise
    settings = Settings(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimizer=optimizer,
        hidden=sizes,
        activation=activation,
        dropout=dropout,
        seed=seed,
        out=out,
    )
    train_mnist(settings)


def main() -> None:
    """Run the command that the shell's words name."""
    app()
