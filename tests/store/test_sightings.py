"""What Alertmanager's list last said of open alerts, and what is known of the sources themselves."""

from datetime import timedelta

from sqlalchemy import delete

from core.domain.compare import ACTIVE, Ended, Held, Mark, Sighting, Suppression
from core.store import inbox, sightings, sources
from core.store.engine import Store
from core.store.tables import alerts
from tests.store.rows import NOW, after, at_once, episode, keep

SILENCED = Sighting(after(60), Mark(Suppression.SILENCED, ("a-silence",)), after(30))
ABSENT = Sighting(after(60), ACTIVE, after(60))


def held(store: Store, source: str = "default") -> list[Held]:
    with store.read() as connection:
        return sightings.held(connection, source)


def put(store: Store, seen: dict[str, Sighting | None]) -> None:
    store.transact(lambda c: sightings.put(c, seen))


def test_what_is_open_is_held_with_its_last_word_and_its_sighting(store: Store) -> None:
    """Of its own source only, though one name begins as the other does; and nothing that is over."""
    with store.begin() as connection:
        inbox.put(connection, [inbox.Incoming("default", "alertmanager:default", b"")], after(5))
        seq = inbox.claim(connection, "alertmanager:default", "t", after(5), 1)[0].id
    open_, old = episode("f1", seq=seq), episode("f2", seq=seq + 1, closed_at=after(9))
    over = episode("f3", seq=seq, firing=False, resolved_at=after(9))
    foreign = [
        episode("f1", seq=seq + 2, source=name, id=f"of {name}") for name in ("default2", "def", "zzz")
    ]
    keep(store, open_, old, over, *foreign)
    put(store, {open_.id: SILENCED})
    assert sorted(held(store), key=lambda it: it.fingerprint) == [
        Held(open_.id, "f1", seq, NOW, after(5), closed=False, sighting=SILENCED),
        Held(old.id, "f2", seq + 1, NOW, None, closed=True),
    ]
    assert [it.id for it in held(store, "def")] == ["of def"]


def test_a_sighting_takes_the_place_of_the_one_before(store: Store) -> None:
    """None leaves nothing; an alert that is gone, or over, has nothing to keep."""
    one, other, over = episode("f1"), episode("f2"), episode("f3", firing=False, resolved_at=after(9))
    keep(store, one, other, over)
    put(store, {one.id: SILENCED, other.id: SILENCED, over.id: SILENCED, "nobody": SILENCED})
    put(store, {one.id: ABSENT, other.id: None})
    assert {it.fingerprint: it.sighting for it in held(store)} == {"f1": ABSENT, "f2": None}


def test_two_that_put_the_same_at_once_agree(store: Store) -> None:
    """Neither fails, and one row stays."""
    many = [episode(f"f{number}") for number in range(20)]
    keep(store, *many)
    at_once(4, lambda _: put(store, {it.id: SILENCED for it in many}))
    assert [it.sighting for it in held(store)] == [SILENCED] * len(many)


def test_a_sighting_goes_with_its_alert(store: Store) -> None:
    it = episode("f1")
    keep(store, it)
    put(store, {it.id: SILENCED})
    with store.begin() as connection:
        connection.execute(delete(alerts))
    assert held(store) == []


def test_the_newest_episode_is_the_one_that_counts(store: Store) -> None:
    """Open, or over until lately; of one that was over long ago nothing is said."""
    over = {"firing": False}
    keep(
        store,
        episode("f1", seq=1, fired_at=NOW, resolved_at=after(10), **over),
        episode("f1", seq=5, fired_at=after(20)),
        episode("f2", seq=1, fired_at=NOW, resolved_at=after(10), **over),
        episode("f2", seq=3, fired_at=after(11), resolved_at=after(15), **over),
        episode("f3", seq=1, fired_at=NOW, resolved_at=after(1), **over),
    )
    with store.read() as connection:
        found = sightings.ended(connection, "default", ["f1", "f2", "f3", "f4"], after(5))
    assert found == {"f1": Ended(5, None), "f2": Ended(3, after(15))}


def test_receivers_are_kept_once_each(store: Store) -> None:
    """Also when several webhooks bring the same one at the same moment."""
    names = ["b", "a", "b", "team.ä"]
    at_once(4, lambda hand: store.transact(lambda c: sources.add_receiver(c, "default", names[hand])))
    with store.read() as connection:
        assert sources.receivers(connection, "default") == {"a", "b", "team.ä"}
        assert sources.receivers(connection, "another") == frozenset()


def test_trouble_stays_until_the_same_goes_well(store: Store) -> None:
    """What ails the reading of silences is not over because reconciling went well."""
    with store.begin() as connection:
        sources.ails(connection, "default", "polling", "refused")
        sources.reconciled(connection, "default", NOW)
    assert standing(store) == sources.Standing("default", NOW, "polling: refused")
    with store.begin() as connection:
        sources.ails(connection, "default", sources.RECONCILING, "timeout")
    assert standing(store) == sources.Standing("default", NOW, "reconciling: timeout")
    with store.begin() as connection:
        sources.reconciled(connection, "default", NOW + timedelta(seconds=60))
    assert standing(store) == sources.Standing("default", after(60), None)


def standing(store: Store) -> sources.Standing:
    with store.read() as connection:
        (found,) = sources.standings(connection, ["default"])
    return found
