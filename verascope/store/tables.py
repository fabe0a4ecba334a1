"""Every table, once, for SQLite and PostgreSQL alike.

`tenant_id` stands in each of them. The names and columns of `predictions`, `system_metrics`,
`performance_benchmarks` and `alerts` that the brief fixes are read by other tools: they only ever gain columns.
Instants are UTC (`Utc`), money is integer millionths, sums are integers.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects import postgresql

from verascope import clock
from verascope.metrics import SIZE_BOUNDS, SIZE_CLASSES

DEFAULT_TENANT = 1

metadata = MetaData()


class Utc(TypeDecorator[int]):
    """An instant in microseconds since 1970 UTC; UTC text in SQLite so that `DATE(timestamp)` works."""

    impl = String(26)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=False))
        return dialect.type_descriptor(String(26))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return clock.to_datetime(value).replace(tzinfo=None)
        return clock.to_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return clock.from_datetime(value.replace(tzinfo=UTC))
        return clock.from_text(value)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives AUTOINCREMENT to INTEGER PRIMARY KEY only."""


def tenant_column() -> Column[int]:
    """Stands in every table."""
    return Column("tenant_id", Integer, nullable=False, server_default=text(str(DEFAULT_TENANT)))


tenants = Table(
    "tenants",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column("created_at", Utc, nullable=False),
)

