"""Containers: flattened, put together, compared, named."""

from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.core.tree import flatten, map_leaves, paths, unflatten

Pair = namedtuple("Pair", "first second")


@dataclass(frozen=True)
class Box:
    inside: Any
    label: Any = None


TREES = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(OrderedDict),
        st.builds(Pair, inner, inner),
        st.builds(Box, inner, inner),
    ),
    max_leaves=8,
)


@given(TREES)
def test_unflatten_is_the_inverse_of_flatten(tree):
    leaves, structure = flatten(tree)
    assert unflatten(structure, leaves) == tree
    assert structure.count == len(leaves) == len(paths(structure))
    again = flatten(tree)[1]
    assert again == structure
    assert hash(again) == hash(structure)


def test_dicts_go_by_key_not_by_insertion():
    assert flatten({"b": 1, "a": 2}) == flatten({"a": 2, "b": 1})
    assert flatten({1: "x", "a": "y"})[0] == ["y", "x"]  # mixed keys, by their text


def test_ordered_dicts_go_by_their_own_order():
    tree = OrderedDict(b=1, a=[2, None])
    leaves, structure = flatten(tree)
    assert leaves == [1, 2]
    assert list(unflatten(structure, [3, 4])) == ["b", "a"]
    assert structure != flatten(OrderedDict(a=[1, None], b=2))[1]


def test_dicts_with_a_default_keep_it():
    tree = defaultdict(list, {"b": 1, "a": 2})
    leaves, structure = flatten(tree)
    assert leaves == [2, 1]
    assert unflatten(structure, leaves) == tree
    assert unflatten(structure, leaves)["new"] == []


def test_structures_print_as_containers():
    tree = {"w": [1.0, (2.0,)], "p": Pair(3.0, None), "b": Box(4.0)}
    want = "{'b': Box(inside=*, label=None), 'p': Pair(first=*, second=None), "
    assert repr(flatten(tree)[1]) == want + "'w': [*, (*,)]}"
    assert paths(flatten(tree)[1]) == [
        "['b']['inside']",
        "['p']['first']",
        "['w'][0]",
        "['w'][1][0]",
    ]


def test_kinds_of_containers_are_told_apart():
    kinds = [[1, 2], (1, 2), Pair(1, 2), {"first": 1, "second": 2}, Box(1, 2)]
    structures = [flatten(tree)[1] for tree in kinds]
    assert len(set(structures)) == len(kinds)


def test_map_leaves_over_several():
    assert map_leaves(lambda x, y: x + y, {"a": 1}, {"a": 2}) == {"a": 3}
    with pytest.raises(ValueError, match=r"one structure, \{'a': \*\}, got \(\*,\)"):
        map_leaves(lambda x, y: x, {"a": 1}, (1,))


def test_unflatten_counts():
    with pytest.raises(ValueError, match=r"Expected 2 leaves for \[\*, \*\], got 3"):
        unflatten(flatten([1, 2])[1], [1, 2, 3])
