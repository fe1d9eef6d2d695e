"""One PagerDuty incident for each occurrence of an alert, through the Events API; its link through the REST API.

The dedup key is the occurrence's own, so doing a step again is harmless while the incident is open. After a resolve,
by whomever, the same key would open a new incident: what PagerDuty has confirmed is therefore never sent again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from core.domain.alert import Alert, State
from core.domain.errors import Blocked, Permanent, Verdict
from core.domain.pace import Rate
from core.domain.severity import Severity, classify
from core.targets import pagerduty_event as events
from core.targets import pagerduty_remote as told
from core.targets.pagerduty_client import BUDGET, EVENTS_URL, REST_URL, TIMEOUT, Events, Reason, Rest
from core.targets.pagerduty_lookup import Lookup
from core.targets.pagerduty_remote import Entry
from core.targets.target import Converged, Glance, Notice, Remote, Word

_BURST = 10
# Resolves of earlier occurrences in one go: with the trigger and a look-up all their time-outs fit into one claim.
_AT_ONCE = 4

_log = structlog.get_logger(__name__)


class PagerDutyTarget:
    """Implements `core.targets.target.Target`."""

    def __init__(
        self,
        routing_key: str,
        *,
        api_token: str | None = None,
        service_id: str | None = None,
        api_url: str = REST_URL,
        events_api_url: str = EVENTS_URL,
        default_severity: Severity = Severity.CRITICAL,
        severities: frozenset[str] = frozenset(),
        events_per_minute: float = 120.0,
        public_url: str | None = None,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._routing_key = routing_key
        self._default_severity = default_severity
        self._severities = frozenset(severity.strip().lower() for severity in severities)
        self._public_url = public_url
        self._rates = {BUDGET: _rate(events_per_minute)}
        self._events = Events(events_api_url, timeout)
        self._lookup = Lookup(Rest(api_token, api_url, timeout), service_id) if api_token else None

    @property
    def name(self) -> str:
        return "pagerduty:default"

    @property
    def rates(self) -> Mapping[str, Rate]:
        return self._rates

    @property
    def says(self) -> frozenset[Word]:
        return frozenset()

    @property
    def trouble(self) -> str | None:
        """Why the API token cannot be used. Paging goes on without it; ids and links are missing."""
        return self._lookup.trouble if self._lookup else None

    def concerns(self, alert: Alert) -> bool:
        label = alert.content.severity
        rung = classify(label, self._default_severity).value
        return not self._severities or label in self._severities or rung in self._severities

    def budget(self, remote_id: str | None) -> str:  # noqa: ARG002 (one budget for everything)
        return BUDGET

    def intend(self, alert: Alert, remote: Remote, now: datetime) -> Remote:
        entries, occurrence = told.read(remote), alert.facts.occurrence
        if alert.state is State.RESOLVED or any(entry.occurrence >= occurrence for entry in entries):
            return remote
        entry = Entry(
            occurrence=occurrence,
            dedup_key=f"{alert.id}:{occurrence}",
            routing_key=self._routing_key,
            since=now.isoformat(),
        )
        return told.write([*entries, entry])

    def converge(
        self,
        alert: Alert,
        before: Remote,  # noqa: ARG002 (the dedup key makes a look at what was tried before unnecessary)
        remote: Remote,
        others: Sequence[Glance],
        now: datetime,
    ) -> Converged:
        entries, occurrence = told.read(remote), alert.facts.occurrence
        if not entries or entries[-1].occurrence > occurrence:
            # Nothing was ever tried; or this read of the alert is older than what PagerDuty was told.
            return Converged(remote, self.identify(remote))
        try:
            more = self._settle([entry for entry in entries if entry.occurrence < occurrence])
            entry = told.of_occurrence(entries, occurrence)
            if entry is not None:
                self._bring(entry, alert, others, now)
        except Verdict as verdict:
            reached = told.write(entries)
            verdict.remote = reached if reached != remote else verdict.remote
            raise
        return self._learn(entries, entry, now, more=more)

    def identify(self, remote: Remote) -> str | None:
        """The incident of the newest occurrence; None until a look-up has found it."""
        entries = told.read(remote)
        return entries[-1].incident_id if entries else None

    def intend_to_say(self, notice: Notice, now: datetime) -> Remote:  # noqa: ARG002
        return notice.remote

    def say(self, notice: Notice, now: datetime) -> Remote:  # noqa: ARG002
        raise Permanent(Reason.NOT_SAID_HERE, f"{self.name} takes no notices")

    def glance(self, remote: Remote) -> Glance:
        entries = told.read(remote)
        newest = entries[-1] if entries else None
        label = f"PagerDuty #{newest.number}" if newest and newest.number is not None else "PagerDuty"
        return Glance(self.name, label, (newest and newest.html_url) or "")

    def probe(self) -> None:
        """The routing key can only be tried by an event, so the next due row is its probe. The token never blocks."""
        if self._lookup:
            self._lookup.ask()

    def _settle(self, earlier: Sequence[Entry]) -> bool:
        """Resolve what earlier occurrences may have left open. True when there is more of it.

        What PagerDuty refuses here must not hold back the page for the present occurrence.
        """
        due = [entry for entry in earlier if not entry.closed]
        for entry in due[:_AT_ONCE]:
            try:
                self._close(entry)
            except Permanent as verdict:
                _log.warning(
                    "pagerduty_incident_abandoned",
                    target=self.name,
                    dedup_key=entry.dedup_key,
                    reason=verdict.reason,
                )
        return len(due) > _AT_ONCE

    def _bring(self, entry: Entry, alert: Alert, others: Sequence[Glance], now: datetime) -> None:
        if alert.state is State.RESOLVED:
            # A trigger that was never confirmed may still be on its way from a worker that lost its claim: whenever
            # somebody asks, such an entry is resolved once more. PagerDuty drops it where nothing is open.
            if not entry.closed or not (entry.triggered or entry.abandoned):
                self._close(entry)
        elif not entry.triggered and not entry.closed:
            event = events.trigger(
                alert,
                dedup_key=entry.dedup_key,
                default_severity=self._default_severity,
                public_url=self._public_url,
                others=others,
            )
            self._send(entry, event)
            entry.triggered = True
            if self._lookup:
                self._lookup.plan(entry, now)

    def _close(self, entry: Entry) -> None:
        try:
            self._send(entry, events.resolve(entry.dedup_key))
        except Permanent as verdict:
            entry.abandoned = verdict.reason
            raise
        entry.resolved = True

    def _send(self, entry: Entry, event: Mapping[str, Any]) -> None:
        """Under the key that the entry was opened with; another one's resolve would be dropped, with a 202."""
        try:
            self._events.send(entry.routing_key, event)
        except Blocked as verdict:
            if verdict.reason != Reason.ROUTING_KEY_REFUSED or entry.routing_key == self._routing_key:
                raise
            # The old key is gone, which is no reason to stop paging with the new one.
            if entry.triggered:
                detail = "the incident was opened with a routing key that PagerDuty no longer takes"
                raise Permanent(Reason.OLD_ROUTING_KEY_REFUSED, detail) from None
            entry.routing_key = self._routing_key
            self._events.send(entry.routing_key, event)

    def _learn(self, entries: list[Entry], entry: Entry | None, now: datetime, *, more: bool) -> Converged:
        news = bool(entry and self._lookup and self._lookup.look(entry, now))
        wakes = [now + timedelta(seconds=1)] if more else []
        if entry and entry.look_at and self._lookup:
            wakes.append(entry.look_at)
        remote = told.write(entries)
        return Converged(remote, self.identify(remote), again_at=min(wakes, default=None), news=news)


def _rate(per_minute: float) -> Rate:
    """Never more than `per_minute` in any sliding minute, which is how PagerDuty counts: the burst is part of it."""
    burst = int(min(max(per_minute / 12, 1), _BURST))
    return Rate((per_minute - burst + 1) / 60, burst, reserve=burst // 3)
