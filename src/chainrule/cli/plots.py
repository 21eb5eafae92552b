"""The two pictures of a run: how the loss fell, and what the network sees."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLUE, ORANGE, RED, GREY = "#2563eb", "#ea580c", "#dc2626", "#64748b"
COLUMNS = 10
FIRST_ROWS = 3
ERROR_ROWS = 2


def new_figure(width: float, height: float) -> Any:
    """A figure that needs no screen and leaves pyplot's state alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(width, height), dpi=150, layout=layout)
    FigureCanvasAgg(figure)
    return figure


def draw_loss(history: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw the training and the validation loss over the epochs.

    Args:
        history: Lists under ``loss`` and ``val_loss``, a number for each epoch.
        path: The PNG file to write.
    """
    figure = new_figure(7, 4.5)
    axes = figure.subplots()
    epochs = np.arange(1, len(history["loss"]) + 1)
    curves = (
        ("training, mean of the epoch", "loss", BLUE),
        ("validation", "val_loss", ORANGE),
    )
    for words, key, color in curves:
        label = f"{words}: {history[key][-1]:.4f}"
        axes.plot(epochs, history[key], "o-", color=color, linewidth=2, label=label)
    axes.set_title("The loss on MNIST", loc="left", fontweight="bold")
    axes.set_xlabel("epoch")
    axes.set_ylabel("cross-entropy")
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path)


def draw_digit(axes: Any, image: NDArray[Any], label: int, guess: int) -> None:
    """Draw one digit; below it the prediction, in red where it is wrong."""
    right = guess == label
    axes.imshow(image, cmap="gray_r", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    words = str(guess) if right else f"{guess}, not {label}"
    axes.set_xlabel(
        words,
        color=GREY if right else RED,
        fontweight="normal" if right else "bold",
        labelpad=3,
    )
    for spine in axes.spines.values():
        spine.set_edgecolor("#e2e8f0" if right else RED)
        spine.set_linewidth(1 if right else 2)


def worst_errors(labels: NDArray[Any], chances: NDArray[Any]) -> NDArray[np.intp]:
    """Which predictions are wrong, the most certain first.

    Shapes:
        labels: ``(n,)``, chances: ``(n, classes)``; the result: ``(errors,)``.
    """
    wrong = np.flatnonzero(chances.argmax(axis=1) != labels)
    certainty = chances[wrong].max(axis=1)
    return wrong[np.argsort(-certainty, kind="stable")]


def draw_digits(
    images: NDArray[Any], labels: NDArray[Any], chances: NDArray[Any], path: Path
) -> None:
    """Draw the first test digits, then the errors that the network is surest of.

    Shapes:
        images: ``(n, 28, 28)``, labels: ``(n,)``, chances: ``(n, 10)``.

    Args:
        images: The test images.
        labels: What they show.
        chances: The predicted probability of each class.
        path: The PNG file to write.
    """
    guesses = chances.argmax(axis=1)
    errors = worst_errors(labels, chances)
    first = np.arange(min(len(labels), FIRST_ROWS * COLUMNS))
    shown = errors[: ERROR_ROWS * COLUMNS]
    parts = [
        (f"The first {len(first)} test digits and what the network reads", first),
        (f"The {len(shown)} of its {len(errors):,} errors it is surest of", shown),
    ]
    rows = [-(-len(chosen) // COLUMNS) for _, chosen in parts]
    parts = [part for part, height in zip(parts, rows, strict=True) if height]
    rows = [height for height in rows if height]

    figure = new_figure(COLUMNS, 1.22 * sum(rows) + 0.35 * len(rows))
    heights = [height + 0.25 for height in rows]
    blocks = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)
    for block, (title, chosen), height in zip(blocks.flat, parts, rows, strict=True):
        block.suptitle(title, x=0.01, ha="left", fontweight="bold")
        grid = block.subplots(height, COLUMNS, squeeze=False)
        for axes in grid.flat[len(chosen) :]:
            axes.set_axis_off()
        for axes, index in zip(grid.flat, chosen, strict=False):
            draw_digit(axes, images[index], int(labels[index]), int(guesses[index]))
    figure.savefig(path)
