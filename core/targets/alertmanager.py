"""Alertmanager as a target of silences: one cluster, written through one member of it.

Alertmanager makes a second silence of a POST that comes twice. So the intent is stored before the call, and what may
have been made without our having heard of it is looked for before it is made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.errors import Permanent, Transient, Verdict
from core.domain.pace import Rate
from core.domain.person import Actor, Provider
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.targets import alertmanager_remote as remotes
from core.targets.alertmanager_client import Members, Reason
from core.targets.alertmanager_cluster import Cluster, InDoubt
from core.targets.alertmanager_decide import Base, Decision, Side, decide
from core.targets.alertmanager_remote import Doubt, Known
from core.targets.alertmanager_search import Search
from core.targets.alertmanager_silence import Shown, author_of, body, rfc_3339
from core.targets.target import Converged, Remote

LOOK_AFTER = (2.0, 30.0)
_CALL = "call"
_RATES = {_CALL: Rate(per_second=20.0, burst=20)}


@dataclass(frozen=True, slots=True)
class _Job:
    """One call of converge, once it is known what is there."""

    silence: Silence
    known: Known
    doubt: Doubt
    now: datetime


class AlertmanagerTarget:
    """`look_after` as in Search."""

    provider = Provider.ALERTMANAGER

    def __init__(
        self, source: str, members: Members, *, look_after: tuple[float, float] = LOOK_AFTER
    ) -> None:
        self.source = source
        self.name = f"alertmanager:{source}"
        self.members = members
        self.cluster = Cluster(members)
        self._search = Search(self.cluster, look_after)

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
            return _converged(known)
        try:
            shown, known = self._search.look(silence, known, now)
        except Verdict as verdict:
            # Nothing has been sent: what was in doubt before is, and nothing else.
            verdict.remote = before
            raise
        intent = remotes.read(remote).doubt or Doubt(now, remotes.ours(silence, now).view)
        return self._follow(_Job(silence, known, intent, now), shown)

    def identify(self, remote: Remote) -> str | None:
        return remotes.read(remote).id

    def probe(self) -> None:
        self.cluster.probe()

    def _follow(self, job: _Job, shown: Shown | None) -> Converged:
        ours = remotes.ours(job.silence, job.now)
        theirs = remotes.theirs(shown, job.silence) if shown else None
        decision = decide(job.known.base, ours, theirs)
        if decision is Decision.MAKE:
            return self._post(job, None)
        if shown is None or theirs is None or decision is Decision.UNMOVED:
            return _converged(job.known)
        if decision is Decision.LET_GO:
            return Converged({})
        if decision is Decision.CHANGE:
            return self._post(job, shown)
        if decision in (Decision.FOUND_CHANGE, Decision.FOUND_END):
            return self._found(job, shown, changed=decision is Decision.FOUND_CHANGE)
        return self._agree(job, shown, ours, theirs, end=decision is Decision.END)

    def _agree(self, job: _Job, shown: Shown, ours: Side, theirs: Side, *, end: bool) -> Converged:
        """Both are the same, or will be when it is ended there."""
        view = theirs.view
        if end:
            self.cluster.expire(shown.id)
            view = replace(view, end=job.now)
        base = Base(ours.view, view, theirs.changed_at)
        return _converged(replace(job.known, base=base, by=shown.created_by))

    def _post(self, job: _Job, shown: Shown | None) -> Converged:
        """Make it, or change the one that is shown."""
        ours, end = remotes.ours(job.silence, job.now).view, job.silence.end_at
        if shown and ours.ends_with(remotes.theirs(shown, job.silence).view):
            # An end beyond what we can keep stays what it is there.
            end = shown.ends_at
        written = body(job.silence, ours.text, end, shown, annotated=self.cluster.annotates())
        try:
            id_ = self.cluster.post(written)
        except InDoubt as verdict:
            verdict.retry_after = self._search.early.total_seconds()
            verdict.remote = remotes.write(replace(job.known, doubt=replace(job.doubt, asked=verdict.asked)))
            raise
        except Verdict as verdict:
            verdict.remote = remotes.write(job.known)
            if shown and isinstance(verdict, Permanent) and verdict.reason == Reason.UNKNOWN:
                # Gone between two calls: look again.
                raise Transient(verdict.reason, retry_after=0.0, remote=verdict.remote) from None
            raise
        author = author_of(job.silence)
        base = Base(ours, replace(ours, end=end), shown.updated_at if shown else None)
        return _converged(replace(job.known, id=id_, base=base, by=author, wrote=author))

    def _found(self, job: _Job, shown: Shown, *, changed: bool) -> Converged:
        """Somebody has changed or ended it there. Told once: a second time it could undo what has come after it."""
        known, verb = job.known, SilenceVerb.CHANGE if changed else SilenceVerb.END
        ours, theirs = remotes.ours(job.silence, job.now), remotes.theirs(shown, job.silence)
        base = Base(known.base.ours if known.base else ours.view, theirs.view, theirs.changed_at)
        event_id = f"{self.name}:{shown.id}:{verb}:{rfc_3339(shown.updated_at)}"
        after = _converged(replace(known, base=base, by=shown.created_by, told=event_id))
        if event_id == known.told:
            return after
        # An end says nothing of who brought it about; a change bears the name that was given with it.
        former = known.wrote if changed else known.by
        name = shown.created_by if shown.created_by != former else ""
        deed = SilenceDeed(
            verb=verb,
            actor=Actor(Provider.ALERTMANAGER, name, name),
            silence_id=job.silence.id,
            at=job.now,
            event_id=event_id,
            end_at=shown.ends_at if changed and not theirs.view.ends_with(ours.view) else None,
            reason=shown.text if changed and theirs.view.text != ours.view.text else None,
        )
        return replace(after, found=deed)


def _converged(known: Known) -> Converged:
    return Converged(remotes.write(known), known.id)


def _is_done_with(silence: Silence, known: Known, now: datetime) -> bool:
    """Over, and nothing was ever made there. What was may have been given a later end by somebody."""
    return now >= silence.end_at and known.id is None and not known.doubt
