"""The tables, as DESIGN §5 has them. Times are UTC; a NULL `due_at` means that there is nothing to do."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from core.store.types import Json, UtcTime, blob, key

metadata = MetaData()

# SQLite counts rows by itself only for INTEGER PRIMARY KEY; AUTOINCREMENT so that an id is never used twice.
_Id = BigInteger().with_variant(Integer(), "sqlite")

inbox = Table(
    "inbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("source", key(64), nullable=False),
    Column("lane", key(80), nullable=False),
    Column("dedup_key", key(100), unique=True),
    Column("body", blob()),
    Column("received_at", UtcTime, nullable=False),
    Column("due_at", UtcTime),
    Column("claim", key(80)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("parked_at", UtcTime),
    Index("ix_inbox_due", "lane", "due_at", "id"),
    Index("ix_inbox_parked", "parked_at"),
    sqlite_autoincrement=True,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", key(36), primary_key=True),
    Column("source", key(64), nullable=False),
    Column("fingerprint", key(64), nullable=False),
    Column("open_key", key(130), unique=True),
    Column("name", String(255), nullable=False),
    Column("severity", String(64), nullable=False),
    Column("state", key(16), nullable=False),
    Column("instance", String(255), nullable=False),
    Column("summary", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("labels", Json, nullable=False),
    Column("annotations", Json, nullable=False),
    Column("generator_url", Text, nullable=False),
    Column("firing", Boolean, nullable=False),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime),
    Column("fired_at", UtcTime, nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("acknowledged_at", UtcTime),
    Column("acknowledged_by_name", String(255)),
    Column("acknowledged_by", String(160)),  # an Actor's key
    Column("closed_at", UtcTime),  # by hand; the state is then resolved whatever Alertmanager says
    Column("closed_by_name", String(255)),
    Column("closed_by", String(160)),
    Column("acted_by_name", String(255)),  # of the last deed that changed anything
    Column("acted_by", String(160)),
    Column("slack_at", UtcTime),  # Slack's own time of the newest deed from there
    Column("pagerduty_at", UtcTime),
    Column("resolved_at", UtcTime),
    Column("wake_at", UtcTime),
    Column("content_hash", key(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_alerts_identity", "source", "fingerprint", "resolved_at"),
    Index("ix_alerts_wake", "wake_at"),
    Index("ix_alerts_state", "state", "updated_at"),
    Index("ix_alerts_listed", "state", "fired_at", "id"),
)


def _of_alert(*, primary: bool = False, required: bool = False) -> Column[str]:
    """A row about an alert goes with it: the seed's own DELETE statements need no order."""
    return Column(
        "alert_id",
        key(36),
        ForeignKey("alerts.id", ondelete="CASCADE"),
        primary_key=primary,
        nullable=not (primary or required),
    )


def _delivery() -> tuple[Column[Any], ...]:
    """What is known of one thing at one target."""
    return (
        Column("target", key(100), primary_key=True),
        Column("wanted", Integer, nullable=False),
        Column("delivered", Integer, nullable=False, server_default="0"),
        Column("priority", Integer, nullable=False),
        Column("due_at", UtcTime),
        Column("since", UtcTime),  # how long the target has been behind; NULL when it is not
        Column("claim", key(80)),
        Column("remote", Json, nullable=False),
        Column("remote_id", key(100)),
        Column("told", key(24)),  # state and occurrence that the target agreed with last
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("parked_reason", key(64)),
        Column("last_error", Text),
    )


