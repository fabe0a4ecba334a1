"""Tables of incidents and of error patterns' life cycles; both timelines are append-only.

What an error pattern counts and when it was seen is in none of them: counts are questions (`queries`), first and last
sight stand in `dimension_keys`, where the fold keeps them. So there is no second count that could disagree.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from verascope.store.tables import BigId, Utc, metadata, tenant_column

incidents = Table(
    "incidents",
    metadata,
    tenant_column(),
    Column("id", String(36), nullable=False),
    # Counts up in its tenant, without gaps: what people say to each other.
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    # alert or manual.
    Column("opened_from", Text, nullable=False),
    Column("alert_id", String(36)),
    # errors or other: whether its time counts as error resolution time.
    Column("about", Text, nullable=False, server_default="other"),
    Column("summary", Text, nullable=False),
    Column("assignee", Text),
    # As the timeline says, for lists: the opening, the first acknowledgement, the last resolve (NULL once re-opened).
    Column("opened_at", Utc, nullable=False),
    Column("acknowledged_at", Utc),
    Column("resolved_at", Utc),
    PrimaryKeyConstraint("tenant_id", "id", name="pk_incidents"),
    UniqueConstraint("tenant_id", "number", name="uq_incidents_tenant_number"),
    # One incident for each alert, however often it is told.
    UniqueConstraint("tenant_id", "alert_id", name="uq_incidents_tenant_alert"),
    Index("ix_incidents_tenant_state_number", "tenant_id", "state", "number"),
    Index("ix_incidents_tenant_opened", "tenant_id", "opened_at"),
)

incident_events = Table(
    "incident_events",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("incident_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    # The note, or the assignee or severity that was given.
    Column("given", Text),
    Index("ix_incident_events_tenant_incident", "tenant_id", "incident_id", "seq"),
    sqlite_autoincrement=True,
)

error_patterns = Table(
    "error_patterns",
    metadata,
    tenant_column(),
    Column("pattern", Text, nullable=False),
    # Its code in `dimension_keys`; codes only grow, so the highest one says which patterns are known already.
    Column("code", BigInteger, nullable=False),
    # Of the rule that made the fingerprint.
    Column("version", SmallInteger, nullable=False),
    Column("assignee", Text),
    Column("ignored_until", Utc),
    Column("resolved_at", Utc),
    # The last prediction that had arrived when it was resolved.
    Column("resolved_seq", BigInteger),
    # When it happened again after that.
    Column("regressed_at", Utc),
    PrimaryKeyConstraint("tenant_id", "pattern", name="pk_error_patterns"),
    Index("ix_error_patterns_tenant_code", "tenant_id", "code"),
)

error_pattern_events = Table(
    "error_pattern_events",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("pattern", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    # The assignee, or until when it is ignored.
    Column("given", Text),
    Index("ix_error_pattern_events_tenant_pattern", "tenant_id", "pattern", "seq"),
    Index("ix_error_pattern_events_tenant_kind_at", "tenant_id", "kind", "at"),
    sqlite_autoincrement=True,
)
