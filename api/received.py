"""What became of a sender's requests, counted; and the log's lines about those that were refused."""

import logging
from collections.abc import Iterable

import flask
import structlog

from api.brake import Lines
from api.errors import Failure
from core import metrics

_log = structlog.get_logger()


class Received:
    """One sender's counters, there from the start: a rule on one that has never counted would never fire."""

    def __init__(self, sender: str, outcomes: Iterable[str]) -> None:
        self._sender = sender
        self._counters = {outcome: metrics.RECEIVED.labels(sender, outcome) for outcome in outcomes}
        self._lines = {outcome: Lines() for outcome in self._counters}

    def count(self, outcome: str) -> None:
        self._counters[outcome].inc()

    def refused(self, failure: Failure, request: flask.Request, remedy: str = "") -> None:
        """With a remedy it is somebody's fault who should hear of it."""
        self.count(failure.code)
        kept_back = self._lines[failure.code].kept_back()
        if kept_back is None:
            return
        more = {"remedy": remedy} if remedy else {}
        if kept_back:
            more["left_out"] = f"{kept_back} lines like this one"
        _log.log(
            logging.ERROR if remedy else logging.WARNING,
            "a request was refused",
            sender=self._sender,
            outcome=failure.code,
            reason=failure.message,
            remote=request.remote_addr,
            **more,
        )
