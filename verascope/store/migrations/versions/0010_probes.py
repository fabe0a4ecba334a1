"""Probes: what is watched, how it stands, what was found, and maintenance windows.

Revision: 0010, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def tenant() -> "sa.Column[int]":
    return sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False)


def count(name: str, kind: "type[sa.Integer]" = sa.Integer) -> "sa.Column[int]":
    return sa.Column(name, kind(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "probes",
        tenant(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("timeout_seconds", sa.Float(), nullable=False),
        sa.Column("fail_after", sa.Integer(), nullable=False),
        sa.Column("ok_after", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_probes"),
    )
    op.create_table(
        "probe_states",
        tenant(),
        sa.Column("probe", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("failures_in_a_row", sa.Integer(), nullable=False),
        sa.Column("successes_in_a_row", sa.Integer(), nullable=False),
        sa.Column("next_due", UTC, nullable=False),
        sa.Column("last_at", UTC, nullable=True),
        sa.Column("last_ok", sa.Integer(), nullable=True),
        sa.Column("last_response_ms", sa.Float(), nullable=True),
        sa.Column("last_reason", sa.Text(), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("last_beat_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "probe", name="pk_probe_states"),
    )
    op.create_table(
        "probe_results",
        tenant(),
        sa.Column("probe", sa.Text(), nullable=False),
        sa.Column("span_seconds", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        count("minutes"),
        count("good_minutes"),
        count("checks"),
        count("good_checks"),
        count("maintenance_checks"),
        count("failures_in_a_row"),
        count("response_us", sa.BigInteger),
        count("response_n"),
        count("response_max_us", sa.BigInteger),
        sa.Column("certificate_days", sa.Float(), nullable=True),
        sa.Column("shift", sa.Float(), nullable=True),
        sa.Column("late_seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint(
            "tenant_id", "probe", "span_seconds", "bucket", name="pk_probe_results"
        ),
    )
    op.create_table(
        "probe_failures",
        sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
        tenant(),
        sa.Column("probe", sa.Text(), nullable=False),
        sa.Column("timestamp", UTC, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("response_ms", sa.Float(), nullable=True),
        sa.Column("in_maintenance", sa.Integer(), server_default="0", nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_probe_failures_tenant_probe_timestamp",
        "probe_failures",
        ["tenant_id", "probe", "timestamp"],
    )
    op.create_table(
        "maintenance_windows",
        tenant(),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("probes", sa.Text(), nullable=False),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("repeat", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_maintenance_windows"),
    )
