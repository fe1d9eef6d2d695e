"""The sandbox as one object: all pretend services, the page and the control doors on one real HTTP server.

Stopping closes the port and keeps the worlds, so that a test can take everything away and give it back.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import app
from sandbox.alertmanager.api import PREFIX
from sandbox.alertmanager.world import Alertmanager
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.gate import Gate
from sandbox.limits import Limits
from sandbox.pagerduty.delivering import SCHEDULE
from sandbox.pagerduty.pending import Pending
from sandbox.pagerduty.webhooks import Webhooks
from sandbox.pagerduty.world import PagerDutyWorld
from sandbox.slack.hand import SlackHand
from sandbox.slack.world import SlackWorld
from sandbox.traffic import Traffic


class _Handler(WSGIRequestHandler):
    # Header and body are two writes; without this the second waits for the first to be acknowledged.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are on the page's log; standard error stays quiet."""


class Sandbox:
    """A pretend Slack workspace, PagerDuty account and Alertmanager.

    `public_url` is where people reach it, for the links that it hands out; else its own address. `rate_limits` False is
    off, a number scales what is allowed.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        bridge_url: str | None = None,
        *,
        bridge_token: str | None = None,
        public_url: str | None = None,
        clock: Callable[[], float] = time.time,
        rate_limits: float | bool = True,
        incident_delay: float = 0.05,
        webhook_delay: float = 0.05,
        webhook_schedule: Sequence[float] = SCHEDULE,
    ) -> None:
        self._host, self._port = host, port
        self._public_url = public_url
        self.feed = Feed()
        self.clock = clock
        self.limits = Limits(clock, float(rate_limits))
        self.faults = Faults(lambda: self.feed.touch("status"))
        self.traffic = Traffic(lambda number: self.feed.touch("request", str(number)))
        self.slack = SlackWorld(clock, self.feed.touch)
        self.pagerduty = PagerDutyWorld(clock, self.feed.touch, incident_delay)
        self.pending = Pending(self.pagerduty)
        self.alertmanager = Alertmanager(self.traffic, clock, bridge_url, bridge_token, self.feed.touch)
        self.webhooks = Webhooks(
            self.pagerduty,
            self.traffic,
            lambda: self.bridge_url,
            lambda: self.feed.touch("status"),
            delay=webhook_delay,
            schedule=webhook_schedule,
        )
        self.pagerduty.told = self.webhooks.put
        self.slack_hand = SlackHand(self.slack, self.traffic, clock, lambda: self.bridge_url)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The page; everything else is below it. Known once started, the same after a restart."""
        if not self._port:
            raise RuntimeError("the sandbox has no port before it is started")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def public_url(self) -> str:
        return (self._public_url or self.url).rstrip("/")

    @property
    def slack_api_url(self) -> str:
        return f"{self.url}/slack/api/"

    @property
    def pagerduty_api_url(self) -> str:
        return f"{self.url}/pagerduty"

    @property
    def pagerduty_events_url(self) -> str:
        return f"{self.url}/pagerduty"

    @property
    def alertmanager_url(self) -> str:
        return f"{self.url}{PREFIX}"

    @property
    def bridge_url(self) -> str | None:
        return self.alertmanager.bridge_url

    @bridge_url.setter
    def bridge_url(self, value: str | None) -> None:
        self.alertmanager.bridge_url = value
        self.feed.touch("status")

    def start(self) -> Self:
        """Listen, and answer from the moment this returns. OSError when the port is taken."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running already")
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self._port))
            listener.listen(512)
            self._port = listener.getsockname()[1]
            gate = Gate(app.create(self).wsgi_app, self.faults, self.traffic, self.clock)
            self._server = make_server(
                self._host, self._port, gate, threaded=True, request_handler=_Handler, fd=listener.fileno()
            )
        self.slack.team_url = f"{self.public_url}/"
        self.pagerduty.url = self.public_url
        self.feed.open()
        self.pending.start()
        self.webhooks.start()
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and whatever waits on it. Stopping twice is fine."""
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        self.feed.close()
        self.faults.release()
        threading.Thread(target=server.shutdown, daemon=True).start()
        # The server looks at its stop sign after each connection: one more makes it look now.
        with suppress(OSError), socket.create_connection((self._host, self._port), timeout=1):
            pass
        self._thread.join()
        self.pending.stop()
        self.webhooks.stop()

    def reset(self) -> None:
        """As new: no messages, no incidents, no faults, tokens valid. Limits start over at their present scale."""
        self.faults.clear()
        self.pending.forget()
        self.slack.reset()
        self.slack.team_url = f"{self.public_url}/"
        self.pagerduty.reset()
        self.webhooks.reset()
        self.alertmanager.forget()
        self.traffic.forget()
        self.limits.forget()
        self.feed.start_over()

    def settle(self) -> None:
        """Wait until every PagerDuty event that was answered 202 has had its effect, and until the bridge took every
        webhook; those that are held stay. TimeoutError when it takes none.
        """
        self.pending.settle()
        self.webhooks.settle()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
