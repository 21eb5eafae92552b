"""The measured figures as Markdown, and the README's generated sections."""

import datetime
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from figures import Figure
from launch import CONTESTANTS, OURS, Result
from workloads import Work

README = Path(__file__).parent / "README.md"
PEERS = (
    "jax",
    "keras",
    "tensorflow-cpu",
    "torch",
    "scikit-learn",
    "autograd",
    "numba",
)


def versions() -> str:
    """Python's and every installed package's version in one line."""
    found = [f"Python {platform.python_version()}"]
    for package in ("numpy", "llvmlite", *PEERS):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def footer(machine: str, command: str) -> str:
    """Where, with what and how the figures above it were measured."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return f"{machine}; {versions()}; {today}.\n`{command}`"


def race(work: Work, results: list[Result], peaks: dict[int, float]) -> str:
    """The table of one workload, the fastest contestant first.

    Args:
        work: What was trained.
        results: One for each contestant and thread count.
        peaks: Measured multiply-add peak in GFLOP/s by thread count.

    Returns:
        A heading and a Markdown table.
    """
    ours = {each.threads: each for each in results if each.contestant == OURS}
    rows = [
        _row(work, each, peaks[each.threads], ours.get(each.threads))
        for each in sorted(results, key=lambda each: (-each.threads, each.epoch))
    ]
    kind = "accuracy" if work.kind == "classify" else "R²"
    head = (
        "contestant",
        "threads",
        "s an epoch: median (fastest)",
        "µs a step",
        "GFLOP/s (of peak)",
        "first epoch, s",
        f"{kind} after {work.epochs}",
        "peak MB",
        "times chainrule's",
        "asked",
    )
    return f"### {work.title}\n\n{markdown(head, rows)}\n\nTo reach for: {work.reach}."


def _row(
    work: Work, result: Result, peak: float, ours: Result | None
) -> tuple[str, ...]:
    rate = work.flops / result.epoch / 1e9
    peer = ours is not None and result is not ours
    must = work.musts.get(result.contestant)
    return (
        CONTESTANTS[result.contestant][0],
        str(result.threads),
        f"{result.epoch:.4f} ({result.fastest:.4f})",
        f"{1e6 * result.epoch / work.steps:.1f}",
        f"{rate:.1f} ({rate / peak:.0%})",
        f"{max(result.firsts):.2f}",
        f"{sum(result.scores) / len(result.scores):.4f}",
        f"{max(result.peaks):.0f}",
        f"{result.over(ours):.2f}" if peer and ours else "",
        f"≥ {must}" if must and result.threads > 1 else "",
    )


def lines(figures: list[Figure]) -> str:
    """The table of this library's own figures."""
    rows = [
        (
            each.what,
            f"{each.value:.1f} {each.unit}",
            "" if each.most == float("inf") else f"≤ {each.most:.1f} {each.unit}",
        )
        for each in figures
    ]
    return "### First epoch, import, one row, memory\n\n" + markdown(
        ("what", "measured", "asked"), rows
    )


def markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def write(section: str, text: str) -> None:
    """Replace the README's text between a section's two markers.

    Args:
        section: A word that the markers name.
        text: What goes between them.

    Raises:
        ValueError: When the README has no such markers.
    """
    begin, end = f"<!-- begin: {section} -->", f"<!-- end: {section} -->"
    old = README.read_text(encoding="utf-8")
    if begin not in old or end not in old:
        raise ValueError(
            f"expected {begin} and {end} in {README}, found not both; add them"
        )
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    new = pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", old)
    README.write_text(new, encoding="utf-8")
