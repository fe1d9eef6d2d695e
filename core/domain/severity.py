"""How urgent an alert is: one ladder for ordering, colours and PagerDuty, whatever word the label uses."""

from enum import StrEnum


class Severity(StrEnum):
    """The four that PagerDuty knows (Events API v2, payload.severity), most urgent first."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


# The words that rules in the field use for the same four rungs.
_SYNONYMS = {
    "critical": Severity.CRITICAL,
    "crit": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "fatal": Severity.CRITICAL,
    "emergency": Severity.CRITICAL,
    "disaster": Severity.CRITICAL,
    "p1": Severity.CRITICAL,
    "error": Severity.ERROR,
    "err": Severity.ERROR,
    "high": Severity.ERROR,
    "major": Severity.ERROR,
    "p2": Severity.ERROR,
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
    "medium": Severity.WARNING,
    "minor": Severity.WARNING,
    "p3": Severity.WARNING,
    "info": Severity.INFO,
    "informational": Severity.INFO,
    "information": Severity.INFO,
    "notice": Severity.INFO,
    "low": Severity.INFO,
    "none": Severity.INFO,
    "p4": Severity.INFO,
    "p5": Severity.INFO,
}

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def classify(label: str, default: Severity) -> Severity:
    """The rung that a severity label stands for; `default` when it says nothing that is known."""
    return _SYNONYMS.get(label.strip().lower(), default)


def words_of(severity: Severity) -> list[str]:
    """Every word that stands for this rung."""
    return [word for word, rung in _SYNONYMS.items() if rung is severity]


def known(label: str) -> bool:
    """Whether the word stands for a rung at all."""
    return label.strip().lower() in _SYNONYMS


def rank(label: str) -> int:
    """0 for the most urgent to 3; what is unknown ranks with warnings, so that it is neither first nor last."""
    return _RANK[classify(label, Severity.WARNING)]
