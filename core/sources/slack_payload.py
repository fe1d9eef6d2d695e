"""What all of Slack's interactions have in common. Only ids are relied on: Slack may leave names empty (facts §1.3)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from core.domain.errors import Malformed
from core.domain.person import Actor, Provider
from core.sources.tamed import matching, part, text

_ALERT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OCCURRENCE = re.compile(r"[1-9][0-9]{0,8}")
_ID = re.compile(r"[A-Za-z0-9]{1,60}")
_TS = re.compile(r"[0-9]{10}(?:\.[0-9]{1,6})?")
_EPOCH = re.compile(r"[1-9][0-9]{8,10}")
_MOST_FIELDS = 50
_LONGEST_NAME = 200
_LONGEST_TRIGGER = 500


def event_id(body: bytes) -> str:
    """Slack names no interaction: only the signed bytes are the same when a request is sent again."""
    return f"slack:{hashlib.sha256(body).hexdigest()}"


def form(body: bytes) -> dict[str, str]:
    """The fields of a form; the first of each name. Raises Malformed."""
    try:
        fields = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Malformed("The form has too many fields.") from None
    return dict(reversed(fields))


def actor(payload: Mapping[str, Any]) -> Actor:
    """Raises Malformed."""
    user = part(payload, "user")
    id_ = matching(_ID, user.get("id"))
    if not id_:
        raise Malformed("The interaction does not say who acted.")
    name = text(user.get("name"), _LONGEST_NAME) or text(user.get("username"), _LONGEST_NAME)
    return Actor(Provider.SLACK, id_, name)


def place(payload: Mapping[str, Any]) -> str:
    """The channel of the message in which somebody clicked."""
    return channel(part(payload, "container").get("channel_id") or part(payload, "channel").get("id"))


def channel(value: Any) -> str:
    return matching(_ID, value)


def message_ts(payload: Mapping[str, Any]) -> str:
    return matching(_TS, part(payload, "container").get("message_ts"))


def trigger_id(payload: Mapping[str, Any]) -> str:
    return text(payload.get("trigger_id"), _LONGEST_TRIGGER)


def alert_id(value: Any) -> str:
    """Raises Malformed."""
    if found := matching(_ALERT_ID, value):
        return found
    raise Malformed("The interaction does not name an alert.")


def occurrence(value: Any) -> int:
    """Raises Malformed."""
    if not _OCCURRENCE.fullmatch(str(value)):
        raise Malformed("The interaction does not name an occurrence.")
    return int(value)


def time(ts: Any) -> datetime | None:
    """Slack's `1700000000.123456`, never as a float: that loses digits."""
    written = matching(_TS, ts)
    if not written:
        return None
    seconds, _, fraction = written.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(fraction.ljust(6, "0")))


def moment(value: str) -> datetime | None:
    """Whole seconds, as views have them."""
    return datetime.fromtimestamp(int(value), UTC) if matching(_EPOCH, value) else None
