"""What ``chainrule info`` tells: the versions, and what the machine offers."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chainrule import backends, config
from chainrule._version import __version__

LIBRARIES = ("numpy", "llvmlite", "scipy", "matplotlib", "safetensors")
SHOWN = ("cpu", "vector", "machine")
UNITS = ("B", "KB", "MB", "GB")


def cpu_name() -> str:
    """The CPU's name as its maker prints it, or else its architecture."""
    try:
        return name_from_system() or platform.processor() or platform.machine()
    except OSError:
        return platform.processor() or platform.machine()


def name_from_system() -> str:
    """The name that Linux and macOS know; empty where neither tells."""
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip()
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    lines = (line.partition(":") for line in facts.splitlines())
    return next((v.strip() for k, _, v in lines if k.strip() == "model name"), "")


def readable_size(size: float) -> str:
    """A number of bytes in the largest unit that leaves it at least one."""
    power = 0
    while size >= 1000 and power < len(UNITS) - 1:
        size /= 1000
        power += 1
    return f"{size:.0f} {UNITS[power]}" if power == 0 else f"{size:.1f} {UNITS[power]}"


def cache_contents(folder: Path) -> str:
    """How much lies in the cache."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    return f"{count}, {readable_size(sum(path.stat().st_size for path in files))}"


def facts() -> dict[str, Any]:
    """Each fact under its name, in the order of printing."""
    cache = config.get_cache_dir()
    settings = config.info()
    offered = backends.get(settings["backend"]).info()
    return {
        "chainrule": __version__,
        "python": f"{platform.python_version()} on {platform.system()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "backend": settings["backend"],
        **{key: fact for key, fact in offered.items() if key in SHOWN},
        "cpu": " · ".join(filter(None, [cpu_name(), offered.get("cpu")])),
        "threads": settings["threads"],
        "target": settings["target"],
        "cache": f"{cache} ({cache_contents(cache)})",
    }


def print_info() -> None:
    """Print the facts, a line each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, fact in facts().items():
        table.add_row(name.replace("_", " "), str(fact))
    Console(highlight=False).print(table)
