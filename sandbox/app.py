"""The Flask app: all services, the control doors and the page, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from sandbox import control, stream
from sandbox.alertmanager import api
from sandbox.pagerduty import events, rest
from sandbox.slack import hooks_door, web

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def create(sandbox: Sandbox) -> Flask:
    app = Flask("sandbox", static_folder=None)
    app.register_blueprint(web.make_blueprint(sandbox.slack, sandbox.limits))
    app.register_blueprint(hooks_door.make_blueprint(sandbox.slack))
    app.register_blueprint(events.make_blueprint(sandbox.pagerduty, sandbox.pending, sandbox.limits))
    app.register_blueprint(rest.make_blueprint(sandbox.pagerduty, sandbox.webhooks, sandbox.limits))
    app.register_blueprint(api.make_blueprint(sandbox.alertmanager))
    app.register_blueprint(control.make_blueprint(sandbox))
    app.register_blueprint(stream.make_blueprint(sandbox))
    return app
