"""What a worker is kept to: some lanes and some targets, or all of them.

Each queue holds the hints of one duty, so that nobody takes a hint that he may not follow.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

DELIVER = "alert_bridge.deliver"
INGEST = "alert_bridge.ingest"
PEOPLE = "people"
SOURCES = "ingest"
LANES = (PEOPLE, SOURCES)
_ALL, _NONE = "all", "none"
_SWEEP = "sweep"


class UnknownDuty(ValueError):
    """What was asked for does not exist here; the text says what does."""


@dataclass(frozen=True, slots=True)
class Duties:
    """The queues that a worker hears. `lease` names its kind: workers of the same duties elect one that sweeps."""

    queues: tuple[str, ...]
    lease: str

    def include(self, task: str, name: str) -> bool:
        return queue_of(task, name) in self.queues

    def include_job(self, name: str) -> bool:
        """`reconcile:eu` and its like are for who speaks with that Alertmanager; anybody may do what names none."""
        _, _, source = name.partition(":")
        return not source or self.include(DELIVER, f"alertmanager:{source}")

    def seats(self, threads: int) -> int:
        """How many of these threads do what is not people's. Raises UnknownDuty where one would be left out."""
        if self.queues == (PEOPLE,):
            return 0
        seats = threads - 1 if PEOPLE in self.queues else threads
        if not seats:
            raise UnknownDuty("--concurrency 1 leaves no thread beside the one that is kept for people")
        return seats


def queue_of(task: str, name: str) -> str:
    """Sources come and go with the addresses of webhooks, so their lanes share a queue; each target has its own."""
    if task == DELIVER:
        return f"deliver:{name}"
    return PEOPLE if name == PEOPLE else SOURCES


def read_duties(lanes: str, targets: str, configured: Sequence[str]) -> Duties:
    """From what was typed: names with commas between, `all` or `none`. `slack` stands for every target of Slack's.

    Raises UnknownDuty.
    """
    kept = _named("--lanes", lanes, {lane: [lane] for lane in LANES})
    told = _named("--targets", targets, _targets(configured))
    if not kept and not told:
        raise UnknownDuty("--lanes none with --targets none leaves nothing to do")
    queues = (*kept, *(queue_of(DELIVER, name) for name in told))
    if lanes == targets == _ALL:
        return Duties(queues, f"{_SWEEP}:{_ALL}")
    kind = hashlib.sha256("\n".join(queues).encode()).hexdigest()[:16]
    return Duties(queues, f"{_SWEEP}:{kind}")


def _targets(configured: Sequence[str]) -> dict[str, list[str]]:
    """What may be typed, and what each of it stands for."""
    found = {name: [name] for name in configured}
    for name in configured:
        found.setdefault(name.partition(":")[0], []).append(name)
    return found


def _named(option: str, typed: str, known: dict[str, list[str]]) -> list[str]:
    words = [word.strip() for word in typed.split(",") if word.strip()]
    every = sorted({name for names in known.values() for name in names})
    if words == [_ALL]:
        return every
    if words == [_NONE]:
        return []
    if unknown := [word for word in words if word not in known]:
        there = ", ".join([*sorted(known), _ALL, _NONE])
        raise UnknownDuty(f"{option}: there is no {', '.join(unknown)} here; there is {there}")
    if not words:
        raise UnknownDuty(f"{option} names nothing; write {_NONE} for that")
    return sorted({name for word in words for name in known[word]})
