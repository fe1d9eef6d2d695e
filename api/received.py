"""What became of a sender's requests, counted; and the log's line about each that was refused."""

from collections.abc import Iterable

import flask
import structlog

from api.errors import Failure
from core import metrics

_log = structlog.get_logger()


class Received:
    """One sender's counters, there from the start: a rule on one that has never counted would never fire."""

    def __init__(self, sender: str, outcomes: Iterable[str]) -> None:
        self._sender = sender
        self._counters = {outcome: metrics.RECEIVED.labels(sender, outcome) for outcome in outcomes}

    def count(self, outcome: str) -> None:
        self._counters[outcome].inc()

    def refused(self, failure: Failure, request: flask.Request) -> None:
        self.count(failure.code)
        _log.warning(
            "a request was refused",
            sender=self._sender,
            outcome=failure.code,
            reason=failure.message,
            remote=request.remote_addr,
        )
