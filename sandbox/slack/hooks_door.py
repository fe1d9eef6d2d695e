"""The response addresses over HTTP. They carry no token: who knows the address may answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import gate
from sandbox.slack import hooks, said
from sandbox.slack.errors import SlackError
from sandbox.slack.hooks import Hook
from sandbox.slack.world import SlackWorld


def make_blueprint(world: SlackWorld) -> Blueprint:
    blueprint = Blueprint("slack_hooks", __name__, url_prefix=hooks.PATH)

    @blueprint.post("/<path:_address>")
    def answer(_address: str) -> tuple[Response, int]:
        hook = world.hooks.use(request.path)
        if isinstance(hook, str):
            gate.note(check="bad address", summary=hook, refused=True)
            return jsonify(ok=False, error=hook), 404
        gate.note(check="address", summary=f"use {hook.uses} of {hooks.MOST_USES}")
        try:
            _take(world, hook, _read_body())
        except SlackError as error:
            gate.note(summary=error.code, refused=True)
            return jsonify(error.answer()), 400
        return jsonify(ok=True), 200

    return blueprint


def _read_body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    return body


def _take(world: SlackWorld, hook: Hook, body: dict[str, Any]) -> None:
    if "delete_original" not in body:
        said.put(world, hook, said.read(body))
    elif body == {"delete_original": True}:
        said.delete(world, hook)
    else:
        raise SlackError("invalid_payload", ["`delete_original` must be the only attribute"])
