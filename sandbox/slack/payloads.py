"""What Slack tells an app about a click, a modal, a command or an event (Slack, interaction payload reference)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox import credentials
from sandbox.credentials import Person
from sandbox.slack import controls, views
from sandbox.slack.controls import Control, Json
from sandbox.slack.modals import Modal
from sandbox.slack.world import Message, SlackWorld

VERIFICATION_TOKEN = "sandbox0verification0000"  # deprecated; still sent
TEAM = {"id": credentials.SLACK_TEAM_ID, "domain": credentials.SLACK_TEAM_DOMAIN}


def slack_id(person: Person) -> str:
    if person.slack_id is None:
        raise LookupError(f"{person.name} is not in this workspace")
    return person.slack_id


def _user(person: Person) -> Json:
    name = views.user_name(person)
    return {"id": slack_id(person), "username": name, "name": name, "team_id": credentials.SLACK_TEAM_ID}


def _about(kind: str, person: Person) -> Json:
    return {
        "type": kind,
        "user": _user(person),
        "api_app_id": credentials.SLACK_APP_ID,
        "token": VERIFICATION_TOKEN,
        "team": TEAM,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_as_seen(world: SlackWorld, message: Message) -> Json:
    return views.as_answer(world, message)


def click_in_message(
    world: SlackWorld, message: Message, pressed: Control, person: Person, choice: Json | None
) -> Json:
    """block_actions from a message. Of an ephemeral message Slack tells only where it is."""
    user = slack_id(person)
    container: Json = {
        "type": "message" if pressed.attachment is None else "message_attachment",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.is_ephemeral,
    }
    if pressed.attachment is not None:
        container |= {"attachment_id": pressed.attachment, "is_app_unfurl": False}
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    shown = message_as_seen(world, message)
    path = world.hooks.issue(message.channel, user, message.ts, message.thread_ts)
    return {
        **_about("block_actions", person),
        "container": container,
        "trigger_id": world.triggers.issue(user),
        "channel": {"id": message.channel, "name": world.channels[message.channel].name},
        **({} if message.is_ephemeral else {"message": shown}),
        "state": controls.state(shown, message.chosen.get(user, {})),
        "response_url": world.team_url.rstrip("/") + path,
        "actions": [controls.report(pressed, world.action_time(), choice)],
    }


def click_in_modal(
    world: SlackWorld, modal: Modal, pressed: Control, person: Person, choice: Json | None
) -> Json:
    view = views.modal_answer(modal)
    return {
        **_about("block_actions", person),
        "container": {"type": "view", "view_id": modal.id},
        "trigger_id": world.triggers.issue(slack_id(person), modal.id),
        "view": view,
        "state": view["state"],
        "actions": [controls.report(pressed, world.action_time(), choice)],
    }


def submission(world: SlackWorld, modal: Modal, person: Person, given: controls.Given) -> Json:
    """view_submission: no channel, no response_url; the app has to have kept them in private_metadata."""
    view = views.modal_answer(modal)
    return {
        **_about("view_submission", person),
        "trigger_id": world.triggers.issue(slack_id(person), modal.id),
        "view": {**view, "state": controls.state(view, given)},
        "response_urls": [],
    }


def closed(modal: Modal, person: Person, *, is_cleared: bool) -> Json:
    return {**_about("view_closed", person), "view": views.modal_answer(modal), "is_cleared": is_cleared}


def command(world: SlackWorld, name: str, text: str, person: Person, channel: str) -> dict[str, str]:
    user = slack_id(person)
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": credentials.SLACK_TEAM_ID,
        "team_domain": credentials.SLACK_TEAM_DOMAIN,
        "channel_id": channel,
        "channel_name": world.channels[channel].name,
        "user_id": user,
        "user_name": views.user_name(person),
        "command": name,
        "text": text,
        "api_app_id": credentials.SLACK_APP_ID,
        "is_enterprise_install": "false",
        "response_url": world.team_url.rstrip("/") + world.hooks.issue(channel, user),
        "trigger_id": world.triggers.issue(user),
    }


def event(inner: Mapping[str, Any], event_id: str | None, at: float) -> Json:
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": credentials.SLACK_TEAM_ID,
        "api_app_id": credentials.SLACK_APP_ID,
        "event": dict(inner),
        "type": "event_callback",
        "event_id": event_id or f"Ev0{uuid.uuid4().hex[:8].upper()}",
        "event_time": int(at),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": credentials.SLACK_TEAM_ID,
                "user_id": credentials.SLACK_BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def url_verification(challenge: str) -> Json:
    return {"token": VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification"}


def ssl_check() -> dict[str, str]:
    return {"ssl_check": "1", "token": VERIFICATION_TOKEN}
