"""How the workspace describes its things: to a caller of the Web API, and to the page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox import credentials
from sandbox.credentials import Person
from sandbox.slack import controls
from sandbox.slack.modals import Modal
from sandbox.slack.world import SLACKBOT, Channel, Message, SlackWorld


def as_answer(world: SlackWorld, message: Message, *, all_metadata: bool = True) -> dict[str, Any]:
    """The message object of the API. Without `include_all_metadata` the payload of the metadata is not told."""
    answer: dict[str, Any] = {
        "type": "message",
        "ts": message.ts,
        "user": message.user,
        "team": credentials.SLACK_TEAM_ID,
        "text": message.text,
    }
    if message.is_from_bot:
        answer |= {"bot_id": credentials.SLACK_BOT_ID, "app_id": credentials.SLACK_APP_ID}
    if message.blocks:
        answer["blocks"] = controls.named(message.blocks, "b")
    if message.attachments:
        answer["attachments"] = [
            _attachment(attachment, index) for index, attachment in enumerate(message.attachments, start=1)
        ]
    if message.edited:
        answer["edited"] = {"user": message.user, "ts": message.edited}
    if message.metadata:
        shown = ("event_type", "event_payload") if all_metadata else ("event_type",)
        answer["metadata"] = {name: message.metadata[name] for name in shown}
    return answer | _thread_facts(world, message)


def _attachment(attachment: dict[str, Any], number: int) -> dict[str, Any]:
    """Slack numbers attachments and drops the # of the colour."""
    answer = {**attachment, "id": number}
    if "color" in attachment:
        answer["color"] = attachment["color"].lstrip("#")
    if "blocks" in attachment:
        answer["blocks"] = controls.named(attachment["blocks"], f"a{number}b")
    return answer


def _thread_facts(world: SlackWorld, message: Message) -> dict[str, Any]:
    if message.is_reply:
        facts: dict[str, Any] = {
            "thread_ts": message.thread_ts,
            "parent_user_id": credentials.SLACK_BOT_USER_ID,
        }
        return facts | ({"subtype": "thread_broadcast"} if message.broadcast else {})
    replies = world.thread(message.channel, message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def for_page(world: SlackWorld, message: Message) -> dict[str, Any]:
    return {
        "key": f"{message.channel} {message.ts}",
        "channel": message.channel,
        "ts": message.ts,
        "author": author_name(world, message),
        "bot": message.is_from_bot,
        "text": message.text,
        "blocks": controls.named(message.blocks, "b"),
        "attachments": [_attachment(one, number) for number, one in enumerate(message.attachments, start=1)],
        "thread_ts": message.thread_ts,
        "reply": message.is_reply,
        "broadcast": message.broadcast,
        "edited": message.edited is not None,
        "versions": message.versions,
        "deleted": message.deleted,
        "pings": message.pings,
        "only_for": _name(world, message.ephemeral_for) if message.ephemeral_for else None,
        "only_for_id": message.ephemeral_for,
        "unanswered": message.unanswered,
    }


def author_name(world: SlackWorld, message: Message) -> str:
    return credentials.SLACK_BOT_NAME if message.is_from_bot else _name(world, message.user)


def modal_blocks(modal: Modal) -> dict[str, Any]:
    return {**modal.view, "blocks": controls.named(modal.view["blocks"], "m")}


def modal_answer(modal: Modal) -> dict[str, Any]:
    """The view object of the API: what the app sent, and what Slack adds."""
    shown = modal_blocks(modal)
    given: dict[str, Any] = {
        "submit": None,
        "close": None,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "submit_disabled": False,
    }
    return {
        "id": modal.id,
        "team_id": credentials.SLACK_TEAM_ID,
        **given,
        **shown,
        "state": controls.state(shown, modal.given),
        "hash": modal.hash,
        "previous_view_id": modal.previous,
        "root_view_id": modal.root,
        "app_id": credentials.SLACK_APP_ID,
        "app_installed_team_id": credentials.SLACK_TEAM_ID,
        "bot_id": credentials.SLACK_BOT_ID,
    }


def modal_for_page(modal: Modal) -> dict[str, Any]:
    return {
        "id": modal.id,
        "person": modal.person,
        "view": modal_answer(modal),
        "hash": modal.hash,
        "errors": modal.errors,
        "trouble": modal.trouble,
    }


def _name(world: SlackWorld, user: str) -> str:
    if user == SLACKBOT:
        return "Slackbot"
    person = world.people.get(user)
    return person.name if person else user


def channel_answer(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": False,
        "is_archived": channel.is_archived,
        "is_general": False,
        "is_member": channel.bot_is_member,
        "context_team_id": credentials.SLACK_TEAM_ID,
    }


def user_name(person: Person) -> str:
    return person.name.partition(" ")[0].lower()


def user_answer(person: Person, at: float, *, with_email: bool) -> dict[str, Any]:
    """`at` because the offset of a zone changes twice a year."""
    offset = datetime.fromtimestamp(at, ZoneInfo(person.zone)).utcoffset() or timedelta()
    first, _, last = person.name.partition(" ")
    profile = {
        "real_name": person.name,
        "display_name": user_name(person),
        "first_name": first,
        "last_name": last,
        "team": credentials.SLACK_TEAM_ID,
    }
    if with_email and person.email:
        profile["email"] = person.email
    return {
        "id": person.slack_id,
        "team_id": credentials.SLACK_TEAM_ID,
        "name": user_name(person),
        "deleted": False,
        "real_name": person.name,
        "tz": person.zone,
        "tz_offset": int(offset.total_seconds()),
        "is_bot": False,
        "is_app_user": False,
        "profile": profile,
    }
