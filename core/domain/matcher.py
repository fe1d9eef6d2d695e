"""Label matchers as Alertmanager writes them: `severity="critical"`, `team!="db"`.

A label that is absent counts as empty, as it does there. Regular expressions have to wait for RE2: Python's own could
be made to run for hours by whoever writes one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

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

    def matches(self, labels: Mapping[str, str]) -> bool:
        return (labels.get(self.label, "") == self.value) is self.equal


def parse(text: str) -> Matcher:
    """One matcher. Raises Malformed."""
    form = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if form is None:
        raise Malformed('A matcher is written like severity="critical" or team!="db".')
    label, operator, value = form.groups()
    if operator in ("=~", "!~"):
        raise Malformed("Regular expressions are not supported: use = or !=.")
    return Matcher(label, _value(value), operator == "=")


def _value(text: str) -> str:
    if quoted := _QUOTED.fullmatch(text):
        return re.sub(r"\\.", lambda escape: _ESCAPED[escape[0]], quoted[1])
    if _PLAIN.fullmatch(text):
        return text
    raise Malformed('The value of a matcher belongs in double quotes: severity="critical".')
