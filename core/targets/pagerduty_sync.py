"""Makes an open incident agree with its alert: look, compare with what both sides last agreed on, act as the person.

Three states meet: what we want, what PagerDuty shows, and what was last agreed. Where only we have moved, we act; where
only PagerDuty has, that is reported as found, for its webhook may be late or lost. What is resolved is never reopened.
Without the REST API, or while it fails, an acknowledgement goes through the Events API, and a note says whose it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import structlog

from core.domain.alert import Alert, State
from core.domain.errors import Transient, Verdict
from core.domain.event import Deed, Verb
from core.domain.note import MOST, place
from core.domain.person import Actor, Person, Provider
from core.domain.silence import Silence
from core.targets.pagerduty_client import Rest
from core.targets.pagerduty_lookup import Lookup
from core.targets.pagerduty_remote import ACKNOWLEDGED, RESOLVED, SAME_MOMENT, TRIGGERED, Act, Entry
from core.targets.target import NewWord, Word

log = structlog.get_logger()

_TRIES = 3
_LOOKS = 2
_VERBS = {ACKNOWLEDGED: Verb.ACKNOWLEDGE, TRIGGERED: Verb.UNACKNOWLEDGE, RESOLVED: Verb.RESOLVE}
_WHAT = {ACKNOWLEDGED: "acknowledged", TRIGGERED: "unacknowledged", RESOLVED: "resolved"}


@dataclass(slots=True)
class Findings:
    """What one look brought to light besides. `again`: who has to act is known only now, so the intent comes first."""

    words: list[NewWord] = field(default_factory=list)
    found: Deed | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """The status that an incident should have, in whose name, and the silence that it is for, if it is."""

    status: str
    person: Person | None
    silence: Silence | None = None


def wish(alert: Alert, entry: Entry | None, *, quiet: bool) -> Wish:
    """What the alert asks of its incident. `quiet`: while it is silenced it is acknowledged, in the silencer's name.

    Somebody without an account can't acknowledge, and nobody does it for them: it could not be taken back.
    """
    if alert.state is not State.FIRING:
        return Wish(ACKNOWLEDGED if alert.state is State.ACKNOWLEDGED else RESOLVED, alert.actor)
    if quiet and alert.silence is not None and _email(alert.silencer):
        return Wish(ACKNOWLEDGED, alert.silencer, alert.silence)
    if alert.lapsed is not None and entry is not None and entry.quiet:
        return Wish(TRIGGERED, alert.silencer, alert.lapsed)
    return Wish(TRIGGERED, alert.actor)


def intend(entry: Entry, wanted: Wish, now: datetime) -> Entry:
    """Note what is about to be done, before it is: its webhook may be here before our own record is."""
    if (entry.shown or TRIGGERED) == wanted.status or not entry.triggered:
        return entry
    actor = wanted.person
    if not _is_of_pagerduty(actor):
        entry.acts.append(
            Act(_VERBS[wanted.status].value, now, (actor.pagerduty_id if actor else None) or "")
        )
    return entry


class Sync:
    """`send_acknowledge` tells the Events API. `from_email` is whose name stands under what nobody there has done."""

    def __init__(
        self, rest: Rest, lookup: Lookup, from_email: str | None, send_acknowledge: Callable[[Entry], None]
    ) -> None:
        self._rest = rest
        self._lookup = lookup
        self._from_email = from_email
        self._send_acknowledge = send_acknowledge

    def agree(self, entry: Entry, alert: Alert, wanted: Wish, now: datetime) -> Findings:
        """Bring an open incident to what is wanted. Raises Transient while trying as the person is worth it."""
        findings = Findings(_about_silence(entry, alert))
        want, base = wanted.status, entry.shown or TRIGGERED
        if entry.incident_id is None:
            # Its id comes a moment after the trigger; only then can it be acknowledged by anybody by name.
            if want != base and (entry.looked >= _LOOKS or self._lookup.is_paused(now)):
                self._by_event(entry, alert, wanted, findings)
            return findings
        try:
            shown = self._get(entry.incident_id)
            if shown.get("status") == RESOLVED and self._lookup.look_elsewhere(entry, now):
                shown = self._get(entry.incident_id)
        except Verdict as verdict:
            if want != base:
                self._give_way(entry, alert, wanted, verdict, findings)
            return findings
        status, news = shown.get("status"), _is_news(shown, entry, alert)
        if status == want:
            if want == ACKNOWLEDGED != base and not wanted.silence and not _is_by(shown, alert.acknowledger):
                # Two at once, and the incident has the other one's name.
                findings.words.append(self.word_of(entry, alert, ACKNOWLEDGED))
            _recognise(entry, want, shown)
            was_quiet = entry.quiet and wanted.silence is not None
            self._agreed(entry, want)
            entry.quiet = was_quiet
        elif status == RESOLVED or (status != base and news and not entry.unconfirmed):
            findings.found = _found(shown, entry, alert) if news else None
            self._agreed(entry, str(status))
        elif entry.kept and status == ACKNOWLEDGED:
            # It has been said once that it can't be taken back.
            return findings
        else:
            self._act(entry, alert, wanted, findings)
        return findings

    def resolve_as(self, entry: Entry, alert: Alert) -> bool:
        """Resolve the incident in the name of whoever closed the alert by hand. False: it has to be done otherwise."""
        closer = alert.closer
        if closer is None or not (closer.pagerduty_id and closer.email) or entry.incident_id is None:
            return False
        try:
            shown = self._get(entry.incident_id)
            if shown.get("status") == RESOLVED:
                return True
            counts = shown.get("alert_counts")
            # With other alerts in it the incident is not ours to resolve; ours alone goes by its key.
            if not isinstance(counts, dict) or counts.get("all") != 1:
                return False
            self._put(entry, RESOLVED, closer.email)
        except Verdict as verdict:
            log.warning("not resolved in a person's name", reason=verdict.reason, detail=verdict.detail)
            return False
        return True

    def word_of(self, entry: Entry, alert: Alert, status: str, more: str = "") -> NewWord:
        """The note that says who it was."""
        person = (alert.silencer if entry.quiet else alert.actor) or Person("api:", "")
        what = {
            ACKNOWLEDGED: "acknowledged this",
            TRIGGERED: "took the acknowledgement back",
            RESOLVED: "resolved this by hand",
        }[status]
        content = f"{person.name or 'Somebody'} ({place(person.provider)}) {what}{more}"
        return NewWord(
            f"{alert.id}:{entry.occurrence}:v{alert.facts.version}:{Word.NOTE}",
            Word.NOTE,
            {"content": content, "actor": person.key, "occurrence": entry.occurrence},
        )

    def _act(self, entry: Entry, alert: Alert, wanted: Wish, findings: Findings) -> None:
        want = wanted.status
        email = _email(wanted.person) or (self._from_email if want == TRIGGERED else None)
        if wanted.silence and email and not any(act.at is None for act in entry.acts):
            # What it shows is known now, and so is who has to act: the next attempt begins with the intent.
            entry.shown = TRIGGERED if want == ACKNOWLEDGED else ACKNOWLEDGED
            findings.again = True
            return
        try:
            if email is None:
                self._by_event(entry, alert, wanted, findings)
                return
            answer = self._put(entry, want, email)
        except Verdict as verdict:
            self._give_way(entry, alert, wanted, verdict, findings)
            return
        self._agreed(entry, want)
        entry.quiet = want == ACKNOWLEDGED and wanted.silence is not None
        if want == TRIGGERED and not wanted.silence and _email(wanted.person) is None:
            findings.words.append(self.word_of(entry, alert, TRIGGERED))
        if answer.get("status") != want:
            entry.kept = want == TRIGGERED
            findings.words.append(self.word_of(entry, alert, want, "; PagerDuty kept it as it was"))

    def _give_way(
        self, entry: Entry, alert: Alert, wanted: Wish, verdict: Verdict, findings: Findings
    ) -> None:
        """Acting in the person's name has failed: for the moment, or so that it has to be done without it."""
        entry.tries += 1
        if isinstance(verdict, Transient) and entry.tries < _TRIES:
            raise verdict
        reason, detail = verdict.reason, verdict.detail
        log.warning("not done in a person's name", want=wanted.status, reason=reason, detail=detail)
        self._by_event(entry, alert, wanted, findings)

    def _by_event(self, entry: Entry, alert: Alert, wanted: Wish, findings: Findings) -> None:
        """Without anybody's name. The Events API knows no way back from an acknowledgement."""
        want = wanted.status
        if want == ACKNOWLEDGED and wanted.silence:
            # A silence ends, and then it has to page again: the note has to do.
            return
        if want == ACKNOWLEDGED:
            if not _came_from_there(alert):
                self._send_acknowledge(entry)
                findings.words.append(self.word_of(entry, alert, ACKNOWLEDGED))
        else:
            more = "; it can't be taken back here from outside"
            findings.words.append(self.word_of(entry, alert, TRIGGERED, more))
        self._agreed(entry, want)
        entry.unconfirmed, entry.kept = True, want == TRIGGERED

    def _agreed(self, entry: Entry, status: str) -> None:
        entry.shown = status
        entry.tries = 0
        entry.unconfirmed = entry.kept = entry.quiet = False
        entry.resolved = status == RESOLVED
        # What was meant to be done and was not needed, or went another way, must not hide what people do there.
        entry.acts = [act for act in entry.acts if act.at]

    def _get(self, incident_id: str) -> dict[str, Any]:
        return _incident(self._rest.get(_path(incident_id)))

    def _put(self, entry: Entry, status: str, email: str) -> dict[str, Any]:
        body = {"incident": {"type": "incident_reference", "status": status}}
        answer = _incident(self._rest.put(_path(entry.incident_id or ""), body, email))
        _recognise(entry, status, answer)
        return answer


