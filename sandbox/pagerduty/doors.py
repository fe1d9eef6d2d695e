"""The control doors of the account: acting in it as a person, and steering its webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox.pagerduty.acts import Unclear, act
from sandbox.pagerduty.errors import RestError
from sandbox.pagerduty.webhook_wishes import steer
from sandbox.pagerduty.webhooks import Webhooks
from sandbox.pagerduty.world import PagerDutyWorld


def add(
    blueprint: Blueprint, world: PagerDutyWorld, webhooks: Webhooks, read_body: Callable[[], dict[str, Any]]
) -> None:
    @blueprint.errorhandler(Unclear)
    def unclear(error: Unclear) -> tuple[Response, int]:
        return jsonify(ok=False, message=str(error)), 400

    @blueprint.errorhandler(RestError)
    def refused(error: RestError) -> tuple[Response, int]:
        return jsonify(ok=False, message=f"PagerDuty refuses: {error.reason}."), 409

    @blueprint.post("/pagerduty/act")
    def do() -> Response:
        """`{"incident", "action", "person", …}` as in acts.ACTS: what that person does on PagerDuty's own pages."""
        act(world, read_body())
        return jsonify(ok=True, message="")

    @blueprint.post("/webhooks")
    def webhook_wish() -> Response:
        """Any of `hold`, `release` ("in order" or "reversed") with `times`, `ping`, and to be set: `enabled`,
        `duplicate`, `delay`, `schedule`, `secrets`. Answers the state.
        """
        steer(webhooks, read_body())
        return jsonify(ok=True, **webhooks.state())
