"""What a flood of requests without credentials may cost: a count, and now and then a line in the log.

Nobody is locked out. Credentials are looked at first, so whoever has them passes, also from an address that a stranger
shares with them; only the answer to a failure changes. The address is the one that the connection came from: what a
header says of it is the stranger's to choose.
"""

import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from api.errors import Failure

MOST_OF_ONE = 20
MOST_OF_ALL = 600
MOST_LINES = 20
_MINUTE = 60.0

Clock = Callable[[], float]


class Brake:
    """Failures to show credentials, counted by address for a minute. Holds no more than MOST_OF_ALL addresses."""

    def __init__(self, now: Clock = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._minute = 0
        self._all = 0
        self._by_address: dict[str, int] = {}

    def refusal(self, address: str | None, why: str, headers: dict[str, str] | None = None) -> Failure:
        """What whoever has failed is answered: 401, or 429 once it has been too often."""
        wait = self._counted(address or "")
        if wait is None:
            return Failure(HTTPStatus.UNAUTHORIZED, "unauthenticated", why, headers)
        told = f"{why} There have been too many failures; wait for {wait} s."
        return Failure(
            HTTPStatus.TOO_MANY_REQUESTS,
            "unauthenticated",
            told,
            {**(headers or {}), "Retry-After": str(wait)},
        )

    def _counted(self, address: str) -> int | None:
        """The seconds to wait; None where there were few."""
        minute, into = divmod(self._now(), _MINUTE)
        with self._lock:
            if minute != self._minute:
                self._minute, self._all = int(minute), 0
                self._by_address.clear()
            self._all += 1
            count = self._by_address.get(address, 0) + 1
            if self._all <= MOST_OF_ALL:
                self._by_address[address] = count
            too_many = count > MOST_OF_ONE or self._all > MOST_OF_ALL
        return int(_MINUTE - into) + 1 if too_many else None


class Lines:
    """Which of many lines of one kind are worth writing: the first of each minute."""

    def __init__(self, now: Clock = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._minute = 0.0
        self._asked = 0

    def kept_back(self) -> int | None:
        """How many were left out before the one that may be written now; None where this one is to be left out."""
        minute = self._now() // _MINUTE
        with self._lock:
            kept_back = 0
            if minute != self._minute:
                kept_back = max(0, self._asked - MOST_LINES)
                self._minute, self._asked = minute, 0
            self._asked += 1
            return kept_back if self._asked <= MOST_LINES else None
