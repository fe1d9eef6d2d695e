"""What people do becomes part of the alerts: one row, one transaction, one outcome, and a word to whoever did it.

Who did it is asked before the transaction. PagerDuty speaks of incidents: which alerts of ours they hold is
ingest_incidents' business.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from core import metrics, people
from core.attending import attend
from core.bridge import Bridge
from core.changes import LINE, URGENT, Episode, save, words_to
from core.domain.alert import Alert, Facts, State
from core.domain.answers import unchanged
from core.domain.change import Change, Kind
from core.domain.errors import ClaimLost, Conflict, Malformed, Verdict
from core.domain.event import Apology, Deed, IncidentEvent, Verb
from core.domain.note import attributed
from core.domain.person import Person, Provider
from core.domain.reduce import reduce
from core.domain.reduce_deed import heard_column
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceDeed, SilenceKind
from core.ingest_incidents import Unknown, bring_in, is_ours, look_up, set_aside
from core.ingest_silences import take_silence
from core.parking import park
from core.sources import own, own_silence, pagerduty, slack
from core.store import alerts, bodies, deliveries, inbox, notices, record, silences
from core.store.trouble import Away
from core.targets.target import Word

log = structlog.get_logger()

_SHORTLY = timedelta(minutes=10)
_IMPLIED = {
    Verb.ACKNOWLEDGE: State.ACKNOWLEDGED,
    Verb.UNACKNOWLEDGE: State.FIRING,
    Verb.RESOLVE: State.RESOLVED,
    Verb.REOPEN: State.FIRING,
}

Happening = Deed | Apology | IncidentEvent | SilenceDeed


@dataclass(slots=True)
class Outcome:
    """`answer` says why nothing changed, empty where something did."""

    kinds: Counter[Kind] = field(default_factory=Counter)
    told: list[tuple[Kind, Facts, Deed]] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)
    lanes: set[str] = field(default_factory=set)
    silence: Silence | None = None
    answer: str = ""


def take_deed(bridge: Bridge, row: inbox.Claimed, token: str) -> None:
    """Ingest one claimed row. Raises as take_reports does; any other fault is the row's own."""
    try:
        happened = _read(row)
        if isinstance(happened, IncidentEvent) and not look_up(bridge, happened, row, token):
            return
        who = _Who(happened, _introduce(bridge, happened))
        outcome = bridge.store.transact(lambda c: _apply(c, bridge, row, token, who))
    except (ClaimLost, Conflict, Away):
        raise
    except (Malformed, Verdict) as fault:
        park(bridge, row, token, str(fault))
    except Exception as bug:
        log.exception("a deed failed by a bug", row=row.id)
        park(bridge, row, token, f"{type(bug).__name__}: {bug}")
    else:
        _tell(bridge, row, outcome)


def _read(row: inbox.Claimed) -> Happening | None:
    body = bodies.unpack(row.body)
    if row.source == Provider.SLACK:
        return slack.read(body, row.received_at)
    if row.source == Provider.PAGERDUTY:
        return pagerduty.read(body, row.received_at)
    if own_silence.is_one(body):
        return own_silence.read(body, row.received_at)
    return own.read(body, row.received_at)


def _introduce(bridge: Bridge, happened: Happening | None) -> Person | None:
    """Who it was; nobody is asked about people who do something to what is not ours."""
    if happened is None or (isinstance(happened, IncidentEvent) and not is_ours(bridge, happened)):
        return None
    return people.introduce(bridge, happened.actor)


def _apply(connection: Connection, bridge: Bridge, row: inbox.Claimed, token: str, who: "_Who") -> Outcome:
    happened, step = who.happened, _Step(connection, bridge, bridge.clock(), who.person)
    if isinstance(happened, Apology):
        step.answer(happened, happened.text)
    elif isinstance(happened, Deed):
        step.do(happened)
    elif isinstance(happened, SilenceDeed):
        step.silence(happened)
    elif isinstance(happened, IncidentEvent):
        try:
            deeds = bring_in(connection, bridge, happened, row, step.now)
        except Unknown:
            step.outcome.lanes.add(set_aside(connection, row, step.now))
            deeds = []
        for deed in deeds:
            step.do(deed)
    inbox.finish(connection, [row.id], token, step.outcome.answer or None)
    return step.outcome


