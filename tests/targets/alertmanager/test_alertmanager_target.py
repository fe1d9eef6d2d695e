"""One silence here and there: made, changed and ended by either side."""

import shutil
import time
from datetime import UTC, datetime, timedelta

from core.domain.matcher import Matcher
from core.domain.silence_deed import SilenceVerb
from tests.servers.alertmanager import Alertmanager
from tests.servers.process import wait_until
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


def milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def test_a_silence_is_made_with_its_author_its_reason_and_its_marker(there: Alertmanager, row: Row) -> None:
    row.tell()
    made = only(there)
    assert row.id == made["id"]
    assert made["createdBy"] == "Ada Example (Slack)"
    assert made["comment"] == f"being replaced [alert-bridge {row.silence.id}]"
    assert moment(made["endsAt"]) == milliseconds(row.silence.end_at)
    assert made["matchers"] == [
        {"name": "alertname", "value": "HighCPU", "isRegex": False, "isEqual": True},
        {"name": "instance", "value": "web-.*", "isRegex": True, "isEqual": True},
    ]


def test_one_that_acknowledges_says_so(there: Alertmanager, row: Row) -> None:
    row.silence = make_silence(acknowledges=True, reason="")
    row.tell()
    assert only(there)["comment"] == f"Acknowledged [alert-bridge {row.silence.id}]"


def test_a_long_reason_cuts_off_no_marker(there: Alertmanager, row: Row) -> None:
    row.silence = make_silence(reason="ü" * 20_000)
    row.tell()
    row.tell()
    assert only(there)["comment"].endswith(f"ü [alert-bridge {row.silence.id}]")
    assert row.found == []


def test_one_that_begins_later_is_pending_there(there: Alertmanager, row: Row) -> None:
    now = datetime.now(UTC)
    row.silence = make_silence(start_at=now + HOUR, end_at=now + 2 * HOUR)
    row.tell()
    assert only(there)["status"]["state"] == "pending"
    row.change(end_at=now + 3 * HOUR)
    row.tell()
    pending = only(there)
    assert (row.id, "pending", milliseconds(now + HOUR)) == (
        pending["id"],
        pending["status"]["state"],
        moment(pending["startsAt"]),
    )


def test_it_is_extended_and_reworded_in_place(there: Alertmanager, row: Row) -> None:
    row.tell()
    before = only(there)
    row.change(end_at=row.silence.end_at + HOUR, reason="still being replaced")
    row.tell()
    after = only(there)
    assert (before["id"], before["startsAt"]) == (after["id"], after["startsAt"])
    assert moment(after["endsAt"]) == milliseconds(row.silence.end_at)
    assert after["comment"].startswith("still being replaced [")
    assert len(there.silences()) == 1


def test_ended_here_it_is_ended_there(there: Alertmanager, row: Row) -> None:
    row.tell()
    row.end()
    row.tell()
    row.tell()
    assert lasting(there) == []
    assert row.found == []


def test_what_is_over_before_it_was_made_is_never_made(there: Alertmanager, row: Row) -> None:
    row.end()
    assert (row.tell().remote, row.id) == ({}, None)
    assert there.silences() == []


def test_ended_there_it_is_found_ended_once_and_by_nobody_in_particular(
    there: Alertmanager, row: Row
) -> None:
    row.tell()
    expire(there, row.id or "")
    row.tell()
    row.tell()
    assert [(it.verb, it.actor.key, it.actor.name) for it in row.found] == [
        (SilenceVerb.END, "alertmanager:", "")
    ]
    assert lasting(there) == []


def test_changed_there_it_is_found_changed_once_and_by_whom(there: Alertmanager, row: Row) -> None:
    row.tell()
    end = milliseconds(row.silence.end_at + HOUR)
    edit(
        there,
        only(there),
        endsAt=end.isoformat(),
        createdBy="carol",
        comment=f"longer [alert-bridge {row.silence.id}]",
    )
    row.tell()
    row.tell()
    row.tell()
    assert [("change_silence", "alertmanager:carol", end, "longer")] == [
        (it.verb, it.actor.key, it.end_at, it.reason) for it in row.found
    ]
    assert end == moment(only(there)["endsAt"])


