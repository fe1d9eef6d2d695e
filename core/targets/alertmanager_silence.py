"""Silences as Alertmanager's API v2 gives and takes them (prometheus/alertmanager api/v2/openapi.yaml).

Ours carry a marker at the end of their comment, so that one whose making was never answered can be found again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.domain.errors import Malformed
from core.domain.matcher import Matcher, from_json, to_json
from core.domain.note import place
from core.domain.person import Provider
from core.domain.silence import Silence, is_silence_id

MOST = 4000
"""Characters of a reason that are written there; the marker stands behind them whatever their number."""
_MARKER = re.compile(r"\s*\[alert-bridge ([0-9a-f-]{36})\]")


@dataclass(frozen=True, slots=True)
class Shown:
    """One silence as a member shows it. `text` is its comment without our marker, `mark` the id in that marker."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    expired: bool
    created_by: str
    text: str
    mark: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


def read_all(items: Sequence[Any]) -> list[Shown]:
    """What of a list can be read. One that is broken hides none of the others."""
    return [shown for item in items if (shown := read(item)) is not None]


def read(item: Any) -> Shown | None:
    try:
        return _shown(item)
    except (Malformed, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _shown(item: Any) -> Shown:
    if not is_silence_id(item["id"]) or not item["matchers"]:
        raise Malformed("It has no id, or no matcher.")
    text, mark = unmarked(str(item.get("comment") or ""))
    return Shown(
        id=item["id"],
        matchers=tuple(_matcher(it) for it in item["matchers"]),
        starts_at=_moment(item["startsAt"]),
        ends_at=_moment(item["endsAt"]),
        updated_at=_moment(item["updatedAt"]),
        expired=item["status"]["state"] == "expired",
        created_by=str(item.get("createdBy") or ""),
        text=text,
        mark=mark,
        annotations={str(name): str(value) for name, value in (item.get("annotations") or {}).items()},
    )


def _matcher(value: Any) -> Matcher:
    if not isinstance(value["name"], str) or not isinstance(value["value"], str):
        raise Malformed("Not a matcher.")
    return from_json(value)


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def same_matchers(ones: Sequence[Matcher], others: Sequence[Matcher]) -> bool:
    """Whether they name the same, in whatever order."""
    return {*ones} == {*others}


def unmarked(comment: str) -> tuple[str, str | None]:
    """The words of a comment, and the silence of ours that it names, also where somebody has written on behind it."""
    marks = _MARKER.findall(comment)
    return _MARKER.sub("", comment).strip(), marks[-1] if marks else None


def text_of(silence: Silence) -> str:
    """Its reason as it is written there."""
    return silence.reason.strip()[:MOST].rstrip() or ("Acknowledged" if silence.acknowledges else "Silenced")


def author_of(silence: Silence) -> str:
    """Who made it, and where: `Alice Example (Slack)`. One made there keeps the name that it was given there."""
    if silence.source == Provider.ALERTMANAGER:
        return silence.created_by_name
    return f"{silence.created_by_name or 'Somebody'} ({place(Provider(silence.source))})"


def body(
    silence: Silence, text: str, ends_at: datetime, shown: Shown | None, *, annotated: bool
) -> dict[str, Any]:
    """What makes it there, or with `shown` changes that one in place: which takes the very same matchers and start."""
    matchers = shown.matchers if shown else silence.matchers
    written: dict[str, Any] = {
        "matchers": [to_json(matcher) for matcher in matchers],
        "startsAt": rfc_3339(shown.starts_at if shown else silence.start_at),
        "endsAt": rfc_3339(ends_at),
        "createdBy": author_of(silence),
        "comment": f"{text} [alert-bridge {silence.id}]",
    }
    if shown:
        written["id"] = shown.id
    if annotated:
        written["annotations"] = {**(shown.annotations if shown else {}), **_annotations(silence)}
    return written


def _annotations(silence: Silence) -> dict[str, str]:
    named = {"silence": silence.id, "alert": silence.alert_id, "actor": silence.created_by}
    return {f"alert_bridge_{name}": value for name, value in named.items() if value}


def rfc_3339(moment: datetime) -> str:
    """To the millisecond, which is what Alertmanager says again."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
