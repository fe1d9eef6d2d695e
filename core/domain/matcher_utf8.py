r"""Alertmanager's grammar for matchers since 0.27: names may be any UTF-8, `"foo.bar"="x"`, quotes have Go's escapes,
and what is not quoted holds none of the characters that mean something.
"""

import re

from core.domain.errors import Malformed
from core.domain.go_string import quote, unquote
from core.domain.matcher_classic import Parts

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
OPERATOR = "=~|!~|!=|="
QUOTED = r'"(?:[^"\\]|\\.)*+"'
_RESERVED = rf"{SPACE}{{}}!=~,\\\"'`"
BARE = rf"[^{_RESERVED}]++"

_WORD = rf"{QUOTED}|{BARE}"
_MATCHER = re.compile(
    rf"({_WORD})[{SPACE}]*({OPERATOR})[{SPACE}]*({_WORD})[{SPACE}]*(?:,[{SPACE}]*|\Z)", re.DOTALL
)


def one(text: str) -> Parts:
    """Raises Malformed."""
    found = several(text)
    if len(found) != 1:
        raise Malformed("One matcher is wanted here, not several or none.")
    return found[0]


def several(text: str) -> list[Parts]:
    """In braces or without, and a comma may be the last. Raises Malformed."""
    inside = text.strip(SPACE)
    if inside.startswith("{") and inside.endswith("}"):
        inside = inside[1:-1].strip(SPACE)
    found: list[Parts] = []
    at = 0
    while at < len(inside):
        form = _MATCHER.match(inside, at)
        if form is None:
            raise Malformed('Matchers are written like {severity="critical", team!~"db|web"}.')
        found.append((_plain(form[1]), form[2], _plain(form[3])))
        at = form.end()
    return found


def write(label: str, operator: str, value: str) -> str:
    """As Alertmanager prints it: a name that needs quotes makes it escape as Go does."""
    if re.search(f"[{_RESERVED}]", label):
        return f"{quote(label)}{operator}{quote(value)}"
    escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return f'{label}{operator}"{escaped}"'


def _plain(word: str) -> str:
    return unquote(word) if word.startswith('"') else word
