"""Mappings whose names are people's own: tokens, clusters and labels, each name with one value or a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, Unpack

from marshmallow import ValidationError

from config.addresses import Url
from config.entry import Common, Entry, Scalar, Wrong, wrong
from config.secret import Secret
from config.settings import Cluster
from config.shapes import OneOrMany

T = TypeVar("T")
LONGEST_NAME = 64
LONGEST_LABEL = 255
LONGEST_VALUE = 1000
UNNAMED_SOURCE = "default"


class Tokens(Entry[tuple[tuple[str, Secret], ...]]):
    """name: token, where a name may have several. With `unnamed`, also tokens alone; their name is empty."""

    secret = True

    def __init__(self, inner: Scalar[Secret], *, unnamed: bool = False, **common: Unpack[Common]) -> None:
        self.unnamed = unnamed
        self.tokens = OneOrMany(inner)
        self.kind = f"{self.tokens.kind}, or name: secret" if unnamed else "name: secret"
        super().__init__(inner.text, **common)
        self.load_default = ()

    def take(self, value: Any) -> tuple[tuple[str, Secret], ...]:
        if not isinstance(value, dict):
            if not self.unnamed:
                raise wrong("is not a mapping of names to tokens", "write `name: token` below it")
            return tuple(("", token) for token in self.tokens.take(value))
        twice = Wrong("is the token of another name too", "give each name its own token")
        named = _named(value, self.tokens, _check_name, twice)
        return tuple((name, token) for name, tokens in named for token in tokens)


class Clusters(Entry[tuple[Cluster, ...]]):
    """URLs alone are the members of one cluster, source `default`; of `name: URLs` the name is the source."""

    def __init__(self, inner: Url, **common: Unpack[Common]) -> None:
        self.urls = OneOrMany(inner)
        self.kind = f"{self.urls.kind}, or name: {inner.kind}"
        super().__init__(inner.text, **common)
        self.load_default = ()

    def take(self, value: Any) -> tuple[Cluster, ...]:
        if not isinstance(value, dict):
            urls = self.urls.take(value)
            return (Cluster(UNNAMED_SOURCE, urls),) if urls else ()
        twice = Wrong("has a URL of another name too", "give each URL to one name")
        named = _named(value, self.urls, _check_name, twice)
        return tuple(Cluster(source, urls) for source, urls in named if urls)


class Labels(Entry[tuple[tuple[str, tuple[str, ...]], ...]]):
    """label: value, where a label may have several values; both exactly as an alert carries them."""

    kind = "label: value, or label: a list of them"

    def __init__(self, text: str, **common: Unpack[Common]) -> None:
        self.values = OneOrMany(LabelValue(text), at_most=100, needed=True)
        super().__init__(text, **common)
        self.load_default = ()

    def take(self, value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, dict):
            raise wrong("is not a mapping of labels to values", "write `label: value` below it")
        return _named(value, self.values, _check_label)


class LabelValue(Scalar[str]):
    """Not stripped: an alert's label is compared as it is."""

    kind = "text"

    def read(self, text: str) -> str:
        if len(text) > LONGEST_VALUE:
            raise wrong(f"has {len(text)} characters", f"write at most {LONGEST_VALUE}")
        return text


def _named(
    mapping: dict[str, Any], items: OneOrMany[T], check: Callable[[str], None], twice: Wrong | None = None
) -> tuple[tuple[str, tuple[T, ...]], ...]:
    """What each name has; `twice` is the fault of an item that an earlier name has too, where that is one."""
    read: list[tuple[str, tuple[T, ...]]] = []
    errors: dict[str, Any] = {}
    for name, value in mapping.items():
        try:
            check(name)
            taken = items.take(value)
        except ValidationError as error:
            errors[name] = error.messages
            continue
        if twice and any(item in others for _, others in read for item in taken):
            errors[name] = [twice]
        read.append((name, taken))
    if errors:
        raise ValidationError(errors)
    return tuple(read)


def _check_name(name: str) -> None:
    plain = name.isprintable() and name.isascii() and name == name.strip()
    if not plain or not 0 < len(name) <= LONGEST_NAME:
        raise wrong("has a name that is not plain text", f"write 1 to {LONGEST_NAME} ASCII characters")


def _check_label(name: str) -> None:
    if not 0 < len(name) <= LONGEST_LABEL or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise wrong("has a label whose name none can have", f"write 1 to {LONGEST_LABEL} characters of UTF-8")
