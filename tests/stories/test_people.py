"""Who people are: asked once, kept with an age, and never in the way of what they do."""

from collections.abc import Iterator

import pytest

from core import people
from core.domain.person import Actor, Person, Provider
from sandbox import Sandbox
from sandbox.credentials import ADA, BRUNO, DORA, EMIL
from sandbox.faults import Kind
from tests.databases import ON_SQLITE
from tests.stories.scene import Scene

pytestmark = ON_SQLITE

ADA_IN_SLACK = Actor(Provider.SLACK, str(ADA.slack_id), "ada")
BRUNO_THERE = Actor(Provider.PAGERDUTY, str(BRUNO.pagerduty_id), "Bruno")


@pytest.fixture
def asked(scene: Scene, sandbox: Sandbox) -> Iterator[Scene]:
    sandbox.traffic.forget()
    yield scene
    sandbox.faults.clear()


def questions(scene: Scene) -> int:
    return scene.sandbox.traffic.count("slack") + scene.sandbox.traffic.count("pagerduty_rest")


def test_who_clicked_is_asked_once_and_then_known_for_a_day(asked: Scene) -> None:
    known = [people.introduce(asked.bridge, ADA_IN_SLACK) for _ in range(3)]
    assert known == [Person("slack:U0ADA", ADA.name, ADA.email, "U0ADA")] * 3
    assert questions(asked) == 1
    asked.put_forward(86_401)
    people.introduce(asked.bridge, ADA_IN_SLACK)
    assert questions(asked) == 2


def test_both_accounts_of_one_human_are_joined_by_their_address(asked: Scene) -> None:
    known = people.introduce(asked.bridge, ADA_IN_SLACK)
    whole = [people.complete(asked.bridge, known, Provider.PAGERDUTY) for _ in range(2)]
    assert whole == [Person("slack:U0ADA", ADA.name, ADA.email, "U0ADA", ADA.pagerduty_id)] * 2
    assert questions(asked) == 2


def test_it_works_from_pagerduty_as_well(asked: Scene) -> None:
    known = people.introduce(asked.bridge, BRUNO_THERE)
    assert people.complete(asked.bridge, known, Provider.SLACK).slack_id == BRUNO.slack_id


@pytest.mark.parametrize("person", [DORA, EMIL])
def test_who_is_a_stranger_there_is_asked_about_again_after_ten_minutes(asked: Scene, person: object) -> None:
    actor = Actor(Provider.SLACK, str(person.slack_id), "")  # type: ignore[attr-defined]
    known = people.introduce(asked.bridge, actor)
    for _ in range(3):
        assert people.complete(asked.bridge, known, Provider.PAGERDUTY).pagerduty_id is None
    before = questions(asked)
    assert before <= 2
    asked.put_forward(601)
    people.complete(asked.bridge, known, Provider.PAGERDUTY)
    assert questions(asked) == before + 1


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.REFUSE, Kind.HANG])
def test_a_provider_that_fails_is_left_alone_for_half_a_minute(asked: Scene, kind: Kind) -> None:
    more = {"status": 500} if kind is Kind.STATUS else {}
    asked.sandbox.faults.add("slack", kind, **more)  # type: ignore[arg-type]
    for _ in range(4):
        assert people.introduce(asked.bridge, ADA_IN_SLACK).name == "ada"
    assert questions(asked) <= 1
    asked.sandbox.faults.clear()
    asked.put_forward(31)
    assert people.introduce(asked.bridge, ADA_IN_SLACK).name == ADA.name


def test_what_was_known_stays_while_nobody_can_be_asked(asked: Scene) -> None:
    people.introduce(asked.bridge, ADA_IN_SLACK)
    asked.put_forward(90_000)
    asked.sandbox.faults.add("slack", Kind.REFUSE)
    assert people.introduce(asked.bridge, ADA_IN_SLACK).name == ADA.name


def test_who_is_nobody_is_not_asked_about(asked: Scene) -> None:
    for actor in (
        Actor(Provider.PAGERDUTY, "", "PagerDuty"),
        Actor(Provider.API, "night-shift", "night-shift"),
    ):
        assert people.introduce(asked.bridge, actor) == Person(actor.key, actor.name)
    assert questions(asked) == 0


def test_a_handle_is_better_than_nothing_and_an_id_better_than_no_name(asked: Scene) -> None:
    found = [
        people.introduce(asked.bridge, Actor(Provider.SLACK, "U0NOBODY", name)).name for name in ("nob", "")
    ]
    assert found == ["nob", "nob"]
