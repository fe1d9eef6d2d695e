"""What a transaction has made of a silence: its row, its record, and which Alertmanagers have to hear of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from core.bridge import Bridge
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceChange, SilenceDeed, SilenceKind
from core.store import deliveries, silences
from core.store.deliveries import SILENCES
from core.store.silences import Line

_URGENT = 0
# So many that have not ended are looked at when a bridge starts.
_MOST = 5_000


def keep(
    connection: Connection, bridge: Bridge, change: SilenceChange, deed: SilenceDeed, now: datetime
) -> set[str]:
    """Write it; the targets that have something to be told. Raises Conflict where it has moved on."""
    silence = change.silence
    if silence is None or change.kind is SilenceKind.NOTHING:
        return set()
    if change.kind is SilenceKind.MADE:
        silences.add(connection, silence, now)
        if deed.target:
            identity = str(deed.remote.get("id") or "") or None
            deliveries.adopt(connection, silence.id, deed.target, dict(deed.remote), identity, of=SILENCES)
    else:
        silences.change(connection, silence, now)
        # Where it was found it is like that already; a target that did not know of it has to look all the same.
        deliveries.want(connection, [silence.id], now, new=_URGENT, edit=_URGENT, of=SILENCES)
    _introduce(connection, bridge, [silence], now)
    silences.tell(connection, _line(silence, change.kind, deed))
    return {name for _, name in deliveries.known(connection, [silence.id], SILENCES)}


def introduce_all(connection: Connection, bridge: Bridge, now: datetime) -> None:
    """Tell an Alertmanager that was configured lately of what was silenced before."""
    _introduce(connection, bridge, silences.listed(connection, now, expired=False, limit=_MOST), now)


def _introduce(connection: Connection, bridge: Bridge, some: Sequence[Silence], now: datetime) -> None:
    known = deliveries.known(connection, [silence.id for silence in some], SILENCES)
    rows = [
        (silence.id, name, _URGENT)
        for silence in some
        for name, alertmanager in bridge.alertmanagers.items()
        if (silence.id, name) not in known and alertmanager.concerns(silence)
    ]
    deliveries.add(connection, rows, now, SILENCES)


def _line(silence: Silence, kind: SilenceKind, deed: SilenceDeed) -> Line:
    said = silence.reason if kind in (SilenceKind.MADE, SilenceKind.REWORDED) else deed.reason
    return Line(
        silence.id,
        kind.value,
        deed.at,
        deed.actor.key,
        deed.actor.name,
        deed.actor.provider.value,
        silence.end_at,
        said or None,
        deed.event_id,
    )
