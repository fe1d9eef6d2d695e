"""The doors through which the page, and tests in other processes, see and steer the sandbox.

Only JSON is taken: a foreign web page open in the same browser cannot send that without being asked first.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from sandbox.alertmanager import doors as alertmanager_doors
from sandbox.alertmanager.world import Outcome
from sandbox.asked import Refused as _Refused
from sandbox.asked import body as _body
from sandbox.pagerduty import doors as pagerduty_doors
from sandbox.pagerduty import views as pagerduty_views
from sandbox.slack import doors
from sandbox.slack import views as slack_views
from sandbox.slack.errors import SlackError
from sandbox.stream import status

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def make_blueprint(sandbox: Sandbox) -> Blueprint:
    blueprint = Blueprint("control", __name__, url_prefix="/control")

    @blueprint.errorhandler(_Refused)
    def refuse(error: _Refused) -> tuple[Response, int]:
        return jsonify(ok=False, message=str(error)), 400

    @blueprint.before_request
    def only_json() -> None:
        if request.method == "POST" and request.mimetype != "application/json":
            raise _Refused("Content-Type must be application/json")

    _add_state(blueprint, sandbox)
    _add_faults(blueprint, sandbox)
    _add_worlds(blueprint, sandbox)
    _add_alerts(blueprint, sandbox)
    pagerduty_doors.add(blueprint, sandbox.pagerduty, sandbox.webhooks, _body)
    alertmanager_doors.add(blueprint, sandbox.alertmanager, sandbox.slack)
    doors.add(blueprint, sandbox.slack, sandbox.slack_hand)
    return blueprint


def _add_state(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/state")
    def state() -> Response:
        """Everything, for tests: messages (no deleted ones), ephemerals, incidents, silences, requests, totals."""
        slack = sandbox.slack
        return jsonify(
            **status(sandbox),
            messages=[
                {**slack_views.for_page(slack, one), "metadata": one.metadata} for one in slack.messages
            ],
            views=[slack_views.modal_for_page(one) for one in slack.modals.open],
            ephemerals=[slack_views.for_page(slack, one) for one in slack.ephemerals],
            incidents=[pagerduty_views.for_page(one) for one in sandbox.pagerduty.incidents],
            silences=sandbox.alertmanager.silences,
            requests=[asdict(one) for one in sandbox.traffic.calls()],
            totals=sandbox.traffic.totals(),
        )

    @blueprint.post("/reset")
    def reset() -> Response:
        sandbox.reset()
        return jsonify(ok=True)

    @blueprint.post("/settle")
    def settle() -> tuple[Response, int]:
        try:
            sandbox.settle()
        except TimeoutError as error:
            return _told(Outcome(False, str(error)))
        return jsonify(ok=True), 200


def _add_faults(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post("/faults")
    def add_fault() -> Response:
        """`{"service", "kind", …}` as in faults.Fault, with an optional `name`; answers the name."""
        body = _body()
        try:
            name = sandbox.faults.add(body.pop("service", ""), body.pop("kind", ""), **body)
        except (TypeError, ValueError) as error:
            raise _Refused(str(error)) from None
        return jsonify(ok=True, name=name)

    @blueprint.delete("/faults")
    def clear_faults() -> Response:
        sandbox.faults.clear(request.args.get("name"))
        return jsonify(ok=True)

    @blueprint.post("/down")
    def down() -> Response:
        """`{"service": "slack" | "pagerduty" | "alertmanager", "down": true | false}`: the page's switches."""
        body = _body()
        if body.get("service") not in ("slack", "pagerduty", "alertmanager"):
            raise _Refused("service must be slack, pagerduty or alertmanager")
        (sandbox.faults.take_down if body.get("down") else sandbox.faults.bring_up)(body["service"])
        return jsonify(ok=True)

    @blueprint.post("/limits")
    def limits() -> Response:
        """`{"scale": 10}`: ten times what the vendors allow; 0 switches limits off."""
        scale = _body().get("scale")
        try:
            sandbox.limits.set_scale(float(scale))  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise _Refused(str(error)) from None
        sandbox.feed.touch("status")
        return jsonify(ok=True)


def _add_worlds(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post("/tokens")
    def tokens() -> Response:
        """`{"service": "slack" | "pagerduty_rest" | "pagerduty_events", "revoked": bool}`, for Slack also `scopes`."""
        body = _body()
        revoked = bool(body.get("revoked", False))
        match body.get("service"):
            case "slack":
                sandbox.slack.token_revoked = revoked
                if isinstance(body.get("scopes"), list):
                    sandbox.slack.scopes = frozenset(map(str, body["scopes"]))
            case "pagerduty_rest":
                sandbox.pagerduty.token_revoked = revoked
            case "pagerduty_events":
                sandbox.pagerduty.keys_revoked = revoked
            case _:
                raise _Refused("service must be slack, pagerduty_rest or pagerduty_events")
        return jsonify(ok=True)

    @blueprint.post("/channels")
    def channels() -> Response:
        """`{"channel": id, "archived": bool, "member": bool}`."""
        body = _body()
        channel = sandbox.slack.channels.get(str(body.get("channel")))
        if channel is None:
            raise _Refused("There is no such channel")
        channel.is_archived = bool(body.get("archived", channel.is_archived))
        channel.bot_is_member = bool(body.get("member", channel.bot_is_member))
        return jsonify(ok=True)

    @blueprint.post("/messages/delete")
    def delete_message() -> Response:
        """`{"channel", "ts"}`: as a person would delete it by hand."""
        body = _body()
        try:
            sandbox.slack.delete(str(body.get("channel")), str(body.get("ts")))
        except SlackError:
            raise _Refused("There is no such message") from None
        return jsonify(ok=True)


def _add_alerts(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post("/fire")
    def fire() -> tuple[Response, int]:
        """`{"kind": …}`, one of alerts.KINDS."""
        return _told(sandbox.alertmanager.fire(str(_body().get("kind", "critical"))))

    @blueprint.post("/storm")
    def storm() -> tuple[Response, int]:
        count = _body().get("count", 30)
        if not isinstance(count, int):
            raise _Refused("count must be a number")
        return _told(sandbox.alertmanager.storm(count))

    @blueprint.post("/repeat")
    def repeat() -> tuple[Response, int]:
        """As when the repeat interval is over."""
        return _told(sandbox.alertmanager.repeat())

    @blueprint.post("/resolve")
    def resolve() -> tuple[Response, int]:
        """`{"fingerprint": …}` for one, `{}` for all."""
        fingerprint = _body().get("fingerprint")
        return _told(sandbox.alertmanager.resolve(str(fingerprint) if fingerprint else None))


def _told(outcome: Outcome) -> tuple[Response, int]:
    return jsonify(asdict(outcome)), 200 if outcome.ok else 409
