"""Alertmanager as a target of silences: one cluster, written through one member of it.

Alertmanager makes a second silence of a POST that comes twice. So the intent is stored before the call, and what may
have been made without our having heard of it is looked for by its marker before it is made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

from core.domain.errors import Permanent, Transient, Verdict
from core.domain.pace import Rate
from core.domain.person import Actor, Provider
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.targets import alertmanager_remote as remotes
from core.targets.alertmanager_client import Members, Reason
from core.targets.alertmanager_cluster import Cluster, InDoubt
from core.targets.alertmanager_decide import Base, Decision, decide
from core.targets.alertmanager_remote import Doubt, Known
from core.targets.alertmanager_silence import Shown, author_of, body, rfc_3339, same_matchers
from core.targets.target import Converged, Remote

LOOK_AFTER = (2.0, 30.0)
_CALL = "call"
_RATES = {_CALL: Rate(per_second=20.0, burst=20)}
_FOUND = {Decision.FOUND_CHANGE: SilenceVerb.CHANGE, Decision.FOUND_END: SilenceVerb.END}


@dataclass(frozen=True, slots=True)
class _Job:
    """One call of converge: `asking` is what the remote says while nothing has been sent."""

    silence: Silence
    known: Known
    asking: Remote
    now: datetime


class AlertmanagerTarget:
    """`look_after`: seconds after an attempt without an answer from which on its silence is looked for, and up to which
    the member that was asked is waited for.
    """

    provider = Provider.ALERTMANAGER

    def __init__(
        self, source: str, members: Members, *, look_after: tuple[float, float] = LOOK_AFTER
    ) -> None:
        self.source = source
        self.name = f"alertmanager:{source}"
        self.cluster = Cluster(members)
        self._early, self._late = (timedelta(seconds=seconds) for seconds in look_after)

    @property
    def rates(self) -> Mapping[str, Rate]:
        return _RATES

    @property
    def trouble(self) -> str | None:
        silent, size = len(self.cluster.silent), self.cluster.size
        if not 0 < silent < size:
            return None
        return f"{silent} of {size} members {'does' if silent == 1 else 'do'} not answer"

    def concerns(self, silence: Silence) -> bool:
        return silence.scope in (None, self.source)

    def budget(self, remote_id: str | None) -> str:  # noqa: ARG002 (one for all)
        return _CALL

    def intend(self, silence: Silence, remote: Remote, now: datetime) -> Remote:
        """While it lasts any attempt may come to making it there."""
        ours = remotes.ours(silence, now)
        if ours.over:
            return remote
        return remotes.write(replace(remotes.read(remote), doubt=Doubt(now, ours.view)))

    def converge(self, silence: Silence, before: Remote, remote: Remote, now: datetime) -> Converged:
        known = remotes.read(before)
        if _is_done_with(silence, known, now):
            return self._converged(known.settled())
        job = _Job(silence, known, before, now)
        try:
            shown = self._look(job)
        except Verdict as verdict:
            # Nothing has been sent: what was in doubt before is, and nothing else.
            verdict.remote = before
            raise
        job = replace(job, known=_caught_up(job, shown))
        return self._follow(job, shown, remotes.read(remote))

    def identify(self, remote: Remote) -> str | None:
        return remotes.read(remote).id

    def probe(self) -> None:
        self.cluster.probe()

    def _look(self, job: _Job) -> Shown | None:
        """What is there of it; of several all but one are ended."""
        id_, silence = job.known.id, job.silence
        shown = self.cluster.silence(id_) if id_ else None
        if not _is_to_be_sought(job, shown):
            return shown
        listed = self.cluster.silences()
        found = [
            it for it in listed if it.mark == silence.id and same_matchers(it.matchers, silence.matchers)
        ]
        if shown is not None and all(it.id != shown.id for it in found):
            found.append(shown)
        lasting = [it for it in found if not it.expired]
        if job.known.doubt and not lasting:
            self._wait_for_it(job.known.doubt, job.now)
        kept = max(found, key=lambda it: (not it.expired, it.ends_at, it.id == id_, it.id), default=None)
        for it in lasting:
            if it is not kept:
                self.cluster.expire(it.id)
        return kept

    def _wait_for_it(self, doubt: Doubt, now: datetime) -> None:
        """Raises while it is too early to say that there is none."""
        if now < doubt.at + self._early:
            _wait(doubt.at + self._early - now)
        silent = self.cluster.silent
        unheard = doubt.asked in silent if doubt.asked else bool(silent)
        if unheard and now < doubt.at + self._late:
            _wait(min(self._early, doubt.at + self._late - now))

    def _follow(self, job: _Job, shown: Shown | None, intent: Known) -> Converged:
        silence, known, now = job.silence, job.known, job.now
        ours = remotes.ours(silence, now)
        theirs = remotes.theirs(shown, silence) if shown else None
        decision = decide(known.base, ours, theirs)
        if decision is Decision.MAKE:
            return self._post(job, None, intent)
        if shown is None or theirs is None:
            return self._converged(known)
        if decision is Decision.CHANGE:
            return self._post(job, shown, intent)
        if decision is Decision.LET_GO:
            return Converged({}, None)
        if decision is Decision.END:
            self.cluster.expire(shown.id)
            ended = Base(ours.view, replace(theirs.view, end=now), theirs.changed_at)
            return self._converged(replace(known, base=ended))
        if decision in _FOUND:
            return self._found(job, shown, _FOUND[decision])
        if decision is Decision.AGREED:
            agreed = Base(ours.view, theirs.view, theirs.changed_at)
            known = replace(known, base=agreed, by=shown.created_by)
        return self._converged(known)

    def _post(self, job: _Job, shown: Shown | None, intent: Known) -> Converged:
        """Make it, or change the one that is shown."""
        silence, known = job.silence, job.known
        ours = remotes.ours(silence, job.now).view
        theirs = remotes.theirs(shown, silence).view if shown else None
        # An end beyond what we can keep stays what it is there.
        end = theirs.end if theirs and theirs.ends_with(ours) else ours.end
        written = body(silence, ours.text, end, shown, annotated=self.cluster.annotates())
        try:
            id_ = self.cluster.post(written)
        except InDoubt as verdict:
            doubt = replace(intent.doubt or Doubt(job.now, ours), asked=verdict.asked)
            verdict.retry_after = self._early.total_seconds()
            verdict.remote = remotes.write(replace(known, doubt=doubt))
            raise
        except Verdict as verdict:
            settled = remotes.write(known)
            if shown and isinstance(verdict, Permanent) and verdict.reason == Reason.UNKNOWN:
                raise Transient(verdict.reason, verdict.detail, retry_after=0.0, remote=settled) from None
            verdict.remote = settled
            raise
        author = author_of(silence)
        base = Base(ours, replace(ours, end=end), shown.updated_at if shown else None)
        return self._converged(replace(known, id=id_, base=base, by=author, wrote=author))

    def _found(self, job: _Job, shown: Shown, verb: SilenceVerb) -> Converged:
        """Somebody has changed or ended it there. Told once, for telling it twice could undo what comes after it."""
        silence, known = job.silence, job.known
        ours, theirs = remotes.ours(silence, job.now), remotes.theirs(shown, silence)
        base = Base(known.base.ours if known.base else ours.view, theirs.view, theirs.changed_at)
        event_id = f"{self.name}:{shown.id}:{verb}:{rfc_3339(shown.updated_at)}"
        after = replace(known, base=base, by=shown.created_by, told=event_id)
        if event_id == known.told:
            return self._converged(after)
        # Ending one says nothing of who did it; what was changed bears the name that was given with the change.
        former = known.by if verb is SilenceVerb.END else known.wrote
        name = shown.created_by if shown.created_by != former else ""
        changed = verb is SilenceVerb.CHANGE
        deed = SilenceDeed(
            verb=verb,
            actor=Actor(Provider.ALERTMANAGER, name, name),
            silence_id=silence.id,
            at=job.now,
            event_id=event_id,
            end_at=shown.ends_at if changed and not theirs.view.ends_with(ours.view) else None,
            reason=shown.text if changed and theirs.view.text != ours.view.text else None,
        )
        return replace(self._converged(after), found=deed)

    def _converged(self, known: Known) -> Converged:
        return Converged(remotes.write(known), known.id)


def _is_done_with(silence: Silence, known: Known, now: datetime) -> bool:
    """Over, and nothing was ever made there or that has reached the end that both know."""
    if now < silence.end_at or known.doubt:
        return False
    base = known.base
    return known.id is None or (
        base is not None and base.theirs.end <= now and remotes.ours(silence, now).view.agrees(base.ours)
    )


def _is_to_be_sought(job: _Job, shown: Shown | None) -> bool:
    """Whether there may be one there that we do not know of: it is not where it should be, or nothing else has moved
    and still we were called.
    """
    ours, known = remotes.ours(job.silence, job.now), job.known
    if known.id is None:
        return known.doubt is not None
    if shown is None or shown.expired:
        return not ours.over or known.doubt is not None
    theirs = remotes.theirs(shown, job.silence)
    at_rest = known.base is not None and ours.view.agrees(known.base.ours)
    return at_rest and known.base is not None and theirs.view.agrees(known.base.theirs)


def _caught_up(job: _Job, shown: Shown | None) -> Known:
    """What is known now that an attempt without an answer need not be doubted any more."""
    known, doubt = job.known, job.known.doubt
    if shown is None:
        return known.settled()
    known = replace(known, id=shown.id, doubt=None)
    if doubt is None or not remotes.theirs(shown, job.silence).view.agrees(doubt.view):
        return known
    by = author_of(job.silence)
    return replace(known, base=Base(doubt.view, doubt.view, shown.updated_at), by=by, wrote=by)


def _wait(span: timedelta) -> NoReturn:
    raise Transient(Reason.TIMEOUT, "looking for a lost answer", retry_after=max(span.total_seconds(), 0.0))
