"""What ``chainrule info`` tells: the versions, and what the machine offers."""

import platform
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from chainrule import config
from chainrule._version import __version__

LIBRARIES = ("numpy", "llvmlite")


def rows() -> dict[str, str]:
    """Each fact under its name, in the order of printing."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return {
        "chainrule": __version__,
        "python": f"{platform.python_version()} on {platform.platform(terse=True)}",
        "libraries": libraries,
        **{name: str(fact) for name, fact in config.info().items()},
    }


def print_info() -> None:
    """Print the facts, a line each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, fact in rows().items():
        table.add_row(name.replace("_", " "), fact)
    Console(highlight=False).print(table)
