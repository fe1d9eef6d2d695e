"""Label matchers as Alertmanager writes them: `severity="critical"`, `team!="db"`.

A label that is absent counts as empty, as it does there. Regular expressions have to wait for RE2: Python's own could
be made to run for hours by whoever writes one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.domain.errors import Malformed

LONGEST = 1000
_FORM = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\["\\n])*)"')
_PLAIN = re.compile(r"[^\s\"'`{},=!~\\]*")
_ESCAPED = {r"\"": '"', r"\\": "\\", r"\n": "\n"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """Whether a label has exactly this value, or (`equal` False) has not."""

    label: str
    value: str
    equal: bool = True
    regex: bool = False

    @property
    def operator(self) -> str:
        return {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}[
            self.equal, self.regex
        ]

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.label, "")
        found = re.fullmatch(self.value, value) is not None if self.regex else value == self.value
        return found is self.equal

    @property
    def matches_nothing_said(self) -> bool:
        return self.matches({})

    def __str__(self) -> str:
        return f'{self.label}{self.operator}"{self.value}"'


def all_match(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)


def exactly(labels: Mapping[str, str]) -> tuple[Matcher, ...]:
    """This alert and no other."""
    return tuple(Matcher(name, labels[name]) for name in sorted(labels))


def to_json(matcher: Matcher) -> dict[str, Any]:
    return {
        "name": matcher.label,
        "value": matcher.value,
        "isRegex": matcher.regex,
        "isEqual": matcher.equal,
    }


def from_json(value: Any) -> Matcher:
    """Raises Malformed."""
    try:
        return Matcher(value["name"], value["value"], value.get("isEqual", True), value["isRegex"])
    except (KeyError, TypeError):
        raise Malformed("Not a matcher.") from None


def parse_all(text: str) -> tuple[Matcher, ...]:
    return tuple(parse(part) for part in text.strip().strip("{}").split(",") if part.strip())


def parse(text: str) -> Matcher:
    """One matcher. Raises Malformed."""
    form = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if form is None:
        raise Malformed('A matcher is written like severity="critical" or team!="db".')
    label, operator, value = form.groups()
    return Matcher(label, _value(value), operator[0] == "=", operator.endswith("~"))


def _value(text: str) -> str:
    if quoted := _QUOTED.fullmatch(text):
        return re.sub(r"\\.", lambda escape: _ESCAPED[escape[0]], quoted[1])
    if _PLAIN.fullmatch(text):
        return text
    raise Malformed('The value of a matcher belongs in double quotes: severity="critical".')
