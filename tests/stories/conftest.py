"""Every story has a sandbox and a database of its own, on one clock."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from core.store.engine import Store
from sandbox import Sandbox
from tests.databases import DATABASES
from tests.servers import redis_server
from tests.stories.doors import open_doors
from tests.stories.running import on_mariadb
from tests.stories.scene import Clock, Scene


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(
        rate_limits=False,
        clock=clock.seconds,
        incident_delay=0.01,
        webhook_delay=0.0,
        webhook_schedule=(0.05,),
    ) as started:
        yield started


@pytest.fixture(params=DATABASES)
def storage(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Any]]:
    """For a program that is run: SQLite with what it brings along, or MariaDB and a Redis."""
    if request.param == "sqlite":
        yield {}
        return
    with redis_server() as redis:
        yield on_mariadb(request.getfixturevalue("mariadb"), redis)


Stage = Callable[..., Scene]


@pytest.fixture
def stage(store: Store, sandbox: Sandbox, clock: Clock) -> Stage:
    """Another worker on the same store; what it is given replaces the defaults."""

    def make(**settings: Any) -> Scene:
        return Scene(store, sandbox, clock, **settings)

    return make


@pytest.fixture
def doors(store: Store, sandbox: Sandbox, clock: Clock) -> Iterator[str]:
    """A receiver in front of the store; the sandbox's people and webhooks go there."""
    with open_doors(store, sandbox, clock) as url:
        yield url


@pytest.fixture
def scene(stage: Stage) -> Scene:
    return stage()
