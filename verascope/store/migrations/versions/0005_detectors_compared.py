"""Verdicts of shadow detectors, and benchmarks with everything that was measured.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")

MEASURED = (
    ("detector", sa.Text),
    ("dataset", sa.Text),
    ("dataset_hash", sa.Text),
    ("real_count", sa.BigInteger),
    ("fake_count", sa.BigInteger),
    ("failed_count", sa.BigInteger),
    ("auc", sa.Float),
    ("false_positive_rate", sa.Float),
    ("false_negative_rate", sa.Float),
    ("calibration_error", sa.Float),
    ("uncertain_share", sa.Float),
    ("latency_p50", sa.Float),
    ("latency_p95", sa.Float),
    ("latency_p99", sa.Float),
    ("detail", sa.Text),
)


def upgrade() -> None:
    op.create_table(
        "shadow_verdicts",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("prediction_id", sa.String(36), nullable=False),
        sa.Column("timestamp", UTC, nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("prediction", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("fake_probability", sa.Float(), nullable=True),
        sa.Column("inference_time_ms", sa.Float(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_shadow_verdicts_tenant_timestamp",
        "shadow_verdicts",
        ["tenant_id", "timestamp"],
        unique=False,
    )
    for name, kind in MEASURED:
        op.add_column("performance_benchmarks", sa.Column(name, kind(), nullable=True))
