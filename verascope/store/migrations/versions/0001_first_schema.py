"""The first schema.

Revision: 0001, after nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("timestamp", UTC, nullable=False),
        sa.Column("alert_type", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("metric_value", sa.Float(), nullable=True),
        sa.Column("threshold_value", sa.Float(), nullable=True),
        sa.Column("resolved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resolved_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_alerts_tenant_timestamp", "alerts", ["tenant_id", "timestamp"], unique=False
    )
    op.create_table(
        "api_keys",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("revoked_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_hash"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dimension_keys",
        sa.Column("code", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("first_at", UTC, nullable=False),
        sa.Column("last_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint(
            "tenant_id", "dimension", "key", name="uq_dimension_keys_tenant_dimension_key"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "fold_state",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("folded_seq", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("high_confidence_mpct", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("prediction_id", sa.String(length=36), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key_hash", name="pk_idempotency_keys"),
    )
    op.create_table(
        "performance_benchmarks",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("timestamp", UTC, nullable=False),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("avg_inference_time", sa.Float(), nullable=True),
        sa.Column("throughput_per_second", sa.Float(), nullable=True),
        sa.Column("accuracy_rate", sa.Float(), nullable=True),
        sa.Column("total_processed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "predictions",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("timestamp", UTC, nullable=False),
        sa.Column("received_at", UTC, nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("client_key", sa.Text(), nullable=False),
        sa.Column("use_case", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("prediction", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("real_probability", sa.Float(), nullable=True),
        sa.Column("fake_probability", sa.Float(), nullable=True),
        sa.Column("inference_time_ms", sa.Float(), nullable=True),
        sa.Column("response_time_ms", sa.Float(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("file_hash", sa.String(length=64), nullable=True),
        sa.Column("file_size", sa.BigInteger(), nullable=True),
        sa.Column("image_format", sa.Text(), nullable=True),
        sa.Column("image_width", sa.Integer(), nullable=True),
        sa.Column("image_height", sa.Integer(), nullable=True),
        sa.Column("perceptual_hash", sa.LargeBinary(), nullable=True),
        sa.Column("perceptual_hash_quality", sa.SmallInteger(), nullable=True),
        sa.Column("perceptual_hash_version", sa.SmallInteger(), nullable=True),
        sa.Column("user_ip", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("success", sa.Integer(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_pattern", sa.Text(), nullable=True),
        sa.Column("billable", sa.Integer(), nullable=False),
        sa.Column("billing_rule", sa.SmallInteger(), nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("labelled_at", UTC, nullable=True),
        sa.Column("labelled_by", sa.Text(), nullable=True),
        sa.Column("label_reason", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_predictions_tenant_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_predictions_errors",
        "predictions",
        ["error_message"],
        unique=False,
        sqlite_where=sa.text("success = 0"),
        postgresql_where=sa.text("success = 0"),
    )
    op.create_index(
        "ix_predictions_tenant_timestamp", "predictions", ["tenant_id", "timestamp"], unique=False
    )
    op.create_table(
        "rollup_histograms",
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bin", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
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
    op.create_table(
        "rollups",
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("real", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fake", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("uncertain", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("billable", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("high_confidence_fakes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("confidence_mpct", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("confidence_n", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inference_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inference_n", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("response_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("response_n", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revenue_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "grain", "dimension", "bucket", "key", name="pk_rollups"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "system_metrics",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("timestamp", UTC, nullable=False),
        sa.Column("cpu_usage", sa.Float(), nullable=True),
        sa.Column("memory_usage", sa.Float(), nullable=True),
        sa.Column("disk_usage", sa.Float(), nullable=True),
        sa.Column("disk_read_bytes", sa.BigInteger(), nullable=True),
        sa.Column("disk_write_bytes", sa.BigInteger(), nullable=True),
        sa.Column("network_sent_bytes", sa.BigInteger(), nullable=True),
        sa.Column("network_received_bytes", sa.BigInteger(), nullable=True),
        sa.Column("active_connections", sa.Integer(), nullable=True),
        sa.Column("total_requests", sa.BigInteger(), nullable=True),
        sa.Column("error_rate", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_system_metrics_tenant_timestamp",
        "system_metrics",
        ["tenant_id", "timestamp"],
        unique=False,
    )
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.execute(
        "INSERT INTO tenants (tenant_id, name, time_zone, created_at) "
        "VALUES (1, 'Default', 'UTC', CURRENT_TIMESTAMP)"
    )
