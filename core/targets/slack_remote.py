"""What is stored of a Slack message: where it is, or that posting it was begun and nobody knows how that ended.

`{"channel", "ts", "link"}` once it is shown; `{"posting": {"since", "tried"}}` from before the first attempt until a
clear answer; `{"gone"}` names a message that can't be edited any more, so that it is not found again as the new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.targets.target import Remote

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Handle:
    """A message. `ts` is its identity and a string: as a number it would lose digits (facts §9)."""

    channel: str
    ts: str

    def permalink(self, home: str) -> str:
        return f"{home}archives/{self.channel}/p{self.ts.replace('.', '')}" if home else ""

    def as_remote(self, link: str) -> Remote:
        remote: Remote = {"channel": self.channel, "ts": self.ts}
        return {**remote, "link": link} if link else remote


@dataclass(frozen=True, slots=True)
class Doubt:
    """A post that may or may not exist: first tried at `since`, last at `tried`."""

    since: datetime
    tried: datetime


def handle_of(remote: Mapping[str, Any]) -> Handle | None:
    channel, ts = remote.get("channel"), remote.get("ts")
    return Handle(channel, ts) if isinstance(channel, str) and isinstance(ts, str) and ts else None


def link_of(remote: Mapping[str, Any]) -> str:
    link = remote.get("link")
    return link if isinstance(link, str) else ""


def doubt_of(remote: Mapping[str, Any]) -> Doubt | None:
    posting = remote.get("posting")
    if not isinstance(posting, dict):
        return None
    tried = _moment(posting.get("tried"))
    return Doubt(min(_moment(posting.get("since")), tried), tried)


def begin(remote: Remote, now: datetime, patience: float) -> Remote:
    """`remote` with the intent to post. A doubt younger than `patience` seconds stays: it is not posted over."""
    doubt = doubt_of(remote)
    if doubt and now < doubt.tried + timedelta(seconds=patience):
        return remote
    posting = {"since": (doubt.since if doubt else now).isoformat(), "tried": now.isoformat()}
    return {**remote, "posting": posting}


def settled(remote: Remote) -> Remote:
    """`remote` after a clear answer: without the doubt."""
    return {name: value for name, value in remote.items() if name != "posting"}


def _moment(value: object) -> datetime:
    """What we stored ourselves; anything else is as good as long ago, which means: look at once."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else _LONG_AGO
    except ValueError:
        return _LONG_AGO
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
