"""The modals that people have open: each person's stack, what was typed into it, and what stands against it.

An app's view is kept as it was sent; what Slack adds to it (ids, hash, state) is told by views.modal_answer.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.errors import SlackError

MOST_STACKED = 3


@dataclass
class Modal:
    """One open view. `given` holds what the person chose or typed, by block and action."""

    id: str
    person: str
    view: dict[str, Any]
    hash: str
    root: str
    previous: str | None = None
    given: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None


class Modals:
    """Open views, newest last."""

    def __init__(self, clock: Callable[[], float], changed: Callable[[str, str], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._open: dict[str, Modal] = {}
        self._lock = threading.RLock()

    @property
    def open(self) -> list[Modal]:
        with self._lock:
            return list(self._open.values())

    def find(self, name: str) -> Modal | None:
        """By id or by the app's own external_id."""
        with self._lock:
            by_own = (one for one in self._open.values() if name and one.view.get("external_id") == name)
            return self._open.get(name) or next(by_own, None)

    def stack(self, person: str) -> list[Modal]:
        return [one for one in self.open if one.person == person]

    def show(self, person: str, view: dict[str, Any]) -> Modal:
        """A new root: what the person had open gives way to it."""
        with self._lock:
            self._check_external(view, *self.stack(person))
            self._remove(self.stack(person))
            return self._add(person, view, None)

    def push(self, below: Modal, view: dict[str, Any]) -> Modal:
        with self._lock:
            self._check_external(view)
            if len(self.stack(below.person)) >= MOST_STACKED:
                raise SlackError("push_limit_reached")
            return self._add(below.person, view, below)

    def change(self, modal: Modal, view: dict[str, Any], known_hash: str | None = None) -> None:
        with self._lock:
            if known_hash is not None and known_hash != modal.hash:
                raise SlackError("hash_conflict")
            self._check_external(view, modal)
            modal.view, modal.hash = view, self._new_hash()
            modal.errors, modal.trouble = {}, None
        self.touch()

    def close(self, modal: Modal) -> None:
        """This view goes, and what lies on it; the one below is seen again."""
        with self._lock:
            stack = self.stack(modal.person)
            self._remove(stack[stack.index(modal) :] if modal in stack else [])

    def clear(self, person: str) -> None:
        with self._lock:
            self._remove(self.stack(person))

    def complain(
        self, modal: Modal, errors: dict[str, str] | None = None, trouble: str | None = None
    ) -> None:
        with self._lock:
            modal.errors, modal.trouble = errors or {}, trouble
        self.touch()

    def touch(self) -> None:
        self._changed("views", "")

    def _add(self, person: str, view: dict[str, Any], below: Modal | None) -> Modal:
        name = f"V0{uuid.uuid4().hex[:9].upper()}"
        root, previous = (below.root, below.id) if below else (name, None)
        modal = self._open[name] = Modal(name, person, view, self._new_hash(), root, previous)
        self.touch()
        return modal

    def _remove(self, modals: list[Modal]) -> None:
        for modal in modals:
            del self._open[modal.id]
        self.touch()

    def _check_external(self, view: dict[str, Any], *leaving: Modal) -> None:
        name = view.get("external_id")
        other = self.find(name) if name else None
        if other is not None and other not in leaving:
            raise SlackError("duplicate_external_id")

    def _new_hash(self) -> str:
        return f"{int(self._clock())}.{uuid.uuid4().hex[:8]}"
