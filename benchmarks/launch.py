"""Start the measuring processes, one at a time, and gather what they report."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"

# Contestant to its printed name and the package without which it can't run.
CONTESTANTS = {
    "chainrule_fit": ("chainrule, `fit`", "numpy"),
    "jax_scan": ("JAX by hand, `lax.scan`", "jax"),
    "jax_unrolled": ("JAX by hand, `lax.scan`, unrolled", "jax"),
    "keras_jax": ("Keras on JAX, 32 steps a call", "jax"),
    "keras_tensorflow": ("Keras on TensorFlow, as in tutorials", "tensorflow"),
    "keras_tensorflow_many": ("Keras on TensorFlow, 32 steps a call", "tensorflow"),
    "torch_eager": ("PyTorch, eager, fused Adam", "torch"),
    "sklearn_mlp": ("scikit-learn, no dropout", "sklearn"),
}
OURS = "chainrule_fit"


@dataclass
class Result:
    """All that the processes of one contestant at one thread count reported.

    Args:
        contestant: A key of ``CONTESTANTS``.
        threads: Cores each process was held to.
        firsts: Seconds of the first epoch, one for each process.
        laters: Seconds of the later epochs, one list for each process.
        scores: Test score after the last epoch, one for each process.
        peaks: Peak memory in MB, one for each process.
    """

    contestant: str
    threads: int
    firsts: list[float] = field(default_factory=list[float])
    laters: list[list[float]] = field(default_factory=list[list[float]])
    scores: list[float] = field(default_factory=list[float])
    peaks: list[float] = field(default_factory=list[float])

    def add(self, seconds: list[float], score: float, peak_mb: float) -> None:
        """Take in the report of one process."""
        self.firsts.append(seconds[0])
        self.laters.append(seconds[1:])
        self.scores.append(score)
        self.peaks.append(peak_mb)

    @property
    def epoch(self) -> float:
        """Median seconds of a later epoch, over all processes."""
        return median(second for run in self.laters for second in run)

    @property
    def fastest(self) -> float:
        """The fastest epoch seen."""
        return min(second for run in self.laters for second in run)

    def over(self, other: "Result") -> float:
        """How many times this one's seconds are the other's: median over rounds.

        The two medians of a round were taken minutes apart at most, so that a machine
        that slows down for a while slows both.
        """
        pairs = zip(self.laters, other.laters, strict=True)
        return median(median(mine) / median(theirs) for mine, theirs in pairs)


def installed(contestant: str) -> bool:
    """Whether this Python has what the contestant needs."""
    return find_spec(CONTESTANTS[contestant][1]) is not None


def environment(**more: str) -> dict[str, str]:
    """What a measuring process sees: this checkout's chainrule comes first."""
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | more


def report(command: list[str], env: dict[str, str]) -> dict[str, object]:
    """Run a script of this folder; it prints one line of JSON last.

    Args:
        command: The script and its arguments.
        env: Its environment.

    Returns:
        What the last line holds.

    Raises:
        RuntimeError: When the script fails; with the end of what it wrote.
    """
    done = subprocess.run(
        [sys.executable, *command],
        cwd=HERE,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def epochs(
    contestant: str, work: str, threads: int, env: dict[str, str]
) -> tuple[list[float], float, float]:
    """Train once in a fresh process.

    Args:
        contestant: A key of ``CONTESTANTS``.
        work: A key of ``WORKS``.
        threads: Cores it may use.
        env: Its environment.

    Returns:
        Seconds of each epoch, the test score, peak memory in MB.
    """
    command = ["measure.py", contestant, work, "--threads", str(threads)]
    told = report(command, env)
    return told["seconds"], told["score"], told["peak_mb"]  # type: ignore[return-value]
