"""Automatic names, as Keras gives them: ``dense``, ``dense_1``, …"""

from __future__ import annotations

import re

__all__ = ["forget_names", "snake_case", "unique_name"]

_counts: dict[str, int] = {}


def snake_case(name: str) -> str:
    """Turn a class name into a snake-case word.

    Examples:
        >>> snake_case("MyDenseLayer"), snake_case("ReLU"), snake_case("MLP")
        ('my_dense_layer', 're_lu', 'mlp')
    """
    split = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", split).lower()


def unique_name(class_name: str) -> str:
    """Return the next automatic name of a class.

    Args:
        class_name: The class's name, such as ``"Dense"``.

    Returns:
        ``"dense"`` at first, then ``"dense_1"``, ``"dense_2"``, …
    """
    word = snake_case(class_name)
    count = _counts.get(word, 0)
    _counts[word] = count + 1
    return word if count == 0 else f"{word}_{count}"


def forget_names() -> None:
    """Let automatic names start anew, from ``dense`` and its like.

    Examples:
        >>> forget_names()
        >>> unique_name("Dense"), unique_name("Dense")
        ('dense', 'dense_1')
    """
    _counts.clear()
