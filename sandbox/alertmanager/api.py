"""The API v2 over HTTP: status codes, content types and sentences as Alertmanager 0.25 gave them when asked.

Where a later version answers otherwise, its number stands beside the difference.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from flask import Blueprint, Response, request

from sandbox import gate
from sandbox.alertmanager import reading, views
from sandbox.alertmanager.matching import Matcher, check_regex, parse, select
from sandbox.alertmanager.silences import Unwanted
from sandbox.alertmanager.world import Alertmanager

PREFIX = "/alertmanager"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS = {"alerts": "GET", "silence": "GET,DELETE", "silences": "GET,POST", "status": "GET"}
TRUE = ("true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled")


def make_blueprint(world: Alertmanager) -> Blueprint:
    blueprint = Blueprint("alertmanager", __name__, url_prefix=PREFIX)

    @blueprint.errorhandler(Unwanted)
    def refuse(error: Unwanted) -> Response:
        return _refused(str(error), 400)

    @blueprint.errorhandler(reading.Unread)
    def misunderstand(error: reading.Unread) -> Response:
        return _told_off(error.status, error.code, str(error))

    _add_silences(blueprint, world)
    _add_one_silence(blueprint, world)
    _add_reads(blueprint, world)
    _add_the_rest(blueprint)
    return blueprint


def _add_silences(blueprint: Blueprint, world: Alertmanager) -> None:
    @blueprint.get("/api/v2/silences")
    def silences() -> Response:
        wanted = _filter()
        now = world.now()
        found = [
            views.silence_answer(one, now, annotated=world.knows(0, 32))
            for one in world.kept.listing(now)
            if all(matcher in one.matchers for matcher in wanted)
            and (_is_asked_for(one.state(now)) or not world.knows(0, 34))
        ]
        gate.note(summary=f"{len(found)} found")
        return _json(found)

    @blueprint.post("/api/v2/silences")
    def put_silence() -> Response:
        wanted = reading.read(request.get_data(), request.mimetype)
        gate.note(summary=f"{wanted.created_by}: {', '.join(map(str, wanted.matchers))}"[:160])
        try:
            return _json({"silenceID": world.put(wanted)})
        except LookupError as error:
            return _refused(str(error), 404)


def _add_one_silence(blueprint: Blueprint, world: Alertmanager) -> None:
    @blueprint.get("/api/v2/silence/<name>")
    def silence(name: str) -> Response:
        _check_uuid(name)
        try:
            one = world.kept.find(name)
        except LookupError:
            return _empty(404)
        return _json(views.silence_answer(one, world.now(), annotated=world.knows(0, 32)))

    @blueprint.delete("/api/v2/silence/<name>")
    def expire(name: str) -> Response:
        _check_uuid(name)
        try:
            world.expire(name)
        except LookupError as error:
            return _empty(404) if world.knows(0, 26) else _refused(str(error), 500)
        return _empty(200)


def _add_reads(blueprint: Blueprint, world: Alertmanager) -> None:
    @blueprint.get("/api/v2/alerts")
    def alerts() -> Response:
        wanted, receiver = _filter(), _receiver()
        found = [
            one
            for one in world.alerts
            if _is_wanted(one)
            and receiver.fullmatch(one["receivers"][0]["name"])
            and select(wanted, one["labels"])
        ]
        gate.note(summary=f"{len(found)} found")
        return _json(found)

    @blueprint.get("/api/v2/status")
    def status() -> Response:
        return _json(views.status_answer(world.version, world.started_at, world.configuration))

    @blueprint.get("/-/healthy")
    @blueprint.get("/-/ready")
    def health() -> Response:
        return Response("OK", content_type="text/plain; charset=utf-8")


def _add_the_rest(blueprint: Blueprint) -> None:
    @blueprint.route("/api/v2/<path:rest>", methods=EVERY_METHOD)
    def unknown(rest: str) -> Response:
        name, slash, more = rest.partition("/")
        if bool(slash) != (name == "silence") or "/" in more or name not in METHODS:
            return _told_off(404, 404, f"path /api/v2/{rest} was not found")
        allowed = f"[{METHODS[name]}] are"
        return _told_off(405, 405, f"method {request.method} is not allowed, but {allowed}")

    @blueprint.route("/<path:rest>", methods=EVERY_METHOD)
    def elsewhere(rest: str) -> Response:
        words, status = (
            ("Method Not Allowed\n", 405) if rest.startswith("-/") else ("404 page not found\n", 404)
        )
        return Response(words, status, content_type="text/plain; charset=utf-8")


def _is_wanted(alert: dict[str, Any]) -> bool:
    """By `active` and `silenced`: nothing here is inhibited or waits to be processed."""
    return _is_asked_for("silenced" if alert["status"]["silencedBy"] else "active")


def _is_asked_for(kind: str) -> bool:
    return request.args.get(kind, "true").lower() in TRUE


def _filter() -> list[Matcher]:
    try:
        return [parse(text) for text in request.args.getlist("filter")]
    except ValueError as error:
        raise Unwanted(str(error)) from None


def _receiver() -> re.Pattern[str]:
    wanted = request.args.get("receiver", ".*")
    try:
        check_regex(wanted, f"^(?:{wanted})$")
    except ValueError as error:
        raise Unwanted(f"failed to parse receiver param: {error}") from None
    return re.compile(wanted, re.ASCII)


def _check_uuid(name: str) -> None:
    if not UUID.fullmatch(name):
        raise reading.Unread(422, 601, f'silenceID in path must be of type uuid: "{name}"')


def _refused(words: str, status: int) -> Response:
    """The text of a refusal is a JSON string."""
    gate.note(refused=True, summary=words[:160])
    return _json(words, status)


def _told_off(status: int, code: int, words: str) -> Response:
    gate.note(refused=True, summary=words[:160])
    body = orjson.dumps({"code": code, "message": words})
    return Response(body, status, content_type="application/json")


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body) + b"\n", status, content_type="application/json")


def _empty(status: int) -> Response:
    answer = Response(b"", status)
    del answer.headers["Content-Type"]
    return answer
