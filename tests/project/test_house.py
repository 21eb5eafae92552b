"""The house: imports go one way, budgets hold, every room says what it is."""

import ast
import re
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

import chainrule
from tests.project import sources as house

# The declared table of roads. A room may import itself, the version, and the rooms
# named here.
CORE = frozenset({"core"})
RULES = CORE | {"primitives"}
BACKENDS = frozenset({"backends", "backends.numpy", "backends.native"})
LOWER = RULES | BACKENDS | {"transforms", "calculus", "numpy", "random", "config"}
NETWORKS = frozenset(
    {
        "_names",
        "_parameters",
        "_scope",
        "_typing",
        "activations",
        "callbacks",
        "initializers",
        "layers",
        "losses",
        "metrics",
        "models",
        "optimizers",
        "utils",
    }
)
ROADS: dict[str, frozenset[str]] = {
    "_version": frozenset(),
    "core": frozenset(),
    "primitives": CORE,
    "transforms": RULES,
    "config": CORE,
    "numpy": RULES,
    "random": RULES | {"numpy"},
    "backends": RULES | {"config", "backends.numpy"},
    "backends.numpy": RULES | {"config"},
    "backends.native": RULES | {"config"},
    "calculus": RULES | {"transforms", "backends", "numpy", "config"},
    "special": RULES | {"numpy"},
    "stats": RULES | {"numpy", "special"},
    "explain": LOWER,
    "solvers": RULES | {"transforms", "calculus", "numpy"},
    "datasets": frozenset(),
    **dict.fromkeys(NETWORKS, LOWER | NETWORKS),
    "__main__": frozenset({"cli"}),
    "cli": LOWER | NETWORKS | {"", "datasets", "explain"},
    "": LOWER | NETWORKS | {"solvers", "special", "stats", "datasets"},
}

# Libraries that one room alone may import (a room includes the rooms inside it).
OWNERS = {"llvmlite": "backends.native", "jax": "backends.xla", "typer": "cli"}
# What `import chainrule` may load of others' at once; the rest, only when it is used.
AT_ONCE = frozenset({"numpy", *sys.stdlib_module_names})

# Modules that load others of ours by name, each with its reason.
LOADERS = {
    "chainrule": "the package's own attributes load when they are first used",
    "chainrule.numpy.late": "the rarer parts of the book load when first needed",
    "chainrule.calculus.loops": "checkpointed loops, and calls, load when asked for",
    "chainrule.backends": "a backend that cannot load must not stop the rest",
}

UNFINISHED = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|pragma: no cover|pytest\.mark\.skip"
)

SOURCES = [pytest.param(source, id=source.place) for source in house.sources()]


def room_of(module: str) -> str:
    """The room that a module of ours belongs to; the longest declared name wins."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        room = ".".join(parts[:length])
        if room in ROADS:
            return room
    return parts[0] if parts else ""


def ours(target: str) -> bool:
    return target.partition(".")[0] == "chainrule"


def is_loader_call(node: ast.AST) -> bool:
    """Whether a node is ``import_module(…)`` or ``__import__(…)``."""
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in ("import_module", "__import__")


def names_a_primitive(node: ast.AST) -> bool:
    """Whether a node compares something's ``.name`` with a literal."""
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    name = any(isinstance(s, ast.Attribute) and s.attr == "name" for s in sides)
    literal = (ast.Constant, ast.Tuple, ast.Set, ast.List)
    return name and any(isinstance(side, literal) for side in sides)


