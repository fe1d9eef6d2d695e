"""Every key the file may have, read off the schemas: what documentation and example are held to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from config.entry import Entry
from config.faults import join
from config.schema import File
from config.shapes import Block, Section


@dataclass(frozen=True, slots=True)
class Key:
    """`default` is written as in the file, None when there is none. Beside a secret X, X_file is a key."""

    path: str
    type: str
    default: str | None
    secret: bool
    text: str
    required: bool


@cache
def entries() -> dict[str, Entry[object]]:
    return dict(_entries(File(), ""))


@cache
def keys() -> tuple[Key, ...]:
    return tuple(
        Key(path, entry.kind, entry.default, entry.secret, entry.text, entry.required)
        for path, entry in entries().items()
    )


def _entries(section: Section, path: str) -> Iterator[tuple[str, Entry[object]]]:
    for name, field in section.fields.items():
        if isinstance(field, Block):
            yield from _entries(field.section, join(path, name))
        elif isinstance(field, Entry):
            yield join(path, name), field
