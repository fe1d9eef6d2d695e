"""Telling a target of alerts, and saying its one-shot words."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from core import people
from core.bridge import Bridge
from core.changes import COSMETIC
from core.choosing import choose
from core.domain.alert import Alert, State
from core.domain.incident import Held
from core.domain.silence import Silence
from core.findings import learn, tell_delivered
from core.say import say_next
from core.store import alerts, deliveries, incidents, notices, sightings, silences
from core.store import people as known_people
from core.targets.target import Converged, Glance, Remote, Target
from core.telling import TOO_LATE, Job, Pump

_SILENCED = "silenced"
ASK_FOR = timedelta(minutes=10)
ASK_AGAIN = timedelta(seconds=40)
"""A little more than the patience with which somebody who did not answer is left alone."""


@dataclass(frozen=True, slots=True)
class AlertJob(Job[Alert]):
    """`others` is how the other targets of the alert stand."""

    others: list[Glance]


class AlertPump(Pump[Alert]):
    """One lease's worth of telling one target of alerts."""

    def __init__(self, bridge: Bridge, target: Target) -> None:
        super().__init__(bridge, target)
        self.target = target

    def choose(self, connection: Connection, now: datetime) -> AlertJob | notices.Claimed | float | None:
        following = choose(connection, self.target, self.pace, now)
        if isinstance(following, notices.Best):
            return notices.claim(connection, following.id, self.token(), now)
        if isinstance(following, deliveries.Due):
            return self._claim(connection, following.id, now)
        return following

    def do(self, chosen: Any) -> None:
        if isinstance(chosen, AlertJob):
            self._deliver(chosen)
        else:
            self.blocked = say_next(self.bridge, self.target, chosen, self.pace)

    def sum_up(self, thing: Alert) -> tuple[str, int]:
        state = _SILENCED if thing.is_silenced else thing.state.value
        return f"{state}:{thing.facts.occurrence}", thing.facts.version

    def learn(self, connection: Connection, job: Job[Alert], done: Converged, now: datetime) -> set[str]:
        delivery, alert = job.delivery, job.thing
        if alert is None:
            return set()
        if self.sum_up(alert)[0] != delivery.told and done.remote:
            tell_delivered(connection, delivery, alert, now)
        learn(connection, self.target.name, done, alert, now)
        recovered = delivery.attempts > deliveries.FAILING
        return self._repaint(connection, delivery.id, now) if done.news or recovered else set()

    def fell_behind(self, connection: Connection, job: Job[Alert], now: datetime) -> None:
        self._repaint(connection, job.delivery.id, now)

    def _repaint(self, connection: Connection, alert_id: str, now: datetime) -> set[str]:
        deliveries.want(connection, [alert_id], now, new=COSMETIC, edit=COSMETIC, but=self.target.name)
        return deliveries.targets_of(connection, [alert_id]) - {self.target.name}

    def _claim(self, connection: Connection, alert_id: str, now: datetime) -> AlertJob | float:
        target = self.target
        delivery = deliveries.claim(connection, target.name, alert_id, self.token(), now)
        if delivery is None:
            return TOO_LATE
        alert = alerts.load(connection, [alert_id]).get(alert_id)
        remote: Remote = dict(delivery.remote)
        held = incidents.newest(connection, alert_id)
        if alert is not None:
            alert = _with_silence(connection, alert, now)
            remote = target.intend(alert, dict(delivery.remote), now, held)
            if remote != delivery.remote:
                deliveries.intend(connection, delivery, remote)
        budget = target.budget(delivery.remote_id)
        self.pace.take(budget, now.timestamp())
        return AlertJob(delivery, alert, remote, budget, self._glances(connection, alert_id, held, now))

    def _glances(
        self, connection: Connection, alert_id: str, held: Held | None, now: datetime
    ) -> list[Glance]:
        found = []
        for other in deliveries.others(connection, alert_id, self.target.name, now):
            theirs = self.bridge.targets.get(other.target)
            if theirs is not None:
                seen = theirs.glance(other.remote, held)
                found.append(Glance(other.target, seen.label, seen.link, other.behind, other.failing))
        return found

    def _deliver(self, job: AlertJob) -> None:
        if job.thing is not None:
            alert = job.thing
            self.attempt(job, alert, lambda: self._converge(job, alert))

    def _converge(self, job: AlertJob, alert: Alert) -> Converged:
        now = self.bridge.clock()
        done = self.target.converge(
            self._acquaint(alert), dict(job.delivery.remote), dict(job.remote), job.others, now
        )
        if not self._waits_for_a_name(alert, now):
            return done
        again_at = now + ASK_AGAIN
        return replace(done, again_at=min(done.again_at, again_at) if done.again_at else again_at)

    def _waits_for_a_name(self, alert: Alert, now: datetime) -> bool:
        """Whether the silencer could not be asked about yet, in whose name something may have to be done here."""
        silence, who = alert.silence, alert.silencer
        if silence is None or who is None or not alert.is_silenced or now > silence.created_at + ASK_FOR:
            return False
        return people.could_not_be_asked(self.bridge, who, self.target.provider)

    def _acquaint(self, alert: Alert) -> Alert:
        """The alert with the people in it as this target knows them."""
        acting = (alert.acknowledger, alert.closer, alert.actor, alert.silencer)
        named = {person.key: person for person in acting if person}
        if not named:
            return alert
        known = {
            key: people.complete(self.bridge, person, self.target.provider) for key, person in named.items()
        }
        return replace(alert, people={**alert.people, **known})


def _with_silence(connection: Connection, alert: Alert, now: datetime) -> Alert:
    """The alert with the silence that hides it now, or the one that did until lately."""
    if alert.state is State.RESOLVED:
        return alert
    alert = replace(alert, suppressed=sightings.suppressed(connection, alert.id))
    if hiding := silences.hiding(silences.lasting(connection, now), alert):
        return _with_silencer(connection, replace(alert, silence=hiding), hiding)
    if lapsed := silences.hiding(silences.ended(connection, alert.facts.fired_at, now), alert):
        return _with_silencer(connection, replace(alert, lapsed=lapsed), lapsed)
    return alert


def _with_silencer(connection: Connection, alert: Alert, silence: Silence) -> Alert:
    return replace(alert, people={**alert.people, **known_people.find(connection, [silence.created_by])})
