"""What every request of the REST API is held to: token, Accept, From, a body of the right shape, known incidents."""

from __future__ import annotations

from typing import Any

import orjson
from flask import request

from sandbox import credentials, gate
from sandbox.credentials import Person
from sandbox.pagerduty.errors import RestError, invalid_input, not_found
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.world import PagerDutyWorld


def check_token(world: PagerDutyWorld) -> None:
    expected = f"Token token={credentials.PAGERDUTY_API_TOKEN}"
    given = request.headers.get("Authorization", "")
    right = given == expected and not world.token_revoked
    gate.note(check="token" if right else "bad token" if given else "no token")
    if not right:
        raise RestError(401, 2006, "Authentication Failed")


def check_accept() -> None:
    parts = [part.strip() for part in request.headers.get("Accept", "").replace(",", ";").split(";")]
    if "application/vnd.pagerduty+json" not in parts or "version=2" not in parts:
        raise RestError(406, 2001, "Accept must be application/vnd.pagerduty+json;version=2")


def requester(world: PagerDutyWorld) -> Person:
    email = request.headers.get("From", "").strip()
    if not email:
        raise RestError(400, 2016, "Requester User Not Found", ["From header is missing"])
    person = world.person_by_email(email)
    if person is None:
        raise RestError(400, 1008, "Requester User Not Found")
    return person


def body_part(name: str, kind: type[Any]) -> Any:
    if request.mimetype != "application/json":
        raise invalid_input("Content-Type must be application/json")
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        raise invalid_input("The body is not JSON") from None
    part = body.get(name) if isinstance(body, dict) else None
    if not isinstance(part, kind) or isinstance(part, bool):
        raise invalid_input(f"{name} is missing")
    return part


def known(world: PagerDutyWorld, key: str) -> Incident:
    found = world.find(key)
    if found is None:
        raise not_found("Incident Not Found", 5001)
    return found


def known_or_invalid(world: PagerDutyWorld, item: Any) -> Incident:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        raise invalid_input("Each incident needs an id")
    return known(world, item["id"])
