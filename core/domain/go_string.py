r"""Strings in double quotes as Go writes and reads them: `"\u00fc\t\xf0"`, bytes that have to be UTF-8 in the end."""

import re

from core.domain.errors import Malformed

_PART = re.compile(
    r'\\(?:(?P<letter>[abfnrtv\\"])|x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})'
    r"|u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8}))|(?P<plain>[^\\\n\"]+)"
)
_LETTERS = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))
_ESCAPES = {character: f"\\{letter}" for letter, character in _LETTERS.items()}


def quote(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(each) or _printable(each) for each in text) + '"'


def unquote(quoted: str) -> str:
    """Raises Malformed."""
    parts = list(_PART.finditer(quoted, 1, len(quoted) - 1))
    whole = sum(len(part[0]) for part in parts) == len(quoted) - 2
    try:
        text = b"".join(map(_bytes, parts)).decode()
    except ValueError:
        whole = False
    if not whole:
        raise Malformed(r'In quotes a backslash goes before " and \, or begins an escape like \n.')
    return text


def _bytes(part: re.Match[str]) -> bytes:
    """Raises ValueError."""
    if part["hex"]:
        return bytes([int(part["hex"], 16)])
    if part["octal"]:
        return bytes([int(part["octal"], 8)])
    if code := part["four"] or part["eight"]:
        return chr(int(code, 16)).encode()
    return (part["plain"] or _LETTERS[part["letter"]]).encode()


def _printable(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
