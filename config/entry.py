"""What every key has: its meaning, its default as written in the file, and a fault with a remedy.

The schemas in schema_*.py are made of these; reference.py reads them back.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from marshmallow import ValidationError, fields, missing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fault of a value, before it knows its path."""

    problem: str
    remedy: str


def wrong(problem: str, remedy: str) -> ValidationError:
    return ValidationError([Wrong(problem, remedy)])


class Common(TypedDict, total=False):
    default: str | None
    required: bool
    remedy: str
    ignored: str
    kept: bool


class Entry(fields.Field[T]):
    """A key with its meaning. `default` is written as in the file; `ignored` says why a key has no effect."""

    kind = "text"
    secret = False

    def __init__(self, text: str, **common: Unpack[Common]) -> None:
        default, required = common.get("default"), common.get("required", False)
        self.default = default
        self.required_remedy = common.get("remedy", "")
        self.ignored = common.get("ignored", "")
        self.kept = common.get("kept", True) and not self.ignored
        load_default = missing if required else None if default is None else self.from_default(default)
        super().__init__(required=required, load_default=load_default, metadata={"text": text})

    @property
    def text(self) -> str:
        return str(self.metadata["text"])

    def from_default(self, default: str) -> T:
        """A kind of key that can be left out has one that means something, or it says so while the schema is made."""
        raise TypeError(f"{type(self).__name__} takes no default, and {default!r} is one")

    @abstractmethod
    def take(self, value: Any) -> T:
        """What the raw tree means here, or ValidationError."""

    def _deserialize(self, value: Any, attr: object, data: object, **_: object) -> T:  # noqa: ARG002  # the base's
        return self.take(value)


class Scalar(Entry[T], Generic[T]):
    @abstractmethod
    def read(self, text: str) -> T: ...

    def from_default(self, default: str) -> T:
        return self.read(default)

    def take(self, value: Any) -> T:
        if not isinstance(value, str):
            found = "a mapping" if isinstance(value, dict) else "a list"
            raise wrong(f"is {found} where one value belongs", f"write {self.kind}")
        return self.read(value)