@dataclass(frozen=True, slots=True)
class _Who:
    """What one row says, and the human behind it."""

    happened: Happening | None
    person: Person | None


@dataclass(slots=True)
class _Step:
    """One transaction's work on what one row says."""

    connection: Connection
    bridge: Bridge
    now: datetime
    person: Person | None
    outcome: Outcome = field(default_factory=Outcome)

    def do(self, deed: Deed) -> None:
        if record.is_known(self.connection, deed.event_id):
            return
        person = self.person or Person(deed.actor.key, deed.actor.name)
        deed = replace(deed, actor=replace(deed.actor, name=person.name))
        alert = alerts.load(self.connection, [deed.alert_id], to_change=True).get(deed.alert_id)
        if alert is not None and self._is_echo(deed):
            self._hear(alert.facts, deed)
            self._agree(alert, deed)
            return
        change = reduce(alert.facts if alert else None, deed, self.bridge.policy)
        self.outcome.kinds[change.kind] += 1
        if alert is not None:
            self._keep(alert, deed, change)
            if change.kind not in (Kind.NOTHING, Kind.SEEN):
                record.add(self.connection, deed, person, self._fired_at(alert.facts, deed))
                self.outcome.told.append((change.kind, change.facts or alert.facts, deed))
        if change.why is not None:
            self.answer(deed, unchanged(change.why, change.facts, deed))

    def silence(self, deed: SilenceDeed) -> None:
        person = self.person or Person(deed.actor.key, deed.actor.name)
        done = take_silence(self.connection, self.bridge, deed, person, self.now)
        self.outcome.targets |= done.targets
        self.outcome.silence = done.silence if done.kind is not SilenceKind.NOTHING else None
        if done.answer:
            self.answer(deed, done.answer)

    def answer(self, about: Deed | Apology | SilenceDeed, text: str) -> None:
        """Tell whoever clicked, where they clicked; nobody else has asked."""
        self.outcome.answer = text
        speakers = [name for name, target in self.bridge.targets.items() if Word.WHISPER in target.says]
        if about.actor.provider is not Provider.SLACK or not about.place or not speakers:
            return
        name = next((name for name in speakers if name.endswith(f":{about.place}")), speakers[0])
        params = {"user": about.actor.id, "channel": about.place, "text": text}
        key = f"{about.event_id}:{Word.WHISPER}"
        until = self.now + _SHORTLY
        word = notices.New(key, name, Word.WHISPER, URGENT, None, params, until)
        notices.add(self.connection, [word], self.now)
        self.outcome.targets.add(name)

    def _keep(self, alert: Alert, deed: Deed, change: Change) -> None:
        if change.kind.is_change:
            episode = Episode(alert.facts, alert.facts, alert.content)
            episode.take(change)
            self.outcome.targets |= save(self.connection, self.bridge, [episode], self.now)
        elif change.kind is Kind.SEEN:
            self._hear(alert.facts, deed)
        self._agree(replace(alert, facts=change.facts or alert.facts), deed)
        if change.kind not in (Kind.NOTHING, Kind.SEEN, Kind.LATE):
            self._spread(alert, deed)

    def _fired_at(self, facts: Facts, deed: Deed) -> datetime:
        """When the occurrence fired that the deed is about."""
        earlier = deed.occurrence < facts.occurrence
        found = record.fired_at(self.connection, facts.id, deed.occurrence) if earlier else None
        return found or facts.fired_at

    def _hear(self, facts: Facts, deed: Deed) -> None:
        column = heard_column(deed.actor.provider)
        if column and deed.occurred_at:
            alerts.hear(self.connection, facts.id, column, deed.occurred_at)

    def _agree(self, alert: Alert, deed: Deed) -> None:
        """Where the place that told of the deed now shows something else than we do, it is brought to agree.

        What is silenced may be acknowledged there without being so here: then it is looked at in any case.
        """
        facts = alert.facts
        if deed.actor.provider is not Provider.PAGERDUTY or deed.occurrence != facts.occurrence:
            return
        # What belongs to the story may have moved it too: who is given an incident has not acknowledged it yet.
        implied = None if deed.verb is Verb.TELL else _IMPLIED.get(deed.verb, facts.state)
        if implied is facts.state and not self._is_silenced(alert):
            return
        for name, target in self.bridge.targets.items():
            if target.provider is deed.actor.provider:
                deliveries.want(self.connection, [facts.id], self.now, new=URGENT, edit=URGENT, only=name)
                self.outcome.targets.add(name)

    def _is_silenced(self, alert: Alert) -> bool:
        return silences.hiding(silences.lasting(self.connection, self.now), alert) is not None

    def _spread(self, alert: Alert, deed: Deed) -> None:
        """The line in the thread, and the note on the incident."""
        known = deliveries.known(self.connection, [alert.id])
        # An acknowledgement that ran out in PagerDuty: the alert is nobody's again, and that must ring.
        rings = deed.verb is Verb.UNACKNOWLEDGE and not deed.actor.id
        priority = Episode(None, alert.facts, alert.content).first_priority if rings else LINE
        line = _line(alert, deed, rings=rings)
        self._say(deed, Word.DEED, words_to(self.bridge, known, alert.id, Word.DEED), priority, line)
        if deed.text and deed.actor.provider is not Provider.PAGERDUTY:
            content = attributed(deed.actor.name, deed.actor.provider, deed.text)
            note = {"content": content, "actor": deed.actor.key, "occurrence": deed.occurrence}
            self._say(deed, Word.NOTE, words_to(self.bridge, known, alert.id, Word.NOTE), LINE, note)

    def _say(self, deed: Deed, word: Word, targets: list[str], priority: int, params: dict[str, Any]) -> None:
        new = [
            notices.New(f"{deed.event_id}:{word}:{name}", name, word, priority, deed.alert_id, params)
            for name in targets
        ]
        notices.add(self.connection, new, self.now)
        self.outcome.targets |= set(targets)

    def _is_echo(self, deed: Deed) -> bool:
        for name, target in self.bridge.targets.items():
            if target.provider is deed.actor.provider:
                remotes = deliveries.remotes(self.connection, name, [deed.alert_id])
                return target.is_echo(remotes.get(deed.alert_id, {}), deed)
        return False


