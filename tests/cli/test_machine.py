"""What `chainrule info` works out by itself."""

import pytest

from chainrule.cli import machine


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (2_500_000, "2.5 MB"),
        (7e13, "70000.0 GB"),
    ],
)
def test_readable_size(size, words):
    assert machine.readable_size(size) == words


def test_cache_contents(tmp_path):
    assert machine.cache_contents(tmp_path / "none") == "0 files, 0 B"
    (tmp_path / "kernel.o").write_bytes(b"x" * 1500)
    assert machine.cache_contents(tmp_path) == "1 file, 1.5 KB"


def test_a_cpu_without_a_name_is_its_architecture(monkeypatch):
    def fails() -> str:
        raise FileNotFoundError("/proc/cpuinfo")

    monkeypatch.setattr(machine, "name_from_system", fails)
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    monkeypatch.setattr(machine.platform, "machine", lambda: "riscv64")
    assert machine.cpu_name() == "riscv64"
