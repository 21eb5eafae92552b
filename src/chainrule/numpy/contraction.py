"""Einstein sums: pairs of operands, each contracted as one matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import lifted, refuse
from chainrule.numpy.replay import replay

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class _Term:
    """An operand with a letter for each axis."""

    def __init__(self, value: Any, letters: str) -> None:
        self.value = value
        self.letters = letters

    def extent(self, letter: str) -> int:
        return self.value.shape[self.letters.index(letter)]


@implements(np.einsum)
def einsum(*arguments: Any, optimize: Any = False, **options: Any) -> Any:
    """Sums of products over the axes named by letters."""
    dtype = options.pop("dtype", None)
    if options.get("casting") == "safe":
        del options["casting"]
    refuse("einsum", options)
    subscripts, values = _subscripts(arguments)
    if dtype is not None:
        values = [_safely(lifted(value), np.dtype(dtype)) for value in values]
    return replay(_einsum, values, subscripts=subscripts)


def _einsum(*values: Any, subscripts: str) -> Any:
    inputs, output = _parsed(subscripts, [np.ndim(value) for value in values])
    _check_extents(subscripts, inputs, values)
    pairs = zip(values, inputs, strict=True)
    terms = [_diagonals(_Term(lifted(value), letters)) for value, letters in pairs]
    for left, right in _order(subscripts, values):
        first, second = terms[left], terms[right]
        rest = [term for i, term in enumerate(terms) if i not in (left, right)]
        needed = set(output).union(*[term.letters for term in rest])
        terms = [*rest, _contracted(first, second, needed)]
    last = _summed(terms[0], set(output))
    return np.transpose(last.value, [last.letters.index(letter) for letter in output])


def _safely(x: Any, dtype: np.dtype[Any]) -> Any:
    if not np.can_cast(x.dtype, dtype, "safe"):
        raise TypeError(
            f"Expected operands that can be cast safely to {dtype} for einsum, got "
            f"{x.dtype} at {user_line()}: use .astype first."
        )
    return x.astype(dtype)


def _subscripts(arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The text form; the other form gives a list of axes behind each operand."""
    if isinstance(arguments[0], str):
        return arguments[0].replace(" ", ""), list(arguments[1:])
    count = len(arguments) // 2
    values = [arguments[2 * i] for i in range(count)]
    text = ",".join(_spelled(arguments[2 * i + 1]) for i in range(count))
    if len(arguments) % 2:
        text += "->" + _spelled(arguments[-1])
    return text, values


def _spelled(axes: Sequence[Any]) -> str:
    return "".join("..." if axis is Ellipsis else LETTERS[axis] for axis in axes)