def test_what_was_found_and_is_not_done_here_yet_is_neither_told_again_nor_undone(
    there: Alertmanager, row: Row
) -> None:
    row.tell()
    end = milliseconds(row.silence.end_at + HOUR)
    edit(there, only(there), endsAt=end.isoformat())
    assert row.attempt().found is not None
    assert row.attempt().found is None
    assert end == moment(only(there)["endsAt"])


def test_edited_in_both_places_the_later_wins_here(there: Alertmanager, row: Row) -> None:
    row.tell()
    edit(there, only(there), endsAt=(row.silence.end_at + HOUR).isoformat(), comment="theirs")
    time.sleep(0.01)
    row.change(end_at=row.silence.end_at + 2 * HOUR, reason="ours")
    row.tell()
    assert row.found == []
    assert only(there)["comment"].startswith("ours [")


def test_edited_in_both_places_the_later_wins_there(there: Alertmanager, row: Row) -> None:
    row.tell()
    row.change(end_at=row.silence.end_at + 2 * HOUR, reason="ours")
    time.sleep(0.01)
    edit(there, only(there), endsAt=(row.silence.end_at + HOUR).isoformat(), comment="theirs")
    row.tell()
    row.tell()
    assert row.silence.reason == "theirs"
    assert only(there)["comment"] == "theirs"
    assert milliseconds(row.silence.end_at) == moment(only(there)["endsAt"])


def test_extended_here_after_it_was_ended_there_it_is_made_anew(there: Alertmanager, row: Row) -> None:
    row.tell()
    former = row.id
    expire(there, former or "")
    time.sleep(0.01)
    row.change(end_at=row.silence.end_at + HOUR)
    row.tell()
    assert only(there)["id"] == row.id != former
    assert row.found == []


def test_extended_there_after_it_was_over_here_it_is_let_go(there: Alertmanager, row: Row) -> None:
    row.tell()
    row.end()
    time.sleep(0.01)
    edit(there, only(there), endsAt=(datetime.now(UTC) + HOUR).isoformat())
    done = row.tell()
    assert (done.remote, done.remote_id, done.found) == ({}, None, None)
    assert len(lasting(there)) == 1


def test_a_replaced_one_is_followed(there: Alertmanager, row: Row) -> None:
    """Whoever moves the start of an active one there gets another id."""
    row.tell()
    before = only(there)
    replaced = edit(
        there, before, startsAt=(moment(before["startsAt"]) - HOUR).isoformat(), comment=before["comment"]
    )
    assert replaced != before["id"]
    row.tell()
    assert replaced == row.id == only(there)["id"]
    assert row.found == []
    row.end()
    row.tell()
    assert lasting(there) == []


def test_of_two_with_our_marker_one_is_kept(there: Alertmanager, row: Row) -> None:
    row.tell()
    second = {name: value for name, value in only(there).items() if name not in ("id", "status", "updatedAt")}
    there.call("POST", "/api/v2/silences", second)
    assert len(lasting(there)) == 2
    row.tell()
    assert only(there)["id"] == row.id


def test_one_with_our_marker_and_other_matchers_is_not_ours(there: Alertmanager, row: Row) -> None:
    row.tell()
    second = {name: value for name, value in only(there).items() if name not in ("id", "status", "updatedAt")}
    there.call("POST", "/api/v2/silences", {**second, "matchers": second["matchers"][:1]})
    row.tell()
    assert len(lasting(there)) == 2


def test_its_natural_end_is_no_news(there: Alertmanager, row: Row) -> None:
    row.silence = make_silence(end_at=datetime.now(UTC) + timedelta(seconds=0.6))
    row.tell()
    wait_until(lambda: not lasting(there))
    row.tell()
    assert row.found == []
    assert len(there.silences()) == 1


