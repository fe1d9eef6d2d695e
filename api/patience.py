"""Questions that may hang, given up on in time: Slack waits three seconds and nobody knows how long a database does.

Each is put by a thread of its own, and only so many may hang at once: the next one is then given up on unasked.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

Result = TypeVar("Result")

_MOST = 8


class NoAnswer(Exception):
    """There was none in time. What was asked may still be under way."""


class Patience:
    def __init__(self, most: int = _MOST) -> None:
        self._free = threading.Semaphore(most)

    def ask(self, question: Callable[[], Result], seconds: float) -> Result:
        """The answer, or whatever the question raises. Raises NoAnswer."""
        if not self._free.acquire(blocking=False):
            raise NoAnswer("too many questions are waiting already")
        answer: Future[Result] = Future()
        threading.Thread(target=self._put, args=(question, answer), name="patience", daemon=True).start()
        if not wait([answer], seconds).done:
            raise NoAnswer(f"no answer within {seconds:g} s")
        return answer.result()

    def _put(self, question: Callable[[], Result], answer: Future[Result]) -> None:
        try:
            result = question()
        except Exception as error:  # noqa: BLE001 it is raised where it was asked
            answer.set_exception(error)
        else:
            answer.set_result(result)
        finally:
            self._free.release()
