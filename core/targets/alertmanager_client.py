"""The one place that calls Alertmanager's API v2: one call, one request, one verdict.

A cluster is several members that gossip. What reads asks whichever answers; what writes goes to one of them, and
whether it may be asked of another after a failure is for the caller to know: a create is not idempotent (facts §4).
"""

import threading
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from core.domain.errors import Blocked, Permanent, Transient, Verdict

TIMEOUT = (2.0, 10.0)
_API = "/api/v2"
_MOST_TEXT = 200
# Of one member: the pump of silences, their reading back and the comparison of alerts.
_AT_ONCE = 4
# Ten thousand alerts are some 10 MB; what is far above that is no answer of an Alertmanager's.
_MOST_BYTES = 256 * 1024 * 1024


class Reason(StrEnum):
    """Everything that a call to Alertmanager can come to grief on: the metric label, a closed list."""

    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNAUTHORIZED = "unauthorized"
    WRONG_ADDRESS = "wrong_address"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    ODD_ANSWER = "odd_answer"


class NeverSent(Transient):
    """The connection could not be made, so that nothing can have been done: another member may be asked at once."""


_BY_STATUS: Mapping[int, tuple[type[Verdict], Reason]] = {
    400: (Permanent, Reason.REFUSED),
    401: (Blocked, Reason.UNAUTHORIZED),
    403: (Blocked, Reason.UNAUTHORIZED),
    404: (Permanent, Reason.UNKNOWN),
    408: (Transient, Reason.TIMEOUT),
    429: (Transient, Reason.UNAVAILABLE),
}


class Members:
    """The members of one cluster, by their addresses. Safe to use from several threads.

    `headers` carry the credentials, the same for all of them.
    """

    def __init__(
        self,
        urls: Sequence[str],
        headers: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self.urls = tuple(urls)
        self._pool = urllib3.PoolManager(
            num_pools=len(self.urls),
            maxsize=_AT_ONCE,
            headers={"User-Agent": "alert-bridge", **(headers or {})},
            timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
            retries=False,
        )
        self._lock = threading.Lock()
        self._first = 0

    @property
    def in_turn(self) -> tuple[str, ...]:
        """All of them, first the one that answered last."""
        with self._lock:
            return self.urls[self._first :] + self.urls[: self._first]

    def get(self, url: str, path: str, query: Mapping[str, str] | None = None) -> Any:
        """What this member answers, decoded. Raises Transient, Permanent or Blocked."""
        asked = f"{path}?{urlencode(query)}" if query else path
        return self._call("GET", url, asked, None)

    def post(self, url: str, path: str, body: Mapping[str, Any]) -> Any:
        """As get. NeverSent alone says that nothing can have been done."""
        return self._call("POST", url, path, orjson.dumps(body))

    def delete(self, url: str, path: str) -> None:
        self._call("DELETE", url, path, None)

    def any(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """What the first member answers that answers at all. Raises what the last one's answer meant."""
        failure: Verdict | None = None
        for url in self.in_turn:
            try:
                return self.get(url, path, query)
            except (Transient, Blocked) as verdict:
                failure = verdict
        assert failure is not None  # noqa: S101 (there is at least one member)
        raise failure

    def _call(self, method: str, url: str, path: str, body: bytes | None) -> Any:
        headers = {**self._pool.headers, "Content-Type": "application/json"} if body else None
        try:
            answer = self._pool.request(
                method,
                f"{url}{_API}{path}",
                body=body,
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            try:
                data = answer.read(_MOST_BYTES)
            finally:
                answer.release_conn()
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise NeverSent(Reason.UNREACHABLE, type(error).__name__) from None
        except urllib3.exceptions.TimeoutError as error:
            raise Transient(Reason.TIMEOUT, type(error).__name__) from None
        except urllib3.exceptions.HTTPError as error:
            raise Transient(Reason.UNREACHABLE, type(error).__name__) from None
        if answer.status != 200:
            raise _verdict(answer.status, data)
        with self._lock:
            self._first = self.urls.index(url)
        return _json(data) if data else None


def _verdict(status: int, data: bytes) -> Verdict:
    hundreds = {3: (Blocked, Reason.WRONG_ADDRESS), 4: (Permanent, Reason.REFUSED)}
    usual = hundreds.get(status // 100, (Transient, Reason.UNAVAILABLE))
    kind, reason = _BY_STATUS.get(status) or usual
    said = " ".join(data[:_MOST_TEXT].decode("utf-8", "replace").split()).strip('"')
    verdict: Verdict = kind(reason, f"HTTP {status}: {said}" if said else f"HTTP {status}")
    return verdict


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Transient(Reason.ODD_ANSWER, "not JSON") from None
