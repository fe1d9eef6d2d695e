"""What Alertmanager's API v2 answers: its list of alerts, its own start, and how long it may keep things to itself.

Ten thousand alerts are some 10 MB of JSON. Of most of them nothing is kept but that they are there.
"""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import yaml

from core.domain.alert import Content
from core.domain.compare import ACTIVE, Listed, Mark, Suppression, Timing
from core.domain.errors import Malformed
from core.sources.tamed import part, rfc_3339

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FINGERPRINT = re.compile(r"[A-Za-z0-9_-]{1,64}")
# prometheus/common model/time.go, ParseDuration.
_DURATION = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_MILLISECONDS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1)
_LONGEST = timedelta(days=30)
_MOST_ROUTES = 10_000
_MOST_NAMED = 20
_FIELDS = (
    ("silencedBy", Suppression.SILENCED),
    ("inhibitedBy", Suppression.INHIBITED),
    ("mutedBy", Suppression.MUTED),
)


@dataclass(frozen=True, slots=True)
class Alerts:
    """The list of one member. `marks` are all alerts on it, `others` the active ones that might be ours and are not
    known. `whole`: nothing on it was beyond reading.
    """

    marks: dict[str, Mark | None]
    others: dict[str, Listed]
    whole: bool


@dataclass(frozen=True, slots=True)
class Status:
    """`started` None: it does not say. `configuration` is its own YAML, secrets left out."""

    started: datetime | None
    configuration: str


def read_alerts(answer: Any, known: Container[str], receivers: Container[str]) -> Alerts:
    """The answer of GET /alerts. Raises Malformed."""
    if not isinstance(answer, list):
        raise Malformed("The list of alerts is not a list.")
    found = Alerts({}, {}, whole=all(_name(item) for item in answer))
    for item in answer:
        fingerprint = _name(item)
        if not fingerprint:
            continue
        found.marks[fingerprint] = mark = _mark(part(item, "status"))
        if mark is ACTIVE and fingerprint not in known and _goes_to(item, receivers):
            listed = _listed(fingerprint, item)
            if listed is not None:
                found.others[fingerprint] = listed
    return found


def read_status(answer: Any) -> Status:
    """The answer of GET /status."""
    try:
        started = rfc_3339(part(answer).get("uptime"))
    except ValueError:
        started = None
    configuration = part(answer, "config").get("original")
    return Status(started, configuration if isinstance(configuration, str) else "")


@lru_cache(maxsize=32)
def timing(configuration: str, receivers: frozenset[str]) -> Timing:
    """The longest waits on the routes to these receivers, of all routes where none leads there."""
    try:
        routes = list(_routes(part(yaml.load(configuration, _Loader), "route")))  # noqa: S506 (it is a safe one)
    except (yaml.YAMLError, RecursionError):
        routes = []
    ours = [waits for receiver, waits in routes if receiver in receivers] or [waits for _, waits in routes]
    return Timing(
        max((waits.group_wait for waits in ours), default=Timing().group_wait),
        max((waits.group_interval for waits in ours), default=Timing().group_interval),
    )


def _name(item: Any) -> str:
    fingerprint = item.get("fingerprint") if isinstance(item, dict) else None
    fits = isinstance(fingerprint, str) and _FINGERPRINT.fullmatch(fingerprint)
    return fingerprint if fits and isinstance(fingerprint, str) else ""


def _mark(status: Mapping[str, Any]) -> Mark | None:
    if status.get("state") == "active":
        return ACTIVE
    for field, suppression in _FIELDS:
        by = status.get(field)
        if isinstance(by, list) and by:
            return Mark(suppression, tuple(sorted(str(one) for one in by)[:_MOST_NAMED]))
    return None


def _goes_to(item: Mapping[str, Any], receivers: Container[str]) -> bool:
    named = item.get("receivers")
    return isinstance(named, list) and any(part(one).get("name") in receivers for one in named)


def _listed(fingerprint: str, item: Mapping[str, Any]) -> Listed | None:
    try:
        starts_at = rfc_3339(item.get("startsAt"))
    except ValueError:
        return None
    labels, annotations = part(item, "labels"), part(item, "annotations")
    if starts_at is None or not all(
        isinstance(one, str) for one in (*labels.values(), *annotations.values())
    ):
        return None
    url = item.get("generatorURL")
    return Listed(fingerprint, starts_at, Content(labels, annotations, url if isinstance(url, str) else ""))


def _routes(top: Mapping[str, Any]) -> Iterator[tuple[str, Timing]]:
    """Every route's receiver and waits, with what it inherits."""
    waiting: list[tuple[Mapping[str, Any], str, Timing]] = [(top, "", Timing())]
    for _ in range(_MOST_ROUTES):
        if not waiting:
            return
        route, receiver, waits = waiting.pop()
        receiver = str(route.get("receiver") or receiver)
        waits = Timing(
            _duration(route.get("group_wait"), waits.group_wait),
            _duration(route.get("group_interval"), waits.group_interval),
        )
        yield receiver, waits
        nested = route.get("routes")
        waiting += [(part(one), receiver, waits) for one in nested] if isinstance(nested, list) else []


def _duration(written: Any, inherited: timedelta) -> timedelta:
    read = _DURATION.fullmatch(written) if isinstance(written, str) and written else None
    if read is None:
        return inherited
    pairs = zip(read.groups(), _MILLISECONDS, strict=True)
    total = sum(int(count) * each for count, each in pairs if count)
    return min(timedelta(milliseconds=min(total, _LONGEST // timedelta(milliseconds=1))), _LONGEST)
