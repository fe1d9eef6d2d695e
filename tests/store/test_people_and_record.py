"""What people did, who they are, and which incident holds what: on each database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from core.domain.event import Deed, Verb
from core.domain.incident import Held
from core.domain.person import Actor, Person, Provider
from core.store import alerts, incidents, people, record, tables
from core.store.engine import Store
from core.store.people import Account
from core.store.record import Happened
from tests.store.rows import NOW, after, at_once, episode, keep

ADA = Actor(Provider.SLACK, "U0ADA", "Ada")
ADAS = Account(Provider.SLACK, "U0ADA", "Ada Example", "ada@example.org", NOW, "PUADA01", NOW)


def deed(alert_id: str, event_id: str = "slack:1", at: float = 0) -> Deed:
    return Deed(Verb.ACKNOWLEDGE, ADA, alert_id, 1, after(at), event_id, "acknowledged", text="é🐢")


def test_a_deed_is_on_record_once_with_the_name_of_the_moment(store: Store) -> None:
    one = episode("f1")
    keep(store, one)
    with store.begin() as connection:
        for name in ("Ada Example", "Ada Renamed"):
            record.add(connection, deed(one.id), Person("slack:U0ADA", name, "ada@example.org"), NOW)
    with store.read() as connection:
        (row,) = connection.execute(select(tables.ack_events)).all()
        assert record.is_known(connection, "slack:1")
        assert not record.is_known(connection, "slack:2")
        assert record.with_deeds(connection, [one.id, "another"]) == {one.id}
    assert (row.acknowledged_by_name, row.note, row.acknowledged_by_id) == (
        "Ada Example",
        "é🐢",
        "slack:U0ADA",
    )


def test_the_record_goes_with_its_alert(store: Store) -> None:
    one = episode("f1")
    keep(store, one)
    with store.begin() as connection:
        record.add(connection, deed(one.id), Person("slack:U0ADA", "Ada"), NOW)
        record.tell(connection, [Happened(one.id, 1, NOW, "resolved", took=timedelta(minutes=12))])
        incidents.learn(connection, [Held("Q1", one.id, 1)], NOW)
        connection.execute(delete(tables.alerts))
    with store.read() as connection:
        for table in (tables.ack_events, tables.history, tables.incidents):
            assert connection.execute(select(table)).all() == []


def test_an_incident_holds_several_alerts_and_an_alert_its_newest_occurrence(store: Store) -> None:
    one, other = episode("f1", seq=1), episode("f2", seq=2)
    keep(store, one, other)
    held = [Held("Q1", one.id, 1, 7, "https://pd.example/7"), Held("Q1", one.id, 2), Held("Q1", other.id, 1)]
    with store.begin() as connection:
        for _ in range(2):
            incidents.learn(connection, held, NOW)
        incidents.learn(connection, [Held("Q1", "00000000-0000-7000-8000-000000000000", 1)], NOW)
    with store.read() as connection:
        assert incidents.holds(connection, "Q1") == {one.id: 2, other.id: 1}
        assert incidents.holds(connection, "Q2") == {}
        assert incidents.newest(connection, other.id) == held[2]


def test_a_merge_moves_what_an_incident_held(store: Store) -> None:
    one = episode("f1")
    keep(store, one)
    with store.begin() as connection:
        incidents.learn(connection, [Held("Q1", one.id, 1)], NOW)
        incidents.move(connection, "Q1", "Q2", after(1))
    with store.read() as connection:
        assert incidents.holds(connection, "Q2") == {one.id: 1}


def test_a_person_is_known_by_either_account(store: Store) -> None:
    with store.begin() as connection:
        people.keep(connection, ADAS)
        people.keep(connection, replace(ADAS, name="Ada Lovely", refreshed_at=after(5)))
    with store.read() as connection:
        found = people.find(connection, ["slack:U0ADA", "pagerduty:PUADA01", "api:night-shift"])
    assert found == {
        "slack:U0ADA": Person("slack:U0ADA", "Ada Lovely", "ada@example.org", "U0ADA", "PUADA01")
    }


def test_eight_who_learn_of_somebody_at_once_write_one_row(store: Store) -> None:
    at_once(8, lambda _: store.transact(lambda connection: people.keep(connection, ADAS)))
    with store.read() as connection:
        assert len(connection.execute(select(tables.people)).all()) == 1


@pytest.mark.parametrize("id_", ["", "é", "x" * 65])
def test_what_is_no_account_id_is_not_kept(store: Store, id_: str) -> None:
    with store.begin() as connection:
        people.keep(connection, replace(ADAS, id=id_))
    with store.read() as connection:
        assert connection.execute(select(tables.people)).all() == []


def test_an_alert_comes_with_the_people_it_names(store: Store) -> None:
    one = episode("f1", acknowledged_at=NOW, acknowledged_by="slack:U0ADA", acknowledged_by_name="Ada")
    keep(store, one)
    with store.begin() as connection:
        people.keep(connection, ADAS)
        alert = alerts.load(connection, [one.id], to_change=True)[one.id]
    assert alert.acknowledger == ADAS.person()
    assert alert.closer is None


def test_what_a_provider_told_last_only_moves_forward(store: Store) -> None:
    one = episode("f1")
    keep(store, one)
    for at in (5, 9, 7):
        with store.begin() as connection:
            alerts.hear(connection, one.id, "pagerduty_at", after(at))
    with store.read() as connection:
        facts = alerts.load(connection, [one.id])[one.id].facts
    assert (facts.pagerduty_at, facts.version) == (after(9), one.facts.version)
