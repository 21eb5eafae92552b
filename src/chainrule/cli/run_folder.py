"""The files that a run leaves: weights, figures and pictures."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from chainrule._version import __version__
from chainrule.cli.plots import draw_digits, draw_loss

FILES = ("weights.safetensors", "history.json", "run.json", "loss.png", "digits.png")
Predicted = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class Run:
    """How a run was asked for and how it ended."""

    settings: Any
    history: Mapping[str, Sequence[float]]
    test_loss: float
    test_accuracy: float
    seconds: float


def claim_folder(out: Path | None) -> Path:
    """Make the folder of a run, before the run spends any time.

    Args:
        out: The folder asked for; ``None`` for a new one under ``runs/``.

    Returns:
        The folder, empty.

    Raises:
        typer.BadParameter: The folder holds something, or cannot be made.
    """
    folder = out or Path("runs", f"mnist-{datetime.now():%Y%m%d-%H%M%S}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = next(folder.iterdir(), None)
    except OSError as error:
        raise typer.BadParameter(
            f"expected a folder that can be written, got {str(folder)!r} "
            f"({error.strerror}); name another.",
            param_hint="'--out'",
        ) from error
    if taken is not None:
        raise typer.BadParameter(
            f"expected a new or an empty folder, got {str(folder)!r}, which holds "
            f"{taken.name!r}; name another, so that nothing is overwritten.",
            param_hint="'--out'",
        )
    return folder


def as_json(value: Any) -> Any:
    """What JSON has no form for: paths, and NumPy's numbers and arrays."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)


def write_json(path: Path, content: Any) -> None:
    """Write a file that people can read too."""
    text = json.dumps(content, indent=2, default=as_json)
    path.write_text(text + "\n", encoding="utf-8")


def write_weights(path: Path, model: Any) -> None:
    """Write every weight under its own name, such as ``output/kernel``."""
    from safetensors.numpy import save

    arrays = {weight.path: np.asarray(weight) for weight in model.weights}
    path.write_bytes(save(arrays, metadata={"format": "np", "chainrule": __version__}))


def summary(run: Run) -> dict[str, Any]:
    """What is needed to run it again, and to compare."""
    return {
        "settings": asdict(run.settings),
        "test_loss": run.test_loss,
        "test_accuracy": run.test_accuracy,
        "seconds": run.seconds,
        "chainrule": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def write_run(folder: Path, run: Run, model: Any, predicted: Predicted) -> list[str]:
    """Write the run's files.

    Args:
        folder: Where to.
        run: The options and the figures.
        model: The trained network.
        predicted: The test images, their labels, and the predicted probabilities.

    Returns:
        The names of the files written; ``loss.png`` only if an epoch was finished.
    """
    write_weights(folder / "weights.safetensors", model)
    write_json(folder / "history.json", run.history)
    write_json(folder / "run.json", summary(run))
    if run.history.get("val_loss"):
        draw_loss(run.history, folder / "loss.png")
    draw_digits(*predicted, folder / "digits.png")
    order = (
        "weights.safetensors",
        "history.json",
        "run.json",
        "loss.png",
        "digits.png",
    )
    return [name for name in order if (folder / name).exists()]
