"""Every story has a sandbox and a SQLite file of its own, on one clock."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from api.app import create_app
from api.authentication import Authentication
from api.intake import Intake
from api.parts import Parts, SlackParts
from api.signatures import PagerDutySignatures, SlackSignatures
from core.store.engine import Store
from core.targets.slack_api import Api
from sandbox import Sandbox, credentials
from tests.stories.scene import Clock, Scene, new_store


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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path)
    yield store
    store.close()


Stage = Callable[..., Scene]


@pytest.fixture
def stage(store: Store, sandbox: Sandbox, clock: Clock) -> Stage:
    """Another worker on the same store; what it is given replaces the defaults."""

    def make(**settings: Any) -> Scene:
        return Scene(store, sandbox, clock, **settings)

    return make


@pytest.fixture
def doors(store: Store, sandbox: Sandbox, clock: Clock) -> Iterator[str]:
    """A receiver in front of the store, over real HTTP; the sandbox's people and webhooks go there."""
    intake = Intake(store, clock, lambda _: None)
    app = create_app(
        Parts(
            intake=intake,
            store=store,
            clock=clock,
            authentication=Authentication(),
            max_body_bytes=1_000_000,
            migrated=lambda: True,
            slack=SlackParts(
                signatures=SlackSignatures((credentials.SLACK_SIGNING_SECRET,), clock.seconds),
                open_view=Api(credentials.SLACK_BOT_TOKEN, sandbox.slack_api_url, 2.0).open_view,
                commands=lambda *_: {"text": "usage"},
            ),
            pagerduty=PagerDutySignatures((credentials.PAGERDUTY_WEBHOOK_SECRET,)),
        )
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    sandbox.bridge_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield sandbox.bridge_url
    finally:
        sandbox.bridge_url = None
        server.shutdown()
        thread.join()
        server.server_close()
        intake.stop()


@pytest.fixture
def scene(stage: Stage) -> Scene:
    return stage()
