"""What ``chainrule train mnist`` does: check, build, train, test, write down."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from chainrule import activations, layers, models, optimizers, utils
from chainrule.cli.run_folder import Run, claim_folder, write_run
from chainrule.datasets import mnist

CLASSES = 10


@dataclass(frozen=True)
class Settings:
    """The options of the command, checked as far as each can be by itself."""

    epochs: int
    batch_size: int
    learning_rate: float | None
    optimizer: str
    hidden: tuple[int, ...]
    activation: str
    dropout: float
    seed: int
    out: Path | None


@dataclass(frozen=True)
class Digits:
    """Images in [0, 1] as float32, and what they show."""

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]


def load_digits() -> tuple[Digits, Digits]:
    """The training and the test digits."""
    train, test = mnist.load_data()
    return scaled(*train), scaled(*test)


def scaled(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Digits:
    """Pixels from 0…255 to [0, 1]."""
    return Digits(images * np.float32(1 / 255), labels)


def make_optimizer(name: str, learning_rate: float | None) -> Any:
    """The optimiser of that name, with its own step size unless one is given."""
    optimizer = optimizers.get(name)
    if learning_rate is not None:
        optimizer.learning_rate = learning_rate
    return optimizer


def build(settings: Settings) -> Any:
    """The network that the options describe, compiled but not trained."""
    stack: list[Any] = [layers.Flatten(input_shape=(28, 28))]
    for number, units in enumerate(settings.hidden, start=1):
        activation = settings.activation
        stack.append(
            layers.Dense(units, activation=activation, name=f"hidden_{number}")
        )
        if settings.dropout > 0:
            stack.append(layers.Dropout(settings.dropout))
    stack.append(layers.Dense(CLASSES, activation="softmax", name="output"))
    model = models.Sequential(stack)
    model.compile(
        optimizer=make_optimizer(settings.optimizer, settings.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def describe(settings: Settings, model: Any) -> str:
    """The network in one line."""
    sizes = " → ".join(str(n) for n in (784, *settings.hidden, CLASSES))
    parts = [sizes, settings.activation]
    if settings.dropout > 0:
        parts.append(f"dropout {settings.dropout:g}")
    parts += [f"softmax, {model.count_params():,} weights", settings.optimizer]
    return ", ".join(parts)


def check_names(settings: Settings) -> None:
    """Refuse an unknown name before any work, as an error of its option.

    Raises:
        typer.BadParameter: A name is unknown; the message suggests the nearest.
    """
    for option, find in (
        ("optimizer", optimizers.get),
        ("activation", activations.get),
    ):
        try:
            find(getattr(settings, option))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=f"'--{option}'") from error


def fit(model: Any, settings: Settings, train: Digits, test: Digits) -> bool:
    """Train with a live bar; whether it came through with a finite loss.

    What was learned before a failure stays in the model, and is written down.
    """
    try:
        model.fit(
            train.images,
            train.labels,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            validation_data=(test.images, test.labels),
        )
    except FloatingPointError as error:
        console = Console(stderr=True, highlight=False)
        console.print("[bold red]Training stopped.[/]", str(error), soft_wrap=True)
        return False
    return True


def train_mnist(settings: Settings) -> None:
    """Train on the handwritten digits and write the run folder.

    Raises:
        typer.BadParameter: An option cannot be met; nothing was written.
        typer.Exit: The loss became infinite or not a number, with code 1.
    """
    check_names(settings)
    utils.set_random_seed(settings.seed)
    folder = claim_folder(settings.out)
    console = Console(highlight=False)
    train, test = load_digits()
    model = build(settings)
    console.print(f"[bold]MNIST[/]  {describe(settings, model)}", soft_wrap=True)

    started = time.perf_counter()
    finished = fit(model, settings, train, test)
    seconds = time.perf_counter() - started
    loss, accuracy = model.evaluate(test.images, test.labels, verbose=0)
    chances = np.asarray(model.predict(test.images, verbose=0))

    history = model.history.history
    run = Run(settings, history, float(loss), float(accuracy), seconds)
    files = write_run(folder, run, model, (test.images, test.labels, chances))
    report(console, run, folder, files)
    if not finished:
        raise typer.Exit(1)


def report(console: Console, run: Run, folder: Path, files: Sequence[str]) -> None:
    """Say how it ended, and where the results are."""
    epochs = len(run.history.get("loss", ()))
    count = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    console.print(
        f"\n[bold]test loss {run.test_loss:.4f}[/]   "
        f"[bold green]test accuracy {run.test_accuracy:.2%}[/]   "
        f"{count} in {run.seconds:.1f} s",
    )
    console.print(f"[dim]{folder}/[/]  {'  '.join(files)}", soft_wrap=True)
