"""What every target is asked to do, and what it is told.

A target never decides when to try again and never writes to the database: it makes the far side agree with what
it is given, and says how that went, by returning or by raising a verdict of `core.domain.errors`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.domain.alert import Alert
from core.domain.event import Deed
from core.domain.incident import Held
from core.domain.pace import Rate
from core.domain.person import Person, Provider
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceDeed

Remote = dict[str, Any]
"""What is known of the far side: a JSON object that belongs to the target alone. {} when nothing is."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What one target may say about another one's view of the same alert (the context line in Slack).

    `label` and `link` name the far object ("PagerDuty #1234"); `behind` means that it does not know the newest
    state yet, `failing` that telling it has failed at least twice or that the whole target is blocked.
    """

    target: str
    label: str = ""
    link: str = ""
    behind: bool = False
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Converged:
    """The far side agrees. `remote` is stored; `remote_id` is what its own events will name it by.

    `again_at` asks to be called once more then (something is still to be learned); `news` says that the other
    targets of this alert should show something new (an incident's link). `held` is the incident that this occurrence
    is now known to be in, `words` is what is to be said here besides, and `found` a deed that the far side knows of
    and we do not.
    """

    remote: Remote
    remote_id: str | None = None
    again_at: datetime | None = None
    news: bool = False
    held: Held | None = None
    words: Sequence["NewWord"] = ()
    found: Deed | SilenceDeed | None = None


class Word(StrEnum):
    """One-shot words: kinds of notices. A WHISPER is for one person's eyes."""

    FIRED_AGAIN = "fired_again"
    REMINDER = "reminder"
    DEED = "deed"
    OVER = "over"
    NOTE = "note"
    WHISPER = "whisper"
    SILENCE_OVER = "silence_over"
    SILENCE_ENDS = "silence_ends"


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that a target wants said at itself. `key` is unique for ever."""

    key: str
    word: Word
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """A one-shot word as it is due: unlike a delivery it is said once and never edited.

    `key` is unique for ever and is how a post whose answer was lost is found again. A notice about one alert has
    `alert` and, where the alert is shown already, that message's handle in `parent`. `author` is who
    wrote a note. A digest has `about`: the alerts as they are now, each with the remote of its delivery to this target.
    """

    key: str
    word: Word
    params: Mapping[str, Any]
    remote: Remote
    alert: Alert | None = None
    parent: Remote = field(default_factory=dict)
    about: Sequence[tuple[Alert, Remote]] = ()
    author: Person | None = None


class Target(Protocol):
    """One place that shows alerts. Implementations are safe to use from one thread at a time."""

    @property
    def name(self) -> str:
        """`slack:C0123`, `pagerduty:default`: what its rows are stored under."""

    @property
    def provider(self) -> Provider:
        """Whose people it knows."""

    @property
    def rates(self) -> Mapping[str, Rate]:
        """Its budgets by name."""

    @property
    def says(self) -> frozenset[Word]:
        """Which notices it takes; the others are never written for it."""

    @property
    def trouble(self) -> str | None:
        """What of it works less well than configured, while alerts get through all the same."""

    def concerns(self, alert: Alert) -> bool:
        """Whether this alert is shown here at all. Asked once, when an episode (or a new target) begins."""

    def budget(self, remote_id: str | None) -> str:
        """Which budget bringing a row of this remote id up to date is charged to."""

    def budget_to_say(self, word: Word) -> str:
        """Which budget saying such a word is charged to."""

    def intend(self, alert: Alert, remote: Remote, now: datetime, held: Held | None = None) -> Remote:
        """The remote with the intent of what converge will try next. Pure; stored before converge is called.

        `held` is the incident that the alert is known to be in, from whomever that was learned.
        """

    def converge(
        self, alert: Alert, before: Remote, remote: Remote, others: Sequence[Glance], now: datetime
    ) -> Converged:
        """Make the far side agree with `alert`.

        `before` is the remote as it was read, `remote` the same with this attempt's intent. Raises Transient,
        Permanent or Blocked.
        """

    def identify(self, remote: Remote) -> str | None:
        """The remote id that a stored remote stands for: what the far side's own events will name it by."""

    def intend_to_say(self, notice: Notice, now: datetime) -> Remote:
        """As intend, for a notice: stored before say is called, which then gets what was stored before it."""

    def say(self, notice: Notice, now: datetime) -> Remote:
        """Say a notice. `notice.remote` is {} at the first attempt and the stored intent at later ones.

        Returns what to store. Raises like converge.
        """

    def glance(self, remote: Remote, held: Held | None = None) -> Glance:
        """What others may show of it. `held` is the incident that webhooks told of."""

    def is_echo(self, remote: Remote, deed: Deed) -> bool:
        """Whether this deed, told by the far side, is what we did there ourselves, coming back."""

    def probe(self) -> None:
        """Find out, without changing anything, whether the target would take calls. Raises like converge."""


class SilenceTarget(Protocol):
    """One place that holds silences. Implementations are safe to use from one thread at a time."""

    @property
    def name(self) -> str:
        """`alertmanager:default`: what its rows are stored under, with the source behind the colon."""

    @property
    def provider(self) -> Provider:
        """Where its people act."""

    @property
    def rates(self) -> Mapping[str, Rate]:
        """Its budgets by name."""

    @property
    def trouble(self) -> str | None:
        """What of it works less well than configured."""

    def concerns(self, silence: Silence) -> bool:
        """Whether this silence belongs here at all. Asked once, when it is made."""

    def budget(self, remote_id: str | None) -> str:
        """Which budget bringing a row of this remote id up to date is charged to."""

    def intend(self, silence: Silence, remote: Remote, now: datetime) -> Remote:
        """The remote with the intent of what converge will try next. Pure; stored before converge is called."""

    def converge(self, silence: Silence, before: Remote, remote: Remote, now: datetime) -> Converged:
        """Make the far side agree with the silence as it is, or say in `found` what was done to it there.

        `before` is the remote as it was read, `remote` the same with this attempt's intent. Raises Transient,
        Permanent or Blocked.
        """

    def identify(self, remote: Remote) -> str | None:
        """The remote id that a stored remote stands for."""

    def probe(self) -> None:
        """Find out, without changing anything, whether the target would take calls. Raises like converge."""
