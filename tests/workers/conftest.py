"""A database and bridges on it, as workers of different names have them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.bridge import Bridge
from core.domain.change import Policy
from core.store.clock import system_clock
from core.store.engine import Store, open_sqlite
from core.store.migrate import migrate

Make = Callable[[str], Bridge]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_sqlite(str(tmp_path / "bridge.db"))
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def make(store: Store) -> Make:
    """A worker's bridge, by its holder's name."""
    return lambda holder: Bridge(store, system_clock, Policy(timedelta(), timedelta()), {}, holder)
