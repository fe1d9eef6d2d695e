"""Finding what there is of a silence in Alertmanager: by its id, and where that does not settle it, by our marker."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn

from core.domain.errors import Transient
from core.domain.silence import Silence
from core.targets import alertmanager_remote as remotes
from core.targets.alertmanager_client import Reason
from core.targets.alertmanager_cluster import Cluster
from core.targets.alertmanager_decide import Base
from core.targets.alertmanager_remote import Doubt, Known
from core.targets.alertmanager_silence import Shown, author_of, same_matchers


class Search:
    """`look_after`: seconds after an attempt without an answer from which on its silence is looked for, and up to which
    the member that was asked is waited for.
    """

    def __init__(self, cluster: Cluster, look_after: tuple[float, float]) -> None:
        self._cluster = cluster
        self.early, self._late = (timedelta(seconds=seconds) for seconds in look_after)

    def look(self, silence: Silence, known: Known, now: datetime) -> tuple[Shown | None, Known]:
        """What is there, and what is known of it now that nothing is in doubt any more. Raises as a call does, and
        Transient while it is too early to say that there is nothing.
        """
        shown = self._cluster.silence(known.id) if known.id else None
        if _is_to_be_sought(silence, known, shown, now):
            shown = self._seek(silence, known, shown, now)
        return shown, _caught_up(silence, known, shown)

    def _seek(self, silence: Silence, known: Known, shown: Shown | None, now: datetime) -> Shown | None:
        """The one that bears our marker; of several that last, all but the last to end are ended."""
        listed = self._cluster.silences()
        found = [
            it for it in listed if it.mark == silence.id and same_matchers(it.matchers, silence.matchers)
        ]
        if shown is not None and all(it.id != shown.id for it in found):
            found.append(shown)
        lasting = [it for it in found if not it.expired]
        if known.doubt and not lasting:
            self._wait_for_it(known.doubt, now)
        kept = max(found, key=lambda it: (not it.expired, it.ends_at, it.id == known.id, it.id), default=None)
        for it in lasting:
            if it is not kept:
                self._cluster.expire(it.id)
        return kept

    def _wait_for_it(self, doubt: Doubt, now: datetime) -> None:
        if now < doubt.at + self.early:
            _wait(doubt.at + self.early - now)
        silent = self._cluster.silent
        unheard = doubt.asked in silent if doubt.asked else bool(silent)
        if unheard and now < doubt.at + self._late:
            _wait(min(self.early, doubt.at + self._late - now))


def _is_to_be_sought(silence: Silence, known: Known, shown: Shown | None, now: datetime) -> bool:
    """Whether there may be one that we do not know of: this one is not as it should be, or nothing of it has moved
    and still somebody wants it looked at.
    """
    if known.id is None:
        return known.doubt is not None
    ours, base = remotes.ours(silence, now), known.base
    we_rest = base is not None and ours.view.agrees(base.ours)
    if shown is None or shown.expired:
        return known.doubt is not None or not (ours.over and we_rest)
    theirs = remotes.theirs(shown, silence)
    return we_rest and base is not None and theirs.view.agrees(base.theirs)


def _caught_up(silence: Silence, known: Known, shown: Shown | None) -> Known:
    """An attempt without an answer that shows has been an agreement."""
    doubt, known = known.doubt, replace(known, doubt=None)
    if shown is None:
        return known
    known = replace(known, id=shown.id)
    if doubt is None or not remotes.theirs(shown, silence).view.agrees(doubt.view):
        return known
    by = author_of(silence)
    return replace(known, base=Base(doubt.view, doubt.view, shown.updated_at), by=by, wrote=by)


def _wait(span: timedelta) -> NoReturn:
    raise Transient(Reason.TIMEOUT, "looking for a lost answer", retry_after=max(span.total_seconds(), 0.0))
