"""Alertmanager's side: notifications of made-up alerts, each with an instance of its own."""

import http.client
import re
import time
from datetime import UTC, datetime

import orjson

from sandbox import alerts

PATH = "/alertmanager/webhook"
TOKEN = "benchmark-token-0123456789"  # noqa: S105 (made up, for a bridge that lives for a minute)
_HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
_INSTANCE = re.compile(r"bench-[a-z0-9-]+[0-9]")


def group(names: list[str]) -> bytes:
    """One notification of alerts on these instances."""
    now = datetime.now(UTC)
    return orjson.dumps(alerts.webhook([alerts.item("critical", f"bench-{name}", now) for name in names]))


def instance_in(text: str) -> str | None:
    """Which of our instances a message is about, without its prefix."""
    found = _INSTANCE.search(text)
    return found[0].removeprefix("bench-") if found else None


def raw(body: bytes) -> bytes:
    """The request as it goes over the wire."""
    lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in _HEADERS.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Sender:
    """One kept connection, as Alertmanager has, made anew after an error."""

    def __init__(self, port: int, source: str | None = None) -> None:
        self._path = f"{PATH}?source={source}" if source else PATH
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)

    def send(self, body: bytes) -> int:
        """The status. Raises OSError or HTTPException."""
        try:
            self._connection.request("POST", self._path, body, _HEADERS)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return answer.status

    def send_until_accepted(self, body: bytes, *, pause: float = 0.1, patience: float = 60.0) -> float:
        """When it was accepted. Repeats as Alertmanager does after anything but a 2xx."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                if self.send(body) == 202:
                    return time.time()
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(pause)
        raise AssertionError(f"the bridge accepted nothing for {patience:.0f} s")

    def close(self) -> None:
        self._connection.close()
