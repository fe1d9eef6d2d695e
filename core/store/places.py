"""Where alerts are shown and silences hold, and whether what is there is the newest state.

What a target knows of its far side belongs to it alone; of that only the address that a person may open comes out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from core.store import silences
from core.store.tables import deliveries


class Standing(StrEnum):
    """`current`: the target shows the newest state. `behind`: not yet. `parked`: it will not be told again as it is."""

    CURRENT = "current"
    BEHIND = "behind"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Place:
    """One target's view of an alert. `since` is how long it has been behind."""

    target: str
    standing: Standing
    since: datetime | None
    link: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Copy:
    """One Alertmanager's view of a silence. `remote_id` is the silence's name there, None until it has one.

    `error` ends in Alertmanager's own words: why it refuses a silence is theirs to mend who made it.
    """

    target: str
    standing: Standing
    since: datetime | None
    remote_id: str | None
    error: str | None


def places(connection: Connection, alert_ids: Collection[str]) -> dict[str, list[Place]]:
    """Of each of these alerts, by the target's name."""
    rows = connection.execute(
        select(deliveries).where(deliveries.c.alert_id.in_(alert_ids)).order_by(deliveries.c.target)
    )
    found: dict[str, list[Place]] = {id_: [] for id_ in alert_ids}
    for row in rows:
        place = Place(row.target, _standing(row), _since(row), link(row.remote), _error(row))
        found[row.alert_id].append(place)
    return found


def copies(connection: Connection, silence_ids: Collection[str]) -> dict[str, list[Copy]]:
    """Of each of these silences, by the target's name."""
    found = silences.standing(connection, silence_ids)
    return {
        id_: sorted(
            (Copy(row.target, _standing(row), _since(row), row.remote_id, _whole_error(row)) for row in rows),
            key=lambda copy: copy.target,
        )
        for id_, rows in found.items()
    }


def link(remote: Mapping[str, Any]) -> str | None:
    """The message in Slack, or the newest incident at PagerDuty whose address is known."""
    incidents = remote.get("incidents") or ()
    addresses = [remote.get("link"), *(incident.get("html_url") for incident in reversed(incidents))]
    return next((address for address in addresses if isinstance(address, str) and address), None)


def _standing(row: Row[Any]) -> Standing:
    if row.parked_reason is not None:
        return Standing.PARKED
    return Standing.CURRENT if row.since is None else Standing.BEHIND


def _since(row: Row[Any]) -> datetime | None:
    return row.since if _standing(row) is Standing.BEHIND else None


def _error(row: Row[Any]) -> str | None:
    return None if _standing(row) is Standing.CURRENT else row.parked_reason or row.last_error


def _whole_error(row: Row[Any]) -> str | None:
    return None if _standing(row) is Standing.CURRENT else row.last_error or row.parked_reason
