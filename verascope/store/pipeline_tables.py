"""Tables of the way from a state to a message: episodes, silences, routing, groups, and the record of all that happened.

`notification_log`, `acknowledgements` and `alert_history` are only ever added to; the database refuses anything else.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from verascope.store.tables import BigId, Utc, metadata, tenant_column

alert_episodes = Table(
    "alert_episodes",
    metadata,
    tenant_column(),
    # One alert from the moment it fires until it is over; the id is given by the evaluation.
    Column("alert_id", String(36), nullable=False),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("rule_group", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("since", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("value", Float),
    Column("limit_value", Float),
    Column("reason", Text, nullable=False),
    # When people were first told, and in how many messages since.
    Column("told_at", Utc),
    Column("notified", Integer, nullable=False, server_default="0"),
    # JSON list: the escalation steps that were taken, by their seconds.
    Column("steps", Text, nullable=False, server_default="[]"),
    # Why nobody is told now.
    Column("silenced_by", String(36)),
    Column("inhibited_by", Text),
    Column("incident_id", String(36)),
    PrimaryKeyConstraint("tenant_id", "alert_id", name="pk_alert_episodes"),
    Index("ix_alert_episodes_tenant_ended", "tenant_id", "ended_at"),
    Index("ix_alert_episodes_tenant_started", "tenant_id", "started_at"),
)

silences = Table(
    "silences",
    metadata,
    tenant_column(),
    Column("id", String(36), nullable=False),
    # JSON list of {field, op, value}; all of them must match.
    Column("matchers", Text, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("comment", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    # Who ended it before its time; `ends_at` is then when.
    Column("ended_by", Text),
    PrimaryKeyConstraint("tenant_id", "id", name="pk_silences"),
    Index("ix_silences_tenant_ends", "tenant_id", "ends_at"),
)

alert_routes = Table(
    "alert_routes",
    metadata,
    # The whole tree of a tenant as JSON, edited whole; without a row the built-in one is in force.
    Column("tenant_id", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("updated_by", Text, nullable=False),
)

notification_groups = Table(
    "notification_groups",
    metadata,
    tenant_column(),
    Column("group_key", Text, nullable=False),
    # What receivers know the group by until it is over; a new one then.
    Column("dedup_key", String(36), nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("waiting_since", Utc),
    Column("flushed_at", Utc),
    Column("told_at", Utc),
    Column("checked_at", Utc),
    # JSON lists: [rule, subject, µs] of beginnings and ends, [rule, subject, alert id] that people know of, channels.
    Column("starts", Text, nullable=False),
    Column("ends", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("channels", Text, nullable=False),
    # How many messages the dedup key has seen.
    Column("messages", Integer, nullable=False),
    # JSON: alert id → the reason for not telling that was recorded last, so that it is recorded once.
    Column("withheld", Text, nullable=False),
    Column("updated_at", Utc, nullable=False),
    PrimaryKeyConstraint("tenant_id", "group_key", name="pk_notification_groups"),
)

notification_log = Table(
    "notification_log",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("at", Utc, nullable=False),
    Column("alert_id", String(36)),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    # dedup key and number of the message; NULL when none was sent.
    Column("message_key", Text),
    Column("channel", Text),
    Column("moment", Text),
    # sent or suppressed
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("delivery_id", String(36)),
    Index("ix_notification_log_tenant_alert", "tenant_id", "alert_id"),
    Index("ix_notification_log_tenant_message", "tenant_id", "message_key"),
    Index("ix_notification_log_tenant_delivery", "tenant_id", "delivery_id"),
    sqlite_autoincrement=True,
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    # The first one counts.
    Column("alert_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text),
    # api, link or incident
    Column("via", Text, nullable=False),
    UniqueConstraint("tenant_id", "alert_id", name="uq_acknowledgements_tenant_alert"),
    sqlite_autoincrement=True,
)

alert_history = Table(
    "alert_history",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("at", Utc, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text),
    Column("rule", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("alert_id", String(36)),
    Column("text", Text, nullable=False),
    Column("who", Text),
    # JSON object
    Column("detail", Text, nullable=False, server_default="{}"),
    # What it tells of; the same thing is told once. NULL where repetition is no mistake.
    Column("reference", Text),
    UniqueConstraint("tenant_id", "kind", "reference", name="uq_alert_history_reference"),
    Index("ix_alert_history_tenant_at", "tenant_id", "at"),
    Index("ix_alert_history_tenant_alert", "tenant_id", "alert_id"),
    sqlite_autoincrement=True,
)

pipeline_cursors = Table(
    "pipeline_cursors",
    metadata,
    tenant_column(),
    # transitions or deliveries
    Column("name", Text, nullable=False),
    # The last seq that was dealt with.
    Column("position", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "name", name="pk_pipeline_cursors"),
)

APPEND_ONLY = (notification_log, acknowledgements, alert_history)
