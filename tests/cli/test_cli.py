"""The command: what it prints, what it writes, and how it refuses."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import typer
from safetensors.numpy import load_file
from typer.testing import CliRunner

import chainrule
from chainrule.cli import training
from chainrule.cli.app import app, hidden_sizes
from chainrule.cli.training import Digits
from chainrule.explain import page

FILES = {"weights.safetensors", "history.json", "run.json", "loss.png", "digits.png"}


def run(line: str, *more: str):
    """Give the command a line of words, and further words that may hold spaces."""
    words = [*line.split(), *more]
    # A wide terminal: an error box then keeps each message on a line.
    return CliRunner().invoke(app, words, env={"COLUMNS": "240", "NO_COLOR": "1"})


@pytest.fixture
def few_digits(monkeypatch):
    """A small part of MNIST, so that a test takes a moment."""
    train, test = training.load_digits()
    few = (
        Digits(train.images[:2000], train.labels[:2000]),
        Digits(test.images[:500], test.labels[:500]),
    )
    monkeypatch.setattr(training, "load_digits", lambda: few)


def test_as_a_module():
    command = [sys.executable, "-m", "chainrule", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout == f"chainrule {chainrule.__version__}\n"


def test_version():
    assert run("--version").output == f"chainrule {chainrule.__version__}\n"


def test_info_names_what_decides_the_speed():
    result = run("info")
    assert result.exit_code == 0, result.output
    for word in ("cpu", "vector", "threads", "backend", "cache", "numpy", "llvmlite"):
        assert word in result.output.lower()


@pytest.mark.parametrize("line", ["", "train"])
def test_without_a_command_the_help_is_shown(line):
    assert "Usage:" in run(line).output


def test_a_run_prints_its_result_and_writes_its_folder(few_digits, tmp_path):
    out = tmp_path / "run"
    result = run(
        "train mnist --epochs 2 --hidden 32,16 --optimizer rmsprop --seed 3 "
        "--learning-rate 0.002 --activation tanh --dropout 0.1 --batch-size 64 --out",
        str(out),
    )
    assert result.exit_code == 0, result.output
    assert "784 → 32 → 16 → 10, tanh, dropout 0.1" in result.output
    assert "test loss" in result.output
    assert "test accuracy" in result.output
    assert {path.name for path in out.iterdir()} == FILES

    history = json.loads((out / "history.json").read_text(encoding="utf-8"))
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 2 for values in history.values())

    summary = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert summary["settings"]["hidden"] == [32, 16]
    assert summary["settings"]["learning_rate"] == 0.002
    assert summary["test_accuracy"] == pytest.approx(history["val_accuracy"][-1])

    weights = load_file(out / "weights.safetensors")
    assert {name: array.shape for name, array in weights.items()} == {
        "hidden_1/kernel": (784, 32),
        "hidden_1/bias": (32,),
        "hidden_2/kernel": (32, 16),
        "hidden_2/bias": (16,),
        "output/kernel": (16, 10),
        "output/bias": (10,),
    }


def test_the_same_seed_gives_the_same_weights(few_digits, tmp_path):
    found = []
    for name in ("a", "b"):
        out = tmp_path / name
        line = "train mnist --epochs 1 --hidden 16 --seed 5 --out"
        assert run(line, str(out)).exit_code == 0
        found.append(load_file(out / "weights.safetensors"))
    first, second = found
    assert set(first) == set(second)
    for name, weights in first.items():
        np.testing.assert_array_equal(weights, second[name])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epochs", "0"), "expected a whole number of at least 1, got 0"),
        (("--epochs", "two"), "integer"),
        (("--batch-size", "-3"), "expected a whole number of at least 1, got -3"),
        (("--seed", "-1"), "from 0 to 4294967295, got -1"),
        (("--learning-rate", "0"), "expected a number above 0, got 0.0"),
        (("--learning-rate", "nan"), "expected a number above 0, got nan"),
        (("--dropout", "1"), "at least 0 and below 1, got 1.0"),
        (("--hidden", "256,"), "got '256,'; for two layers write 256,128"),
        (("--hidden", "0"), "got '0'"),
        (("--optimizer", "adma"), "adam"),
        (("--activation", "rleu"), "relu"),
    ],
)
def test_a_bad_option_is_refused_before_any_work(words, message, tmp_path):
    out = tmp_path / "run"
    result = run("train mnist --out", str(out), *words)
    assert result.exit_code == 2, result.output
    assert words[0] in result.output
    assert message in result.output
    assert not out.exists()


def test_results_are_never_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it", encoding="utf-8")
    result = run("train mnist --out", str(tmp_path))
    assert result.exit_code == 2
    assert "holds 'thesis.txt'" in result.output


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run("train mnist --out", str(tmp_path / "file" / "run"))
    assert result.exit_code == 2
    assert "expected a folder that can be written" in result.output


def test_a_loss_that_explodes_ends_the_run_and_keeps_what_there_is(
    few_digits, tmp_path
):
    out = tmp_path / "run"
    line = "train mnist --optimizer sgd --learning-rate 1e30 --epochs 1 --out"
    result = run(line, str(out))
    assert result.exit_code == 1
    assert "Training stopped." in result.output
    assert (out / "weights.safetensors").exists()


@pytest.mark.parametrize(
    ("text", "sizes"), [("128", (128,)), ("256, 128", (256, 128)), ("1,2,3", (1, 2, 3))]
)
def test_hidden_sizes(text, sizes):
    assert hidden_sizes(text) == sizes


@pytest.mark.parametrize("text", ["", "a", "1.5", "-2", "3,,4", "²", "9" * 20])
def test_hidden_sizes_refuses(text):
    with pytest.raises(typer.BadParameter, match="expected the sizes"):
        hidden_sizes(text)


def test_the_book_is_listed_by_chapters():
    result = run("rules")
    assert result.exit_code == 0, result.output
    assert re.search(r"^The matrix product\n  matmul +Z = X Y$", result.output, re.M)
    assert re.search(r"^  tanh +y = tanh x$", result.output, re.M)


@pytest.mark.parametrize("name", ["np.tanh", "numpy.tanh", "TANH"])
def test_a_rule_is_found_as_numpy_spells_it(name):
    assert run(f"rules {name}").output == run("rules tanh").output


def test_a_name_beside_the_whole_page_is_refused():
    result = run("rules --markdown tanh")
    assert result.exit_code == 2
    assert "expected a name or --markdown, got both ('tanh')" in result.output


def test_a_rule_tells_all_that_its_record_says():
    result = run("rules maximum")
    assert result.exit_code == 0, result.output
    for words in (
        "maximum  Arithmetic",
        "meaning   z = max(x, y)",
        "derivative   ż = [x > y] ẋ",
        "convention   Operands that tie",
        "z = [1.2, -0.4, 2]",
        "runs   natively",
        "float32   exact",
        "source   https://github.com/HIPS/autograd",
    ):
        assert words in result.output
    both = re.search(r"transpose   (.*)\n +(.*)\n", run("rules mul").output)
    assert both.groups() == ("x̄ = z̄ y", "ȳ = x z̄")


def test_a_rule_that_is_unknown_suggests_the_nearest():
    result = run("rules tanhh")
    assert result.exit_code == 2
    assert "got 'tanhh': did you mean tanh" in result.output


def test_the_page_of_rules_is_printed_as_markdown():
    result = run("rules --markdown")
    assert result.output == page()
