"""Notes on an incident: each posted once, also when the answer to the first attempt was lost."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from core.domain.errors import Permanent, Transient
from core.targets import pagerduty_remote as told
from core.targets.pagerduty_client import Reason, Rest
from core.targets.target import Notice, Remote

_SOON = 5.0


class Notes:
    """`from_email` is whose name stands under the note of somebody who has no account there."""

    def __init__(self, rest: Rest, from_email: str | None) -> None:
        self._rest = rest
        self._from_email = from_email

    def post(self, notice: Notice, email: str | None, *, may_come: bool) -> Remote:
        """`email` is the writer's own account's; `may_come` says whether the incident's id may still be learned."""
        content = str(notice.params["content"])
        incident = _incident_of(notice)
        if incident is None:
            if may_come:
                raise Transient(Reason.NO_INCIDENT_YET, "its id is not known yet", retry_after=_SOON)
            return {"skipped": "no incident"}
        path = f"/incidents/{quote(incident, safe='')}/notes"
        # A first attempt that was begun may have come through.
        if notice.remote.get("noting") and (known := self._find(path, content)):
            return {"note": known}
        author = email or self._from_email
        if author is None:
            return {"skipped": "nobody to post it as: set pagerduty.from_email"}
        try:
            answer = self._rest.post(path, {"note": {"content": content}}, author)
        except Permanent:
            # The account may be gone since it was looked up.
            if author == self._from_email or self._from_email is None:
                raise
            answer = self._rest.post(path, {"note": {"content": content}}, self._from_email)
        note = answer.get("note")
        return {"note": note.get("id", "") if isinstance(note, Mapping) else ""}

    def _find(self, path: str, content: str) -> str | None:
        notes: Any = self._rest.get(path).get("notes")
        for note in notes if isinstance(notes, list) else ():
            if isinstance(note, dict) and str(note.get("content", "")).strip() == content.strip():
                return str(note.get("id", "")) or "found"
        return None


def _incident_of(notice: Notice) -> str | None:
    entry = told.of_occurrence(told.read(notice.parent), int(notice.params["occurrence"]))
    return entry.incident_id if entry else None