def _line(alert: Alert, deed: Deed, *, rings: bool) -> dict[str, Any]:
    return {
        "what": deed.what,
        "name": deed.actor.name,
        "provider": deed.actor.provider.value,
        "by_person": bool(deed.actor.id),
        "text": deed.text,
        "after": (deed.at - alert.facts.fired_at).total_seconds(),
        "rings": rings,
        "held_by": alert.facts.acknowledged_by_name or "",
    }


def _tell(bridge: Bridge, row: inbox.Claimed, outcome: Outcome) -> None:
    metrics.INGEST_SECONDS.observe((bridge.clock() - row.received_at).total_seconds())
    for kind, count in outcome.kinds.items():
        metrics.INGESTED.labels(kind.value).inc(count)
    for kind, facts, deed in outcome.told:
        log.info(
            kind.value,
            alert=facts.id,
            version=facts.version,
            occurrence=deed.occurrence,
            by=deed.actor.key,
            deed=deed.event_id,
        )
    for target in outcome.targets:
        bridge.on_due(target)
    for lane in outcome.lanes:
        bridge.on_lane(lane)
    if outcome.silence is not None:
        _attend(bridge, outcome.silence)


def _attend(bridge: Bridge, silence: Silence) -> None:
    """Its row is committed: only now can nobody who looks at an alert miss it. What fails here the sweep does."""
    log.info("silence", silence=silence.id, version=silence.version)
    try:
        attend(bridge, silence)
    except Exception:
        log.exception("a silence was not attended to", silence=silence.id)
