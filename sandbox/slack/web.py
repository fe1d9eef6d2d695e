"""Slack's Web API over HTTP: token, scope, rate and arguments, then the method.

Accepts JSON and form bodies, as slack_sdk sends them.
"""

from __future__ import annotations

import math
from typing import Any

import orjson
from flask import Blueprint, Response, jsonify, request

from sandbox import credentials, gate
from sandbox.limits import Limits, Verdict
from sandbox.slack.errors import SlackError
from sandbox.slack.methods import METHODS, Method
from sandbox.slack.world import SlackWorld


def make_blueprint(world: SlackWorld, limits: Limits) -> Blueprint:
    blueprint = Blueprint("slack", __name__, url_prefix="/slack/api")

    @blueprint.route("/<name>", methods=["GET", "POST"])
    def call(name: str) -> Response:
        try:
            method = _method(name)
            _check_token(world)
            _check_scope(world, method)
            arguments = _read_arguments()
            verdict = _take(limits, name, method, _channel_of(world, arguments))
            if not verdict.allowed:
                gate.note(summary=f"rate limit, {math.ceil(verdict.wait)} s")
                return rate_limited(verdict.retry_after)
            gate.note(summary=_summary(world, arguments))
            return jsonify({"ok": True, **method.run(world, arguments)})
        except SlackError as error:
            gate.note(summary=error.code, refused=True)
            return jsonify(error.answer())

    @blueprint.after_request
    def tell_scopes(answer: Response) -> Response:
        """Slack says with every answer what the token may do; check-config of a caller reads it."""
        if not _is_refusal_of_token(answer):
            answer.headers["X-OAuth-Scopes"] = ",".join(sorted(world.scopes))
        return answer

    return blueprint


def _is_refusal_of_token(answer: Response) -> bool:
    told = answer.get_json(silent=True) or {}
    return told.get("error") in ("not_authed", "invalid_auth", "token_revoked", "unknown_method")


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]


def rate_limited(retry_after: int) -> Response:
    answer = jsonify({"ok": False, "error": "ratelimited"})
    answer.status_code = 429
    answer.headers["Retry-After"] = str(retry_after)
    return answer


def _check_token(world: SlackWorld) -> None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if kind.lower() == "bearer" else ""
    if not token:
        gate.note(check="no token")
        raise SlackError("not_authed")
    if token != credentials.SLACK_BOT_TOKEN:
        gate.note(check="bad token")
        raise SlackError("invalid_auth")
    if world.token_revoked:
        gate.note(check="token revoked")
        raise SlackError("token_revoked")
    gate.note(check="token")


def _check_scope(world: SlackWorld, method: Method) -> None:
    if method.scope and method.scope not in world.scopes:
        raise SlackError("missing_scope", needed=method.scope, provided=",".join(sorted(world.scopes)))


def _read_arguments() -> dict[str, Any]:
    arguments: dict[str, Any] = {**request.args.to_dict()}
    body = request.get_data()
    if request.mimetype != "application/json":
        return arguments | request.form.to_dict()
    if not body:
        return arguments
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SlackError("invalid_json") from None
    if not isinstance(parsed, dict):
        raise SlackError("json_not_object")
    return arguments | parsed


def _take(limits: Limits, name: str, method: Method, channel: str) -> Verdict:
    """Posts count per channel first: what the channel refuses does not use up the workspace's share."""
    if method.per_channel:
        verdict = limits.take(f"slack {name} {channel}", *method.per_channel)
        if not verdict.allowed:
            return verdict
    return limits.take(f"slack {name}", *method.limits)


def _channel_of(world: SlackWorld, arguments: dict[str, Any]) -> str:
    """The id, also where the caller said the name: both are the same channel to a rate limit."""
    wanted = str(arguments.get("channel") or "")
    by_name = {channel.name: channel.id for channel in world.channels.values()}
    return by_name.get(wanted.lstrip("#"), wanted)


def _summary(world: SlackWorld, arguments: dict[str, Any]) -> str:
    channel = world.channels.get(_channel_of(world, arguments))
    attachments = arguments.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    fallback = first.get("fallback") if isinstance(first, dict) else None
    words = str(arguments.get("text") or fallback or arguments.get("email") or arguments.get("user") or "")
    return " ".join(part for part in (f"#{channel.name}" if channel else "", words[:120]) if part)