predictions = Table(
    "predictions",
    metadata,
    # A feed cursor must never be reused, hence AUTOINCREMENT; commits happen in this order.
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("id", String(36), nullable=False),
    Column("timestamp", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("client", Text, nullable=False),
    Column("client_key", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("prediction", Text),
    Column("confidence", Float),
    Column("real_probability", Float),
    Column("fake_probability", Float),
    Column("inference_time_ms", Float),
    Column("response_time_ms", Float),
    Column("model_version", Text),
    Column("file_hash", String(64)),
    Column("file_size", BigInteger),
    Column("image_format", Text),
    Column("image_width", Integer),
    Column("image_height", Integer),
    Column("perceptual_hash", LargeBinary),
    Column("perceptual_hash_quality", SmallInteger),
    Column("perceptual_hash_version", SmallInteger),
    Column("user_ip", Text),
    Column("user_agent", Text),
    Column("success", Integer, nullable=False),
    Column("error_message", Text),
    Column("error_pattern", Text),
    Column("billable", Integer, nullable=False),
    Column("billing_rule", SmallInteger, nullable=False),
    Column("price_micros", BigInteger, nullable=False),
    Column("label", Text),
    Column("labelled_at", Utc),
    Column("labelled_by", Text),
    Column("label_reason", Text),
    Column("tags", Text),
    UniqueConstraint("tenant_id", "id", name="uq_predictions_tenant_id_id"),
    Index("ix_predictions_tenant_timestamp", "tenant_id", "timestamp"),
    # Serves the brief's first query (GROUP BY error_message WHERE success = 0) without touching a good row.
    Index(
        "ix_predictions_errors",
        "error_message",
        sqlite_where=text("success = 0"),
        postgresql_where=text("success = 0"),
    ),
    # Few rows of many have a label; measured accuracy is read from the index alone.
    Index(
        "ix_predictions_labelled",
        "tenant_id",
        "timestamp",
        "model_version",
        "prediction",
        "label",
        sqlite_where=text("label IS NOT NULL"),
        postgresql_where=text("label IS NOT NULL"),
    ),
    # Finds the failures of one pattern, newest first.
    Index(
        "ix_predictions_error_pattern",
        "tenant_id",
        "error_pattern",
        "seq",
        sqlite_where=text("success = 0"),
        postgresql_where=text("success = 0"),
    ),
    sqlite_autoincrement=True,
)

prediction_tags = Table(
    "prediction_tags",
    metadata,
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "name", "value", "seq", name="pk_prediction_tags"),
    sqlite_with_rowid=False,
)

senders = Table(
    "senders",
    metadata,
    tenant_column(),
    Column("sender", String(64), nullable=False),
    Column("client", Text),
    Column("user_agent", Text),
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc, nullable=False),
    # Cumulative in its sender, so that a report that comes twice counts once.
    Column("dropped", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "sender", name="pk_senders"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    tenant_column(),
    Column("key_hash", String(64), nullable=False),
    Column("prediction_id", String(36), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    PrimaryKeyConstraint("tenant_id", "key_hash", name="pk_idempotency_keys"),
)

COUNTERS = (
    "total",
    "real",
    "fake",
    "uncertain",
    "failed",
    "billable",
    "high_confidence_fakes",
    "confidence_mpct",
    "confidence_n",
    "inference_us",
    "inference_n",
    "response_us",
    "response_n",
    "revenue_micros",
    "bytes",
)
"""The additive parts of every metric; only these are stored, ratios are computed when read."""

rollups = Table(
    "rollups",
    metadata,
    tenant_column(),
    Column("grain", Text, nullable=False),
    Column("dimension", Text, nullable=False),
    Column("bucket", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in COUNTERS),
    # bucket before key: the top ten of 30 days is one range scan.
    PrimaryKeyConstraint("tenant_id", "grain", "dimension", "bucket", "key", name="pk_rollups"),
    sqlite_with_rowid=False,
)

rollup_histograms = Table(
    "rollup_histograms",
    metadata,
    tenant_column(),
    Column("grain", Text, nullable=False),
    Column("dimension", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("bucket", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("bin", Integer, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint(
        "tenant_id",
        "grain",
        "dimension",
        "measure",
        "bucket",
        "key",
        "bin",
        name="pk_rollup_histograms",
    ),
    sqlite_with_rowid=False,
)

dimension_keys = Table(
    "dimension_keys",
    metadata,
    Column("code", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("dimension", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("first_at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    UniqueConstraint(
        "tenant_id", "dimension", "key", name="uq_dimension_keys_tenant_dimension_key"
    ),
    sqlite_autoincrement=True,
)

fold_state = Table(
    "fold_state",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    # Every row with seq <= folded_seq is in the rollups, none above.
    Column("folded_seq", BigInteger, nullable=False),
    # A new generation makes the columns file rebuild itself.
    Column("generation", Integer, nullable=False),
    # What the rollups were cut with; another value in the settings or the tenant means a rebuild.
    Column("time_zone", Text, nullable=False),
    Column("high_confidence_mpct", Integer, nullable=False),
)

system_metrics = Table(
    "system_metrics",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("timestamp", Utc, nullable=False),
    Column("cpu_usage", Float),
    Column("memory_usage", Float),
    Column("disk_usage", Float),
    Column("disk_read_bytes", BigInteger),
    Column("disk_write_bytes", BigInteger),
    Column("network_sent_bytes", BigInteger),
    Column("network_received_bytes", BigInteger),
    Column("active_connections", Integer),
    Column("total_requests", BigInteger),
    Column("error_rate", Float),
    Column("interval_seconds", Float),
    Column("disk_free_bytes", BigInteger),
    Column("network_errors", BigInteger),
    Column("process_cpu_usage", Float),
    Column("process_memory_bytes", BigInteger),
    Column("process_threads", Integer),
    Column("event_loop_lag_ms", Float),
    Column("queue_depth", BigInteger),
    Column("wal_bytes", BigInteger),
    Column("gpu_usage", Float),
    Column("gpu_memory_usage", Float),
    # Set on rows moved from another system, so that moving them again stores nothing.
    Column("import_key", String(36)),
    Index("uq_system_metrics_tenant_import_key", "tenant_id", "import_key", unique=True),
    Index("ix_system_metrics_tenant_timestamp", "tenant_id", "timestamp"),
    sqlite_autoincrement=True,
)

performance_benchmarks = Table(
    "performance_benchmarks",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("timestamp", Utc, nullable=False),
    Column("model_version", Text),
    Column("avg_inference_time", Float),
    Column("throughput_per_second", Float),
    Column("accuracy_rate", Float),
    Column("total_processed", BigInteger),
    Column("detector", Text),
    Column("dataset", Text),
    Column("dataset_hash", Text),
    Column("real_count", BigInteger),
    Column("fake_count", BigInteger),
    Column("failed_count", BigInteger),
    Column("auc", Float),
    Column("false_positive_rate", Float),
    Column("false_negative_rate", Float),
    Column("calibration_error", Float),
    Column("uncertain_share", Float),
    Column("latency_p50", Float),
    Column("latency_p95", Float),
    Column("latency_p99", Float),
    # Intervals, sources and failed files, as JSON.
    Column("detail", Text),
    # Set on rows moved from another system, so that moving them again stores nothing.
    Column("import_key", String(36)),
    Index("uq_performance_benchmarks_tenant_import_key", "tenant_id", "import_key", unique=True),
    sqlite_autoincrement=True,
)

shadow_verdicts = Table(
    "shadow_verdicts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("prediction_id", String(36), nullable=False),
    # When the prediction happened, so that a range holds the same pictures in both tables.
    Column("timestamp", Utc, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("detector", Text, nullable=False),
    Column("prediction", Text),
    Column("confidence", Float),
    Column("fake_probability", Float),
    Column("inference_time_ms", Float),
    Column("error_message", Text),
    Index("ix_shadow_verdicts_tenant_timestamp", "tenant_id", "timestamp"),
    sqlite_autoincrement=True,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("timestamp", Utc, nullable=False),
    Column("alert_type", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("metric_value", Float),
    Column("threshold_value", Float),
    Column("resolved", Integer, nullable=False, server_default="0"),
    Column("resolved_at", Utc),
    # Set on rows moved from another system, so that moving them again stores nothing.
    Column("import_key", String(36)),
    # The episode of `alert_states` and `alert_transitions`; NULL on rows of another system.
    Column("alert_id", String(36)),
    Column("subject", Text),
    Index("ix_alerts_tenant_alert_id", "tenant_id", "alert_id"),
    Index("uq_alerts_tenant_import_key", "tenant_id", "import_key", unique=True),
    Index("ix_alerts_tenant_timestamp", "tenant_id", "timestamp"),
    sqlite_autoincrement=True,
)

imports = Table(
    "imports",
    metadata,
    tenant_column(),
    # Of the file's bytes and of the options it is read with: another reading is another import.
    Column("fingerprint", String(64), nullable=False),
    Column("file", Text, nullable=False),
    # JSON: how far each table was read and what came of its rows, moved in the transaction that stores them.
    Column("state", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("finished_at", Utc),
    PrimaryKeyConstraint("tenant_id", "fingerprint", name="pk_imports"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("client", Text, nullable=False),
    # The first characters of the key, so that people recognise it in a list.
    Column("prefix", Text, nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    # Whether its holder may send events of other clients too.
    Column("names_clients", Integer, nullable=False, server_default="0"),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
    sqlite_autoincrement=True,
)

labels = Table(
    "labels",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    tenant_column(),
    Column("prediction_id", String(36), nullable=False),
    # NULL withdraws the one before. The latest counts and is mirrored on `predictions`; all are kept.
    Column("label", Text),
    Column("reason", Text),
    Column("labelled_by", Text),
    Column("labelled_at", Utc, nullable=False),
    Column("origin", Text, nullable=False),
    Index("ix_labels_tenant_prediction", "tenant_id", "prediction_id"),
    sqlite_autoincrement=True,
)

settings = Table(
    "settings",
    metadata,
    tenant_column(),
    Column("name", Text, nullable=False),
    # JSON, as the settings file would hold it.
    Column("value", Text, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("updated_by", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "name", name="pk_settings"),
)

_CLASSES = " ".join(
    f"WHEN file_size < {bound:d} THEN '{name}'"
    for bound, name in zip(SIZE_BOUNDS, SIZE_CLASSES, strict=False)
)
SIZE_CLASS: ColumnElement[str] = literal_column(
    f"CASE WHEN file_size IS NULL THEN '{SIZE_CLASSES[-1]}' {_CLASSES} ELSE '{SIZE_CLASSES[-2]}' END"
)
"""The class of a prediction's `file_size`, as `metrics.SIZE_CLASSES` names it."""
