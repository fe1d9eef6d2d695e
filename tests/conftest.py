"""What holds for every test."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.databases import mariadb, mariadb_tables, own, sqlite_tables, store

__all__ = ["mariadb", "mariadb_tables", "own", "sqlite_tables", "store"]

# The same examples in every run, so that a red run is about the change and not about luck. To go hunting:
# pytest --hypothesis-profile=default
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One for all tests of a process, wherever they stand."""
    from tests.browser import launched  # noqa: PLC0415 (few tests need a browser)

    with launched() as started:
        yield started
