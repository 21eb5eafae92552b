"""No example that is not executed: every block of every page runs or is checked."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.project.sources import ROOT

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/*.md", "src/**/*.md")
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
SHELLS = {"sh", "bash", "console"}


class Block(NamedTuple):
    """A fenced block: its language, its text and the line it starts on."""

    language: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text[: found.start(2)].count("\n"))
        for found in FENCE.finditer(text)
    ]


def program(found: list[Block]) -> str:
    """The Python blocks of a page as one program, each on the lines of the page."""
    lines: list[str] = []
    for block in found:
        if block.language == "python":
            lines += [""] * (block.line - len(lines))
            lines += block.text.splitlines()
    return "\n".join(lines)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SCRIPTS = sorted(ROOT.glob("docs/*.py"))
WITH_PYTHON = [path for path in PAGES if program(blocks(path))]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", WITH_PYTHON, ids=ids)
def test_the_python_of_a_page_runs(path, tmp_path):
    script = tmp_path / f"{path.stem}.py"
    script.write_text(program(blocks(path)), encoding="utf-8")
    run(script, tmp_path, ids(path))


@pytest.mark.parametrize("path", SCRIPTS, ids=ids)
def test_a_script_of_the_docs_runs(path, tmp_path):
    run(path, tmp_path, ids(path))


def run(script: Path, folder: Path, name: str) -> None:
    """Run a script in a folder of its own, warnings being errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"


def test_the_core_from_scratch_is_a_short_read():
    """It needs neither the library nor more than five hundred lines."""
    text = (ROOT / "docs" / "from_scratch.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    assert not re.search(r"^(import|from) chainrule", text, re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_the_commands_of_a_page_exist(path):
    for block in blocks(path):
        if block.language not in SHELLS:
            continue
        for target in re.findall(r"\bmake ([a-z]+)", block.text):
            assert target in TARGETS, f"{ids(path)}: no `make {target}`"
        for script in re.findall(r"\bpython3? ([\w/]+\.py)", block.text):
            assert (ROOT / script).exists(), f"{ids(path)}: no {script}"


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_the_links_of_a_page_lead_somewhere(path):
    words = CODE.sub("", path.read_text(encoding="utf-8"))
    for target in LINK.findall(words):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), f"{ids(path)}: no {target}"


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_a_block_says_its_language(path):
    unnamed = [block.line for block in blocks(path) if not block.language]
    assert unnamed == [], f"{ids(path)}: lines {unnamed}"


def test_a_program_keeps_the_lines_of_its_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("text\n\n```python\nx = 1\n```\n\n```python\ny = x\n```\n")
    assert program(blocks(page)).splitlines() == [
        "",
        "",
        "",
        "x = 1",
        "",
        "",
        "",
        "y = x",
    ]
