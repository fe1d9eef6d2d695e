"""Label matchers that hold for what Alertmanager's hold for: `severity="critical"`, `team!~"db|web"`.

A label that is absent counts as empty, and a pattern means the whole value, as they do there.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from core.domain import matcher_classic, matcher_utf8, pattern
from core.domain.errors import Malformed
from core.domain.matcher_classic import Parts
from core.domain.matcher_words import LONGEST, words

MOST = 100

Found = TypeVar("Found")
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Matcher:
    """Whether a label has exactly this value or fits this pattern, or (`equal` False) does not."""

    label: str
    value: str
    equal: bool = True
    regex: bool = False

    def __post_init__(self) -> None:
        """Raises Malformed for what is no pattern."""
        if self.regex:
            pattern.read(self.value)

    @property
    def operator(self) -> str:
        if self.regex:
            return "=~" if self.equal else "!~"
        return "=" if self.equal else "!="

    @property
    def matches_nothing_said(self) -> bool:
        """Whether it holds for an absent label. With such matchers alone a silence would be for everything."""
        return self.matches({})

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.label, "")
        found = pattern.read(self.value).fits(value) if self.regex else value == self.value
        return found is self.equal

    def __str__(self) -> str:
        return matcher_utf8.write(self.label, self.operator, self.value)


def parse(text: str) -> Matcher:
    """One matcher. Raises Malformed."""
    _check(text, LONGEST)
    if text.startswith("{") or text.endswith("}"):
        raise Malformed('One matcher has no braces; a value that ends with one needs quotes: inst=~"a{3}".')
    return _either(lambda: [matcher_classic.one(text)], lambda: [matcher_utf8.one(text)])[0]


def parse_all(text: str) -> tuple[Matcher, ...]:
    """Matchers as Alertmanager lists them in braces, or else as they are typed for amtool. Raises Malformed.

    It may find none, `{}`; such a list holds for everything, and Alertmanager would not make a silence of it.
    """
    _check(text, MOST * LONGEST)
    if not text.lstrip(matcher_utf8.SPACE).startswith("{"):
        return tuple(map(parse, _few(list(islice(words(text), MOST + 1)))))
    found = _either(lambda: matcher_classic.several(text), lambda: matcher_utf8.several(text))
    return tuple(found)


def all_match(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Regular expressions last: most alerts fail at something cheaper."""
    return all(it.matches(labels) for it in matchers if not it.regex) and all(
        it.matches(labels) for it in matchers if it.regex
    )


def exactly(labels: Mapping[str, str]) -> tuple[Matcher, ...]:
    """An equality for each label, by name: this alert, and whatever has these labels and more."""
    return tuple(Matcher(label, labels[label]) for label in sorted(labels))


def to_json(matcher: Matcher) -> dict[str, Any]:
    """As Alertmanager's API v2 has it."""
    return {
        "name": matcher.label,
        "value": matcher.value,
        "isRegex": matcher.regex,
        "isEqual": matcher.equal,
    }


def from_json(value: Any) -> Matcher:
    """Raises Malformed."""
    if not isinstance(value, dict):
        raise Malformed("A matcher is an object with name, value and isRegex.")
    said = {"isEqual": True, **value}
    for name, kind in (("name", str), ("value", str), ("isRegex", bool), ("isEqual", bool)):
        if not isinstance(said.get(name), kind):
            raise Malformed(f"The {name} of a matcher is {'a text' if kind is str else 'true or false'}.")
    _check_pair(said["name"], said["value"])
    return Matcher(said["name"], said["value"], said["isEqual"], said["isRegex"])


def _either(classic: Callable[[], list[Parts]], utf8: Callable[[], list[Parts]]) -> list[Matcher]:
    """What the classic grammar makes of it; what it refuses, the other one may take, as Alertmanager has it."""
    try:
        return _made(classic())
    except Malformed as refused:
        try:
            return _made(utf8())
        except Malformed:
            raise refused from None


def _made(found: list[Parts]) -> list[Matcher]:
    for label, _, value in _few(found):
        _check_pair(label, value, LONGEST)
    return [Matcher(label, value, "!" not in operator, "~" in operator) for label, operator, value in found]


def _few(found: list[Found]) -> list[Found]:
    if len(found) > MOST:
        raise Malformed(f"There are at most {MOST} matchers at once.")
    return found


def _check_pair(label: str, value: str, most: int = sys.maxsize) -> None:
    if not label:
        raise Malformed("A matcher needs the name of a label.")
    _check(label + value, most)


def _check(text: str, most: int = sys.maxsize) -> None:
    if len(text) > most:
        raise Malformed(f"That is longer than {most} characters.")
    if _NOT_TEXT.search(text):
        raise Malformed("A matcher holds characters only, no NUL and no halves of surrogate pairs.")
