"""Answers that are kept for a while, of questions that may hang or fail.

The question is put by a thread of its own, so that a database which takes the connection and never answers costs
whoever looks two seconds once and nothing after, and never more than one connection.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")

_FRESH = 5.0
# A failure is asked about again sooner: whoever waits for the database waits for this.
_FRESH_FAILURE = 1.0
_PATIENCE = 2.0


class Cached(Generic[Result]):
    """The last answer of a question that may hang or fail; None where there is none."""

    def __init__(
        self,
        ask: Callable[[], Result],
        fresh: float = _FRESH,
        patience: float = _PATIENCE,
        fresh_failure: float = _FRESH_FAILURE,
    ) -> None:
        self._ask = ask
        self._fresh = fresh
        self._fresh_failure = fresh_failure
        self._patience = patience
        self._changed = threading.Condition()
        self._answer: Result | None = None
        self._good_until = 0.0
        self._asked_at: float | None = None

    def get(self) -> Result | None:
        with self._changed:
            now = time.monotonic()
            if now < self._good_until:
                return self._answer
            if self._asked_at is None:
                self._asked_at = now
                threading.Thread(target=self._refresh, name="gauges", daemon=True).start()
            # Only who comes while the question is new waits for it.
            left = self._asked_at + self._patience - now
            self._changed.wait_for(lambda: self._asked_at is None, max(0.0, left))
            return self._answer if self._asked_at is None else None

    def _refresh(self) -> None:
        answer: Result | None = None
        fresh = self._fresh_failure
        try:
            answer = self._ask()
            fresh = self._fresh
        except Exception:  # noqa: BLE001, S110 None is the answer, and both who show it say so
            pass
        finally:
            with self._changed:
                self._answer = answer
                self._good_until = time.monotonic() + fresh
                self._asked_at = None
                self._changed.notify_all()
