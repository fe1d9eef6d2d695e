"""Courses of chance against a real Alertmanager: whatever is done on both sides, with answers lost, both agree."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.errors import Transient
from tests.servers.alertmanager import Alertmanager
from tests.targets.alertmanager.conftest import (
    Row,
    Way,
    edit,
    expire,
    lasting,
    make_silence,
    moment,
    target_of,
)


class Course:
    """One silence, and steps that either side may take at any time."""

    def __init__(self, number: int, server: Alertmanager, way: Way) -> None:
        self.chance = random.Random(number)
        self.server = server
        self.way = way
        self.row = Row(target_of(way.url), make_silence(id=f"01993e00-0000-7000-8000-{number:012x}"))

    def step(self) -> None:
        self.chance.choice(
            [self.change, self.change, self.end, self.edit, self.edit, self.restart, self.expire]
        )()
        self.chance.choice([self.lose, self.look, self.nothing])()

    def change(self) -> None:
        if self.row.silence.end_at > datetime.now(UTC):
            self.row.change(end_at=self._end(), reason=self._word())

    def end(self) -> None:
        if self.row.silence.end_at > datetime.now(UTC) and self.chance.random() < 0.3:
            self.row.end()

    def edit(self) -> None:
        for it in self._ours():
            edit(self.server, it, endsAt=self._end().isoformat(), comment=f"{self._word()} {self._mark}")

    def restart(self) -> None:
        """Another start there is another id."""
        for it in self._ours():
            edit(self.server, it, startsAt=(moment(it["startsAt"]) - timedelta(hours=1)).isoformat())

    def expire(self) -> None:
        for it in self._ours():
            if self.chance.random() < 0.3:
                expire(self.server, it["id"])

    def lose(self) -> None:
        self.way.fate = self.chance.choice(["lose", "drop"])
        with suppress(Transient):
            self.row.tell(attempts=1)
        self.way.fate = "pass"

    def look(self) -> None:
        self.row.tell()

    def nothing(self) -> None:
        """Both have moved, and nobody has looked."""

    @property
    def _mark(self) -> str:
        return f"[alert-bridge {self.row.silence.id}]"

    def _ours(self) -> list[dict[str, str]]:
        return [it for it in lasting(self.server) if self._mark in it["comment"]]

    def _end(self) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=self.chance.randint(5, 500))

    def _word(self) -> str:
        return self.chance.choice(["swap", "disk", "reboot"])

    def check(self) -> None:
        """Two rounds more, and then the same on both sides."""
        self.row.tell()
        self.row.tell()
        ours, found = self.row.silence, self._ours()
        over = ours.end_at <= datetime.now(UTC)
        if over and self.row.remote == {}:
            return  # let go, or never made
        assert [not over] == [bool(found)]
        assert len(found) <= 1
        for it in found:
            assert self.row.id == it["id"]
            assert f"{ours.reason} {self._mark}" == it["comment"]
            assert abs(ours.end_at - moment(it["endsAt"])) < timedelta(milliseconds=1)


@pytest.mark.parametrize("first", [0, 15])
def test_whatever_both_sides_did_they_agree(there: Alertmanager, way: Way, first: int) -> None:
    for number in range(first, first + 15):
        course = Course(number, there, way)
        for _ in range(6):
            course.step()
        course.check()
