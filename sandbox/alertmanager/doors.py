"""The control doors through which the page, and tests in other processes, silence by hand and restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox import asked
from sandbox.alertmanager.silences import Unwanted
from sandbox.alertmanager.world import Alertmanager
from sandbox.credentials import ADA
from sandbox.slack.world import SlackWorld

LONGEST = 10 * 366 * 86_400


def add(blueprint: Blueprint, world: Alertmanager, slack: SlackWorld) -> None:
    def door(act: Callable[[dict[str, Any]], str]) -> None:
        def answer() -> tuple[Response, int]:
            try:
                return jsonify(ok=True, message=act(asked.body())), 200
            except (LookupError, Unwanted) as error:
                return jsonify(ok=False, message=f"Alertmanager refuses: {error.args[0]}."), 409

        name = act.__name__
        blueprint.add_url_rule(f"/alertmanager/{name}", f"alertmanager_{name}", answer, methods=["POST"])

    def silence(body: dict[str, Any]) -> str:
        """`{"matchers": 'name="value", …', "seconds", "comment"?, "person"?}`; the person is the author."""
        person = slack.people.get(str(body.get("person") or ADA.slack_id))
        if person is None:
            raise asked.Refused("There is no such person")
        matchers = str(body.get("matchers") or "")
        world.silence(matchers, _lasting(body), person.name, str(body.get("comment") or ""))
        return "Silenced."

    def expire(body: dict[str, Any]) -> str:
        """`{"id"}`."""
        world.expire(str(body.get("id")))
        return "The silence has ended."

    def extend(body: dict[str, Any]) -> str:
        """`{"id", "seconds"}`: so much longer."""
        world.extend(str(body.get("id")), _lasting(body))
        return "The silence lasts longer."

    def restart(body: dict[str, Any]) -> str:
        """`{"with_data"?: false}`."""
        kept = body.get("with_data") is not False
        world.restart(with_data=kept)
        return f"Alertmanager has restarted: its alerts are gone, its silences {'kept' if kept else 'too'}."

    for act in (silence, expire, extend, restart):
        door(act)


def _lasting(body: dict[str, Any]) -> timedelta:
    seconds = body.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= LONGEST:
        raise asked.Refused("seconds must be a whole number, up to ten years")
    return timedelta(seconds=seconds)
