"""What the app's answer does: to whoever clicked, typed a command or pressed Submit.

Slack takes only what it knows. Anything else is shown to the person as an error, and nothing is posted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from sandbox.slack import outgoing, said
from sandbox.slack.content import Content
from sandbox.slack.controls import Json
from sandbox.slack.errors import SlackError
from sandbox.slack.hooks import Hook
from sandbox.slack.modal_rules import read_view
from sandbox.slack.modals import Modal
from sandbox.slack.outgoing import Reply, Request
from sandbox.slack.world import SLACKBOT, SlackWorld

TROUBLE = "We had some trouble connecting. Try again?"


def settle(world: SlackWorld, request: Request, reply: Reply) -> Reply:
    """Let the answer have its effect; read from the bytes that were sent, so a repeated request has it again.

    Bytes that a test has altered beyond recognition have none.
    """
    told = outgoing.read(request)
    if request.path == outgoing.EVENTS:
        return reply
    match told:
        case {"command": str(), "channel_id": str(), "user_id": str()}:
            return _of_command(world, told, _only_200(reply))
        case {"type": "block_actions", "container": {"view_id": str(view)}}:
            return _of_click_in_modal(world, view, _only_200(reply))
        case {
            "type": "block_actions",
            "user": {"id": str(user)},
            "container": {"channel_id": str(channel), "message_ts": str(ts)},
            "actions": [{"action_id": str(action)}, *_],
        }:
            answer = _only_200(reply)
            message = world.look_up(channel, ts)
            if message is not None:
                world.mark_unanswered(message, user, action, answer.problem)
            return answer
        case {"type": "view_submission", "view": {"id": str(view)}}:
            return _of_submission(world, view, _only_200(reply))
    return reply


def _only_200(reply: Reply) -> Reply:
    """Other good statuses will do for events, not for a person."""
    return replace(
        reply, problem=reply.problem or (None if reply.status == 200 else f"status {reply.status}")
    )


def _of_click_in_modal(world: SlackWorld, view: str, reply: Reply) -> Reply:
    modal = world.modals.find(view)
    if modal is not None:
        world.modals.complain(modal, modal.errors, TROUBLE if reply.problem else None)
    return reply


def _of_command(world: SlackWorld, fields: Json, reply: Reply) -> Reply:
    hook = Hook(fields["channel_id"], fields["user_id"], None, 0.0)
    problem, shown = reply.problem, _code(reply.problem)
    if problem is None:
        try:
            _say(world, hook, reply)
        except SlackError as error:
            problem, shown = "; ".join([error.code, *error.messages]), error.code
    if problem is not None and shown is not None:
        words = f"{fields['command']} failed with the error “{shown}”"
        world.post(hook.channel, Content(words, None, None, None, ()), user=SLACKBOT, only_for=hook.person)
    return replace(reply, problem=problem)


def _code(problem: str | None) -> str | None:
    if problem is None:
        return None
    return "operation_timeout" if problem == "timeout" else "dispatch_failed"


def _say(world: SlackWorld, hook: Hook, reply: Reply) -> None:
    if not reply.body.strip():
        return
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        said.put(world, hook, said.read({"text": reply.body}))
        return
    answer = said.read(_json(reply.body, "invalid_command_response"))
    if not answer.content.is_empty:
        said.put(world, hook, answer)


def _json(body: str, error: str) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SlackError(error) from None
    if not isinstance(found, dict):
        raise SlackError(error)
    return found


def _of_submission(world: SlackWorld, view: str, reply: Reply) -> Reply:
    modal = world.modals.find(view)
    if modal is None:
        return reply
    problem = reply.problem
    if problem is None:
        try:
            _act(world, modal, reply)
        except SlackError as error:
            problem = "; ".join([error.code, *error.messages])
    if problem is not None:
        world.modals.complain(modal, trouble=TROUBLE)
    return replace(reply, problem=problem)


def _act(world: SlackWorld, modal: Modal, reply: Reply) -> None:
    if not reply.body.strip():
        world.modals.close(modal)
        return
    answer = _json(reply.body, "invalid_response")
    match answer.get("response_action"):
        case "errors":
            world.modals.complain(modal, _errors(modal, answer.get("errors")))
        case "update":
            world.modals.change(modal, read_view(answer.get("view")))
        case "push":
            world.modals.push(modal, read_view(answer.get("view")))
        case "clear":
            world.modals.clear(modal.person)
        case other:
            raise SlackError("invalid_response_action", [f"unknown response_action {other!r:.80}"])


def _errors(modal: Modal, errors: Any) -> dict[str, str]:
    """Only under an input of this view can Slack show one."""
    inputs = {block.get("block_id") for block in modal.view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors", ["`errors` must name input blocks of the view by their block_id"])
    if not all(isinstance(words, str) and words for words in errors.values()):
        raise SlackError("invalid_errors", ["every error must be a sentence"])
    return dict(errors)
