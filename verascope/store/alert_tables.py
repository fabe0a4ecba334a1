"""Tables of alert rules and what became of them.

`alert_states` is where each alert stands now; `alert_transitions` and `rule_changes` only ever grow.
"""

from sqlalchemy import (
    Column,
    Float,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from verascope.store.tables import BigId, Utc, metadata, tenant_column

alert_rules = Table(
    "alert_rules",
    metadata,
    tenant_column(),
    Column("name", Text, nullable=False),
    # The rule as JSON. A row of a default rule's name stands in its place.
    Column("rule", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("updated_by", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "name", name="pk_alert_rules"),
)

alert_states = Table(
    "alert_states",
    metadata,
    tenant_column(),
    Column("rule", Text, nullable=False),
    # What the number belongs to: a probe, a client, a group of pictures; empty for a rule about one number.
    Column("subject", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("since", Utc, nullable=False),
    # Of the open episode; NULL when none is.
    Column("alert_id", String(36)),
    Column("value", Float),
    Column("limit_value", Float),
    Column("reason", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("rule_group", Text, nullable=False),
    # Streaks and moments, as `alerts.state.State` has them, JSON.
    Column("state", Text, nullable=False),
    Column("evaluated_at", Utc, nullable=False),
    PrimaryKeyConstraint("tenant_id", "rule", "subject", name="pk_alert_states"),
)

alert_transitions = Table(
    "alert_transitions",
    metadata,
    # Readers keep a cursor, so a number is never used again.
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("alert_id", String(36)),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("from_phase", Text, nullable=False),
    Column("to_phase", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("value", Float),
    Column("limit_value", Float),
    Column("reason", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("rule_group", Text, nullable=False),
    Index("ix_alert_transitions_tenant_at", "tenant_id", "at"),
    Index("ix_alert_transitions_alert", "alert_id"),
    sqlite_autoincrement=True,
)

rule_changes = Table(
    "rule_changes",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("rule", Text, nullable=False),
    # created, changed, deleted, or returned to its default.
    Column("kind", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("by", Text, nullable=False),
    # The rule before and after as JSON; NULL where there was or is none.
    Column("before", Text),
    Column("after", Text),
    Column("summary", Text, nullable=False),
    Index("ix_rule_changes_tenant_at", "tenant_id", "at"),
    sqlite_autoincrement=True,
)