def acknowledge_by_event(entry: Entry, alert: Alert, send: Callable[[Entry], None]) -> None:
    """All that can be done without the REST API."""
    want, base = wish(alert, entry, quiet=False).status, entry.shown or TRIGGERED
    if want == ACKNOWLEDGED and base != ACKNOWLEDGED and not _came_from_there(alert):
        send(entry)
    entry.kept = want == TRIGGERED and base == ACKNOWLEDGED and not _is_of_pagerduty(alert.actor)
    # Opened again there by hand: what follows has to be told again.
    entry.resolved = want == RESOLVED
    entry.shown = want


def _about_silence(entry: Entry, alert: Alert) -> list[NewWord]:
    """The note that says until when it is silenced, or that it no longer is. Each is said once, by its key."""
    silence = alert.silence or (alert.lapsed if entry.hushed else None)
    if silence is None:
        return []
    entry.hushed = alert.silence is not None
    who = f"{silence.created_by_name or 'Somebody'} ({place(Provider(silence.source))})"
    if alert.silence is None:
        content = f"The silence of {who} ended at {_utc(silence.end_at)} and this is still firing"
    else:
        why = f": {silence.reason}" if silence.reason else ""
        content = f"{who} silenced this until {_utc(silence.end_at)}{why}"
    said = "silenced" if alert.silence else "lapsed"
    return [
        NewWord(
            f"{alert.id}:{entry.occurrence}:{said}:{silence.id}:{int(silence.end_at.timestamp())}",
            Word.NOTE,
            {"content": content[:MOST], "actor": silence.created_by, "occurrence": entry.occurrence},
        )
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _is_by(shown: dict[str, Any], person: Person | None) -> bool:
    """Whether PagerDuty names this person as whoever changed the status, or cannot name anybody else."""
    by = shown.get("last_status_change_by")
    if person is None or person.provider is Provider.PAGERDUTY or not isinstance(by, dict):
        return True
    return by.get("id") == person.pagerduty_id or not str(by.get("type", "")).startswith("user")


def _recognise(entry: Entry, status: str, shown: dict[str, Any]) -> None:
    """Our act as PagerDuty tells of it: when it was, and in whose name. Its webhook will say the same."""
    changed, by = _moment(shown.get("last_status_change_at")), shown.get("last_status_change_by")
    act = entry.acts[-1] if entry.acts else None
    if changed is None or act is None or act.at is not None or act.verb != _VERBS[status].value:
        return
    if changed >= act.since - SAME_MOMENT:
        act.at = changed
        act.by = str(by.get("id") or "") if isinstance(by, dict) else ""


def _came_from_there(alert: Alert) -> bool:
    return _is_of_pagerduty(alert.acknowledger)


def _is_of_pagerduty(person: Person | None) -> bool:
    return person is not None and person.provider is Provider.PAGERDUTY


def _email(person: Person | None) -> str | None:
    return person.email if person and person.pagerduty_id else None


def _is_news(shown: dict[str, Any], entry: Entry, alert: Alert) -> bool:
    """Whether PagerDuty has moved since we last heard of it or did something there ourselves."""
    changed = _moment(shown.get("last_status_change_at"))
    if changed is None:
        return False
    known = [at for at in (alert.facts.pagerduty_at, entry.last_act) if at is not None]
    return all(changed > at for at in known)


def _found(shown: dict[str, Any], entry: Entry, alert: Alert) -> Deed:
    by = shown.get("last_status_change_by")
    by = by if isinstance(by, dict) else {}
    is_person = str(by.get("type", "")).startswith("user")
    actor = Actor(
        Provider.PAGERDUTY,
        str(by.get("id") or "") if is_person else "",
        str(by.get("summary") or "") if is_person else "PagerDuty",
    )
    status = str(shown.get("status"))
    changed = _moment(shown.get("last_status_change_at")) or datetime.now(UTC)
    return Deed(
        verb=_VERBS.get(status, Verb.TELL),
        actor=actor,
        alert_id=alert.id,
        occurrence=entry.occurrence,
        at=changed,
        event_id=f"found:{entry.incident_id}:{status}:{changed.isoformat()}:{alert.id}",
        what=_WHAT.get(status, "changed"),
        occurred_at=changed,
    )


def _path(incident_id: str) -> str:
    return f"/incidents/{quote(incident_id, safe='')}"


def _incident(body: dict[str, Any]) -> dict[str, Any]:
    incident = body.get("incident")
    return incident if isinstance(incident, dict) else {}


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
