"""What people do: the record of it, who they are, which incident is which alert's, and the story of each alert."""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, String, Text, UniqueConstraint

from core.store.migrations.steps import ID, column, goes_with_its_alert, index, table, time
from core.store.types import UtcTime, key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _alerts()
    column("deliveries", Column("told", key(24)))
    index("ix_notices_alert", "notices", "alert_id")
    _ack_events()
    _history()
    _people()
    _incidents()


def _alerts() -> None:
    column("alerts", Column("acknowledged_by", String(160)))
    column("alerts", Column("closed_at", UtcTime()))
    column("alerts", Column("closed_by_name", String(255)))
    column("alerts", Column("closed_by", String(160)))
    column("alerts", Column("acted_by_name", String(255)))
    column("alerts", Column("acted_by", String(160)))
    column("alerts", Column("slack_at", UtcTime()))
    column("alerts", Column("pagerduty_at", UtcTime()))
    index("ix_alerts_listed", "alerts", "state", "fired_at", "id")


def _ack_events() -> None:
    table(
        "ack_events",
        Column("id", ID, autoincrement=True, nullable=False),
        Column("alert_id", key(36), nullable=False),
        Column("occurrence", Integer(), nullable=False),
        Column("action", key(32), nullable=False),
        Column("source", key(16), nullable=False),
        Column("acknowledged_by_name", String(255), nullable=False),
        Column("acknowledged_by_email", String(255)),
        Column("acknowledged_by_id", String(160), nullable=False),
        Column("note", Text()),
        time("acknowledged_at"),
        time("fired_at"),
        Column("source_event_id", key(150), nullable=False),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("source_event_id"),
        goes_with_its_alert(),
        sqlite_autoincrement=True,
    )
    index("ix_ack_events_alert", "ack_events", "alert_id", "acknowledged_at")
    index("ix_ack_events_time", "ack_events", "acknowledged_at")


def _history() -> None:
    table(
        "history",
        Column("id", ID, autoincrement=True, nullable=False),
        Column("alert_id", key(36), nullable=False),
        Column("occurrence", Integer(), nullable=False),
        time("at"),
        Column("what", key(24), nullable=False),
        Column("target", key(100)),
        Column("seconds", Integer()),
        PrimaryKeyConstraint("id"),
        goes_with_its_alert(),
        sqlite_autoincrement=True,
    )
    index("ix_history_alert", "history", "alert_id", "at")
    index("ix_history_what", "history", "what", "at")


def _people() -> None:
    table(
        "people",
        Column("provider", key(16), nullable=False),
        Column("id", key(64), nullable=False),
        Column("name", String(255), nullable=False),
        Column("email", String(255)),
        Column("counterpart", key(64)),
        time("refreshed_at"),
        Column("counterpart_at", UtcTime()),
        PrimaryKeyConstraint("provider", "id"),
    )


def _incidents() -> None:
    table(
        "incidents",
        Column("incident_id", key(64), nullable=False),
        Column("alert_id", key(36), nullable=False),
        Column("occurrence", Integer(), nullable=False),
        Column("number", BigInteger()),
        Column("url", Text(), nullable=False),
        time("learned_at"),
        PrimaryKeyConstraint("incident_id", "alert_id", "occurrence"),
        goes_with_its_alert(),
    )
    index("ix_incidents_alert", "incidents", "alert_id", "occurrence")
