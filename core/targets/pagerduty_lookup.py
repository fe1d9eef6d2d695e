"""Learns which incident PagerDuty made of a trigger: its id, number and address.

A convenience beside paging and never in its way: whatever goes wrong here is remembered and said, and the alert goes
out regardless. Needs the REST API token; PagerDuty makes incidents a moment after its 202, so the first looks may
come too early, and an event that its rules suppress never becomes one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from core.domain.errors import Transient, Verdict
from core.targets.pagerduty_client import Rest
from core.targets.pagerduty_remote import RESOLVED, Entry

# Seconds from the trigger to the first look, and from each look to the next; after the last one nothing was made.
_WAITS = (1, 5, 30, 120)
# After a failure nobody looks for a while: a REST API that hangs must not hold up the pages that wait behind a look.
_REFUSED_PAUSE = timedelta(minutes=5)
_FAILED_PAUSE = timedelta(minutes=1)
_INCIDENTS = "/incidents"

_log = structlog.get_logger(__name__)


class Lookup:
    """`trouble` says why the REST API cannot be used, None while it can. Kept in memory: a restart asks again."""

    def __init__(self, rest: Rest, service_id: str | None) -> None:
        self._rest = rest
        self._service_id = service_id
        self._paused_until = datetime.min.replace(tzinfo=UTC)
        self.trouble: str | None = None

    def plan(self, entry: Entry, now: datetime) -> None:
        """A trigger was confirmed, or a look found nothing: when to look next."""
        looks_on = entry.incident_id is None and entry.looked < len(_WAITS)
        wait = timedelta(seconds=_WAITS[entry.looked]) if looks_on else None
        entry.look_at = max(now + wait, self._paused_until) if wait is not None else None

    def look(self, entry: Entry, now: datetime) -> bool:
        """Look if it is time to. True when the incident has just been learned."""
        if entry.incident_id is not None or entry.look_at is None or entry.look_at > now:
            return False
        if now < self._paused_until:
            # Not a look: the few that there are shall not be used up while nobody may ask.
            entry.look_at = self._paused_until
            return False
        entry.looked += 1
        found = self._find(entry.dedup_key, now)
        if found is None:
            self.plan(entry, now)
            return False
        _adopt(entry, found)
        return True

    def is_paused(self, now: datetime) -> bool:
        """Whether nobody may ask for a while."""
        return now < self._paused_until

    def look_elsewhere(self, entry: Entry, now: datetime) -> bool:
        """After a merge the alert goes on in another incident. True when that has just been learned."""
        if now < self._paused_until:
            return False
        found = self._find(entry.dedup_key, now)
        if found is None or found["id"] == entry.incident_id or found.get("status") == RESOLVED:
            return False
        _adopt(entry, found)
        return True

    def ask(self) -> None:
        """Whether the token is good for what we ask of it: a read of one incident, whichever it is."""
        try:
            self._rest.get(_INCIDENTS, {"limit": 1})
        except Verdict as verdict:
            self._failed(verdict, None)
        else:
            self._answered()

    def _find(self, dedup_key: str, now: datetime) -> dict[str, Any] | None:
        # An empty key would list every open incident of the account.
        if not dedup_key:
            return None
        params: dict[str, Any] = {
            "incident_key": dedup_key,
            # Without it only the last month is searched.
            "date_range": "all",
            # The key is one occurrence's alone, so a resolved incident is ours too: a person was quick, or it merged.
            "statuses[]": ["triggered", "acknowledged", "resolved"],
            "limit": 100,
        }
        if self._service_id:
            params["service_ids[]"] = [self._service_id]
        try:
            body = self._rest.get(_INCIDENTS, params)
        except Verdict as verdict:
            self._failed(verdict, now)
            return None
        self._answered()
        return _best(body.get("incidents"))

    def _failed(self, verdict: Verdict, now: datetime | None) -> None:
        pause = _REFUSED_PAUSE
        if isinstance(verdict, Transient):
            pause = _FAILED_PAUSE
            _log.info("pagerduty_lookup_failed", reason=verdict.reason, detail=verdict.detail)
        else:
            if self.trouble is None:
                _log.warning("pagerduty_api_unusable", reason=verdict.reason, detail=verdict.detail)
            self.trouble = str(verdict)
        if now is not None:
            self._paused_until = now + pause

    def _answered(self) -> None:
        if self.trouble is not None:
            _log.info("pagerduty_api_usable_again")
        self.trouble = None
        self._paused_until = datetime.min.replace(tzinfo=UTC)


def _adopt(entry: Entry, incident: dict[str, Any]) -> None:
    number, address = incident.get("incident_number"), incident.get("html_url")
    entry.adopt(
        incident["id"],
        number if isinstance(number, int) else None,
        address if isinstance(address, str) else "",
    )


def _best(incidents: Any) -> dict[str, Any] | None:
    """The one to show. After a merge the key is found in two: the open one holds the alert now, else the newest."""
    known: Sequence[Any] = incidents if isinstance(incidents, list) else ()
    usable = [one for one in known if isinstance(one, dict) and isinstance(one.get("id"), str) and one["id"]]
    return max(usable, key=_worth, default=None)


def _worth(incident: dict[str, Any]) -> tuple[bool, str]:
    return incident.get("status") != "resolved", str(incident.get("created_at", ""))
