"""What Slack is answered: an outcome for the metric, and a 200."""

import flask

Answer = tuple[str, flask.Response]


def nothing() -> flask.Response:
    """Slack then leaves the message as it is, and closes a modal."""
    return flask.Response(status=200)
