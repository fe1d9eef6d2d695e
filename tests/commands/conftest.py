"""A database with the alerts that a command may be asked about."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.domain.alert import Alert, Content
from core.store.engine import Store, open_sqlite
from core.store.migrate import migrate
from core.store.tables import deliveries
from tests.store.rows import SLACK, episode, keep_due


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_sqlite(str(tmp_path / "bridge.db"))
    migrate(store)
    yield store
    store.close()


def show(store: Store, number: int, *, link: str = "", **changed: Any) -> Alert:
    """An alert that is shown in Slack. Labels and facts may be changed by name."""
    facts = {name: changed.pop(name) for name in list(changed) if name in FACTS}
    labels = {"alertname": f"Alert{number}", "severity": "critical", "instance": f"web-{number}:9100"}
    alert = replace(episode(f"f{number}", seq=number, **facts), content=Content(labels | changed, {}))
    keep_due(store, alert)
    with store.begin() as connection:
        row = (deliveries.c.alert_id == alert.id, deliveries.c.target == SLACK)
        connection.execute(update(deliveries).where(*row).values(remote={"link": link} if link else {}))
    return alert


FACTS = ("firing", "fired_at", "starts_at", "acknowledged_at", "acknowledged_by_name", "resolved_at")


def said(answer: dict[str, Any]) -> list[str]:
    """The lines that a reader sees."""
    return [line for block in answer["blocks"] for line in block["text"]["text"].split("\n")]
