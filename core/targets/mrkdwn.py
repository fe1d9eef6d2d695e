"""Text for Slack's mrkdwn out of text that nobody vouches for.

Labels and annotations are hostile: whatever they hold, they can't ping, link, or swallow the words around them. What
comes out of here is already escaped and within its limit; nothing else may be put into a mrkdwn text.
"""

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from core.domain.words import shorten

# Slack, "Formatting text": these three and no others are to be replaced by entities.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPE = str.maketrans(_ENTITIES)

# Formatting marks have no escape in mrkdwn. Inside a line of ours they become look-alikes, or one backtick in a label
# would turn the rest of the line, links included, into code. An underscore counts only at the edge of a word.
_MARKS = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})  # noqa: RUF001 (the look-alikes are the point)
_BACKTICK = str.maketrans({"`": "ˋ"})  # noqa: RUF001
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")

# Controls, lone surrogates, what turns the direction of text, and invisible characters that hide words from a search.
# The zero width joiner stays: emoji and several scripts need it.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SPACES = re.compile(r"\s+")
# `team!~"db|web"`, and `{a="b", c="d"}`, without the stop that ends the sentence.
_WORD = r"""(?:"[^"]*"|[^\s"])"""
_TYPED = re.compile(rf"\{{[^{{}}]*\}}|{_WORD}*[=~*]{_WORD}*?(?=[.,;:]?(?:\s|\Z))")

# Reserved and unreserved characters of RFC 3986, without those that end a link or open code in mrkdwn.
_URL_SAFE = "%/:?#[]@!$&'()*+,;=-._~"
URL_LIMIT = 1000
# Far beyond every limit below: text after it can't be seen anyway and is not even looked at.
_LOOK_AT = 20_000


def clean(text: str) -> str:
    """Without characters that no reader should ever meet; every line break is a line feed."""
    text = _BREAKS.sub("\n", text[:_LOOK_AT])
    return _UNFIT.sub("", _SURROGATE.sub("\ufffd", text))


def inline(text: str, limit: int) -> str:
    """Part of a line of ours: one line, no formatting, at most `limit` characters as sent."""
    flat = _SPACES.sub(" ", clean(text)).strip()
    return shorten(_plain(flat), limit, _weight).translate(_ESCAPE)


def code(text: str, limit: int) -> str:
    """To the letter, on one line, at most `limit` characters as sent; only a backtick becomes a look-alike."""
    flat = _SPACES.sub(" ", clean(text)).strip().translate(_BACKTICK)
    return f"`{shorten(flat, limit - 2, _weight).translate(_ESCAPE)}`" if flat else ""


def sentence(text: str, limit: int) -> str:
    """As `inline`, but what people may copy and type, matchers and patterns, stands in it to the letter."""
    flat = shorten(_SPACES.sub(" ", clean(text)).strip(), limit, _weight)
    told, end = "", 0
    for typed in _TYPED.finditer(flat):
        told += _plain(flat[end : typed.start()]).translate(_ESCAPE) + code(typed[0], limit)
        end = typed.end()
    told += _plain(flat[end:]).translate(_ESCAPE)
    told = told.replace("` `", " ")
    return told if len(told) <= limit else inline(text, limit)


def prose(text: str, limit: int, lines: int = 8) -> str:
    """A text object of its own: keeps its lines and its formatting, which can't reach beyond that object."""
    kept = [line.rstrip() for line in clean(text).strip().split("\n")]
    kept = [line for line, before in zip(kept, ["x", *kept], strict=False) if line or before]
    if len(kept) > lines:
        kept = [*kept[:lines], "…"]
    return shorten("\n".join(kept).strip(), limit, _weight).translate(_ESCAPE)


def link(url: str, label: str, limit: int = URL_LIMIT) -> str:
    """`<url|label>` where the address is one that Slack may be given, else the label. `label` is escaped already."""
    target = address(url, limit)
    return f"<{target}|{label}>" if target else label


def address(url: str, limit: int = URL_LIMIT) -> str:
    """The address as it may stand in a link, or nothing: http and https only, of at most `limit` characters.

    An address is never shortened: half of one leads somewhere else.
    """
    escaped = web_address(url, limit).translate(_ESCAPE)
    return escaped if len(escaped) <= limit else ""


def web_address(url: str, limit: int = URL_LIMIT) -> str:
    """As `address`, for a field that holds nothing but an address."""
    url = url.strip() if len(url) <= limit else ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or _UNFIT.search(url) or _SURROGATE.search(url):
        return ""
    scheme, rest = url.split(":", 1)
    quoted = f"{scheme.lower()}:{quote(rest, safe=_URL_SAFE)}"
    return quoted if len(quoted) <= limit else ""


def date(at: datetime) -> str:
    """The moment in each reader's own zone; what can't show that says it in UTC."""
    moment = at.astimezone(UTC)
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"


def _plain(flat: str) -> str:
    return _EDGE_UNDERSCORE.sub("ˍ", flat.translate(_MARKS))


def _weight(char: str) -> int:
    return len(_ENTITIES.get(char, char))
