"""What training shows: a live bar on a terminal, one line an epoch elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from chainrule.callbacks.callback import Callback, Logs

__all__ = ["ProgressBar", "announce", "format_logs", "format_seconds"]

_WIDTH = 24
_INTERVAL = 0.1
_CLEAR = "\r\x1b[2K"
_DIM, _GREEN, _BOLD, _RESET = "\x1b[2m", "\x1b[32m", "\x1b[1m", "\x1b[0m"


class ProgressBar(Callback):
    """Show how training goes.

    On a terminal a bar is drawn on stderr at most ten times a second, with the epoch,
    steps, time of a step, time left and results so far. Elsewhere one line is printed
    on stdout for each epoch.

    Args:
        live: Whether the bar is drawn; by default where stderr is a terminal.
        stream: Where to write, in place of stderr or stdout.

    Examples:
        >>> shown = ProgressBar(live=False, stream=sys.stdout)
        >>> shown.set_params({"epochs": 5, "steps": 100})
        >>> shown.seconds = 0.25
        >>> print(shown.summary(0, {"loss": 0.5, "val_loss": 0.625}))
        Epoch 1/5  0.25 s  2.5 ms/step  loss 0.5000  val_loss 0.6250
    """

    def __init__(self, live: bool | None = None, stream: TextIO | None = None) -> None:
        self.live = sys.stderr.isatty() if live is None else live
        self.stream = stream or (sys.stderr if self.live else sys.stdout)
        self.params = {"epochs": 1, "steps": 1}
        self.seconds = 0.0
        self._epoch = 0
        self._started = 0.0
        self._drawn = 0.0
        self._first: tuple[int, float] | None = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Start the clock."""
        self._epoch = epoch
        self._started = time.perf_counter()
        self._drawn = 0.0
        self._first = None
        if self.live:
            self._draw(0, {})

    def on_train_progress(self, step: int, logs: Logs | None = None) -> None:
        """Draw the bar, unless it was drawn just now."""
        now = time.perf_counter()
        self.seconds = now - self._started
        if self._first is None:
            self._first = step, self.seconds
        if self.live and now - self._drawn >= _INTERVAL:
            self._draw(step, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Print the epoch's line, in place of the bar."""
        line = self.summary(epoch, logs or {})
        print(f"{_CLEAR if self.live else ''}{line}", file=self.stream, flush=True)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Remove the bar."""
        self.clear()

    def clear(self) -> None:
        """Remove a bar that was left when training was interrupted or failed."""
        if self.live:
            print(_CLEAR, end="", file=self.stream, flush=True)

    def summary(self, epoch: int, logs: Logs) -> str:
        """Compose the line of a finished epoch.

        Args:
            epoch: The epoch, from 0.
            logs: Its results.

        Returns:
            The line.
        """
        total = f"{self.seconds:.2f} s"
        step = format_seconds(self.seconds / max(1, self.params["steps"]))
        shown = format_logs(logs)
        return f"{self._title(epoch)}  {total}  {step}/step  {shown}".rstrip()

    def _title(self, epoch: int) -> str:
        epochs = str(self.params["epochs"])
        return f"Epoch {epoch + 1:>{len(epochs)}}/{epochs}"

    def _times(self, step: int) -> str:
        """Write the time of a step and the time left.

        The first steps are left out: compiling may be among them.
        """
        first, seconds = self._first or (0, 0.0)
        if step <= first:
            return ""
        pace = (self.seconds - seconds) / (step - first)
        left = format_seconds(pace * (self.params["steps"] - step))
        return f"{format_seconds(pace)}/step  ETA {left}  "

    def _draw(self, step: int, logs: Logs) -> None:
        self._drawn = time.perf_counter()
        steps = self.params["steps"]
        full = _WIDTH * step // max(1, steps)
        bar = f"{_GREEN}{'━' * full}{_RESET}{_DIM}{'━' * (_WIDTH - full)}{_RESET}"
        title = self._title(self._epoch)
        rest = f"{step}/{steps}  {self._times(step)}{format_logs(logs)}"
        # A line that wraps could not be cleared.
        room = shutil.get_terminal_size().columns - len(title) - _WIDTH - 3
        text = f"{_CLEAR}{_BOLD}{title}{_RESET} {bar} {rest[: max(0, room)]}"
        print(text, end="", file=self.stream, flush=True)


def announce(text: str) -> None:
    """Print a line.

    Args:
        text: The line.

    Examples:
        >>> announce("Done.")
        Done.
    """
    print(text, flush=True)


def format_seconds(seconds: float) -> str:
    """Write a time in the unit that suits it.

    Args:
        seconds: The time.

    Returns:
        The text, with two or three figures.

    Examples:
        >>> format_seconds(0.000161), format_seconds(0.0042), format_seconds(75)
        ('161 µs', '4.2 ms', '1:15')
    """
    if seconds >= 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}:{rest:02d}"
    scale, unit = (1, "s") if seconds >= 1 else (1e3, "ms")
    if seconds < 1e-3:
        scale, unit = 1e6, "µs"
    value = seconds * scale
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"


def format_logs(logs: Logs) -> str:
    """Write results in a row.

    Args:
        logs: The results by name.

    Returns:
        The text.

    Examples:
        >>> format_logs({"loss": 0.12345, "accuracy": 0.5, "mse": 1.5e-6})
        'loss 0.1235  accuracy 0.5000  mse 1.500e-06'
    """
    return "  ".join(f"{name} {_number(value)}" for name, value in logs.items())


def _number(value: float) -> str:
    plain = value == 0 or 1e-3 <= abs(value) < 1e5 or value != value
    return f"{value:.4f}" if plain else f"{value:.3e}"
