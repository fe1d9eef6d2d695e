"""The real Alertmanager of the tests: it posts what was fired, alone and as a pair."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers import Alertmanager, alertmanager, alertmanager_pair, wait_until
from tests.servers.alertmanager import bearer

LABELS = {"alertname": "DiskFull", "severity": "critical"}


class Receiver:
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        self.url = ""
        self.posts: list[dict[str, Any]] = []
        self.authorizations: set[str | None] = set()

    def saw(self, status: str) -> bool:
        return status in self.statuses()

    def statuses(self) -> list[str]:
        return [post["status"] for post in self.posts]


@contextmanager
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.authorizations.add(self.headers["Authorization"])
            kept.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keep) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


def test_fired_and_resolved_alerts_are_posted() -> None:
    """One post while it fires, one when it is resolved, with annotations, as version 4."""
    with receiver() as ours, alertmanager(ours.url) as server:
        server.fire(LABELS, {"summary": "nearly full"})
        wait_until(lambda: ours.statuses() == ["firing"], what="fired")
        server.resolve(LABELS, {"summary": "nearly full"})
        wait_until(lambda: ours.statuses() == ["firing", "resolved"], what="resolved")
    assert {"4"} == {post["version"] for post in ours.posts}
    assert ours.posts[0]["alerts"][0]["annotations"] == {"summary": "nearly full"}


def test_the_receiver_is_repeated_and_authorized_as_configured() -> None:
    """repeat_interval and http_config reach the real thing."""
    settings = {
        "group_interval": "100ms",
        "repeat_interval": "100ms",
        "http_config": bearer("made-up-token"),
    }
    with receiver() as ours, alertmanager(ours.url, **settings) as server:
        server.fire(LABELS)
        wait_until(lambda: len(ours.posts) >= 3, what="repeated")
    assert {"Bearer made-up-token"} == ours.authorizations


def test_a_silence_is_known_and_hides_its_alert() -> None:
    """silence() is exact on the labels given."""
    with alertmanager("http://127.0.0.1:1/") as server:
        silence = server.silence({"alertname": "DiskFull"})
        server.fire(LABELS)
        assert [silence] == [held["id"] for held in server.silences()]
        wait_until(lambda: server.alerts()[0]["status"]["silencedBy"] == [silence], what="silenced")


def test_a_killed_alertmanager_comes_back_on_its_port() -> None:
    """kill9() and start() keep the address that others know."""
    with alertmanager("http://127.0.0.1:1/") as server:
        url = server.url
        server.kill9()
        server.start()
        assert url == server.url
        server.fire(LABELS)
        assert len(server.alerts()) == 1


def test_a_pair_posts_once_what_both_were_told() -> None:
    """The second one hears of the first one's post and keeps quiet."""
    with receiver() as ours, alertmanager_pair(ours.url) as pair:
        for told, status in ((Alertmanager.fire, "firing"), (Alertmanager.resolve, "resolved")):
            for server in pair:
                told(server, LABELS)
            wait_until(partial(ours.saw, status), what=status)
            time.sleep(0.9)  # past the second one's turn: that it stays quiet has no event to wait for
    assert ours.statuses() == ["firing", "resolved"]
