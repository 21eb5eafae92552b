"""Every program is checked after every transform."""

from collections.abc import Iterator

import pytest

from chainrule import config


@pytest.fixture(autouse=True)
def debugging() -> Iterator[None]:
    before = config.get_debug()
    config.set_debug(True)
    yield
    config.set_debug(before)
