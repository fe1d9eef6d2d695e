"""What can go wrong, said once, so that each caller knows what to do about it.

Targets raise exactly three verdicts; whatever else escapes from a target is a bug and is treated as one.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any


class Malformed(Exception):
    """The bytes are not what their sender's protocol says. The text is one sentence fit for an answer."""


class ConflictKind(StrEnum):
    """In what somebody else was faster. The words are labels of a metric."""

    VERSION = "version"
    DUPLICATE = "duplicate"
    DEADLOCK = "deadlock"
    LOCK_WAIT = "lock_wait"
    LOCKED = "locked"  # SQLite's one write lock


class Conflict(Exception):
    """Somebody else changed the row that this step had read. The step repeats from a fresh read."""

    def __init__(self, text: str, kind: ConflictKind = ConflictKind.VERSION) -> None:
        super().__init__(text)
        self.kind = kind


class ClaimLost(Exception):
    """The claim under which this work was begun has passed to somebody else. Their result stands."""


class Verdict(Exception):
    """Why a target could not be brought up to date.

    `reason` is from a closed list of the target's own (it becomes a metric label and is shown to operators);
    `detail` may say more and never holds a secret. `remote` is what is now known about the far side, where
    the failed attempt taught us something; None leaves the stored value alone.
    """

    def __init__(self, reason: str, detail: str = "", *, remote: dict[str, Any] | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.remote = remote


class Transient(Verdict):
    """Worth another try by itself. `retry_after` is in seconds, None where the target did not say.

    `budget` names the rate budget that the answer speaks of (a 429), so that only that one waits.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        retry_after: float | None = None,
        budget: str | None = None,
        remote: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(reason, detail, remote=remote)
        self.retry_after = retry_after
        self.budget = budget


class Permanent(Verdict):
    """This row's own payload is at fault: park it, the others go on."""


class Blocked(Verdict):
    """The whole target is at fault (token, scope, channel): pause it, keep its rows due, probe again at `until`.

    `until` None means the usual probe interval.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        until: datetime | None = None,
        remote: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(reason, detail, remote=remote)
        self.until = until