deliveries = Table(
    "deliveries",
    metadata,
    _of_alert(primary=True),
    *_delivery(),
    Index("ix_deliveries_due", "target", "due_at", "priority"),
    Index("ix_deliveries_remote", "target", "remote_id"),
    Index("ix_deliveries_parked", "parked_reason"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _of_alert(),
    Column("target", key(100), nullable=False),
    Column("kind", key(32), nullable=False),
    Column("unique_key", key(200), nullable=False, unique=True),
    Column("params", Json, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("due_at", UtcTime),
    Column("claim", key(80)),
    Column("remote", Json, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("parked_reason", key(64)),
    Column("last_error", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Index("ix_notices_due", "target", "due_at", "priority"),
    Index("ix_notices_alert", "alert_id"),
    Index("ix_notices_parked", "parked_reason"),
    sqlite_autoincrement=True,
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _of_alert(),
    Column("target", key(100), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("outcome", key(32), nullable=False),
    Column("reason", key(64), nullable=False),
    Column("error", Text, nullable=False),
    Index("ix_delivery_attempts_alert", "alert_id", "at"),
    sqlite_autoincrement=True,
)

# What people did. Append-only; the times and names are those of the moment.
ack_events = Table(
    "ack_events",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _of_alert(required=True),
    Column("occurrence", Integer, nullable=False),
    Column("action", key(32), nullable=False),
    Column("source", key(16), nullable=False),
    Column("acknowledged_by_name", String(255), nullable=False),
    Column("acknowledged_by_email", String(255)),
    Column("acknowledged_by_id", String(160), nullable=False),
    Column("note", Text),
    Column("acknowledged_at", UtcTime, nullable=False),
    Column("fired_at", UtcTime, nullable=False),  # of that occurrence: what a mean time is reckoned from
    Column("source_event_id", key(150), nullable=False, unique=True),
    Index("ix_ack_events_alert", "alert_id", "acknowledged_at"),
    Index("ix_ack_events_time", "acknowledged_at"),
    sqlite_autoincrement=True,
)

# What happened to an alert without anybody's doing: fired, fired_again, resolved, reconciled,
# delivered. Append-only.
history = Table(
    "history",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _of_alert(required=True),
    Column("occurrence", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("what", key(24), nullable=False),
    Column("target", key(100)),
    Column("seconds", Integer),  # of what took time: how long it burned, how long the target had been behind
    Index("ix_history_alert", "alert_id", "at"),
    Index("ix_history_what", "what", "at"),
    sqlite_autoincrement=True,
)

# Accounts of people, as their provider describes them; `counterpart` is the same human at the other one, by e-mail.
people = Table(
    "people",
    metadata,
    Column("provider", key(16), primary_key=True),
    Column("id", key(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("email", String(255)),
    Column("counterpart", key(64)),
    Column("refreshed_at", UtcTime, nullable=False),
    Column("counterpart_at", UtcTime),
)

# Which occurrences PagerDuty's incidents hold: several to one, after a merge or by its grouping.
incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", key(64), primary_key=True),
    _of_alert(primary=True),
    Column("occurrence", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger),
    Column("url", Text, nullable=False),
    Column("learned_at", UtcTime, nullable=False),
    Index("ix_incidents_alert", "alert_id", "occurrence"),
)

# Times at which nothing may be told of what the matchers hide. Who changed it last is told by `silence_events` too.
silences = Table(
    "silences",
    metadata,
    Column("id", key(36), primary_key=True),
    Column("matchers", Json, nullable=False),
    Column("instance", String(255), nullable=False),  # the one that the matchers name, for people
    Column("fingerprint", key(64)),  # of the alert that it was made from
    Column("start_at", UtcTime, nullable=False),
    Column("end_at", UtcTime, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_by_id", String(160), nullable=False),  # an Actor's key
    Column("reason", Text, nullable=False),
    Column("source", key(16), nullable=False),
    Column("scope", key(64)),  # the source of alerts that it is about; NULL: all
    Column("alert_id", key(36)),
    Column("acknowledges", Boolean, nullable=False),
    Column("changed_by", String(255)),
    Column("changed_by_id", String(160)),
    Column("changed_at", UtcTime),
    Column("asked_for", UtcTime),
    Column("wake_at", UtcTime),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_silences_end", "end_at"),
    Index("ix_silences_wake", "wake_at"),
    Index("ix_silences_alert", "alert_id"),
)


def _of_silence(*, primary: bool = False) -> Column[str]:
    return Column(
        "silence_id",
        key(36),
        ForeignKey("silences.id", ondelete="CASCADE"),
        primary_key=primary,
        nullable=False,
    )


silence_deliveries = Table(
    "silence_deliveries",
    metadata,
    _of_silence(primary=True),
    *_delivery(),
    Index("ix_silence_deliveries_due", "target", "due_at", "priority"),
    Index("ix_silence_deliveries_remote", "target", "remote_id"),
    Index("ix_silence_deliveries_parked", "parked_reason"),
)

# Who made, changed and ended silences. Append-only.
silence_events = Table(
    "silence_events",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _of_silence(),
    Column("action", key(32), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by_name", String(255), nullable=False),
    Column("by_id", String(160), nullable=False),
    Column("source", key(16), nullable=False),
    Column("end_at", UtcTime, nullable=False),
    Column("reason", Text),
    Column("source_event_id", key(150), nullable=False, unique=True),
    Index("ix_silence_events_silence", "silence_id", "at"),
    sqlite_autoincrement=True,
)

# What an Alertmanager's list last said of an open alert.
sightings = Table(
    "sightings",
    metadata,
    _of_alert(primary=True),
    Column("seen_at", UtcTime, nullable=False),
    Column("suppressed", key(16)),  # silenced, inhibited, muted
    Column("suppressed_by", Json, nullable=False),
    Column("absent_since", UtcTime),
)

# Where alerts come from: the receivers of Alertmanager's that send them here, and how reading back goes.
sources = Table(
    "sources",
    metadata,
    Column("name", key(64), primary_key=True),
    Column("receivers", Json, nullable=False),
    Column("reconciled_at", UtcTime),
    Column("polled_at", UtcTime),
    Column("trouble", Text),
)

targets = Table(
    "targets",
    metadata,
    Column("name", key(100), primary_key=True),
    Column("holder", key(64)),
    Column("lease_until", UtcTime, nullable=False),
    Column("blocked_until", UtcTime, nullable=False),
    Column("blocked_reason", Text),
    Column("trouble", Text),
    Column("rate", Json, nullable=False),
)

lanes = Table(
    "lanes",
    metadata,
    Column("name", key(80), primary_key=True),
    Column("holder", key(64)),
    Column("lease_until", UtcTime, nullable=False),
)
