"""What is open now, from one end to the other, in pieces: only what silences ask of an alert, never all at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, not_, select

from core.domain.alert import State
from core.store.tables import alerts

_PIECE = 500


@dataclass(frozen=True, slots=True)
class Open:
    """An open alert in brief. `labels` are whole and as hostile as they came."""

    id: str
    name: str
    instance: str
    severity: str
    state: State
    source: str
    fired_at: datetime
    labels: Mapping[str, str]


_COLUMNS = tuple(alerts.c[name] for name in Open.__dataclass_fields__)


def walk(connection: Connection, source: str | None = None, piece: int = _PIECE) -> Iterator[list[Open]]:
    """All that is firing or acknowledged, of one source or of all; along an index, `piece` by `piece`."""
    for state in (State.FIRING, State.ACKNOWLEDGED):
        last: Open | None = None
        while found := _after(connection, state, last, piece):
            last = found[-1]
            yield [each for each in found if source in (None, each.source)]


def _after(connection: Connection, state: State, last: Open | None, limit: int) -> list[Open]:
    where = [alerts.c.state == state.value]
    if last is not None:
        # Not (fired_at, id) > (…): MySQL does not walk its index for that.
        where.append(alerts.c.fired_at >= last.fired_at)
        where.append(not_(and_(alerts.c.fired_at == last.fired_at, alerts.c.id <= last.id)))
    rows = connection.execute(
        select(*_COLUMNS).where(*where).order_by(alerts.c.fired_at, alerts.c.id).limit(limit)
    )
    return [Open(**{**row._mapping, "state": state}) for row in rows]  # noqa: SLF001 (SQLAlchemy's public name)