def _parsed(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Letters of the inputs and of the output, dots written out."""
    left, arrow, output = subscripts.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(ndims):
        raise ShapeError(
            f"Expected {len(inputs)} operands for einsum {subscripts!r}, got "
            f"{len(ndims)} at {user_line()}: separate subscripts by commas."
        )
    free = [letter for letter in reversed(LETTERS) if letter not in subscripts]
    hidden = [n - len(text.replace("...", "")) for text, n in zip(inputs, ndims)]
    widest = max([n for text, n in zip(inputs, hidden) if "..." in text], default=0)
    dots = "".join(reversed(free[:widest]))
    inputs = [
        text.replace("...", dots[len(dots) - n :] if n else "")
        for text, n in zip(inputs, hidden)
    ]
    if not arrow:
        together = "".join(inputs)
        once = sorted({c for c in together if together.count(c) == 1 and c not in dots})
        return inputs, dots + "".join(once)
    return inputs, output.replace("...", dots)


def _check_extents(subscripts: str, inputs: list[str], values: Sequence[Any]) -> None:
    extents: dict[str, int] = {}
    for letters, value in zip(inputs, values, strict=True):
        shape = np.shape(value)
        if len(letters) != len(shape):
            raise ShapeError(
                f"Expected {len(letters)} axes for {letters!r} in einsum "
                f"{subscripts!r}, got shape {shape} at {user_line()}: name each axis."
            )
        for letter, extent in zip(letters, shape, strict=True):
            known = extents.setdefault(letter, extent)
            if known == 1:
                extents[letter] = extent
            elif extent not in (1, known):
                raise ShapeError(
                    f"Expected one extent for {letter!r} in einsum {subscripts!r}, got "
                    f"{known} and {extent} at {user_line()}: use another letter."
                )


def _order(subscripts: str, values: Sequence[Any]) -> list[tuple[int, int]]:
    """Which two operands to contract, time after time; NumPy finds a cheap order."""
    if len(values) <= 2:
        return [(0, 1)] * (len(values) - 1)
    shaped = [np.broadcast_to(np.float32(0), np.shape(value)) for value in values]
    path = np.einsum_path(subscripts, *shaped, optimize="greedy")[0][1:]
    if any(len(step) != 2 for step in path):
        return [(0, 1)] * (len(values) - 1)
    return [(min(step), max(step)) for step in path]


def _diagonals(term: _Term) -> _Term:
    """Take the diagonal of axes that share a letter."""
    for letter in term.letters:
        while term.letters.count(letter) > 1:
            first = term.letters.index(letter)
            second = term.letters.index(letter, first + 1)
            value = np.diagonal(term.value, axis1=first, axis2=second)
            rest = term.letters[:first] + term.letters[first + 1 : second]
            term = _Term(value, rest + term.letters[second + 1 :] + letter)
    return term


def _summed(term: _Term, needed: set[str]) -> _Term:
    """Sum over the letters that nobody needs any more."""
    axes = tuple([i for i, c in enumerate(term.letters) if c not in needed])
    if not axes:
        return term
    kept = "".join(c for c in term.letters if c in needed)
    return _Term(np.sum(term.value, axis=axes), kept)


def _contracted(first: _Term, second: _Term, needed: set[str]) -> _Term:
    """The product of two operands, summed over the letters that only they have."""
    first, second = _aligned(first, second)
    first = _summed(first, needed | set(second.letters))
    second = _summed(second, needed | set(first.letters))
    both = [c for c in first.letters if c in second.letters]
    batch = [c for c in both if c in needed]
    inner = [c for c in both if c not in needed]
    rows = [c for c in first.letters if c not in both]
    columns = [c for c in second.letters if c not in both]
    x = _matrices(first, (batch, rows, inner))
    y = _matrices(second, (batch, inner, columns))
    letters = "".join([*batch, *rows, *columns])
    extents = [_extent(first, second, c) for c in letters]
    return _Term(np.reshape(np.matmul(x, y), extents), letters)


def _aligned(first: _Term, second: _Term) -> tuple[_Term, _Term]:
    """Drop axes of extent 1 that stand beside longer ones of the same letter."""
    return _trimmed(first, second), _trimmed(second, first)


def _trimmed(term: _Term, other: _Term) -> _Term:
    axes = tuple(
        [
            i
            for i, c in enumerate(term.letters)
            if term.value.shape[i] == 1 and c in other.letters and other.extent(c) != 1
        ]
    )
    if not axes:
        return term
    kept = "".join(c for i, c in enumerate(term.letters) if i not in axes)
    return _Term(np.squeeze(term.value, axes), kept)


def _extent(first: _Term, second: _Term, letter: str) -> int:
    return (first if letter in first.letters else second).extent(letter)


def _matrices(term: _Term, groups: tuple[list[str], list[str], list[str]]) -> Any:
    """Axes in the order of three groups, the last two groups merged into one axis."""
    order = [term.letters.index(c) for group in groups for c in group]
    sizes = [[term.extent(c) for c in group] for group in groups]
    shape = (*sizes[0], int(np.prod(sizes[1])), int(np.prod(sizes[2])))
    return np.reshape(np.transpose(term.value, order), shape)


@implements(np.matvec)
def matvec(x1: Any, x2: Any, **options: Any) -> Any:
    """Matrices times vectors, of stacks of both."""
    refuse(np.matvec, options)
    return np.matmul(x1, np.expand_dims(lifted(x2), -1))[..., 0]


@implements(np.vecmat)
def vecmat(x1: Any, x2: Any, **options: Any) -> Any:
    """Vectors, conjugated, times matrices, of stacks of both."""
    refuse(np.vecmat, options)
    return np.matmul(np.expand_dims(np.conj(lifted(x1)), -2), x2)[..., 0, :]
