"""The environment maker: it works here, and says what is missing where it cannot."""

import subprocess
import sys

import pytest

from tests.project.sources import ROOT
from tools import make_venv

PYTHON = sys.executable


def test_an_environment_with_pip_is_made(tmp_path):
    make_venv.main(str(tmp_path / "venv"))
    python = tmp_path / "venv" / "bin" / "python"
    assert (
        subprocess.run([python, "-m", "pip", "--version"], check=False).returncode == 0
    )


def test_each_further_recipe_is_tried(monkeypatch, tmp_path):
    folder = tmp_path / "venv"
    works = [PYTHON, "-m", "venv", "--without-pip", str(folder)]
    fails = [PYTHON, "-c", "import sys; sys.exit('no ensurepip')"]
    monkeypatch.setattr(make_venv, "recipes", lambda *_: [[fails], [works]])
    make_venv.main(str(folder))
    assert folder.exists()


def test_without_any_pip_the_message_names_the_package(monkeypatch, tmp_path):
    fails = [PYTHON, "-c", "import sys; sys.exit('ensurepip is not available')"]
    monkeypatch.setattr(make_venv, "recipes", lambda *_: [[fails]])
    with pytest.raises(SystemExit, match=r"apt install python3\.\d+-venv") as stop:
        make_venv.main(str(tmp_path / "venv"))
    assert "ensurepip is not available" in str(stop.value)
    assert not (tmp_path / "venv").exists()


def test_an_old_python_alone_is_refused_with_the_version(monkeypatch):
    monkeypatch.setattr(make_venv, "OLDEST", (3, 99))
    monkeypatch.setattr(make_venv, "NAMES", [])
    with pytest.raises(SystemExit, match=r"needs Python 3\.99 or newer, but .* is"):
        make_venv.find_python()


def test_make_without_python_says_so():
    command = ["make", "PYTHON=no-such-python", "VENV=no-such-venv", "train"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "No 'no-such-python' on the PATH: install Python 3.11" in done.stderr