def test_restarted_with_its_data_it_is_the_same(there: Alertmanager, row: Row) -> None:
    row.tell()
    there.stop()
    there.start()
    row.change(end_at=row.silence.end_at + HOUR)
    row.tell()
    assert only(there)["id"] == row.id
    assert len(there.silences()) == 1


def test_restarted_without_its_data_it_is_made_again(there: Alertmanager, row: Row) -> None:
    row.tell()
    former = row.id
    there.kill9()
    shutil.rmtree(there.folder / "data")
    there.start()
    assert there.silences() == []
    row.tell()
    assert only(there)["id"] == row.id != former
    assert moment(only(there)["endsAt"]) == milliseconds(row.silence.end_at)


def test_an_extension_that_it_has_forgotten_is_made_again(there: Alertmanager, row: Row) -> None:
    """It writes its silences down when it stops, and every quarter of an hour."""
    row.tell()
    there.stop()
    there.start()
    row.change(end_at=row.silence.end_at + HOUR)
    row.tell()
    there.kill9()
    there.start()
    assert moment(only(there)["endsAt"]) < milliseconds(row.silence.end_at)
    row.tell()
    assert moment(only(there)["endsAt"]) == milliseconds(row.silence.end_at)
    assert row.found == []


def test_what_lasts_for_centuries_there_keeps_its_end(there: Alertmanager, row: Row) -> None:
    """Here ends are kept until 2038."""
    row.silence = make_silence(end_at=datetime(2106, 2, 7, tzinfo=UTC))
    row.tell()
    row.silence = make_silence(end_at=datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC))
    row.change(reason="for ever")
    row.tell()
    assert ("2106-02-07T00:00:00.000Z", f"for ever [alert-bridge {row.silence.id}]") == (
        only(there)["endsAt"],
        only(there)["comment"],
    )


def test_a_hundred_matchers_of_any_signs_stay_one_silence(there: Alertmanager, row: Row) -> None:
    matchers = [Matcher(f"l{number}", f'ü"\\\n{number}', equal=number % 2 == 0) for number in range(100)]
    row.silence = make_silence(matchers=tuple(matchers))
    row.tell()
    row.change(reason="different")
    row.tell()
    assert (row.id, 100) == (only(there)["id"], len(only(there)["matchers"]))


def test_written_to_one_member_it_is_read_on_both(pair: tuple[Alertmanager, Alertmanager]) -> None:
    row = Row(target_of(pair[0].url, pair[1].url))
    row.tell()
    wait_until(lambda: lasting(pair[1]), 5, "gossip")
    assert [row.id] == [it["id"] for it in lasting(pair[0])] == [it["id"] for it in lasting(pair[1])]


def test_with_one_member_down_the_other_is_written_to(pair: tuple[Alertmanager, Alertmanager]) -> None:
    row = Row(target_of(pair[0].url, pair[1].url))
    pair[0].stop()
    row.tell()
    row.change(end_at=row.silence.end_at + HOUR)
    row.tell()
    assert only(pair[1])["id"] == row.id
    assert row.target.trouble == "1 of 2 members does not answer"
    pair[0].start()
    wait_until(lambda: lasting(pair[0]), 10, "gossip")
    row.tell()
    assert [row.id] == [it["id"] for it in pair[0].silences()] == [it["id"] for it in pair[1].silences()]
    assert row.target.trouble is None


def test_ended_here_after_it_was_replaced_there_the_new_one_is_ended(there: Alertmanager, row: Row) -> None:
    row.tell()
    edit(there, only(there), startsAt=(datetime.now(UTC) - HOUR).isoformat())
    row.end()
    row.tell()
    assert lasting(there) == []


def test_an_end_that_is_not_done_here_yet_is_told_once(there: Alertmanager, row: Row) -> None:
    row.tell()
    expire(there, row.id or "")
    assert row.attempt().found is not None
    assert row.attempt().found is None
    assert lasting(there) == []