def test_editors_know_what_loads_on_first_use():
    source = next(s for s in house.sources() if s.module == "chainrule")
    known = {
        alias.asname
        for block in source.tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert known == {*chainrule._ROOMS, *chainrule._HOMES}


@pytest.mark.parametrize("source", SOURCES)
def test_imports_go_one_way(source):
    room = room_of(source.module)
    assert room in ROADS, f"{source.place}: room {room!r} is not in the table of roads"
    allowed = ROADS[room] | {room, "_version"}
    for found in house.imports(source):
        target = room_of(found.target)
        assert not ours(found.target) or target in allowed, (
            f"{source.place}:{found.line}: {room or 'chainrule'} may not import "
            f"{found.target}; the table allows {sorted(allowed)}"
        )


@pytest.mark.parametrize("source", SOURCES)
def test_imports_of_our_own_stand_at_the_top_and_are_absolute(source):
    for found in house.imports(source):
        assert not found.target.startswith("."), f"{source.place}:{found.line}"
        lazy = found.inside_function and ours(found.target)
        assert not lazy, f"{source.place}:{found.line} imports {found.target} lazily"
    if source.module not in LOADERS:
        calls = [n.lineno for n in ast.walk(source.tree) if is_loader_call(n)]
        assert not calls, f"{source.place}:{calls} loads modules by name"


@pytest.mark.parametrize("source", SOURCES)
def test_others_libraries_are_loaded_where_and_when_they_should(source):
    room = room_of(source.module)
    for found in house.imports(source):
        library = found.target.partition(".")[0]
        owner = OWNERS.get(library, room)
        place = f"{source.place}:{found.line} imports {found.target}"
        assert room == owner, f"{place}, which belongs in {owner}"
        later = found.inside_function or room in OWNERS.values() or ours(library)
        assert later or library in AT_ONCE, f"{place} when chainrule is imported"


def test_no_module_imports_itself_by_a_detour():
    graph: dict[str, set[str]] = {}
    for source in house.sources():
        loaded = (f.target for f in house.imports(source) if not f.for_annotations)
        graph[source.module] = set(loaded) & house.modules() - {source.module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("import cycle: " + " -> ".join(error.args[1]))


@pytest.mark.parametrize("source", SOURCES)
def test_budgets(source):
    assert source.lines <= house.FILE_LINES, f"{source.place} has {source.lines} lines"
    for function in house.functions(source):
        depth = house.nesting(function)
        place = f"{source.place}:{function.lineno} {function.name}"
        assert depth <= house.NESTING, f"{place} nests {depth} blocks deep"


def test_budgets_of_the_whole():
    total = sum(source.lines for source in house.sources())
    assert total <= house.TOTAL_LINES
    bodies = [
        house.code_lines(function)
        for source in house.sources()
        for function in house.functions(source)
    ]
    assert house.ninetieth(bodies) <= house.FUNCTION_LINES


def rooms() -> list[str]:
    """Folders that hold code: each room, and the rooms inside it."""
    folders = {source.path.parent for source in house.sources()} - {house.PACKAGE}
    folders |= {house.ROOT / "examples", house.ROOT / "benchmarks"}
    return sorted(folder.relative_to(house.ROOT).as_posix() for folder in folders)


@pytest.mark.parametrize("room", rooms())
def test_every_room_has_a_short_readme(room):
    readme = house.ROOT / room / "README.md"
    assert readme.exists(), f"{room} has no README.md"
    if room != "benchmarks":  # its README is the published table
        assert len(readme.read_text(encoding="utf-8").splitlines()) <= 40


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_left_unfinished(source):
    found = UNFINISHED.search(source.text)
    assert found is None, f"{source.place} says {found.group()}"


@pytest.mark.parametrize("source", SOURCES)
def test_no_code_asks_for_a_primitive_by_name(source):
    """An exception for one primitive belongs in its record, as a field."""
    if room_of(source.module) not in ("core", "transforms", "calculus"):
        return
    lines = [n.lineno for n in ast.walk(source.tree) if names_a_primitive(n)]
    assert not lines, f"{source.place}:{lines} compares a name with a literal"


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("def f():\n  if a:\n    pass\n  elif b:\n    pass", 1),
        ("def f():\n  for a in b:\n    with c:\n      if d:\n        pass", 3),
        ("def f():\n  return [a for a in b if a]", 0),
    ],
)
def test_nesting_counts_blocks(code, depth):
    assert house.nesting(ast.parse(code).body[0]) == depth


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("prim.name == 'tanh'", True),
        ("prim.name in ('tanh', 'exp')", True),
        ("prim.name == other.name", False),
        ("'tanh' in names", False),
    ],
)
def test_asking_by_name_is_seen(code, asks):
    assert any(map(names_a_primitive, ast.walk(ast.parse(code)))) is asks
