"""The pictures of a run: drawn for every number of errors, and what they choose."""

import numpy as np
import pytest

from chainrule.cli.plots import draw_digits, draw_loss, worst_errors

PNG = b"\x89PNG"


def predictions(wrong: int, n: int = 40):
    """Images, labels and probabilities with ``wrong`` errors, each surer."""
    labels = np.arange(n) % 10
    guesses = np.where(np.arange(n) < wrong, (labels + 1) % 10, labels)
    chances = np.full((n, 10), 0.01)
    chances[np.arange(n), guesses] = 0.5 + np.arange(n) / (2 * n)
    return np.zeros((n, 28, 28), np.float32), labels, chances


def test_worst_errors_are_the_wrong_ones_the_surest_first():
    _, labels, chances = predictions(wrong=4)
    np.testing.assert_array_equal(worst_errors(labels, chances), [3, 2, 1, 0])


@pytest.mark.parametrize("wrong", [0, 1, 9, 10, 11, 35])
def test_digits_are_drawn_for_any_number_of_errors(wrong, tmp_path):
    draw_digits(*predictions(wrong), tmp_path / "digits.png")
    assert (tmp_path / "digits.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("epochs", [1, 2, 40])
def test_loss_is_drawn_for_any_number_of_epochs(epochs, tmp_path):
    falling = [1 / (1 + epoch) for epoch in range(epochs)]
    history = {"loss": falling, "val_loss": falling}
    draw_loss(history, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(PNG)
