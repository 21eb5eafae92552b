"""Backends by name, what serves where one cannot load, and the settings."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule import backends, config

SOURCES = str(Path(cr.__file__).parents[1])


@pytest.fixture(autouse=True)
def settings():
    before = config.get_backend(), config.get_num_threads(), config.get_debug()
    yield
    config.set_backend(before[0])
    config.set_num_threads(before[1])
    config.set_debug(before[2])


@pytest.mark.parametrize("name", config.BACKENDS)
def test_every_backend_answers_the_protocol(name):
    backend = backends.get(name)
    assert backend.name == name
    assert backends.get(name) is backend
    assert backend.info()
    program = cr.make_program(lambda x, y: (x + y, y))(np.ones(3), np.ones(3))
    arrays = [np.ones(3), np.full(3, 2.0)]
    first, second = backend.compile(program, (), "sum")([], arrays)
    np.testing.assert_array_equal(first, np.full(3, 3.0))
    assert second is not arrays[1]
    assert second.flags.writeable


def test_numpy_serves_where_the_native_backend_cannot_load(monkeypatch):
    def refuse(name):
        raise ImportError(f"no {name}")

    monkeypatch.setattr(importlib, "import_module", refuse)
    monkeypatch.setattr(backends, "_LOADED", {"numpy": backends.NUMPY})
    with pytest.warns(backends.BackendWarning, match="got ImportError: no .*native"):
        backend = backends.get("native")
    assert backend.name == "numpy"
    assert backends.get("native") is backend  # and says so once
    assert cr.jit(lambda x: x + 1.0)(1.0) == 2.0


def test_results_of_the_numpy_backend_own_their_memory():
    config.set_backend("numpy")
    x = np.ones((2, 3))
    results = cr.jit(lambda x: (x, x, x.T, np.broadcast_to(2.0, (3,)), x + 1))(x)
    for result in results:
        result[...] = 7.0
    assert x[0, 0] == 1.0
    assert results[0] is not results[1]


def test_settings_are_checked():
    with pytest.raises(ValueError, match=r"among 'native', 'numpy', got 'tpu'"):
        config.set_backend("tpu")
    for count in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="positive number of threads, got"):
            config.set_num_threads(count)


def test_changes_are_counted():
    before = config.version
    config.set_num_threads(config.get_num_threads())
    assert config.version == before
    config.set_num_threads(config.get_num_threads() + 1)
    config.set_debug(not config.get_debug())
    assert config.version == before + 2
    assert config.info()["threads"] == config.get_num_threads()


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": SOURCES, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_environment_variables():
    code = (
        "from chainrule import config as c; print(*c.info().values(), c.get_backend())"
    )
    done = run(
        code,
        CHAINRULE_BACKEND="numpy",
        CHAINRULE_NUM_THREADS="3",
        CHAINRULE_DEBUG="1",
        CHAINRULE_CACHE_DIR="somewhere",
        CHAINRULE_TARGET="x86-64-v2",
    )
    assert done.stdout.split() == [
        "numpy",
        "3",
        "somewhere",
        "x86-64-v2",
        "True",
        "numpy",
    ]
    for name, value in (("BACKEND", "tpu"), ("NUM_THREADS", "many")):
        assert (
            "ValueError: Expected a" in run(code, **{f"CHAINRULE_{name}": value}).stderr
        )


def test_importing_is_light():
    code = (
        "import sys, chainrule; heavy = 'scipy matplotlib rich typer llvmlite "
        "safetensors'.split(); print([name for name in heavy if name in sys.modules])"
    )
    assert run(code).stdout.strip() == "[]"


def test_backends_say_what_they_leave_to_numpy():
    program = cr.make_program(lambda x: np.linalg.det(np.tanh(x)))(np.eye(3))
    assert backends.get("native").foreign(program) == ("det",)
    assert backends.get("numpy").foreign(program) == ("det", "tanh")

    def step(total, x):
        return total + np.linalg.det(x), None

    looping = cr.make_program(lambda xs: cr.scan(step, 0.0, xs)[0])(np.ones((4, 3, 3)))
    assert backends.get("native").foreign(looping) == ("det",)
