"""Tables of probes: what is watched, how it stands, what was found, and when findings don't count."""

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
)

from verascope.store.tables import BigId, Utc, metadata, tenant_column


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


probes = Table(
    "probes",
    metadata,
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    # JSON. Secrets are references to the environment or to files, never values.
    Column("settings", Text, nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    Column("timeout_seconds", Float, nullable=False),
    Column("fail_after", Integer, nullable=False),
    Column("ok_after", Integer, nullable=False),
    Column("enabled", Integer, nullable=False),
    Column("origin", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    PrimaryKeyConstraint("tenant_id", "name", name="pk_probes"),
)

probe_states = Table(
    "probe_states",
    metadata,
    tenant_column(),
    Column("probe", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("since", Utc, nullable=False),
    Column("failures_in_a_row", Integer, nullable=False),
    Column("successes_in_a_row", Integer, nullable=False),
    Column("next_due", Utc, nullable=False),
    Column("last_at", Utc),
    Column("last_ok", Integer),
    Column("last_response_ms", Float),
    Column("last_reason", Text),
    # JSON: what the check saw.
    Column("last_detail", Text),
    # JSON: the verdict that a known-answer probe compares with.
    Column("reference", Text),
    Column("last_beat_at", Utc),
    PrimaryKeyConstraint("tenant_id", "probe", name="pk_probe_states"),
)

probe_results = Table(
    "probe_results",
    metadata,
    tenant_column(),
    Column("probe", Text, nullable=False),
    # 60 when fresh; older rows are put together to longer ones.
    Column("span_seconds", Integer, nullable=False),
    Column("bucket", BigInteger, nullable=False),
    _count("minutes"),
    _count("good_minutes"),
    _count("checks"),
    _count("good_checks"),
    _count("maintenance_checks"),
    _count("failures_in_a_row"),
    Column("response_us", BigInteger, nullable=False, server_default="0"),
    _count("response_n"),
    Column("response_max_us", BigInteger, nullable=False, server_default="0"),
    Column("certificate_days", Float),
    Column("shift", Float),
    Column("late_seconds", Float),
    PrimaryKeyConstraint("tenant_id", "probe", "span_seconds", "bucket", name="pk_probe_results"),
)

probe_failures = Table(
    "probe_failures",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("probe", Text, nullable=False),
    Column("timestamp", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    Column("response_ms", Float),
    Column("in_maintenance", Integer, nullable=False, server_default="0"),
    Index("ix_probe_failures_tenant_probe_timestamp", "tenant_id", "probe", "timestamp"),
    sqlite_autoincrement=True,
)

maintenance_windows = Table(
    "maintenance_windows",
    metadata,
    tenant_column(),
    Column("id", String(36), nullable=False),
    Column("name", Text, nullable=False),
    # JSON: names of probes; [] is all of them.
    Column("probes", Text, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("repeat", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("created_by", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="pk_maintenance_windows"),
)
