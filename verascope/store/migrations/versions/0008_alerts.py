"""Alert rules, the state of each alert and its transitions; which episode a row of `alerts` belongs to.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant_id", sa.Integer(), server_default=sa.text("1"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "alert_rules",
        _tenant(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_alert_rules"),
    )
    op.create_table(
        "alert_states",
        _tenant(),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("limit_value", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rule_group", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("evaluated_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "rule", "subject", name="pk_alert_states"),
    )
    op.create_table(
        "alert_transitions",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        _tenant(),
        sa.Column("alert_id", sa.String(length=36), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("from_phase", sa.Text(), nullable=False),
        sa.Column("to_phase", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("limit_value", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rule_group", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_transitions_tenant_at", "alert_transitions", ["tenant_id", "at"])
    op.create_index("ix_alert_transitions_alert", "alert_transitions", ["alert_id"])
    op.create_table(
        "rule_changes",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        _tenant(),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_changes_tenant_at", "rule_changes", ["tenant_id", "at"])
    op.add_column("alerts", sa.Column("alert_id", sa.String(length=36), nullable=True))
    op.add_column("alerts", sa.Column("subject", sa.Text(), nullable=True))
    op.create_index("ix_alerts_tenant_alert_id", "alerts", ["tenant_id", "alert_id"])
    # Few rows of many have a label; the answer is in the index alone.
    op.create_index(
        "ix_predictions_labelled",
        "predictions",
        ["tenant_id", "timestamp", "model_version", "prediction", "label"],
        sqlite_where=sa.text("label IS NOT NULL"),
        postgresql_where=sa.text("label IS NOT NULL"),
    )
