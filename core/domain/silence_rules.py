"""What may be silenced from here, and for how long: guard rails that the operator sets.

They are for silences made in Slack or through the API. One made in Alertmanager holds there whatever is said here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.matcher import Matcher
from core.domain.severity import Severity, classify, words_of
from core.domain.words import duration, shorten

Labels = Mapping[str, str]
_UNLIMITED = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Rules:
    """`longest` by severity; an alert with one of the values of a label in `protected` can't be silenced at all."""

    longest: Mapping[Severity, timedelta] = field(default_factory=dict)
    protected: Mapping[str, Sequence[str]] = field(default_factory=dict)


class TooLong(str):
    """An objection to how long it lasts; all others are to what it hides."""

    __slots__ = ()


def objections(
    rules: Rules, matchers: Sequence[Matcher], start_at: datetime, end_at: datetime, hidden: Sequence[Labels]
) -> list[str]:
    """Sentences that say why not; none where it may be. `hidden` are the labels of what it would hide now.

    What is not open now may fire later, or be known to Alertmanager only: so what the matchers name counts as well.
    """
    if all(matcher.matches_nothing_said for matcher in matchers):
        return ["At least one matcher has to name something: these match nearly every alert."]
    return [*_protected(rules, matchers, hidden), *_too_long(rules, matchers, hidden, end_at - start_at)]


def protects(rules: Rules, labels: Labels) -> bool:
    return any(labels.get(label) in values for label, values in rules.protected.items())


def _names(matchers: Sequence[Matcher], label: str, value: str) -> bool:
    """Whether they speak of this label, and of this value of it, not only by leaving others out."""
    about = [matcher for matcher in matchers if matcher.label == label]
    return any(it.equal for it in about) and all(it.matches({label: value}) for it in about)


def _protected(rules: Rules, matchers: Sequence[Matcher], hidden: Sequence[Labels]) -> list[str]:
    for label, values in rules.protected.items():
        for value in values:
            if _names(matchers, label, value) or any(labels.get(label) == value for labels in hidden):
                what = f'{label}="{shorten(value, 60)}"'
                return [f"Alerts with {what} are never silenced from here."]
    return []


def _too_long(
    rules: Rules, matchers: Sequence[Matcher], hidden: Sequence[Labels], length: timedelta
) -> list[str]:
    severities = {classify(labels["severity"], Severity.WARNING) for labels in hidden if "severity" in labels}
    severities |= {
        rung for rung in Severity if any(_names(matchers, "severity", word) for word in words_of(rung))
    }
    limits = {it: rules.longest.get(it, _UNLIMITED) for it in severities or {Severity.WARNING}}
    tightest = min(limits, key=lambda it: limits[it])
    # A minute of grace: the time in which somebody fills in a form is not theirs to lose.
    if length <= limits[tightest] + timedelta(minutes=1):
        return []
    most = duration(limits[tightest])
    if not severities:
        return [TooLong(f"Alerts without a severity may be silenced for {most} at most.")]
    return [TooLong(f'Alerts of severity "{tightest}" may be silenced for {most} at most.')]
