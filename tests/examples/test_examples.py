"""Every example runs as a person runs it, and ends with what it promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.sources import ROOT

EXAMPLES = ROOT / "examples"
PNG = b"\x89PNG"


def run(name: str, folder: Path) -> str:
    """Run an example in a folder of its own; warnings are errors there too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_linear_regression_finds_the_line_both_ways(tmp_path):
    output = run("linear_regression.py", tmp_path)
    rows = re.findall(r"^ +(\d+)   (\S+)   (\S+)   (\S+)$", output, re.MULTILINE)
    assert [int(row[0]) for row in rows] == [*range(100, 1001, 100)] * 2
    assert rows[:10] == rows[10:]
    assert float(rows[-1][1]) == pytest.approx(2.0, abs=0.05)
    assert float(rows[-1][2]) == pytest.approx(0.0, abs=0.1)
    losses = [float(row[3]) for row in rows[:10]]
    assert losses == sorted(losses, reverse=True)
    difference = re.search(r"the two ways differ by (\S+)", output)
    assert difference is not None
    assert float(difference[1]) <= 1e-12


def test_activation_functions_are_drawn(tmp_path):
    assert "wrote activation_functions.png" in run("activation_functions.py", tmp_path)
    assert (tmp_path / "activation_functions.png").read_bytes().startswith(PNG)


def test_mnist_is_learned(tmp_path):
    output = run("mnist.py", tmp_path)
    accuracy = re.search(r"test accuracy (0\.\d+)", output)
    assert accuracy is not None
    assert float(accuracy[1]) >= 0.965
    assert (tmp_path / "mnist_loss.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda p: p.name)
def test_an_example_fits_on_a_page_or_two(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 80


def test_every_example_is_in_the_readme():
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f"`{path.name}`" in readme
