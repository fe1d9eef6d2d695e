"""The control doors through which the page, and tests in other processes, click, choose, type and submit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox import asked, credentials
from sandbox.credentials import Person
from sandbox.slack.hand import SlackHand
from sandbox.slack.modals import Modal
from sandbox.slack.outgoing import Reply
from sandbox.slack.world import Message, SlackWorld

Body = dict[str, Any]
Act = Callable[[SlackWorld, SlackHand, Body], Reply | None]


def add(blueprint: Blueprint, world: SlackWorld, hand: SlackHand) -> None:
    def door(act: Act) -> None:
        def answer() -> Response:
            try:
                return _told(act(world, hand, asked.body()))
            except LookupError as error:
                raise asked.Refused(str(error.args[0])) from None

        name = act.__name__
        blueprint.add_url_rule(f"/slack/{name}", f"slack_{name}", answer, methods=["POST"])

    for act in (click, choose, command, submit, close):
        door(act)


def click(world: SlackWorld, hand: SlackHand, body: Body) -> Reply:
    """`{"channel", "ts", "action_id", "value"?, "block_id"?, "person"?}`; in a modal `view` for channel and ts."""
    where, person = _where(world, body), _person(world, body)
    marks = {name: body.get(name) for name in ("value", "block_id")}
    return hand.click(where, _text(body, "action_id"), person, **marks)


def choose(world: SlackWorld, hand: SlackHand, body: Body) -> Reply:
    """The same with `choice`: an option's value, a list of them, a date or a time."""
    where, person, choice = _where(world, body), _person(world, body), body.get("choice")
    return hand.choose(where, _text(body, "action_id"), choice, person, block_id=body.get("block_id"))


def command(world: SlackWorld, hand: SlackHand, body: Body) -> Reply:
    """`{"command": "/…", "text"?, "channel"?, "person"?}`."""
    channel = str(body.get("channel") or credentials.SLACK_CHANNEL)
    person = _person(world, body)
    return hand.command(_text(body, "command"), str(body.get("text") or ""), person, channel)


def submit(world: SlackWorld, hand: SlackHand, body: Body) -> Reply:
    """`{"view", "values": {block_id: …}, "person"?}`."""
    values = body.get("values") or {}
    if not isinstance(values, dict):
        raise asked.Refused("values must be an object by block_id")
    person = _person(world, body) if body.get("person") else None
    return hand.submit(_modal(world, body), values, person)


def close(world: SlackWorld, hand: SlackHand, body: Body) -> Reply | None:
    """`{"view", "everything"?: true}`."""
    return hand.close(_modal(world, body), everything=body.get("everything") is True)


def _told(reply: Reply | None) -> Response:
    """200 whatever the app answered: the click itself was made."""
    if reply is None:
        return jsonify(ok=True)
    return jsonify(
        ok=reply.problem is None,
        message=reply.problem or "",
        outcome=reply.outcome,
        status=reply.status,
        milliseconds=reply.milliseconds,
    )


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise asked.Refused(f"{name} is missing")
    return value


def _person(world: SlackWorld, body: Body) -> Person:
    person = world.people.get(str(body.get("person") or credentials.ADA.slack_id))
    if person is None:
        raise asked.Refused("There is no such person")
    return person


def _where(world: SlackWorld, body: Body) -> Message | Modal:
    if body.get("view"):
        return _modal(world, body)
    message = world.look_up(str(body.get("channel")), str(body.get("ts")))
    if message is None or message.deleted:
        raise asked.Refused("There is no such message")
    return message


def _modal(world: SlackWorld, body: Body) -> Modal:
    modal = world.modals.find(_text(body, "view"))
    if modal is None:
        raise asked.Refused("There is no such modal")
    return modal
