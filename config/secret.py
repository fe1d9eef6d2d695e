"""A text that must never be seen: it prints as *** wherever it lands, and only reveal() gives it up.

It is on purpose neither a str nor a dataclass. A str would let `secret.encode()` sign with the wrong bytes
unnoticed, and dataclasses.asdict() would take a dataclass apart.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, Self, final

MASK = "***"


@final
class Secret:
    __slots__ = ("_text",)
    _text: str

    def __init__(self, text: str) -> None:
        if not text:
            raise ValueError("an empty secret protects nothing")
        object.__setattr__(self, "_text", text)

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __structlog__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled: read the configuration where it is needed")
