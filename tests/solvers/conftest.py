"""Every program is checked after every transform, and runs by NumPy unless said."""

from collections.abc import Iterator

import pytest

from chainrule import config


@pytest.fixture(autouse=True)
def debugging() -> Iterator[None]:
    before = config.get_debug(), config.get_backend()
    config.set_debug(True)
    config.set_backend("numpy")
    yield
    config.set_debug(before[0])
    config.set_backend(before[1])
