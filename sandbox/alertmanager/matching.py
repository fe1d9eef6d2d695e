"""Matchers as Alertmanager writes, reads and applies them: anchored, and a missing label is an empty value.

Python's `re` stands in for RE2; what RE2 does not know is refused, so that nothing works here that fails there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

MATCHER = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL)
ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
NOT_IN_RE2 = re.compile(r"\\[1-9]|\(\?(?:[=!>#(]|<[=!]|P[=>])")
PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
IN_GO = {
    "missing ), unterminated subpattern": "missing closing )",
    "unbalanced parenthesis": "unexpected )",
    "nothing to repeat": "missing argument to repetition operator",
    "unterminated character set": "missing closing ]",
}


@dataclass(frozen=True)
class Matcher:
    """`name=value`, one of four kinds."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def matches(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.name, "")
        same = bool(_compiled(self.value).fullmatch(found)) if self.is_regex else found == self.value
        return same == self.is_equal

    def __str__(self) -> str:
        operator = ("=" if self.is_equal else "!") + ("~" if self.is_regex else "" if self.is_equal else "=")
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{operator}"{value}"'


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def check_regex(pattern: str, shown: str) -> None:
    """ValueError in RE2's words."""
    foreign = NOT_IN_RE2.search(pattern)
    if foreign:
        raise ValueError(f"error parsing regexp: invalid or unsupported Perl syntax: `{foreign[0]}`")
    try:
        _compiled(pattern)
    except re.error as error:
        words = IN_GO.get(error.msg.partition(" at position")[0], error.msg)
        raise ValueError(f"error parsing regexp: {words}: `{shown}`") from None


def check(matcher: Matcher, *, any_name: bool) -> None:
    """ValueError in Alertmanager's words; a name may be any text since it learned UTF-8."""
    if not (matcher.name if any_name else PLAIN_NAME.fullmatch(matcher.name)):
        raise ValueError(f'invalid label name "{matcher.name}"')
    if matcher.is_regex:
        try:
            check_regex(matcher.value, matcher.value)
        except ValueError as error:
            raise ValueError(f'invalid regular expression "{matcher.value}": {error}') from None


def parse(text: str) -> Matcher:
    """One of `filter`: `name="value"`, with or without the quotes. ValueError in Alertmanager's words."""
    found = MATCHER.fullmatch(text)
    if found is None:
        raise ValueError(f"bad matcher format: {text}")
    name, operator, raw = found.groups()
    matcher = Matcher(name, _unquoted(raw), operator.endswith("~"), not operator.startswith("!"))
    if matcher.is_regex:
        check_regex(matcher.value, f"^(?:{matcher.value})$")
    return matcher


def parse_all(text: str) -> list[Matcher]:
    """Several with commas between them, in braces or not, as people type them."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    return [parse(part) for part in _parts(inner) if part.strip()]


def _parts(text: str) -> Iterator[str]:
    """Cut at the commas that stand outside of quotes."""
    quoted = r'"(?:[^"\\]|\\.)*"?'
    yield from (found[0] for found in re.finditer(rf"(?:{quoted}|[^,\"])+", text, re.DOTALL))


def _unquoted(raw: str) -> str:
    is_quoted = raw.startswith('"')
    inner = raw.removeprefix('"')
    value = re.sub(r"\\([n\"\\])", lambda escape: ESCAPES[escape[1]], inner.removesuffix('"'))
    bare = re.sub(r"\\.", "", inner, flags=re.DOTALL)
    if bare.removesuffix('"' if is_quoted else "").count('"') or (is_quoted and not bare.endswith('"')):
        raise ValueError(f"matcher value contains unescaped double quote: {raw}")
    return value


def select(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(one.matches(labels) for one in matchers)
