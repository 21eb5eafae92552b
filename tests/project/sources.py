"""The project's own sources, read for the tests of the house."""

import ast
import statistics
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
PACKAGE = SRC / "chainrule"

FILE_LINES = 400
TOTAL_LINES = 45_000  # docstrings and blank lines included
FUNCTION_LINES = 30  # at the ninetieth percentile
NESTING = 3

BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Source(NamedTuple):
    """One file of the package: where it is, its dotted name, its text and its tree."""

    path: Path
    module: str
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path as a person types it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> int:
        """How many lines the file has."""
        return len(self.text.splitlines())


class Import(NamedTuple):
    """One import statement's target: the module it names, and where it stands."""

    target: str
    line: int
    inside_function: bool
    for_annotations: bool


def module_name(path: Path) -> str:
    """The dotted name of a file below ``src``."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Source(path, module_name(path), text, ast.parse(text)))
    return tuple(found)


@cache
def modules() -> frozenset[str]:
    """The dotted names of all files of the package."""
    return frozenset(source.module for source in sources())


def named_module(parent: str, name: str) -> str:
    """What ``from parent import name`` loads: a module of ours, or else ``parent``."""
    full = f"{parent}.{name}"
    return full if full in modules() else parent


def targets(node: ast.AST) -> list[str]:
    """The modules that a statement imports; relative ones start with a dot."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        parent = "." * node.level + (node.module or "")
        return [named_module(parent, alias.name) for alias in node.names]
    return []


def is_for_annotations(node: ast.AST) -> bool:
    """Whether a node is ``if TYPE_CHECKING:``, whose imports load nothing."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def inside(tree: ast.AST, wanted: Callable[[ast.AST], bool]) -> set[ast.AST]:
    """All nodes within the nodes that are wanted."""
    found = (node for node in ast.walk(tree) if wanted(node))
    return {inner for node in found for inner in ast.walk(node)}


def imports(source: Source) -> Iterator[Import]:
    """Every import of a file, at its top and inside its functions."""
    lazy = inside(source.tree, lambda node: isinstance(node, FUNCTIONS))
    unloaded = inside(source.tree, is_for_annotations)
    for node in ast.walk(source.tree):
        for target in targets(node):
            yield Import(target, node.lineno, node in lazy, node in unloaded)


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file, inner ones too."""
    for node in ast.walk(source.tree):
        if isinstance(node, FUNCTIONS):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body, its docstring not counted."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def is_elif(parent: ast.AST, child: ast.AST) -> bool:
    """Whether ``child`` is the ``elif`` of ``parent``: a branch, not a deeper level."""
    return isinstance(parent, ast.If) and parent.orelse == [child]


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How deep the blocks of a function stand in one another."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            continue
        deeper = isinstance(child, BLOCKS) and not is_elif(node, child)
        deepest = max(deepest, nesting(child, depth + deeper))
    return deepest


def ninetieth(sizes: list[int]) -> int:
    """The ninetieth percentile."""
    return sorted(sizes)[len(sizes) * 9 // 10]


def budget_lines() -> list[str]:
    """The budgets and what is used of them, in words."""
    files = [source.lines for source in sources()]
    bodies = [code_lines(f) for source in sources() for f in functions(source)]
    return [
        f"src: {len(files)} files, {sum(files):,} of {TOTAL_LINES:,} lines; "
        f"median file {statistics.median(files):.0f}, largest {max(files)} of "
        f"{FILE_LINES}; functions' p90 {ninetieth(bodies)} of {FUNCTION_LINES} lines"
    ]
