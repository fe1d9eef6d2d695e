"""A receiver over real HTTP in front of a story's store, so that clicks and webhooks come in as they do in life."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server

from api.app import create_app
from api.authentication import Authentication
from api.intake import Intake
from api.parts import Parts, SlackParts
from api.signatures import PagerDutySignatures, SlackSignatures
from core.commands import respond
from core.store.engine import Store
from core.targets.slack_api import Api
from core.targets.slack_directory import SlackDirectory
from sandbox import Sandbox, credentials
from tests.stories.scene import Clock


@contextmanager
def open_doors(store: Store, sandbox: Sandbox, clock: Clock) -> Iterator[str]:
    """Its address, which the sandbox knows as the bridge's."""
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
                commands=lambda command, text, _, now: respond(store, command, text, now),
                zone=SlackDirectory(credentials.SLACK_BOT_TOKEN, sandbox.slack_api_url).zone,
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
