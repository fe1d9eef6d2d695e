"""The page and its live feed (server-sent events): a snapshot first, then what changed, in bounded portions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from flask import Blueprint, Response, redirect, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from sandbox import alerts
from sandbox.alertmanager import views as alertmanager_views
from sandbox.feed import Changes, Key
from sandbox.pagerduty import views as pagerduty_views
from sandbox.pagerduty.references import PRIORITIES
from sandbox.slack import views as slack_views

if TYPE_CHECKING:
    from sandbox.server import Sandbox

PAGE = Path(__file__).parent / "page"
MOST_DRAWN = 200  # of each: messages, incidents, requests
MOST_PER_UPDATE = 300  # keys in one event; more come in a fresh snapshot instead
HEARTBEAT = 15.0
PAUSE = 0.08  # changes of a moment are one update
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def make_blueprint(sandbox: Sandbox) -> Blueprint:
    blueprint = Blueprint("page", __name__)

    @blueprint.get("/")
    def page() -> Response:
        return _page_file("index.html")

    @blueprint.get("/page/<path:name>")
    def page_file(name: str) -> Response:
        return _page_file(name)

    @blueprint.get("/archives/<channel>/<message>")
    def permalink(channel: str, message: str) -> AnyResponse:
        return redirect(f"/#{channel}-{message}")

    @blueprint.get("/stream")
    def stream() -> Response:
        answer = Response(events(sandbox), mimetype="text/event-stream")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint


def _page_file(name: str) -> Response:
    answer = send_from_directory(PAGE, name)
    answer.headers["Content-Security-Policy"] = CONTENT_POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def events(sandbox: Sandbox) -> Iterator[bytes]:
    """What one open page is told, until it goes away or the sandbox stops."""
    feed = sandbox.feed
    epoch, revision = feed.epoch, feed.revision
    yield b"retry: 1000\n\n"
    yield _event("snapshot", snapshot(sandbox))
    while not feed.closed:
        if not feed.wait(revision, HEARTBEAT):
            yield b": still here\n\n"
            continue
        feed.pause(PAUSE)
        changes = feed.since(revision)
        revision = changes.revision
        if epoch != feed.epoch or not changes.complete or len(changes.keys) > MOST_PER_UPDATE:
            epoch = feed.epoch
            yield _event("snapshot", snapshot(sandbox))
        else:
            yield _event("changes", changed(sandbox, changes))


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def status(sandbox: Sandbox) -> dict[str, Any]:
    firing = [
        {
            "fingerprint": one["fingerprint"],
            "severity": one["labels"].get("severity", ""),
            "title": f"{one['labels'].get('alertname', '')} on {one['labels'].get('instance', '')}",
        }
        for one in sandbox.alertmanager.firing
    ]
    return {
        "epoch": sandbox.feed.epoch,
        "bridge_url": sandbox.bridge_url,
        "team_url": sandbox.slack.team_url,
        "slack_down": sandbox.faults.is_down("slack"),
        "pagerduty_down": sandbox.faults.is_down("pagerduty"),
        "alertmanager_down": sandbox.faults.is_down("alertmanager"),
        "alertmanager_since": sandbox.alertmanager.started_at.timestamp(),
        "faults": sandbox.faults.listing(),
        "rate_limits": sandbox.limits.scale,
        "firing": firing[-MOST_DRAWN:],
        "firing_count": len(firing),
        "kinds": [{"name": name, "title": kind.title} for name, kind in alerts.KINDS.items()],
        "channels": [{"id": one.id, "name": one.name} for one in sandbox.slack.channels.values()],
        "webhooks": sandbox.webhooks.state(),
        "pagerduty_people": [
            {"key": key, "slack_id": person.slack_id, "name": person.name}
            for key, person in sandbox.pagerduty.people.items()
        ],
        "priorities": list(PRIORITIES),
        "people": {person.slack_id: person.name for person in sandbox.slack.people.values()},
        "zones": {person.slack_id: person.zone for person in sandbox.slack.people.values()},
    }


def snapshot(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "status": status(sandbox),
        "messages": [slack_views.for_page(sandbox.slack, one) for one in sandbox.slack.drawn(MOST_DRAWN)],
        "views": _views(sandbox),
        "incidents": [pagerduty_views.for_page(one) for one in sandbox.pagerduty.incidents[-MOST_DRAWN:]],
        "silences": _silences(sandbox),
        "requests": sandbox.traffic.newest(MOST_DRAWN),
    }


def changed(sandbox: Sandbox, changes: Changes) -> dict[str, Any]:
    return {
        "status": status(sandbox) if ("status", "") in changes.keys else None,
        "messages": _present(lambda key: _message(sandbox, key), changes.keys, "message"),
        "views": _views(sandbox) if ("views", "") in changes.keys else None,
        "incidents": _present(lambda key: _incident(sandbox, key), changes.keys, "incident"),
        "silences": _silences(sandbox) if ("silences", "") in changes.keys else None,
        "requests": _present(lambda key: sandbox.traffic.view(int(key)), changes.keys, "request"),
    }


def _present(
    view: Callable[[str], dict[str, Any] | None], keys: tuple[Key, ...], kind: str
) -> list[dict[str, Any]]:
    """What is still there; a request may have left the ring since, a reset may have taken anything."""
    return [seen for of, key in keys if of == kind and (seen := view(key))]


def _views(sandbox: Sandbox) -> list[dict[str, Any]]:
    """All modals at once: there are few."""
    return [slack_views.modal_for_page(one) for one in sandbox.slack.modals.open[-MOST_DRAWN:]]


def _silences(sandbox: Sandbox) -> list[dict[str, Any]]:
    """All at once, as modals; what has begun or ended meanwhile the page sees by the clock."""
    world = sandbox.alertmanager
    firing = world.firing
    return [alertmanager_views.for_page(one, firing) for one in world.kept.listing(world.now())[:MOST_DRAWN]]


def _message(sandbox: Sandbox, key: str) -> dict[str, Any] | None:
    message = sandbox.slack.look_up(*key.split(" "))
    return slack_views.for_page(sandbox.slack, message) if message else None


def _incident(sandbox: Sandbox, key: str) -> dict[str, Any] | None:
    incident = sandbox.pagerduty.find(key)
    return pagerduty_views.for_page(incident) if incident else None
