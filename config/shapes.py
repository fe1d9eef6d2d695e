"""Values made of values: one or many, blocks of keys, and blocks that are only passed by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, Unpack

from marshmallow import RAISE, Schema, ValidationError, fields, missing, post_load

from config.document import Tree
from config.entry import Common, Entry, Scalar, wrong
from config.values import boolean

T = TypeVar("T")


class Section(Schema):
    """The keys of one block. `builds` takes what was read, without the keys that have no effect."""

    class Meta:
        unknown = RAISE

    builds: ClassVar[Callable[..., object]] = dict

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> object:
        return type(self).builds(**{name: value for name, value in data.items() if self._kept(name)})

    def _kept(self, name: str) -> bool:
        field = self.fields[name]
        return field.kept if isinstance(field, Entry | Block) else True


class Block(fields.Nested):
    """A section inside another. `on` tells from the raw trees, parent and block, whether it counts at all.

    An `optional` one of whose keys none is given counts as absent; one that is `meant` by its name alone does not.
    """

    def __init__(
        self,
        section: type[Section],
        *,
        on: Callable[[Mapping[str, Tree], Mapping[str, Tree]], bool] | None = None,
        optional: bool = False,
        meant: bool = False,
        kept: bool = True,
    ) -> None:
        self.on, self.optional, self.meant, self.kept = on, optional, meant, kept
        super().__init__(section)

    @property
    def section(self) -> Section:
        schema = self.schema
        assert isinstance(schema, Section)  # noqa: S101  # what __init__ was given; tells the type checker
        return schema

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        if value is missing:
            if self.optional:
                return None
            value = {}
        return super().deserialize(value, attr, data, **kwargs)


def switched(default: bool) -> Callable[[Mapping[str, Tree], Mapping[str, Tree]], bool]:
    """On when its own `enabled` says so; what cannot be read is on, so that the fault is found."""

    def on(_: Mapping[str, Tree], block: Mapping[str, Tree]) -> bool:
        word = block.get("enabled")
        if not isinstance(word, str):
            return default if word is None else True
        try:
            return boolean(word)
        except ValidationError:
            return True

    return on


def when(key: str, word: str) -> Callable[[Mapping[str, Tree], Mapping[str, Tree]], bool]:
    def on(parent: Mapping[str, Tree], _: Mapping[str, Tree]) -> bool:
        return str(parent.get(key, "")).strip().casefold() == word

    return on


class OneOrMany(Entry[tuple[T, ...]]):
    """One value or a list of them. Absent items (an unset variable) keep their place and are passed over."""

    def __init__(
        self, inner: Scalar[T], *, at_most: int = 20, needed: bool = False, **common: Unpack[Common]
    ) -> None:
        self.inner, self.at_most = inner, at_most
        self.needed = needed or common.get("required", False)
        self.kind = f"{inner.kind}, or a list of them"
        self.secret = inner.secret
        super().__init__(inner.text, **common)
        if not self.required and self.default is None:
            self.load_default = ()

    def from_default(self, default: str) -> tuple[T, ...]:
        words = default.strip("[]").split(",")
        return tuple(self.inner.read(word.strip()) for word in words if word.strip())

    def take(self, value: Any) -> tuple[T, ...]:
        if not isinstance(value, list):
            return (self.inner.take(value),)
        read, errors = self._items(value)
        if errors:
            raise ValidationError(errors)
        if self.needed and not read:
            raise wrong("is an empty list", "write at least one")
        if len(read) > self.at_most:
            raise wrong(f"has {len(read)} items", f"keep at most {self.at_most}")
        return tuple(read)

    def _items(self, items: list[Any]) -> tuple[list[T], dict[str | int, Any]]:
        read: list[T] = []
        errors: dict[str | int, Any] = {}
        for index, item in enumerate(items):
            if item is None:
                continue
            try:
                value = self.inner.take(item)
            except ValidationError as error:
                errors[index] = error.messages
                continue
            if value in read:
                errors[index] = wrong("stands in the list twice", "remove one of them").messages
            else:
                read.append(value)
        return read, errors


class Anything(Entry[None]):
    """A block of another version, passed by unread."""

    kind = "mapping"

    def take(self, value: Any) -> None:
        """Not looked at."""
