"""The same for every test: fixed seeds, no window, a cache that is thrown away."""

import os
import shutil
import tempfile

import pytest

import chainrule as cr
from tests.project.sources import budget_lines

# Before anything asks for them: drawing needs no screen, and the compiled objects of a
# run neither come from the user's cache nor stay in it. Worker processes inherit both.
os.environ["MPLBACKEND"] = "Agg"
OWNS_CACHE = "CHAINRULE_TEST_CACHE" not in os.environ
if OWNS_CACHE:
    os.environ["CHAINRULE_TEST_CACHE"] = tempfile.mkdtemp(prefix="chainrule-test-")
CACHE = os.environ["CHAINRULE_CACHE_DIR"] = os.environ["CHAINRULE_TEST_CACHE"]


def pytest_report_header() -> list[str]:
    """The size of the house, at the head of every run."""
    return budget_lines()


def pytest_unconfigure() -> None:
    """Throw the cache away, once, in the process that made it."""
    if OWNS_CACHE:
        shutil.rmtree(CACHE, ignore_errors=True)


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    """Every test starts from the same random numbers, whichever ran before it."""
    cr.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def checked_programs() -> None:
    """Every test derives the types of every program again after every transform."""
    cr.config.set_debug(True)
