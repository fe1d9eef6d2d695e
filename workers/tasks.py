"""Tasks as adapters: a hint becomes a call of a use case."""

import threading
from typing import Any

from celery import signals

from core.bridge import Bridge
from core.deliver import pump
from core.ingest import drain
from workers.app import DELIVER, INGEST
from workers.hints import Hints


def register(celery: Any, bridge: Bridge, hints: Hints) -> threading.Event:
    """Register both tasks. The event that is returned is set when the worker has been told to stop."""
    stopping = threading.Event()

    @celery.task(name=INGEST)  # type: ignore[untyped-decorator]
    def ingest(lane: str) -> None:
        drain(bridge, lane, stopping.is_set)

    @celery.task(name=DELIVER)  # type: ignore[untyped-decorator]
    def deliver(target: str) -> None:
        if pump(bridge, target, stopping.is_set):
            hints.target(target)

    @signals.worker_shutting_down.connect(weak=False)  # type: ignore[no-untyped-call, untyped-decorator]
    def _stop(**_: Any) -> None:
        stopping.set()

    return stopping
