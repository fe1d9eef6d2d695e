"""Counts by severity, said to people, most severe first."""

from collections.abc import Iterable

from core.domain.severity import Severity, classify, known, rank
from core.store.summary import Count
from core.targets import mrkdwn
from core.targets.slack_parts import SEVERITY_EMOJI


def counted(counts: Iterable[Count]) -> list[str]:
    """`🔴 3 critical`, `🟡 1 without severity`."""
    ordered = sorted(counts, key=lambda each: (rank(each.name), -each.count, each.name))
    return [f"{_emoji(each.name)} {each.count} {_word(each.name)}" for each in ordered]


def of_severity(label: str, asked: str) -> bool:
    """Whether an alert of this label is meant: by its rung where the word names one, else to the letter."""
    if known(asked) and known(label):
        return rank(label) == rank(asked)
    return label == asked


def _emoji(label: str) -> str:
    return SEVERITY_EMOJI[classify(label, Severity.WARNING)]


def _word(label: str) -> str:
    return mrkdwn.inline(label, 40) or "without severity"
