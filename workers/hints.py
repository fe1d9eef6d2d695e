"""Hints: one thread publishes them, so that no request and no ingest ever waits for a broker."""

import threading
import time
from typing import Any

import structlog

from core import metrics
from workers import embedded
from workers.app import EXPIRES, queue
from workers.duties import DELIVER, INGEST, queue_of

log = structlog.get_logger()

_GATHER = 0.001
_APART = 0.05
_LEFT_ALONE = 5.0
"""A broker that did not take a hint is not asked again for so long: what is marked meanwhile is the sweep's to find."""


class Hints:
    """A dirty flag per lane and target; set, cleared, published. What fails to go out is the sweep's to find."""

    def __init__(self, celery: Any) -> None:
        self._celery = celery
        self._dirty: dict[tuple[str, str], None] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._taken: bool | None = None
        self._ask_at = 0.0
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    @property
    def taken(self) -> bool | None:
        """Whether the broker took the last hint; None before the first, and where the broker is our own folder."""
        return None if self._celery.conf.broker_url.startswith(embedded.SCHEME) else self._taken

    def lane(self, name: str) -> None:
        self.mark(INGEST, name)

    def target(self, name: str) -> None:
        self.mark(DELIVER, name)

    def stop(self) -> None:
        """Publish what is marked and end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(2)

    def publish(self, task: str, name: str) -> bool:
        """Publish now. False: the broker did not take it, or did not take the one before."""
        if time.monotonic() < self._ask_at:
            metrics.HINTS.labels("withheld").inc()
            return False
        try:
            self._celery.send_task(
                task,
                args=[name],
                queue=queue(queue_of(task, name)),
                expires=EXPIRES,
                retry=True,
                # Without a policy of no retries redis-py waits for a frozen broker by itself, without end.
                retry_policy={"max_retries": 0},
            )
        except Exception as error:  # noqa: BLE001 any broker's error: the sweep does without it
            self._ask_at = time.monotonic() + _LEFT_ALONE
            self._taken = False
            metrics.HINTS.labels("failed").inc()
            log.warning("hint not published", task=task, name=name, error=type(error).__name__)
            return False
        self._taken = True
        metrics.HINTS.labels("published").inc()
        return True

    def mark(self, task: str, name: str) -> None:
        with self._changed:
            self._dirty[task, name] = None
            self._changed.notify()

    def _run(self) -> None:
        following = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._stopped)
            # What is marked together goes out together, and no oftener than every so often.
            time.sleep(max(_GATHER, following - time.monotonic()))
            with self._changed:
                dirty, self._dirty = self._dirty, {}
                if not dirty and self._stopped:
                    return
            following = time.monotonic() + _APART
            for task, name in dirty:
                self.publish(task, name)
