"""Incidents, the life cycle of error patterns, and an index that finds the failures of one pattern.

Revision: 0011, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False)


def _timeline(name: str, subject: sa.Column[str]) -> None:
    op.create_table(
        name,
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        _tenant(),
        subject,
        sa.Column("at", UTC, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )


def upgrade() -> None:
    op.create_table(
        "incidents",
        _tenant(),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_from", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.String(36), nullable=True),
        sa.Column("about", sa.Text(), server_default="other", nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("opened_at", UTC, nullable=False),
        sa.Column("acknowledged_at", UTC, nullable=True),
        sa.Column("resolved_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_incidents"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_incidents_tenant_number"),
        sa.UniqueConstraint("tenant_id", "alert_id", name="uq_incidents_tenant_alert"),
    )
    op.create_index(
        "ix_incidents_tenant_state_number", "incidents", ["tenant_id", "state", "number"]
    )
    op.create_index("ix_incidents_tenant_opened", "incidents", ["tenant_id", "opened_at"])
    _timeline("incident_events", sa.Column("incident_id", sa.String(36), nullable=False))
    op.create_index(
        "ix_incident_events_tenant_incident",
        "incident_events",
        ["tenant_id", "incident_id", "seq"],
    )
    op.create_table(
        "error_patterns",
        _tenant(),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("ignored_until", UTC, nullable=True),
        sa.Column("resolved_at", UTC, nullable=True),
        sa.Column("resolved_seq", sa.BigInteger(), nullable=True),
        sa.Column("regressed_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "pattern", name="pk_error_patterns"),
    )
    op.create_index("ix_error_patterns_tenant_code", "error_patterns", ["tenant_id", "code"])
    _timeline("error_pattern_events", sa.Column("pattern", sa.Text(), nullable=False))
    op.create_index(
        "ix_error_pattern_events_tenant_pattern",
        "error_pattern_events",
        ["tenant_id", "pattern", "seq"],
    )
    op.create_index(
        "ix_error_pattern_events_tenant_kind_at",
        "error_pattern_events",
        ["tenant_id", "kind", "at"],
    )
    # Failures only, so a good prediction pays nothing for it.
    op.create_index(
        "ix_predictions_error_pattern",
        "predictions",
        ["tenant_id", "error_pattern", "seq"],
        sqlite_where=sa.text("success = 0"),
        postgresql_where=sa.text("success = 0"),
    )
