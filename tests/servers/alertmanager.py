"""A real Alertmanager that posts to a URL of ours, alone or as a pair that gossips."""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.servers.ports import free_port
from tests.servers.server import Server, data_folder


class Alertmanager(Server):
    peers = 0  # how many members its cluster must have before it is ready; 0 is no cluster

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fire(
        self,
        labels: Mapping[str, str],
        annotations: Mapping[str, str] | None = None,
        *,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        generator_url: str = "",
    ) -> None:
        """Post one alert as Prometheus does. Without `ends_at` it lasts until resolve_timeout or resolve()."""
        self.post_alerts([alert(labels, annotations, starts_at, ends_at, generator_url)])

    def resolve(self, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None) -> None:
        """End the alert with these labels now. Prometheus repeats the annotations, else they are gone."""
        self.post_alerts([alert(labels, annotations, None, datetime.now(UTC))])

    def post_alerts(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Many in one request; alert() makes one."""
        self.call("POST", "/api/v2/alerts", list(alerts))

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds, as its API v2 says it."""
        held: list[dict[str, Any]] = self.call("GET", "/api/v2/alerts")
        return held

    def silence(
        self, labels: Mapping[str, str], *, lasting: timedelta = timedelta(hours=1), comment: str = "test"
    ) -> str:
        """Silence these exact labels from now on; the silence's id."""
        matchers = [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in labels.items()
        ]
        answer: dict[str, str] = self.call("POST", "/api/v2/silences", silence(matchers, lasting, comment))
        return answer["silenceID"]

    def silences(self) -> list[dict[str, Any]]:
        held: list[dict[str, Any]] = self.call("GET", "/api/v2/silences")
        return held

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded JSON of its answer, None when there is none; any status but 2xx fails the test."""
        status, answer = self.ask(method, path, body)
        assert status // 100 == 2, f"{method} {path}: {status} {answer}"
        return answer

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Its status, and the decoded JSON of its answer or None."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        is_json = answer.getheader("Content-Type") == "application/json" and text
        return answer.status, json.loads(text) if is_json else None

    def is_ready(self) -> bool:
        cluster = self.call("GET", "/api/v2/status")["cluster"]
        if not self.peers:
            return True
        return cluster["status"] == "ready" and len(cluster["peers"]) == self.peers

    def wait_up(self) -> None:
        """Answering, though its cluster may still be incomplete."""
        self.process.wait_until(lambda: self.call("GET", "/api/v2/status"), self.start_timeout, "up")


def silence(matchers: Sequence[Mapping[str, Any]], lasting: timedelta, comment: str) -> dict[str, Any]:
    """From now on, as API v2 takes it."""
    now = datetime.now(UTC)
    return {
        "matchers": list(matchers),
        "startsAt": now.isoformat(),
        "endsAt": (now + lasting).isoformat(),
        "createdBy": "tests",
        "comment": comment,
    }


def alert(
    labels: Mapping[str, str],
    annotations: Mapping[str, str] | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    generator_url: str = "",
) -> dict[str, Any]:
    times = {"startsAt": starts_at, "endsAt": ends_at}
    return {
        "labels": dict(labels),
        "annotations": dict(annotations or {}),
        "generatorURL": generator_url,
        **{name: time.isoformat() for name, time in times.items() if time},
    }


def configuration(
    receiver_url: str,
    *,
    group_by: Sequence[str] = ("alertname",),
    group_wait: str = "100ms",
    group_interval: str = "300ms",
    repeat_interval: str = "1h",
    resolve_timeout: str = "5m",
    max_alerts: int = 0,
    http_config: Mapping[str, Any] | None = None,
    elsewhere: Sequence[str] = (),
    inhibit_rules: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Alertmanager's own durations: 100ms, 2s, 1h. `http_config` and `inhibit_rules` as in its documentation
    (authorization, …); alerts that these matchers match go `elsewhere`, to a receiver that tells nobody.
    """
    webhook = {"url": receiver_url, "send_resolved": True, "max_alerts": max_alerts}
    if http_config:
        webhook["http_config"] = dict(http_config)
    return {
        "global": {"resolve_timeout": resolve_timeout},
        "route": {
            "receiver": "alert-bridge",
            "group_by": list(group_by),
            "group_wait": group_wait,
            "group_interval": group_interval,
            "repeat_interval": repeat_interval,
            "routes": [{"receiver": "elsewhere", "matchers": list(elsewhere)}] if elsewhere else [],
        },
        "receivers": [{"name": "alert-bridge", "webhook_configs": [webhook]}, {"name": "elsewhere"}],
        "inhibit_rules": list(inhibit_rules),
    }


def bearer(token: str) -> dict[str, Any]:
    """`http_config` for a receiver that wants a bearer token."""
    return {"authorization": {"type": "Bearer", "credentials": token}}


def _server(folder: Path, settings: Mapping[str, Any], cluster: Sequence[str]) -> Alertmanager:
    port = free_port()
    config = folder / "alertmanager.yml"
    config.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    flags = [
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=debug",
        *cluster,
    ]
    return Alertmanager(port, folder, ["prometheus-alertmanager", *flags])


@contextmanager
def alertmanager(receiver_url: str, **settings: Any) -> Iterator[Alertmanager]:
    """One, without a cluster. `settings` are those of configuration()."""
    with (
        data_folder() as folder,
        _server(folder, configuration(receiver_url, **settings), ["--cluster.listen-address="]) as server,
    ):
        yield server


@contextmanager
def alertmanager_pair(
    receiver_url: str, *, peer_timeout: str = "300ms", group_interval: str = "2s", **settings: Any
) -> Iterator[tuple[Alertmanager, Alertmanager]]:
    """Two of one cluster, ready when they see each other. Fire at both, as Prometheus does.

    The second one waits `peer_timeout` for word that the first has notified. What changes while it waits, it posts
    once more in the older state: a resolve is followed by a firing and another resolve. A peer_timeout longer than
    group_interval makes that certain; with these defaults it takes a change within 300 ms after a post.
    """
    settings["group_interval"] = group_interval
    gossip = [free_port(), free_port()]
    with ExitStack() as stack:
        pair: list[Alertmanager] = []
        for here, there in (gossip, gossip[::-1]):
            folder = stack.enter_context(data_folder())
            flags = [
                f"--cluster.listen-address=127.0.0.1:{here}",
                f"--cluster.peer=127.0.0.1:{there}",
                f"--cluster.peer-timeout={peer_timeout}",
                "--cluster.gossip-interval=20ms",  # settling takes a few dozen of these
                "--cluster.reconnect-interval=200ms",
            ]
            server = _server(folder, configuration(receiver_url, **settings), flags)
            stack.push(server)
            server.process.start()
            server.wait_up()
            pair.append(server)
        for server in pair:
            server.peers = len(pair)
            server.wait_ready()
        yield pair[0], pair[1]
