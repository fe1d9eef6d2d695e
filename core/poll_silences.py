"""Poll: what was made, changed or ended in Alertmanager by somebody there, and what we believe to be there and is not.

A new silence is reported as a deed of the people's lane. Of one that is known nothing is decided here: where it looks
other than it was agreed on, its delivery is wanted, and the target compares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from core.bridge import PEOPLE, Bridge
from core.changes import EDIT
from core.domain.errors import Verdict
from core.domain.person import Actor, Provider
from core.domain.silence import Phase, Silence, silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.findings import report
from core.store import deliveries, inbox, silences, sources
from core.store.deliveries import SILENCES
from core.store.sources import POLLING
from core.targets import alertmanager_remote as remotes
from core.targets.alertmanager import AlertmanagerTarget
from core.targets.alertmanager_silence import Shown, same_matchers

log = structlog.get_logger()

# So many ids in one statement.
_PART = 500
# What the inbox keeps of a key; its first half, the id, is never used twice.
_KEY = 100


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database says of some silences of one Alertmanager's: `by_remote` is {its id: ours}."""

    by_remote: Mapping[str, str]
    known: Mapping[str, Silence]
    remotes: Mapping[str, dict[str, Any]]


def poll(bridge: Bridge, target_name: str) -> bool:
    """Read the silences of one Alertmanager. False where no member answers; that is kept as its source's trouble."""
    target = bridge.alertmanagers[target_name]
    try:
        listed = target.cluster.listed()
    except Verdict as verdict:
        trouble = str(verdict)
        bridge.store.transact(lambda c: sources.ails(c, target.source, POLLING, trouble))
        log.warning("silences not read", target=target_name, trouble=trouble)
        return False
    wanted, made = bridge.store.transact(lambda connection: _compare(connection, bridge, target, listed))
    if wanted:
        bridge.on_due(target_name)
    if made:
        bridge.on_lane(PEOPLE)
    if wanted or made:
        log.info("silences read", target=target_name, listed=len(listed), made=made, wanted=wanted)
    return True


def _compare(
    connection: Connection, bridge: Bridge, target: AlertmanagerTarget, listed: Sequence[Shown]
) -> tuple[int, int]:
    """How many are wanted, and how many were made there."""
    now = bridge.clock()
    wanted, made = _vanished(connection, target.name, listed, now), 0
    for start in range(0, len(listed), _PART):
        part = listed[start : start + _PART]
        found = _find(connection, target.name, part)
        for shown in part:
            ours = found.by_remote.get(shown.id)
            if ours is not None:
                if _differs(shown, found.known[ours], found.remotes[ours], now):
                    wanted.add(ours)
            elif shown.expired:
                continue
            elif shown.mark is not None and _is_ours(shown, found, now):
                wanted.add(shown.mark)
            else:
                made += _report(connection, target, shown, taken=shown.id in found.known, now=now)
    if wanted:
        deliveries.want(connection, wanted, now, new=EDIT, edit=EDIT, only=target.name, of=SILENCES)
    sources.polled(connection, target.source, now)
    return len(wanted), made


def _find(connection: Connection, name: str, part: Sequence[Shown]) -> _Found:
    by_remote = deliveries.found(connection, name, [it.id for it in part], of=SILENCES)
    ids = {*by_remote.values(), *(it.mark for it in part if it.mark), *(it.id for it in part)}
    return _Found(
        by_remote, silences.load(connection, ids), deliveries.remotes(connection, name, ids, of=SILENCES)
    )


def _differs(shown: Shown, silence: Silence, remote: dict[str, Any], now: datetime) -> bool:
    """Whether there is something to compare. What is over on both sides is over."""
    over = silence.phase(now) is Phase.EXPIRED
    if over or shown.expired:
        return over is not shown.expired
    base = remotes.read(remote).base
    return base is None or not remotes.theirs(shown, silence).view.agrees(base.theirs)


def _is_ours(shown: Shown, found: _Found, now: datetime) -> bool:
    """Whether it bears the marker of a silence that it may well be: not, where somebody made another one of ours."""
    silence, remote = found.known.get(shown.mark or ""), found.remotes.get(shown.mark or "")
    if silence is None or remote is None:
        return False
    lasts = silence.phase(now) is not Phase.EXPIRED
    return remotes.read(remote).doubt is not None or (
        lasts and same_matchers(shown.matchers, silence.matchers)
    )


def _vanished(connection: Connection, name: str, listed: Sequence[Shown], now: datetime) -> set[str]:
    """Those that should last there and are not there at all."""
    expected = silences.expected(connection, name, now)
    for it in listed:
        expected.pop(it.id, None)
    return set(expected.values())


def _report(
    connection: Connection, target: AlertmanagerTarget, shown: Shown, *, taken: bool, now: datetime
) -> int:
    """Somebody made it there: 1, or 0 where that is known. One that has been let go comes back as another."""
    event_id = f"{target.name}:{shown.id}"
    id_ = silence_id(event_id, shown.updated_at) if taken else shown.id
    key = f"{id_}:{target.name}"[:_KEY]
    if inbox.is_known(connection, key):
        return 0
    deed = SilenceDeed(
        verb=SilenceVerb.MAKE,
        actor=Actor(Provider.ALERTMANAGER, shown.created_by, shown.created_by),
        silence_id=id_,
        at=now,
        event_id=f"{event_id}:{id_}" if taken else event_id,
        matchers=shown.matchers,
        start_at=shown.starts_at,
        end_at=shown.ends_at,
        reason=shown.text,
        scope=target.source,
        target=target.name,
        remote=remotes.first_remote(shown),
    )
    report(connection, deed, now, key)
    return 1
