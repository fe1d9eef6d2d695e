"""Matchers as they are typed for amtool: `alertname=X inst=~".+0"`, apart by blanks or commas, quoted as for a shell.

Alertmanager itself knows no shell: in its grammar all that would be one matcher, or none.
"""

import re
from collections.abc import Iterator

from core.domain.errors import Malformed
from core.domain.matcher_utf8 import BARE, OPERATOR, QUOTED, SPACE

LONGEST = 1000

_NEXT = rf"""(?:{QUOTED}|["']?{BARE})[{SPACE}]*+(?:{OPERATOR})"""
# Single quotes count around a word or a value; in "don't" there is none to close.
_PART = re.compile(
    rf"""(?P<double>"(?:[^"\\]|\\.)*+"?)|(?<![^{SPACE}=~,])'(?P<single>[^']*)'(?=[{SPACE},]|\Z)"""
    rf"""|(?P<end>[{SPACE}]*+,[{SPACE}]*+|[{SPACE}]++(?={_NEXT}))|(?P<blank>[{SPACE}]++)|(?P<plain>.)""",
    re.DOTALL,
)
_HAS_VALUE = re.compile(rf"(?:{OPERATOR})[{SPACE}]*[^{SPACE}~]")


def words(text: str) -> Iterator[str]:
    """A text for each matcher. Raises Malformed."""
    word = ""
    for part in _PART.finditer(text.strip(SPACE)):
        if part["blank"] and _HAS_VALUE.search(word):
            raise Malformed('A value with a blank in it belongs in quotes: alertname="High CPU".')
        if part["end"]:
            yield _bare(word)
            word = ""
        else:
            word += part[0] if part["single"] is None else part["single"]
        if len(word) > LONGEST:
            raise Malformed(f"A matcher has at most {LONGEST} characters.")
    if word:
        yield _bare(word)


def _bare(word: str) -> str:
    """Without double quotes that go around all of it: `"alertname=High CPU"`."""
    if re.fullmatch(QUOTED, word, re.DOTALL):
        return re.sub(r'\\([\\"])', r"\1", word[1:-1])
    return word
