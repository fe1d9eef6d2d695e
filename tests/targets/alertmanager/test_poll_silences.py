"""What people do in Alertmanager itself is read back: new silences as deeds, changed ones by having a look at them."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.bridge import PEOPLE, Bridge
from core.domain.change import Policy
from core.domain.matcher import Matcher
from core.domain.person import Actor, Provider
from core.domain.silence import Silence, is_silence_id
from core.domain.silence_deed import SilenceDeed, reduce_silence
from core.poll_silences import poll
from core.sources import own_silence
from core.store import bodies, deliveries, silences, tables
from core.store.deliveries import SILENCES
from core.store.engine import Store, open_sqlite
from core.store.migrate import migrate
from core.targets.target import Converged
from tests.servers.alertmanager import Alertmanager
from tests.targets.alertmanager.conftest import (
    HOUR,
    Row,
    edit,
    expire,
    lasting,
    make_silence,
    moment,
    only,
    target_of,
)

NAME = "alertmanager:default"


@dataclass
class Desk:
    """A store and a bridge to one Alertmanager. `hints` is what was said to be due."""

    store: Store
    bridge: Bridge
    hints: list[str] = field(default_factory=list)

    def hold(self, silence: Silence) -> None:
        """One of ours, not told yet."""
        now = datetime.now(UTC)
        with self.store.begin() as connection:
            silences.add(connection, silence, now)
            deliveries.add(connection, [(silence.id, NAME, 0)], now, of=SILENCES)

    def poll(self) -> bool:
        return poll(self.bridge, NAME)

    def due(self) -> list[str]:
        with self.store.read() as connection:
            rows = connection.execute(
                select(tables.silence_deliveries.c.silence_id).where(
                    tables.silence_deliveries.c.due_at.is_not(None)
                )
            )
            return list(rows.scalars())

    def tell(self) -> list[Converged]:
        """Bring to agreement what is due, as the pump does."""
        return [self._tell(id_) for id_ in self.due()]

    def _tell(self, id_: str) -> Converged:
        now, target = datetime.now(UTC), self.bridge.alertmanagers[NAME]
        with self.store.begin() as connection:
            delivery = deliveries.claim(connection, NAME, id_, "token", now, of=SILENCES)
            assert delivery is not None
            silence = silences.load(connection, [id_])[id_]
            intent = target.intend(silence, dict(delivery.remote), now)
        done = target.converge(silence, dict(delivery.remote), intent, now)
        with self.store.begin() as connection:
            deliveries.complete(
                connection,
                delivery,
                done.remote,
                remote_id=done.remote_id,
                again_at=None,
                now=datetime.now(UTC),
            )
        return done

    def change(self, id_: str, **given: Any) -> None:
        with self.store.begin() as connection:
            silence = silences.load(connection, [id_])[id_]
            now = datetime.now(UTC)
            silences.change(
                connection, replace(silence, **given, changed_at=now, version=silence.version + 1), now
            )
            deliveries.want(connection, [id_], now, new=0, edit=0, of=SILENCES)

    def reported(self) -> list[SilenceDeed]:
        with self.store.read() as connection:
            rows = connection.execute(select(tables.inbox).where(tables.inbox.c.lane == PEOPLE)).all()
        return [own_silence.read(bodies.unpack(row.body), row.received_at) for row in rows]

    def take_in(self, deed: SilenceDeed) -> Silence:
        """What ingest makes of a silence that was made there."""
        silence = reduce_silence(None, deed).silence
        assert silence is not None
        self.hold(silence)
        now = datetime.now(UTC)
        with self.store.begin() as connection:
            delivery = deliveries.claim(connection, NAME, silence.id, "token", now, of=SILENCES)
            assert delivery is not None
            remote = dict(deed.remote)
            deliveries.complete(connection, delivery, remote, remote_id=remote["id"], again_at=None, now=now)
        return silence


@pytest.fixture
def desk(there: Alertmanager, tmp_path: Path) -> Iterator[Desk]:
    store = open_sqlite(str(tmp_path / "bridge.db"))
    migrate(store)
    hints: list[str] = []
    bridge = Bridge(
        store,
        lambda: datetime.now(UTC),
        Policy(timedelta(minutes=5), timedelta(minutes=30)),
        {},
        "one:1:",
        on_due=hints.append,
        on_lane=hints.append,
        alertmanagers={NAME: target_of(there.url)},
    )
    yield Desk(store, bridge, hints)
    store.close()


def test_a_silence_made_there_is_reported_once_with_its_author(there: Alertmanager, desk: Desk) -> None:
    id_ = there.silence({"alertname": "HighCPU"}, comment="disk swap")
    desk.poll()
    desk.poll()
    (deed,) = desk.reported()
    made = only(there)
    assert (id_, "make_silence", Actor(Provider.ALERTMANAGER, "tests", "tests")) == (
        deed.silence_id,
        deed.verb,
        deed.actor,
    )
    assert ((Matcher("alertname", "HighCPU"),), "disk swap", "default", NAME) == (
        deed.matchers,
        deed.reason,
        deed.scope,
        deed.target,
    )
    assert (moment(made["startsAt"]), moment(made["endsAt"]), id_) == (
        deed.start_at,
        deed.end_at,
        deed.remote["id"],
    )
    assert desk.hints == [PEOPLE]


def test_one_that_had_ended_before_is_nothing(there: Alertmanager, desk: Desk) -> None:
    expire(there, there.silence({"alertname": "HighCPU"}))
    desk.poll()
    assert (desk.reported(), desk.hints) == ([], [])


def test_one_taken_in_is_no_news_and_follows_both_ways(there: Alertmanager, desk: Desk) -> None:
    id_ = there.silence({"alertname": "HighCPU"})
    desk.poll()
    silence = desk.take_in(desk.reported()[0])
    desk.poll()
    assert desk.due() == []
    desk.change(id_, end_at=silence.end_at + HOUR)
    (done,) = desk.tell()
    assert (id_, id_) == (only(there)["id"], done.remote_id)
    assert only(there)["createdBy"] == "tests"
    edit(there, only(there), comment="carol's", createdBy="carol")
    desk.poll()
    (done,) = desk.tell()
    assert isinstance(done.found, SilenceDeed)
    assert (done.found.actor.name, done.found.reason, done.found.end_at) == ("carol", "carol's", None)


def test_one_of_ours_is_looked_at_only_when_it_differs(there: Alertmanager, desk: Desk) -> None:
    silence = make_silence()
    desk.hold(silence)
    desk.tell()
    desk.poll()
    assert (desk.due(), desk.reported()) == ([], [])
    edit(there, only(there), endsAt=(silence.end_at + HOUR).isoformat())
    desk.poll()
    assert ([silence.id], [NAME]) == (desk.due(), desk.hints)
    (done,) = desk.tell()
    assert isinstance(done.found, SilenceDeed)
    desk.poll()
    assert (desk.due(), desk.reported()) == ([], [])


def test_ended_there_it_is_looked_at(there: Alertmanager, desk: Desk) -> None:
    silence = make_silence()
    desk.hold(silence)
    desk.tell()
    expire(there, only(there)["id"])
    desk.poll()
    (done,) = desk.tell()
    assert isinstance(done.found, SilenceDeed)
    assert done.found.verb == "end_silence"


def test_over_on_both_sides_it_is_left_alone(there: Alertmanager, desk: Desk) -> None:
    silence = make_silence()
    desk.hold(silence)
    desk.tell()
    desk.change(silence.id, end_at=datetime.now(UTC))
    desk.tell()
    desk.poll()
    assert (lasting(there), desk.due(), desk.reported()) == ([], [], [])


def test_vanished_there_it_is_made_again(there: Alertmanager, desk: Desk) -> None:
    desk.hold(make_silence())
    desk.tell()
    there.kill9()
    shutil.rmtree(there.folder / "data")
    there.start()
    desk.poll()
    desk.tell()
    assert make_silence().id in only(there)["comment"]


def test_made_there_but_not_known_to_be_it_is_looked_at(there: Alertmanager, desk: Desk) -> None:
    silence = make_silence()
    desk.hold(silence)
    with desk.store.begin() as connection:
        delivery = deliveries.claim(connection, NAME, silence.id, "lost", datetime.now(UTC), of=SILENCES)
        assert delivery is not None
        # Parked: nobody would look at it by himself.
        deliveries.park(connection, delivery, "refused", "", None)
    there.silence({"alertname": "HighCPU"}, comment="elsewhere")
    other = make_silence(id="01993e00-0000-7000-8000-00000000000f")
    Row(target_of(there.url), silence).tell()
    Row(target_of(there.url), other).tell()
    desk.poll()
    assert [silence.id] == desk.due()
    assert {"elsewhere", other.reason} == {it.reason for it in desk.reported()}


def test_one_made_from_ours_with_other_matchers_is_another_one(there: Alertmanager, desk: Desk) -> None:
    silence = make_silence()
    desk.hold(silence)
    desk.tell()
    other = edit(there, only(there), matchers=only(there)["matchers"][:1])
    desk.poll()
    assert [silence.id] == desk.due()
    assert [(other, silence.reason)] == [(it.silence_id, it.reason) for it in desk.reported()]


def test_what_was_let_go_comes_back_as_another_one(there: Alertmanager, desk: Desk) -> None:
    id_ = there.silence({"alertname": "HighCPU"})
    desk.poll()
    desk.take_in(desk.reported()[0])
    desk.change(id_, end_at=datetime.now(UTC))
    time.sleep(0.01)
    edit(there, only(there), endsAt=(datetime.now(UTC) + HOUR).isoformat())
    desk.tell()
    desk.poll()
    desk.poll()
    _, again = desk.reported()
    assert (True, id_) == (is_silence_id(again.silence_id), again.remote["id"])
    assert again.silence_id != id_


def test_a_thousand_of_any_kind_are_taken_in_and_a_second_look_finds_nothing(
    there: Alertmanager, desk: Desk
) -> None:
    many = [
        {
            "matchers": [{"name": "n", "value": f"ü{number}", "isRegex": number % 2 == 0, "isEqual": True}],
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "2106-02-07T06:28:15Z" if number % 3 else "3206-02-07T06:28:15Z",
            "createdBy": "",
            "comment": "",
        }
        for number in range(1000)
    ]
    for it in many:
        there.call("POST", "/api/v2/silences", it)
    desk.poll()
    desk.poll()
    assert len({it.silence_id for it in desk.reported()}) == 1000


def test_when_it_was_read_is_kept(desk: Desk) -> None:
    before = datetime.now(UTC)
    desk.poll()
    with desk.store.read() as connection:
        row = connection.execute(select(tables.sources)).one()
    assert row.name == "default"
    assert before <= row.polled_at <= datetime.now(UTC)


def test_where_nobody_answers_nothing_is_taken_for_gone(there: Alertmanager, desk: Desk) -> None:
    desk.hold(make_silence())
    desk.tell()
    there.stop()
    assert not desk.poll()
    assert (desk.due(), desk.hints) == ([], [])
    with desk.store.read() as connection:
        (row,) = connection.execute(select(tables.sources)).all()
    assert row.trouble.startswith("reading silences: unreachable")
