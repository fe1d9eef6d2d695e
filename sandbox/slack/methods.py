"""The Web API methods: what each needs, how often it may be called, what it does.

Order of refusal as Slack's: token, scope, rate, arguments, channel, content. The registry at the foot lists all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sandbox import credentials
from sandbox.limits import Limit
from sandbox.slack import history, view_methods, views
from sandbox.slack.arguments import Answer, Arguments, flag, optional_ts, text
from sandbox.slack.content import (
    POST_SPLITS_ABOVE,
    POST_SPLITS_INTO,
    POST_TRUNCATES_ABOVE,
    UPDATE_REFUSES_ABOVE,
    Content,
    read_content,
)
from sandbox.slack.errors import SlackError
from sandbox.slack.world import Channel, Message, SlackWorld

# Half a second less than the minute: requests sent at an exact pace jitter on their way.
MINUTE = 59.5
TIER_3 = Limit(50, MINUTE)
TIER_4 = Limit(100, MINUTE)
SPECIAL = Limit(300, MINUTE)  # "special" tiers publish no figure
# "About one message a second per channel, short bursts tolerated, plus several hundred a minute per workspace."
POSTS_PER_CHANNEL = (Limit(3, 2.5), Limit(60, MINUTE))
POSTS_PER_WORKSPACE = Limit(300, MINUTE)


def auth_test(world: SlackWorld, _: Arguments) -> Answer:
    return {
        "url": world.team_url,
        "team": credentials.SLACK_TEAM_NAME,
        "user": "alert_bridge",
        "team_id": credentials.SLACK_TEAM_ID,
        "user_id": credentials.SLACK_BOT_USER_ID,
        "bot_id": credentials.SLACK_BOT_ID,
        "is_enterprise_install": False,
    }


def post_message(world: SlackWorld, arguments: Arguments) -> Answer:
    channel = _channel_to_write(world, arguments, by_name=True)
    content = read_content(arguments)
    if content.is_empty:
        raise SlackError("no_text")
    thread_ts = optional_ts(arguments, "thread_ts")
    broadcast = flag(arguments, "reply_broadcast")
    posted = [
        world.post(channel.id, part, thread_ts=thread_ts, broadcast=broadcast) for part in _parts(content)
    ]
    return {"channel": channel.id, "ts": posted[0].ts, "message": views.as_answer(world, posted[0])}


def _parts(content: Content) -> list[Content]:
    """Slack cuts a text above 40,000 characters and, with nothing else in the message, splits one above 4,040."""
    words = (content.text or "")[:POST_TRUNCATES_ABOVE]
    if len(words) <= POST_SPLITS_ABOVE or content.blocks or content.attachments:
        return [replace(content, text=words)]
    return [
        replace(content, text=words[start : start + POST_SPLITS_INTO])
        for start in range(0, len(words), POST_SPLITS_INTO)
    ]


def update(world: SlackWorld, arguments: Arguments) -> Answer:
    message = _own_message(world, arguments, otherwise="cant_update_message", archived="is_inactive")
    content = read_content(arguments)
    if (
        content.text is None
        and content.blocks is None
        and content.attachments is None
        and content.metadata is None
    ):
        raise SlackError("no_text")
    if len((content.text or "").encode()) > UPDATE_REFUSES_ABOVE:
        raise SlackError("msg_too_long")
    with world.lock:
        after = Content(
            content.text if content.text is not None else message.text,
            content.blocks if content.blocks is not None or content.text is not None else message.blocks,
            content.attachments if content.attachments is not None else message.attachments,
            None,
            (),
        )
        if after.is_empty:
            raise SlackError("no_text")
        world.update(message, content)
        return {
            "channel": message.channel,
            "ts": message.ts,
            "text": message.text,
            "message": views.as_answer(world, message),
        }


def delete(world: SlackWorld, arguments: Arguments) -> Answer:
    message = _own_message(world, arguments, otherwise="cant_delete_message", archived="is_archived")
    world.delete(message.channel, message.ts)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(world: SlackWorld, arguments: Arguments) -> Answer:
    channel = _channel_to_write(world, arguments, by_name=True)
    user = text(arguments, "user")
    if user not in world.people:
        raise SlackError("user_not_in_channel")
    content = read_content(arguments)
    if content.is_empty:
        raise SlackError("no_text")
    message = world.post(channel.id, content, thread_ts=optional_ts(arguments, "thread_ts"), only_for=user)
    return {"message_ts": message.ts}


def get_permalink(world: SlackWorld, arguments: Arguments) -> Answer:
    channel = _channel(world, arguments)
    message = world.find(channel.id, text(arguments, "message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{world.team_url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def conversations_history(world: SlackWorld, arguments: Arguments) -> Answer:
    channel = _channel_to_read(world, arguments)
    window = history.read_window(arguments)
    return history.page(world, list(reversed(world.in_channel(channel.id))), window)


def conversations_replies(world: SlackWorld, arguments: Arguments) -> Answer:
    channel = _channel_to_read(world, arguments)
    window = history.read_window(arguments)
    parent = world.find(channel.id, text(arguments, "ts"))
    if parent is None:
        raise SlackError("thread_not_found")
    return history.page(world, [parent, *world.thread(channel.id, parent.ts)], window, always=parent)


def conversations_info(world: SlackWorld, arguments: Arguments) -> Answer:
    return {"channel": views.channel_answer(_channel(world, arguments))}


def users_info(world: SlackWorld, arguments: Arguments) -> Answer:
    person = world.people.get(text(arguments, "user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": views.user_answer(person, world.now(), with_email="users:read.email" in world.scopes)}


def users_lookup_by_email(world: SlackWorld, arguments: Arguments) -> Answer:
    email = text(arguments, "email").casefold()
    for person in world.people.values():
        if person.email and person.email.casefold() == email:
            return {"user": views.user_answer(person, world.now(), with_email=True)}
    raise SlackError("users_not_found")


def _channel(world: SlackWorld, arguments: Arguments, *, by_name: bool = False) -> Channel:
    wanted = text(arguments, "channel")
    for channel in world.channels.values():
        if wanted == channel.id or (by_name and wanted.lstrip("#") == channel.name):
            return channel
    raise SlackError("channel_not_found")


def _channel_to_write(world: SlackWorld, arguments: Arguments, *, by_name: bool = False) -> Channel:
    channel = _channel(world, arguments, by_name=by_name)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not channel.bot_is_member and "chat:write.public" not in world.scopes:
        raise SlackError("not_in_channel")
    return channel


def _channel_to_read(world: SlackWorld, arguments: Arguments) -> Channel:
    channel = _channel(world, arguments)
    if not channel.bot_is_member:
        raise SlackError("not_in_channel")
    return channel


def _own_message(world: SlackWorld, arguments: Arguments, *, otherwise: str, archived: str) -> Message:
    channel = _channel(world, arguments)
    if channel.is_archived:
        raise SlackError(archived)
    message = world.find(channel.id, text(arguments, "ts"))
    if message is None:
        raise SlackError("message_not_found")
    if not message.is_from_bot:
        raise SlackError(otherwise)
    return message


@dataclass(frozen=True)
class Method:
    """One row of the method reference."""

    run: Callable[[SlackWorld, Arguments], Answer]
    scope: str | None
    limits: tuple[Limit, ...]
    per_channel: tuple[Limit, ...] = ()


METHODS: Mapping[str, Method] = {
    "auth.test": Method(auth_test, None, (SPECIAL,)),
    "chat.postMessage": Method(post_message, "chat:write", (POSTS_PER_WORKSPACE,), POSTS_PER_CHANNEL),
    "chat.update": Method(update, "chat:write", (TIER_3,)),
    "chat.delete": Method(delete, "chat:write", (TIER_3,)),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write", (TIER_4,)),
    "chat.getPermalink": Method(get_permalink, None, (SPECIAL,)),
    "conversations.history": Method(conversations_history, "channels:history", (TIER_3,)),
    "conversations.replies": Method(conversations_replies, "channels:history", (TIER_3,)),
    "conversations.info": Method(conversations_info, "channels:read", (TIER_3,)),
    "users.info": Method(users_info, "users:read", (TIER_4,)),
    "users.lookupByEmail": Method(users_lookup_by_email, "users:read.email", (TIER_3,)),
    "views.open": Method(view_methods.open_view, None, (TIER_4,)),
    "views.push": Method(view_methods.push_view, None, (TIER_4,)),
    "views.update": Method(view_methods.update_view, None, (TIER_4,)),
}
