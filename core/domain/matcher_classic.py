r"""Alertmanager's older grammar for matchers, and a lenient one: `path=C:\temp and so on` has everything behind the `=`
for its value. Names are ASCII. It is still asked first, and where the two read a text differently it is right.
"""

import re

from core.domain.errors import Malformed

Parts = tuple[str, str, str]  # label, operator, value

_BLANK = "\t\n\f\r "  # what \s is for Go
_FORM = re.compile(rf"[{_BLANK}]*([a-zA-Z_:][a-zA-Z0-9_:]*)[{_BLANK}]*(=~|!~|!=|=)(.*)", re.DOTALL)
_VALUE = re.compile(r'((?:[^"\\]|\\.|\\\Z)*)("?)', re.DOTALL)
_ESCAPES = {r"\n": "\n", r"\"": '"', r"\\": "\\"}


def one(text: str) -> Parts:
    """Raises Malformed."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise Malformed('A matcher is written like severity="critical" or team!~"db|web".')
    label, operator, value = form.groups()
    return label, operator, _value(value.strip(_BLANK))


def several(text: str) -> list[Parts]:
    """Either brace may be missing, and a comma may be the last. Raises Malformed."""
    *pieces, last = _pieces(text.removeprefix("{").removesuffix("}"))
    if last := last.strip():
        pieces.append(last)
    return [one(piece) for piece in pieces]


def _value(text: str) -> str:
    quoted = text.startswith('"')
    form = _VALUE.fullmatch(text.removeprefix('"'))
    if form is None or bool(form[2]) is not quoted:
        raise Malformed(r'The value of a matcher belongs in double quotes, with \" for a quote: team="db".')
    return re.sub(r"\\.", lambda each: _ESCAPES.get(each[0], each[0]), form[1], flags=re.DOTALL)


def _pieces(text: str) -> list[str]:
    """At the commas outside of quotes. A comma leaves a backslash in force, as it does there."""
    pieces = [""]
    quoted = escaped = False
    for each in text:
        if each == "," and not quoted:
            pieces.append("")
            continue
        if each == '"' and not escaped:
            quoted = not quoted
        if each != ",":
            escaped = each == "\\" and not escaped
        pieces[-1] += each
    return pieces
