"""The receiver as one WSGI application: which address leads where, and nothing else."""

import flask

from api import alertmanager, errors, health, pagerduty, slack, v1
from api.parts import Parts

__all__ = ["Parts", "create_app"]


def create_app(parts: Parts) -> flask.Flask:
    app = flask.Flask("alert-bridge", static_folder=None)
    # Otherwise `//` in a path is answered with a redirect to wherever the Host header says.
    app.url_map.merge_slashes = False
    errors.install(app)
    app.register_blueprint(alertmanager.blueprint(parts))
    app.register_blueprint(slack.blueprint(parts))
    app.register_blueprint(pagerduty.blueprint(parts))
    app.register_blueprint(health.blueprint(parts))
    app.register_blueprint(v1.blueprint(parts))
    app.after_request(_say_what_it_is)
    return app


def _say_what_it_is(answer: flask.Response) -> flask.Response:
    """Nothing here is a page, and what it says is true for this moment only."""
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer
