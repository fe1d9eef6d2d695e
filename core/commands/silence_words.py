"""What people type behind /silence: which alerts, until when, and why."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from core.commands.wrong import Unknown, Wrong
from core.domain import moment, span
from core.domain.errors import Malformed
from core.domain.matcher import Matcher, parse, parse_all
from core.domain.moment import Moment

LONGEST_REASON = 500
MOST_MATCHERS = 100

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_MATCHER = re.compile(
    rf'\s*,?\s*((?:{_QUOTED}|[^\s"=!~,{{}}]+)\s*(?:=~|!~|!=|=)\s*(?:{_QUOTED}|[^\s,"]*)),?', re.DOTALL
)
_BRACES = re.compile(rf'\s*(\{{(?:[^{{}}"]|{_QUOTED})*\}})', re.DOTALL)
_ID = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")
# Slack escapes these three in what it sends (Slack, "Formatting text"), and telephones curl quotes.
_ESCAPED = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_SMART = str.maketrans("“”„", '"""')
_MOST_WORDS = 4

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Listing:
    """Which silences there are."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How it is written."""


@dataclass(frozen=True, slots=True)
class Add:
    """A new one. It has either a `length` or an end."""

    matchers: tuple[Matcher, ...]
    length: timedelta | None
    until: Moment | None
    reason: str


@dataclass(frozen=True, slots=True)
class Extend:
    """`id` is the beginning of one."""

    id: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class End:
    id: str


Asked = Listing | Usage | Add | Extend | End


def read(text: str) -> Asked:
    """Raises Wrong."""
    for escaped, meant in _ESCAPED:
        text = text.replace(escaped, meant)
    word, rest = _cut(text)
    match word.lower():
        case "" | "list":
            return Listing()
        case "help":
            return Usage()
        case "add":
            return _add(rest if '"' in rest else rest.translate(_SMART))
        case "extend":
            id_, length = _cut(rest)
            return Extend(_id(id_), _whole(length))
        case "end":
            return End(_id(rest.strip()))
    raise Unknown(f"“{word[:40]}” is nothing that can be done to silences.")


def _cut(text: str) -> tuple[str, str]:
    """The first word, and the rest."""
    word, rest = (*text.split(None, 1), "", "")[:2]
    return word, rest.strip()


def _id(text: str) -> str:
    if not _ID.fullmatch(text.lower()):
        raise Wrong("A silence is named by its id, or by the beginning of it, as /silence list shows it.")
    return text.lower()


def _whole(text: str) -> timedelta:
    try:
        return span.read(text)
    except Malformed as malformed:
        raise Wrong(str(malformed)) from None


def _add(text: str) -> Add:
    matchers, rest = _matchers(text)
    if not matchers:
        raise Wrong('Which alerts? Write matchers first: alertname=HighCPU instance=~"web-.*" 2h.')
    words = rest.split()
    if words and words[0].lower() == "until":
        until, left = _longest(words[1:], moment.read)
        _check_zone(until, left)
        return Add(matchers, None, until, _reason(left))
    length, left = _longest(words[1:] if words and words[0].lower() == "for" else words, span.read)
    return Add(matchers, length, None, _reason(left))


def _matchers(text: str) -> tuple[tuple[Matcher, ...], str]:
    """Those at the beginning, and what comes behind them."""
    try:
        if braces := _BRACES.match(text):
            return parse_all(braces[1]), text[braces.end() :]
        found: list[Matcher] = []
        end = 0
        while form := _MATCHER.match(text, end):
            found.append(parse(form[1]))
            end = form.end()
            if len(found) > MOST_MATCHERS:
                raise Wrong(f"There are at most {MOST_MATCHERS} matchers at once.")
    except Malformed as malformed:
        raise Wrong(str(malformed)) from None
    return tuple(found), text[end:]


def _longest(words: list[str], read: Callable[[str], Read]) -> tuple[Read, list[str]]:
    """What as many words as possible mean together, and the words behind them."""
    why = "Until when? Write how long, like 2h or 1h30m, or until 14:30."
    for number in range(min(_MOST_WORDS, len(words)), 0, -1):
        try:
            return read(" ".join(words[:number])), words[number:]
        except Malformed as malformed:
            why = str(malformed)
    raise Wrong(why)


def _check_zone(until: Moment, left: list[str]) -> None:
    """A zone that is not understood must not become the reason of a silence that ends at another time."""
    word = left[0].rstrip(",;.") if left else ""
    if until.zone is None and moment.looks_like_a_zone(word):
        raise Wrong(f"“{word[:40]}” is no time zone known here: write Europe/Berlin, UTC or +02:00, or none.")


def _reason(words: list[str]) -> str:
    text = " ".join(words)
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip()
    return text[:LONGEST_REASON]
