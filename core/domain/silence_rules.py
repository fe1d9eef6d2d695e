"""What may be silenced from here, and for how long: guard rails that the operator sets.

They are for silences made in Slack or through the API. One made in Alertmanager holds there whatever is said here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.matcher import Matcher
from core.domain.severity import Severity, classify
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
    """Sentences that say why not; none where it may be. `hidden` are the labels of what it would hide now."""
    if all(matcher.matches_nothing_said for matcher in matchers):
        return ["At least one matcher has to name something: these would match every alert."]
    named = {it.label: it.value for it in matchers if it.equal and not it.regex}
    concerned = [named, *hidden]
    return [*_protected(rules, concerned), *_too_long(rules, concerned, end_at - start_at)]


def _protected(rules: Rules, concerned: Sequence[Labels]) -> list[str]:
    for labels in concerned:
        for label, values in rules.protected.items():
            if labels.get(label) in values:
                what = f'{label}="{shorten(labels[label], 60)}"'
                return [f"Alerts with {what} are never silenced from here."]
    return []


def _too_long(rules: Rules, concerned: Sequence[Labels], length: timedelta) -> list[str]:
    named = [labels for labels in concerned if "severity" in labels] or [{"severity": ""}]
    severities = {classify(labels["severity"], Severity.WARNING) for labels in named}
    limits = {it: rules.longest.get(it, _UNLIMITED) for it in severities}
    tightest = min(limits, key=lambda it: limits[it])
    # A minute of grace: the time in which somebody fills in a form is not theirs to lose.
    if length <= limits[tightest] + timedelta(minutes=1):
        return []
    return [TooLong(f"What is {tightest} may be silenced for {duration(limits[tightest])} at most.")]
