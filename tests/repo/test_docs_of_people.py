"""What docs/slack.md, docs/pagerduty.md and docs/record.md tell of people's deeds is what the code takes and keeps."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import yaml

from api.slack import COMMAND_PATHS, EVENT_PATHS, INTERACTION_PATHS
from core.domain.silence import Silence, silence_id
from core.domain.silence_deed import SilenceKind
from core.sources import pagerduty
from core.store.tables import ack_events, silence_events
from core.targets.slack_buttons import actions, asking
from core.targets.target import Glance
from tests.repo.test_docs_and_code import CODE, rows
from tests.repo.tree import files, text
from tests.store.rows import episode

SLACK, PAGERDUTY, RECORD = Path("docs/slack.md"), Path("docs/pagerduty.md"), Path("docs/record.md")
MANIFEST = Path("config/slack-app-manifest.yaml")
# How PagerDuty itself calls what came by an event.
PAGERDUTYS_OWN = "Events API V2"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def first_cells(page: Path, head: str) -> list[str]:
    return [span for row in rows(page, head) for span in CODE.findall(row[0])]


def manifest() -> Any:
    return yaml.safe_load(text(MANIFEST))


def test_every_scope_of_the_slack_app_is_explained_and_no_other() -> None:
    """Whoever installs it is asked to agree to each."""
    assert manifest()["oauth_config"]["scopes"]["bot"] == first_cells(SLACK, "Scope")


def test_every_slash_command_is_explained_and_no_other() -> None:
    """As the app has them."""
    commands = [each["command"] for each in manifest()["features"]["slash_commands"]]
    assert commands == first_cells(SLACK, "Slash command")


def test_every_request_url_is_told_and_no_other() -> None:
    """Without the aliases."""
    assert [INTERACTION_PATHS[0], COMMAND_PATHS[0], EVENT_PATHS[0]] == first_cells(SLACK, "Request URL")


def test_everything_that_can_be_pressed_is_told_and_nothing_else() -> None:
    """By the words on it; the one button that others take the place of included."""
    linked = [Glance("pagerduty:default", "PagerDuty", "https://pagerduty.example/1")]
    acknowledged = episode(acknowledged_at=NOW, acknowledged_by="slack:U1", acknowledged_by_name="Alice")
    silence = Silence(silence_id("event", NOW), (), NOW, NOW, "slack:U1", "Alice", "", "slack", NOW)
    silenced = replace(episode(), silence=silence)
    shown = [actions(alert, linked)["elements"] for alert in (episode(), acknowledged, silenced)]
    names = [word(element) for element in (shown[0][0], shown[1][0], shown[0][1])]
    names += [word(shown[0][1]["options"][-1]), *map(word, shown[2][1:3])]
    names += [word(asking(silence.id, NOW)["elements"][1]), *map(word, shown[0][2]["options"])]
    assert names == [row[0] for row in rows(SLACK, "Pressed")]


def word(element: Any) -> str:
    """What stands on it."""
    return str((element.get("text") or element["placeholder"])["text"])


def test_every_webhook_that_is_followed_is_told_and_no_other() -> None:
    """So that people know what to subscribe to."""
    assert sorted(pagerduty.FOLLOWED) == sorted(first_cells(PAGERDUTY, "Event"))


def test_every_column_of_the_record_is_told_in_order() -> None:
    """Operators query the table by hand."""
    assert [column.name for column in ack_events.columns] == first_cells(RECORD, "Column")


def test_the_record_of_silences_is_told_in_order_with_all_that_is_done() -> None:
    assert [column.name for column in silence_events.columns] == first_cells(
        RECORD, "Column of `silence_events`"
    )
    done = [kind.value for kind in SilenceKind if kind is not SilenceKind.NOTHING]
    assert done == first_cells(RECORD, "Done to a silence")


def test_every_action_on_record_is_told_and_no_other() -> None:
    """PagerDuty's include all that can be done elsewhere."""
    happened = [pagerduty.read(_webhook(type_), NOW) for type_ in sorted(pagerduty.FOLLOWED)]
    recorded = {it.what for it in happened if it is not None and it.verb is not None}
    assert recorded == set(first_cells(RECORD, "Action"))


def test_what_is_quoted_from_screens_and_logs_is_said_somewhere() -> None:
    """Who looks for a sentence of the bridge's finds it there to the letter."""
    ours = "".join(
        text(path) for path in files() if path.suffix == ".py" and path.parts[0] in {"api", "cli", "core"}
    )
    quoted = {
        span
        for page in (SLACK, PAGERDUTY)
        for row in rows(page, "Seen")
        for span in re.findall(r"`([A-Za-z][a-z_']* [^`]+)`", " ".join(row))
    }
    assert {span for span in quoted if span not in ours} == {PAGERDUTYS_OWN}


def _webhook(type_: str) -> bytes:
    data = {"type": "incident", "id": "PINC001", "content": "restarted it"}
    return orjson.dumps({"event": {"id": "01E", "event_type": type_, "data": data}})
