"""What becomes of a silence when Alertmanager or the way to it fails: nothing is lost, nothing is made twice."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from core.domain.errors import Blocked, Permanent, Transient
from core.domain.matcher import Matcher
from tests.servers.alertmanager import Alertmanager
from tests.servers.ports import free_port
from tests.servers.process import wait_until
from tests.targets.alertmanager.conftest import HOUR, Row, Way, edit, lasting, make_silence, only, target_of


def test_made_and_never_answered_it_is_made_once(there: Alertmanager, way: Way) -> None:
    row = Row(target_of(way.url))
    way.fate = "lose"
    assert isinstance(row.failed(), Transient)
    way.fate = "pass"
    row.tell()
    assert only(there)["id"] == row.id
    assert (len(way.bodies), row.found) == (1, [])


def test_lost_before_it_was_made_it_is_made_when_it_was_looked_for(there: Alertmanager, way: Way) -> None:
    row = Row(target_of(way.url))
    way.fate = "drop"
    row.failed()
    way.fate = "pass"
    assert row.failed().detail == "looking for a lost answer"
    row.tell()
    assert (2, row.id) == (len(way.bodies), only(there)["id"])


def test_stopped_between_the_call_and_its_record_it_is_made_once(there: Alertmanager) -> None:
    """Stored is then the intent alone."""
    row = Row(target_of(there.url))
    intent = row.target.intend(row.silence, {}, row.silence.created_at)
    row.tell()
    made, row.remote = row.id, intent
    row.tell()
    assert made == row.id == only(there)["id"]


def test_ended_here_before_its_making_was_known_it_is_ended_there(there: Alertmanager, way: Way) -> None:
    row = Row(target_of(way.url))
    way.fate = "lose"
    row.failed()
    way.fate = "pass"
    row.end()
    row.tell()
    assert (lasting(there), len(there.silences())) == ([], 1)


def test_extended_and_never_answered_it_is_one(there: Alertmanager, way: Way) -> None:
    row = Row(target_of(way.url))
    row.tell()
    row.change(end_at=row.silence.end_at + HOUR)
    way.fate = "lose"
    row.failed()
    way.fate = "pass"
    row.tell()
    assert only(there)["id"] == row.id
    assert (len(there.silences()), row.found) == (1, [])


def test_while_it_is_down_it_is_kept_and_then_made_once(there: Alertmanager, row: Row) -> None:
    there.stop()
    for _ in range(3):
        assert row.failed().reason == "unreachable"
    assert row.remote == {}
    there.start()
    row.tell()
    assert [row.id] == [it["id"] for it in there.silences()]


@pytest.mark.parametrize("fate", ["hang", "drop", (503, "busy"), (502, "bad gateway"), (200, "<html>")])
def test_what_may_pass_is_tried_again(there: Alertmanager, way: Way, fate: Any) -> None:
    row = Row(target_of(way.url))
    way.fate = fate
    assert isinstance(row.failed(), Transient)
    way.fate = "pass"
    row.tell()
    assert only(there)["id"] == row.id


def test_wrong_credentials_block_the_whole_target(there: Alertmanager, way: Way) -> None:
    row = Row(target_of(way.url))
    way.fate = (401, "Unauthorized")
    assert isinstance(row.failed(), Blocked)
    with pytest.raises(Blocked):
        row.target.probe()
    way.fate = "pass"
    row.target.probe()
    row.tell()
    assert len(there.silences()) == 1


def test_what_it_refuses_is_refused_in_its_words(row: Row) -> None:
    row.silence = make_silence(matchers=(Matcher("a", "", equal=True),))
    verdict = row.failed()
    assert isinstance(verdict, Permanent)
    assert "at least one matcher must not match the empty string" in verdict.detail
    assert row.remote == {}


def test_made_by_a_member_that_then_died_it_is_found_on_the_other(
    pair: tuple[Alertmanager, Alertmanager], ways: Callable[..., Any]
) -> None:
    with ways(pair[0]) as way:
        row = Row(target_of(way.url, pair[1].url))
        row.target.probe()
        way.fate = "lose"
        row.failed()
        wait_until(lambda: lasting(pair[1]), 5, "gossip")
        pair[0].stop()
        way.fate = "hang"
        row.tell()
        assert only(pair[1])["id"] == row.id
        assert len(way.bodies) == 1


def test_a_member_that_was_asked_and_is_gone_is_waited_for_a_while(
    pair: tuple[Alertmanager, Alertmanager], ways: Callable[..., Any]
) -> None:
    with ways(pair[0]) as way:
        row = Row(target_of(way.url, pair[1].url))
        row.target.probe()
        way.fate = "drop"
        row.failed()
        way.fate = "hang"
        time.sleep(0.1)
        assert row.failed().detail == "looking for a lost answer"
        row.tell()
        assert only(pair[1])["id"] == row.id


def test_no_member_is_asked_twice_when_none_answers() -> None:
    target = target_of(f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}")
    assert Row(target).failed().reason == "unreachable"
    assert target.trouble is None


def test_an_address_without_an_alertmanager_blocks_and_parks_nothing(way: Way) -> None:
    row = Row(target_of(f"{way.url}/elsewhere"))
    verdict = row.failed()
    assert isinstance(verdict, Blocked)
    assert verdict.reason == "wrong_address"
    with pytest.raises(Blocked):
        row.target.probe()


@pytest.mark.parametrize(
    ("version", "expected"), [("0.31.1", None), ("0.32.0", "slack:U0ADA"), ("v1.0.0", "slack:U0ADA")]
)
def test_annotations_are_for_those_that_know_them(way: Way, version: str, expected: str | None) -> None:
    way.version = version
    row = Row(target_of(way.url))
    row.tell()
    annotations = way.bodies[0].get("annotations", {})
    assert expected == annotations.get("alert_bridge_actor")


def test_words_written_behind_the_marker_are_kept(there: Alertmanager, row: Row) -> None:
    row.tell()
    edit(there, only(there), comment=f"{only(there)['comment']} and the fan")
    row.tell()
    assert row.silence.reason == "being replaced and the fan"
    row.change(end_at=row.silence.end_at + HOUR)
    row.tell()
    assert only(there)["comment"] == f"being replaced and the fan [alert-bridge {row.silence.id}]"


@pytest.mark.parametrize("odd", [{}, {"status": "error"}, "none"])
def test_what_is_no_list_is_not_taken_for_an_empty_one(there: Alertmanager, way: Way, odd: Any) -> None:
    row = Row(target_of(way.url))
    way.fate = "lose"
    row.failed()
    way.fate, way.listed = "pass", odd
    assert row.failed().reason == "odd_answer"
    way.listed = None
    row.tell()
    assert only(there)["id"] == row.id


def test_a_broken_one_in_the_list_hides_no_other(there: Alertmanager, way: Way) -> None:
    row = Row(target_of(way.url))
    way.fate = "lose"
    row.failed()
    good = only(there)
    broken = [
        None,
        7,
        {},
        {**good, "id": "../x"},
        {**good, "matchers": []},
        {**good, "matchers": [{"name": 7, "value": "x", "isRegex": False}]},
        {**good, "endsAt": "soon"},
        {**good, "endsAt": 7},
        {**good, "status": "active"},
        {**good, "annotations": ["x"]},
    ]
    way.fate, way.listed = "pass", [*broken, good, *broken]
    row.tell()
    assert row.id == good["id"]


def test_it_concerns_what_is_about_its_own_alerts_or_about_all() -> None:
    target = target_of("http://127.0.0.1:9")
    scopes = (None, "default", "other")
    assert [target.concerns(make_silence(scope=it)) for it in scopes] == [True, True, False]
