"""The receiver as one WSGI application: which address leads where, and nothing else."""

import flask

from api import alertmanager, errors, health, pagerduty, slack, v1
from api.parts import Parts

__all__ = ["Parts", "create_app"]


def create_app(parts: Parts) -> flask.Flask:
    app = flask.Flask("alert-bridge", static_folder=None)
    errors.install(app)
    app.register_blueprint(alertmanager.blueprint(parts))
    app.register_blueprint(slack.blueprint(parts))
    app.register_blueprint(pagerduty.blueprint(parts))
    app.register_blueprint(health.blueprint(parts))
    app.register_blueprint(v1.blueprint(parts))
    return app
