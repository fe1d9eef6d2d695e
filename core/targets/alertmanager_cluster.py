"""Asking the members of one cluster: any of them, all of them, or one to write.

Nothing here decides what an answer means for a silence; who does not answer is remembered.
"""

import re
from itertools import chain
from typing import Any

from core.domain.errors import Blocked, Permanent, Transient, Verdict
from core.targets.alertmanager_client import Members, NeverSent, Reason
from core.targets.alertmanager_silence import Shown, read, read_all

_ANNOTATED_FROM = (0, 32)
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


class InDoubt(Transient):
    """It may have been done all the same. `asked` is the member."""

    def __init__(self, failure: Transient, asked: str) -> None:
        super().__init__(failure.reason, failure.detail, retry_after=failure.retry_after)
        self.asked = asked


class Cluster:
    """Safe to use from several threads. `silent` are the members that did not answer when they were last asked."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._annotates: bool | None = None
        self.silent: set[str] = set()

    @property
    def size(self) -> int:
        return len(self._members.urls)

    def silence(self, id_: str) -> Shown | None:
        """As the first member has it that has it at all. Raises where no member answers."""
        failure: Verdict | None = None
        answered = False
        for url in self._members.in_turn:
            try:
                shown = read(self._members.get(url, f"/silence/{id_}"))
            except Permanent as verdict:
                failure = verdict
                answered = answered or verdict.reason == Reason.UNKNOWN
                self.silent.discard(url)
            except (Transient, Blocked) as verdict:
                failure = verdict
                self.silent.add(url)
            else:
                self.silent.discard(url)
                if shown is None:
                    raise Transient(Reason.ODD_ANSWER, "not a silence")
                return shown
        if failure is not None and not answered:
            raise failure
        return None

    def silences(self) -> list[Shown]:
        """What all that answer have, each as it was changed last. Raises where no member answers."""
        failure: Verdict | None = None
        lists: list[list[Shown]] = []
        for url in self._members.in_turn:
            try:
                lists.append(_list(self._members.get(url, "/silences")))
            except Verdict as verdict:
                failure = verdict
                self.silent.add(url)
            else:
                self.silent.discard(url)
        if failure is not None and not lists:
            raise failure
        found: dict[str, Shown] = {}
        for it in chain(*lists):
            if it.id not in found or found[it.id].updated_at < it.updated_at:
                found[it.id] = it
        return list(found.values())

    def listed(self) -> list[Shown]:
        """What one member has, whichever answers."""
        return _list(self._any("/silences"))

    def post(self, body: dict[str, object]) -> str:
        """Through one member; its id. Raises InDoubt where that may have been done without an answer."""
        failure: NeverSent | None = None
        for url in self._members.in_turn:
            try:
                answer = self._members.post(url, "/silences", body)
            except NeverSent as verdict:
                self.silent.add(url)
                failure = verdict
                continue
            except Transient as verdict:
                raise InDoubt(verdict, url) from None
            except Permanent as verdict:
                raise (verdict if "id" in body else _at_address(verdict)) from None
            id_ = answer.get("silenceID") if isinstance(answer, dict) else None
            if not isinstance(id_, str) or not id_:
                raise InDoubt(Transient(Reason.ODD_ANSWER, "no id of a silence"), url)
            return id_
        assert failure is not None  # noqa: S101 (there is at least one member)
        raise failure

    def expire(self, id_: str) -> None:
        """Through whichever member takes it: done twice it is done once."""
        failure: Verdict | None = None
        for url in self._members.in_turn:
            try:
                self._members.delete(url, f"/silence/{id_}")
            except Verdict as verdict:
                failure = verdict
            else:
                return
        assert failure is not None  # noqa: S101 (there is at least one member)
        raise failure

    def annotates(self) -> bool:
        """Whether its silences have annotations. Asked once, of whichever member answers."""
        if self._annotates is None:
            try:
                self.probe()
            except Verdict:
                return False
        return bool(self._annotates)

    def probe(self) -> None:
        """Ask how it is. Raises as a call does."""
        answer = self._any("/status")
        told = answer.get("versionInfo") if isinstance(answer, dict) else None
        version = _VERSION.match(str(told.get("version"))) if isinstance(told, dict) else None
        self._annotates = version is not None and (int(version[1]), int(version[2])) >= _ANNOTATED_FROM

    def _any(self, path: str) -> Any:
        """What the first member answers that answers at all. Raises what the last one's answer meant."""
        failure: Verdict | None = None
        for url in self._members.in_turn:
            try:
                answer = self._members.get(url, path)
            except Verdict as verdict:
                failure = _at_address(verdict)
                self.silent.add(url)
            else:
                self.silent.discard(url)
                return answer
        assert failure is not None  # noqa: S101 (there is at least one member)
        raise failure


def _list(answer: Any) -> list[Shown]:
    if not isinstance(answer, list):
        raise Transient(Reason.ODD_ANSWER, "not a list of silences")
    return read_all(answer)


def _at_address(verdict: Verdict) -> Verdict:
    """What every Alertmanager knows and this one does not is no Alertmanager, or not all of its address."""
    if verdict.reason != Reason.UNKNOWN:
        return verdict
    return Blocked(Reason.WRONG_ADDRESS, verdict.detail)
