"""The public names, and what the template asks of their docstrings."""

import inspect
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import chainrule

# The order of STYLE: one sentence, the formula, then these.
ORDER = ("math", "Shapes", "Args", "Returns", "Raises", "Examples", "Reference")
HEADINGS = {
    "math": r"^ *\.\. math::",
    "Shapes": r"^Shapes:",
    "Args": r"^Args:",
    "Returns": r"^(Returns|Yields):",
    "Raises": r"^Raises:",
    "Examples": r"^Examples:",
    "Reference": r"^References?:",
}
# Rooms that a user has no need to enter.
INNER = {"backends", "cli", "core", "primitives", "transforms"}
# Names that Python or the caller's own call fills in.
UNSPOKEN = {"self", "cls", "args", "kwargs"}


class Name(NamedTuple):
    """A public name: where a user finds it, and what it is."""

    place: str
    value: Any


def is_ours(value: Any) -> bool:
    """Whether a class or function is defined in the package."""
    return str(getattr(value, "__module__", "")).startswith("chainrule")


def public_modules() -> Iterator[ModuleType]:
    """The package, and the modules of it that it shows under their names."""
    yield chainrule
    for name in sorted(dir(chainrule)):
        value = getattr(chainrule, name)
        if isinstance(value, ModuleType) and is_public_module(name, value):
            yield value


def is_public_module(name: str, value: ModuleType) -> bool:
    """Whether a module among the package's attributes is meant to be used."""
    shown = not name.startswith("_") and name not in INNER
    return shown and value.__name__ == f"chainrule.{name}"


def public_names() -> list[Name]:
    """Every public class and function of the package, once."""
    found: dict[int, Name] = {}
    for module in public_modules():
        for name in getattr(module, "__all__", dir(module)):
            value = getattr(module, name)
            documented = inspect.isclass(value) or callable(value)
            if documented and not name.startswith("_") and is_ours(value):
                found.setdefault(id(value), Name(f"{module.__name__}.{name}", value))
    return sorted(found.values(), key=lambda entry: entry.place)


def public_methods(entry: Name) -> Iterator[Name]:
    """The public methods and properties that a class defines itself."""
    if not inspect.isclass(entry.value):
        return
    for name, value in vars(entry.value).items():
        if name.startswith("_") or inspect.isclass(value):
            continue
        if callable(value) or isinstance(value, property | classmethod | staticmethod):
            yield Name(f"{entry.place}.{name}", getattr(entry.value, name))


def signature_of(value: Any) -> inspect.Signature | None:
    """The signature, or nothing where Python cannot tell."""
    try:
        return inspect.signature(value)
    except (TypeError, ValueError):
        return None


def parameters_of(value: Any) -> list[str]:
    """The parameters that a caller fills in."""
    signature = signature_of(value)
    if signature is None:
        return []
    return [
        name
        for name, parameter in signature.parameters.items()
        if name not in UNSPOKEN
        and not name.startswith("_")
        and parameter.kind is not parameter.VAR_KEYWORD
    ]


def section(doc: str, name: str) -> str:
    """The text below a heading, up to the next one."""
    match = re.search(HEADINGS[name], doc, re.MULTILINE)
    if match is None:
        return ""
    rest = doc[match.end() :]
    end = re.search(r"^\S", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def first_sentence_fault(doc: str) -> str:
    """What is wrong with the first paragraph."""
    first = doc.split("\n\n", 1)[0].strip()
    return "" if first.endswith(".") else "the first paragraph is not a sentence"


def order_fault(doc: str) -> str:
    """Which section stands too late."""
    places = [
        (match.start(), name)
        for name in ORDER
        if (match := re.search(HEADINGS[name], doc, re.MULTILINE))
    ]
    if places == sorted(places):
        return ""
    return "sections stand in the order " + ", ".join(n for _, n in sorted(places))


def args_fault(doc: str, value: Any) -> str:
    """Which parameter has no words."""
    words = section(doc, "Args")
    silent = [
        name
        for name in parameters_of(value)
        if not re.search(rf"^ +(.*, )?\*?{name}\b.*:", words, re.MULTILINE)
    ]
    return f"Args: says nothing of {', '.join(silent)}" if silent else ""


def returns_fault(doc: str, value: Any) -> str:
    """Whether a result has no words."""
    signature = signature_of(value)
    if signature is None or inspect.isclass(value):
        return ""
    quiet = (None, "None", signature.empty, "NoReturn")
    if signature.return_annotation in quiet or section(doc, "Returns"):
        return ""
    return "Returns: is missing"


def example_fault(doc: str, value: Any) -> str:
    """Whether there is nothing to try, of something that can be given something."""
    if not parameters_of(value) or ">>>" in section(doc, "Examples"):
        return ""
    return "Examples: has no doctest"


def faults(value: Any, checks: tuple[Callable[..., str], ...]) -> list[str]:
    """What the checks have against a docstring; the empty list is praise."""
    doc = inspect.getdoc(value)
    if not doc:
        return ["there is no docstring"]
    found = []
    for check in checks:
        takes_value = len(inspect.signature(check).parameters) == 2
        found.append(check(doc, value) if takes_value else check(doc))
    return [fault for fault in found if fault]
