"""One PagerDuty incident for each occurrence of an alert, through the Events API; its link through the REST API.

The dedup key is the occurrence's own, so doing a step again is harmless while the incident is open. After a resolve,
by whomever, the same key would open a new incident: what PagerDuty has confirmed is therefore never sent again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from core.domain.alert import Alert, State
from core.domain.errors import Blocked, Permanent, Verdict
from core.domain.event import Deed
from core.domain.incident import Held
from core.domain.pace import Rate
from core.domain.person import Provider
from core.domain.severity import Severity, classify
from core.targets import pagerduty_event as events
from core.targets import pagerduty_remote as told
from core.targets.pagerduty_client import BUDGET, EVENTS_URL, REST_URL, TIMEOUT, Events, Reason, Rest
from core.targets.pagerduty_event import http_url
from core.targets.pagerduty_lookup import Lookup
from core.targets.pagerduty_notes import Notes
from core.targets.pagerduty_remote import RESOLVED, TRIGGERED, Entry
from core.targets.pagerduty_sync import Findings, Sync, Wish, acknowledge_by_event, wish
from core.targets.pagerduty_sync import intend as intend_act
from core.targets.target import Converged, Glance, Notice, Remote, Word

_BURST = 10
# Resolves of earlier occurrences in one go: with the trigger and a look-up all their time-outs fit into one claim.
_AT_ONCE = 4
NOTES = "note"
# PagerDuty takes 960 REST calls a minute and key (REST API, "Rate limits"); notes are the least of them.
_NOTES_PER_SECOND = 4.0

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
        from_email: str | None = None,
        acknowledge_silenced: bool = True,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._routing_key = routing_key
        self._default_severity = default_severity
        self._severities = frozenset(severity.strip().lower() for severity in severities)
        self._public_url = public_url
        self._acknowledge_silenced = acknowledge_silenced
        self._rates = {BUDGET: _rate(events_per_minute), NOTES: Rate(_NOTES_PER_SECOND, _BURST)}
        self._events = Events(events_api_url, timeout)
        rest = Rest(api_token, api_url, timeout) if api_token else None
        self._lookup = Lookup(rest, service_id) if rest else None
        self._sync = (
            Sync(rest, self._lookup, from_email, self._acknowledge) if rest and self._lookup else None
        )
        self._notes = Notes(rest, from_email) if rest else None

    @property
    def name(self) -> str:
        return "pagerduty:default"

    @property
    def rates(self) -> Mapping[str, Rate]:
        return self._rates

    @property
    def provider(self) -> Provider:
        return Provider.PAGERDUTY

    @property
    def says(self) -> frozenset[Word]:
        """Notes need the REST API."""
        return frozenset({Word.NOTE}) if self._notes else frozenset()

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

    def budget_to_say(self, word: Word) -> str:  # noqa: ARG002 (it says notes and nothing else)
        return NOTES

    def intend(self, alert: Alert, remote: Remote, now: datetime, held: Held | None = None) -> Remote:
        entries, occurrence = told.read(remote), alert.facts.occurrence
        if any(entry.occurrence >= occurrence for entry in entries):
            present = told.of_occurrence(entries, occurrence)
            if present is None or self._sync is None:
                return remote
            # Webhooks may tell sooner than a look-up which incident it is, and after a merge which it has become.
            if held and held.occurrence == occurrence and held.incident_id != present.incident_id:
                present.adopt(held.incident_id, held.number, held.url)
            intend_act(present, self._wish(alert, present), now)
            return told.write(entries)
        if alert.state is State.RESOLVED or alert.is_silenced:
            return remote
        entry = Entry(
            occurrence=occurrence,
            dedup_key=events.dedup_key(alert),
            routing_key=self._routing_key,
            since=now.isoformat(),
        )
        return told.write([*entries, entry])

    def converge(
        self,
        alert: Alert,
        before: Remote,
        remote: Remote,
        others: Sequence[Glance],
        now: datetime,
    ) -> Converged:
        entries, occurrence = told.read(remote), alert.facts.occurrence
        if not entries or entries[-1].occurrence > occurrence:
            # Nothing was ever tried; or this read of the alert is older than what PagerDuty was told.
            return Converged(remote, self.identify(remote))
        entry = told.of_occurrence(entries, occurrence)
        earlier = told.of_occurrence(told.read(before), occurrence)
        try:
            more = self._settle([entry for entry in entries if entry.occurrence < occurrence])
            findings = self._bring(entry, alert, others, now) if entry is not None else Findings()
        except Verdict as verdict:
            reached = told.write(entries)
            verdict.remote = reached if reached != remote else verdict.remote
            raise
        learned = self._learn(entries, entry, now, more=more)
        if entry and learned.news and self._sync and self._wish(alert, entry).status != entry.shown:
            # Only now that its id is known can it be acknowledged in somebody's name.
            learned = replace(learned, again_at=now)
        if findings.again:
            learned = replace(learned, again_at=now)
        held = entry.held(alert.id) if entry else None
        news = learned.news or _looks_different(earlier, entry)
        return replace(learned, held=held, words=findings.words, found=findings.found, news=news)

    def identify(self, remote: Remote) -> str | None:
        """The incident of the newest occurrence; None until a look-up has found it."""
        entries = told.read(remote)
        return entries[-1].incident_id if entries else None

    def intend_to_say(self, notice: Notice, now: datetime) -> Remote:
        return notice.remote or {"noting": now.isoformat()}

    def say(self, notice: Notice, now: datetime) -> Remote:  # noqa: ARG002 (a note has no hour of its own)
        if self._notes is None or notice.word is not Word.NOTE:
            raise Permanent(Reason.NOT_SAID_HERE, f"{self.name} takes no such word")
        entry = told.of_occurrence(told.read(notice.parent), int(notice.params["occurrence"]))
        may_come = entry is not None and (entry.look_at is not None or not entry.triggered)
        author = notice.author
        email = author.email if author and author.pagerduty_id else None
        return self._notes.post(notice, email, may_come=may_come)

    def glance(self, remote: Remote, held: Held | None = None) -> Glance:
        entries = told.read(remote)
        newest = entries[-1] if entries else None
        number, url = (newest.number, newest.html_url) if newest else (None, None)
        # Without a token its own webhook is where the number and the address come from.
        if held is not None and newest is not None and held.occurrence == newest.occurrence:
            number, url = number if number is not None else held.number, url or http_url(held.url)
        label = f"PagerDuty #{number}" if number is not None else "PagerDuty"
        kept = " (still acknowledged there)" if newest is not None and newest.kept else ""
        return Glance(self.name, f"{label}{kept}", url or "")

    def is_echo(self, remote: Remote, deed: Deed) -> bool:
        entry = told.of_occurrence(told.read(remote), deed.occurrence)
        return entry is not None and any(act.is_told_by(deed) for act in entry.acts)

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

    def _bring(self, entry: Entry, alert: Alert, others: Sequence[Glance], now: datetime) -> Findings:
        if alert.state is State.RESOLVED:
            # A trigger that was never confirmed may still be on its way from a worker that lost its claim: whenever
            # somebody asks, such an entry is resolved once more. PagerDuty drops it where nothing is open.
            if not entry.closed or not (entry.triggered or entry.abandoned):
                return self._end(entry, alert)
            return Findings()
        if alert.is_silenced and not entry.triggered:
            # Not paged while it is silenced. Should an attempt have come through, its webhook has told of an incident.
            if entry.incident_id is None:
                return Findings()
            entry.triggered, entry.shown = True, TRIGGERED
        if not entry.triggered and not entry.closed:
            event = events.trigger(
                alert,
                dedup_key=entry.dedup_key,
                default_severity=self._default_severity,
                public_url=self._public_url,
                others=others,
            )
            self._send(entry, event)
            entry.triggered, entry.shown = True, TRIGGERED
            if self._lookup:
                self._lookup.plan(entry, now)
        if entry.abandoned:
            return Findings()
        if self._sync:
            return self._sync.agree(entry, alert, self._wish(alert, entry), now)
        acknowledge_by_event(entry, alert, self._acknowledge)
        return Findings()

    def _wish(self, alert: Alert, entry: Entry | None) -> Wish:
        return wish(alert, entry, quiet=self._acknowledge_silenced)

    def _acknowledge(self, entry: Entry) -> None:
        self._send(entry, events.acknowledge(entry.dedup_key))

    def _end(self, entry: Entry, alert: Alert) -> Findings:
        """Resolve; what somebody closed by hand in that person's name, else with a note that has it."""
        findings = Findings()
        by_hand = alert.facts.closed_at is not None and self._sync is not None
        closer = alert.closer
        if by_hand and self._sync and self._sync.resolve_as(entry, alert):
            entry.resolved, entry.shown = True, RESOLVED
            return findings
        self._close(entry)
        if by_hand and self._sync and closer and closer.provider is not Provider.PAGERDUTY:
            findings.words.append(self._sync.word_of(entry, alert, RESOLVED))
        return findings

    def _close(self, entry: Entry) -> None:
        try:
            self._send(entry, events.resolve(entry.dedup_key))
        except Permanent as verdict:
            entry.abandoned = verdict.reason
            raise
        entry.resolved, entry.shown = True, RESOLVED

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


def _looks_different(before: Entry | None, after: Entry | None) -> bool:
    """Whether the others should show another link, or that it is still acknowledged there."""
    if after is None or after.incident_id is None:
        return False
    return before is None or (before.incident_id, before.kept) != (after.incident_id, after.kept)


def _rate(per_minute: float) -> Rate:
    """Never more than `per_minute` in any sliding minute, which is how PagerDuty counts: the burst is part of it."""
    burst = int(min(max(per_minute / 12, 1), _BURST))
    return Rate((per_minute - burst + 1) / 60, burst, reserve=burst // 3)
