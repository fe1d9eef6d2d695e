"""The inbox, alerts, what targets are told of them, and the leases.

MySQL commits after every statement, so a step that was cut off there is taken up where it stopped: what exists is
left alone.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)

from core.store.migrations.steps import ID, goes_with_its_alert, index, table, time
from core.store.types import Json, UtcTime, blob, key

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _inbox()
    _alerts()
    _deliveries()
    _notices()
    _delivery_attempts()
    _targets()
    _lanes()


def _inbox() -> None:
    table(
        "inbox",
        Column("id", ID, autoincrement=True, nullable=False),
        Column("source", key(64), nullable=False),
        Column("lane", key(80), nullable=False),
        Column("dedup_key", key(100)),
        Column("body", blob()),
        time("received_at"),
        Column("due_at", UtcTime()),
        Column("claim", key(80)),
        Column("attempts", Integer(), nullable=False, server_default="0"),
        Column("error", Text()),
        Column("parked_at", UtcTime()),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("dedup_key"),
        sqlite_autoincrement=True,
    )
    index("ix_inbox_due", "inbox", "lane", "due_at", "id")
    index("ix_inbox_parked", "inbox", "parked_at")


def _alerts() -> None:
    table(
        "alerts",
        Column("id", key(36), nullable=False),
        Column("source", key(64), nullable=False),
        Column("fingerprint", key(64), nullable=False),
        Column("open_key", key(130)),
        Column("name", String(255), nullable=False),
        Column("severity", String(64), nullable=False),
        Column("state", key(16), nullable=False),
        Column("instance", String(255), nullable=False),
        Column("summary", Text(), nullable=False),
        Column("description", Text(), nullable=False),
        Column("labels", Json(), nullable=False),
        Column("annotations", Json(), nullable=False),
        Column("generator_url", Text(), nullable=False),
        Column("firing", Boolean(), nullable=False),
        time("starts_at"),
        Column("ends_at", UtcTime()),
        time("fired_at"),
        Column("occurrence", Integer(), nullable=False),
        Column("seq", BigInteger(), nullable=False),
        Column("acknowledged_at", UtcTime()),
        Column("acknowledged_by_name", String(255)),
        Column("resolved_at", UtcTime()),
        Column("wake_at", UtcTime()),
        Column("content_hash", key(32), nullable=False),
        Column("version", Integer(), nullable=False),
        time("created_at"),
        time("updated_at"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("open_key"),
    )
    index("ix_alerts_identity", "alerts", "source", "fingerprint", "resolved_at")
    index("ix_alerts_wake", "alerts", "wake_at")
    index("ix_alerts_state", "alerts", "state", "updated_at")


def _deliveries() -> None:
    table(
        "deliveries",
        Column("alert_id", key(36), nullable=False),
        Column("target", key(100), nullable=False),
        Column("wanted", Integer(), nullable=False),
        Column("delivered", Integer(), nullable=False, server_default="0"),
        Column("priority", Integer(), nullable=False),
        Column("due_at", UtcTime()),
        Column("since", UtcTime()),
        Column("claim", key(80)),
        Column("remote", Json(), nullable=False),
        Column("remote_id", key(100)),
        Column("attempts", Integer(), nullable=False, server_default="0"),
        Column("parked_reason", key(64)),
        Column("last_error", Text()),
        PrimaryKeyConstraint("alert_id", "target"),
        goes_with_its_alert(),
    )
    index("ix_deliveries_due", "deliveries", "target", "due_at", "priority")
    index("ix_deliveries_remote", "deliveries", "target", "remote_id")
    index("ix_deliveries_parked", "deliveries", "parked_reason")


def _notices() -> None:
    table(
        "notices",
        Column("id", ID, autoincrement=True, nullable=False),
        Column("alert_id", key(36)),
        Column("target", key(100), nullable=False),
        Column("kind", key(32), nullable=False),
        Column("unique_key", key(200), nullable=False),
        Column("params", Json(), nullable=False),
        Column("priority", Integer(), nullable=False),
        Column("due_at", UtcTime()),
        Column("claim", key(80)),
        Column("remote", Json(), nullable=False),
        Column("attempts", Integer(), nullable=False, server_default="0"),
        Column("parked_reason", key(64)),
        Column("last_error", Text()),
        time("created_at"),
        Column("expires_at", UtcTime()),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("unique_key"),
        goes_with_its_alert(),
        sqlite_autoincrement=True,
    )
    index("ix_notices_due", "notices", "target", "due_at", "priority")


def _delivery_attempts() -> None:
    table(
        "delivery_attempts",
        Column("id", ID, autoincrement=True, nullable=False),
        Column("alert_id", key(36)),
        Column("target", key(100), nullable=False),
        time("at"),
        Column("milliseconds", Integer(), nullable=False),
        Column("outcome", key(32), nullable=False),
        Column("reason", key(64), nullable=False),
        Column("error", Text(), nullable=False),
        PrimaryKeyConstraint("id"),
        goes_with_its_alert(),
        sqlite_autoincrement=True,
    )
    index("ix_delivery_attempts_alert", "delivery_attempts", "alert_id", "at")


def _targets() -> None:
    table(
        "targets",
        Column("name", key(100), nullable=False),
        Column("holder", key(64)),
        time("lease_until"),
        time("blocked_until"),
        Column("blocked_reason", Text()),
        Column("trouble", Text()),
        Column("rate", Json(), nullable=False),
        PrimaryKeyConstraint("name"),
    )


def _lanes() -> None:
    table(
        "lanes",
        Column("name", key(80), nullable=False),
        Column("holder", key(64)),
        time("lease_until"),
        PrimaryKeyConstraint("name"),
    )
