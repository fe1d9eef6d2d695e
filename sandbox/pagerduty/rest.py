"""REST API v2 over HTTP: incidents, their alerts and notes, users. Token, Accept and From are held to the rules.

`From` is required because the key is an account key (PagerDuty, "REST API: Authentication").
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import credentials, gate
from sandbox.limits import Limit, Limits
from sandbox.pagerduty import changes, references, rest_subscriptions, views
from sandbox.pagerduty.errors import RestError, not_found
from sandbox.pagerduty.query import page_of, select_incidents
from sandbox.pagerduty.rest_request import (
    body_part,
    check_accept,
    check_token,
    known,
    known_or_invalid,
    requester,
)
from sandbox.pagerduty.webhooks import Webhooks
from sandbox.pagerduty.world import PagerDutyWorld

PER_KEY = Limit(960, 59.5)


def make_blueprint(world: PagerDutyWorld, webhooks: Webhooks, limits: Limits) -> Blueprint:
    blueprint = Blueprint("pagerduty_rest", __name__, url_prefix="/pagerduty")

    @blueprint.before_request
    def admit() -> Response | None:
        check_token(world)
        check_accept()
        verdict = limits.take("rest", PER_KEY)
        if verdict.allowed:
            return None
        answer = jsonify(error={"message": "Rate Limit Exceeded", "code": 2020})
        answer.status_code = 429
        answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"] = str(PER_KEY.count), "0"
        answer.headers["ratelimit-reset"] = str(verdict.retry_after)
        return answer

    @blueprint.errorhandler(RestError)
    def refuse(error: RestError) -> Response:
        gate.note(refused=True, summary=error.message)
        answer = jsonify(error={"message": error.message, "code": error.code, "errors": error.errors})
        answer.status_code = error.status
        return answer

    _add_incident_reads(blueprint, world)
    _add_account_reads(blueprint, world)
    _add_writes(blueprint, world)
    _add_steps(blueprint, world)
    rest_subscriptions.add(blueprint, webhooks)
    return blueprint


def _add_incident_reads(blueprint: Blueprint, world: PagerDutyWorld) -> None:
    @blueprint.get("/incidents")
    def incidents() -> Response:
        found = select_incidents(world, request.args)
        gate.note(summary=f"{len(found)} found")
        return jsonify(
            page_of("incidents", found, lambda one: views.incident_answer(world, one), request.args)
        )

    @blueprint.get("/incidents/<key>")
    def incident(key: str) -> Response:
        return jsonify(incident=views.incident_answer(world, known(world, key)))

    @blueprint.get("/incidents/<key>/alerts")
    def alerts(key: str) -> Response:
        found = known(world, key).alerts
        if "alert_key" in request.args:
            found = [alert for alert in found if alert.key == request.args["alert_key"]]
        return jsonify(page_of("alerts", found, lambda one: views.alert_answer(world, one), request.args))

    @blueprint.get("/incidents/<key>/notes")
    def notes(key: str) -> Response:
        return jsonify(notes=[_note_answer(note) for note in known(world, key).notes])


def _add_account_reads(blueprint: Blueprint, world: PagerDutyWorld) -> None:
    @blueprint.get("/users")
    def users() -> Response:
        query = request.args.get("query", "").casefold()
        found = [
            person for person in world.people.values() if query in f"{person.name} {person.email}".casefold()
        ]
        return jsonify(page_of("users", found, lambda one: views.user_answer(world, one), request.args))

    @blueprint.get("/users/<key>")
    def user(key: str) -> Response:
        if key == "me":
            raise RestError(400, 2001, "Invalid Input Provided", ["An account key has no user of its own"])
        person = world.people.get(key)
        if person is None:
            raise not_found()
        return jsonify(user=views.user_answer(world, person))

    @blueprint.get("/services/<key>")
    def service(key: str) -> Response:
        if key != credentials.PAGERDUTY_SERVICE_ID:
            raise not_found()
        return jsonify(
            service={
                **references.service(world.url),
                "type": "service",
                "name": credentials.PAGERDUTY_SERVICE_NAME,
                "status": "active",
            }
        )

    @blueprint.get("/abilities")
    def abilities() -> Response:
        return jsonify(abilities=["urgencies", "event_rules"])

    @blueprint.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
    def unknown(rest: str) -> Response:
        raise not_found(f"Not Found: {rest[:80]}")


def _add_writes(blueprint: Blueprint, world: PagerDutyWorld) -> None:
    @blueprint.put("/incidents/<key>")
    def change_one(key: str) -> Response:
        person = requester(world)
        wanted = body_part("incident", dict)
        with world.lock:
            found = known(world, key)
            changes.check(world, found, wanted)
            changes.apply(world, found, wanted, person)
            gate.note(summary=changes.summary([(found, wanted)], person))
            return jsonify(incident=views.incident_answer(world, found))

    @blueprint.put("/incidents")
    def change_many() -> Response:
        person = requester(world)
        wanted = body_part("incidents", list)
        if len(wanted) > changes.MOST_AT_ONCE:
            raise RestError(413, 2001, "Too many incidents in one request")
        with world.lock:
            pairs = [(known_or_invalid(world, item), item) for item in wanted]
            for found, item in pairs:
                changes.check(world, found, item)
            for found, item in pairs:
                changes.apply(world, found, item, person)
            gate.note(summary=changes.summary(pairs, person))
            return jsonify(incidents=[views.incident_answer(world, found) for found, _ in pairs])

    @blueprint.post("/incidents/<key>/notes")
    def annotate(key: str) -> Response:
        person = requester(world)
        content = body_part("note", dict).get("content")
        found = known(world, key)
        note = world.annotate(found, person, content)
        gate.note(summary=f"#{found.number} {person.name}: {note['content'][:80]}")
        return jsonify(note=_note_answer(note))


def _add_steps(blueprint: Blueprint, world: PagerDutyWorld) -> None:
    @blueprint.post("/incidents/<key>/snooze")
    def snooze(key: str) -> tuple[Response, int]:
        person = requester(world)
        found = known(world, key)
        world.snooze(found, person, body_part("duration", int))
        gate.note(summary=f"#{found.number} snoozed by {person.name}")
        return jsonify(incident=views.incident_answer(world, found)), 201

    @blueprint.put("/incidents/<key>/merge")
    def merge(key: str) -> Response:
        person = requester(world)
        wanted = body_part("source_incidents", list)
        with world.lock:
            found = known(world, key)
            sources = [known_or_invalid(world, item) for item in wanted]
            world.merge(found, sources, person)
            gate.note(summary=f"{len(sources)} merged into #{found.number} by {person.name}")
            return jsonify(incident=views.incident_answer(world, found))


def _note_answer(note: dict[str, Any]) -> dict[str, Any]:
    return {**note, "created_at": references.time_text(note["created_at"])}
