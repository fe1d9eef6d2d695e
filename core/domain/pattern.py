"""Regular expressions as Alertmanager reads them: RE2's, over UTF-8, and a value fits as a whole or not at all.

The time of a look grows with the value and no faster, whatever the pattern: Python's own could be made to run for
hours by whoever writes one. RE2 would tell standard error of every slip, and keep 8 MiB a pattern, unless told not to.
"""

import re
from functools import lru_cache
from typing import Any

import re2

from core.domain.errors import Malformed

LONGEST = 1000
_MEMORY = 1 << 20
_KEPT = 1024
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = _MEMORY
# What RE2 for C++ has and Go has not: \C, a single byte. Between \Q and \E it is two letters.
_ONE_BYTE = re.compile(r"(?:[^\\]|\\Q(?:.*?\\E|.*)|\\[^CQ])*+\\C", re.DOTALL)


class Pattern:
    """A pattern that was found good."""

    def __init__(self, text: str) -> None:
        """Raises Malformed."""
        if len(text) > LONGEST:
            raise Malformed(f"A pattern has at most {LONGEST} characters.")
        if _ONE_BYTE.match(text):
            raise _bad(text, r"invalid escape sequence: \C")
        # Alertmanager does it twice too: by itself when a silence is made, and between these when it is asked.
        # Only both keep out what closes the group itself or quotes its end: `a)|(?:b` and `\Qa`.
        _compile(text, text)
        self._whole = _compile(f"^(?:{text})$", text)

    def fits(self, value: str) -> bool:
        return self._whole.search(value.encode(errors="replace")) is not None


@lru_cache(_KEPT)
def read(text: str) -> Pattern:
    """Raises Malformed, with RE2's own words for why."""
    return Pattern(text)


def _compile(text: str, written: str) -> Any:
    try:
        return re2.compile(text.encode(), _OPTIONS)
    except UnicodeEncodeError:
        raise _bad(written, "invalid UTF-8") from None
    except re2.error as error:
        raise _bad(written, error.args[0].decode(errors="replace")) from None


def _bad(written: str, why: str) -> Malformed:
    return Malformed(f"The regular expression {_short(written)} is refused: {_short(why)}.")


def _short(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
