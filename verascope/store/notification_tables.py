"""Tables of the notifications: where people are told, and what was, is being and will be sent."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from verascope.store.tables import BigId, Utc, metadata, tenant_column

channels = Table(
    "channels",
    metadata,
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # JSON object of what anybody may see.
    Column("settings", Text, nullable=False),
    # JSON object: name → sealed secret, or where it is to be found (`env:`, `file:`, `setting:`).
    Column("secrets", Text, nullable=False),
    Column("fallback", Text),
    Column("enabled", Integer, nullable=False, server_default="1"),
    Column("disabled_reason", Text),
    # The file or variable that set it up; such a channel is made anew at every start.
    Column("fixed_by", Text),
    # Keyed hash of a fixed channel's settings with its secrets: tells whether a restart brought new ones.
    Column("fingerprint", String(64)),
    # Attempts in a row that met an unreachable or overloaded receiver, and until when it is left alone.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused_until", Utc),
    Column("updated_at", Utc, nullable=False),
    Column("updated_by", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "name", name="pk_channels"),
)

deliveries = Table(
    "deliveries",
    metadata,
    # The order in which they were asked for, which is the order of sending.
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("id", String(36), nullable=False),
    Column("channel", Text, nullable=False),
    # Why it is sent; the same reason is sent once through a channel.
    Column("key", Text, nullable=False),
    Column("dedup_key", Text, nullable=False),
    Column("moment", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    # JSON of the whole message.
    Column("message", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Utc, nullable=False),
    # NULL once nothing more will be tried.
    Column("next_attempt_at", Utc),
    Column("claimed_at", Utc),
    Column("delivered_at", Utc),
    # JSON list of recipients that still have to get it, when others did.
    Column("remaining", Text),
    # What the receiver said, and what went wrong at the last attempt.
    Column("answer", Text),
    Column("error", Text),
    # The delivery that this one stands in for.
    Column("fallback_of", String(36)),
    Index("uq_deliveries_tenant_id", "tenant_id", "id", unique=True),
    Index("uq_deliveries_tenant_channel_key", "tenant_id", "channel", "key", unique=True),
    Index("ix_deliveries_tenant_dedup", "tenant_id", "dedup_key"),
    Index(
        "ix_deliveries_open",
        "next_attempt_at",
        sqlite_where=text("next_attempt_at IS NOT NULL"),
        postgresql_where=text("next_attempt_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)
