"""Silences, their deliveries and their record; what Alertmanager's own list says; where alerts come from."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)

from core.store.migrations.steps import ID, goes_with_its_alert, index, table, time
from core.store.types import Json, UtcTime, key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _silences()
    _deliveries()
    _events()
    _alertmanagers()


def _silences() -> None:
    table(
        "silences",
        Column("id", key(36), nullable=False),
        Column("matchers", Json(), nullable=False),
        Column("instance", String(255), nullable=False),
        Column("fingerprint", key(64)),
        time("start_at"),
        time("end_at"),
        Column("created_by", String(255), nullable=False),
        Column("created_by_id", String(160), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("source", key(16), nullable=False),
        Column("scope", key(64)),
        Column("alert_id", key(36)),
        Column("acknowledges", Boolean(), nullable=False),
        Column("changed_by", String(255)),
        Column("changed_by_id", String(160)),
        Column("changed_at", UtcTime()),
        Column("asked_for", UtcTime()),
        Column("wake_at", UtcTime()),
        Column("version", Integer(), nullable=False),
        time("created_at"),
        time("updated_at"),
        PrimaryKeyConstraint("id"),
    )
    index("ix_silences_end", "silences", "end_at")
    index("ix_silences_wake", "silences", "wake_at")
    index("ix_silences_alert", "silences", "alert_id")


def _deliveries() -> None:
    table(
        "silence_deliveries",
        Column("silence_id", key(36), nullable=False),
        Column("target", key(100), nullable=False),
        Column("wanted", Integer(), nullable=False),
        Column("delivered", Integer(), nullable=False, server_default="0"),
        Column("priority", Integer(), nullable=False),
        Column("due_at", UtcTime()),
        Column("since", UtcTime()),
        Column("claim", key(80)),
        Column("remote", Json(), nullable=False),
        Column("remote_id", key(100)),
        Column("told", key(24)),
        Column("attempts", Integer(), nullable=False, server_default="0"),
        Column("parked_reason", key(64)),
        Column("last_error", Text()),
        PrimaryKeyConstraint("silence_id", "target"),
        _goes_with_its_silence(),
    )
    index("ix_silence_deliveries_due", "silence_deliveries", "target", "due_at", "priority")
    index("ix_silence_deliveries_remote", "silence_deliveries", "target", "remote_id")
    index("ix_silence_deliveries_parked", "silence_deliveries", "parked_reason")


def _events() -> None:
    table(
        "silence_events",
        Column("id", ID, autoincrement=True, nullable=False),
        Column("silence_id", key(36), nullable=False),
        Column("action", key(32), nullable=False),
        time("at"),
        Column("by_name", String(255), nullable=False),
        Column("by_id", String(160), nullable=False),
        Column("source", key(16), nullable=False),
        time("end_at"),
        Column("reason", Text()),
        Column("source_event_id", key(150), nullable=False),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("source_event_id"),
        _goes_with_its_silence(),
        sqlite_autoincrement=True,
    )
    index("ix_silence_events_silence", "silence_events", "silence_id", "at")


def _alertmanagers() -> None:
    table(
        "sightings",
        Column("alert_id", key(36), nullable=False),
        time("seen_at"),
        Column("suppressed", key(16)),
        Column("suppressed_by", Json(), nullable=False),
        Column("absent_since", UtcTime()),
        PrimaryKeyConstraint("alert_id"),
        goes_with_its_alert(),
    )
    table(
        "sources",
        Column("name", key(64), nullable=False),
        Column("receivers", Json(), nullable=False),
        Column("reconciled_at", UtcTime()),
        Column("polled_at", UtcTime()),
        Column("trouble", Text()),
        PrimaryKeyConstraint("name"),
    )


def _goes_with_its_silence() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["silence_id"], ["silences.id"], ondelete="CASCADE")
