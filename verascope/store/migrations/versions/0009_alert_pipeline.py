"""The way from an alert to a message: episodes, silences, routing, groups, log, acknowledgements, history.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.String(26).with_variant(postgresql.TIMESTAMP(), "postgresql")
APPEND_ONLY = ("notification_log", "acknowledgements", "alert_history")


def upgrade() -> None:
    op.create_table(
        "alert_episodes",
        sa.Column("tenant_id", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rule_group", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("ended_at", UTC),
        sa.Column("value", sa.Float()),
        sa.Column("limit_value", sa.Float()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told_at", UTC),
        sa.Column("notified", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("steps", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("silenced_by", sa.String(36)),
        sa.Column("inhibited_by", sa.Text()),
        sa.Column("incident_id", sa.String(36)),
        sa.PrimaryKeyConstraint("tenant_id", "alert_id", name="pk_alert_episodes"),
    )
    op.create_index("ix_alert_episodes_tenant_ended", "alert_episodes", ["tenant_id", "ended_at"])
    op.create_index(
        "ix_alert_episodes_tenant_started", "alert_episodes", ["tenant_id", "started_at"]
    )
    op.create_table(
        "silences",
        sa.Column("tenant_id", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("matchers", sa.Text(), nullable=False),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("ended_by", sa.Text()),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_silences"),
    )
    op.create_index("ix_silences_tenant_ends", "silences", ["tenant_id", "ends_at"])
    op.create_table(
        "alert_routes",
        sa.Column("tenant_id", sa.Integer(), primary_key=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
    )
    op.create_table(
        "notification_groups",
        sa.Column("tenant_id", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("dedup_key", sa.String(36), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("waiting_since", UTC),
        sa.Column("flushed_at", UTC),
        sa.Column("told_at", UTC),
        sa.Column("checked_at", UTC),
        sa.Column("starts", sa.Text(), nullable=False),
        sa.Column("ends", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Text(), nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "group_key", name="pk_notification_groups"),
    )
    op.create_table(
        "notification_log",
        sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("at", UTC, nullable=False),
        sa.Column("alert_id", sa.String(36)),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("message_key", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("moment", sa.Text()),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.String(36)),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_notification_log_tenant_alert", "notification_log", ["tenant_id", "alert_id"]
    )
    op.create_index(
        "ix_notification_log_tenant_message", "notification_log", ["tenant_id", "message_key"]
    )
    op.create_index(
        "ix_notification_log_tenant_delivery", "notification_log", ["tenant_id", "delivery_id"]
    )
    op.create_table(
        "acknowledgements",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("via", sa.Text(), nullable=False),
        sa.UniqueConstraint("tenant_id", "alert_id", name="uq_acknowledgements_tenant_alert"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_history",
        sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("at", UTC, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text()),
        sa.Column("rule", sa.Text(), nullable=False, server_default=""),
        sa.Column("subject", sa.Text(), nullable=False, server_default=""),
        sa.Column("alert_id", sa.String(36)),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.Text()),
        sa.Column("detail", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("reference", sa.Text()),
        sa.UniqueConstraint("tenant_id", "kind", "reference", name="uq_alert_history_reference"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_history_tenant_at", "alert_history", ["tenant_id", "at"])
    op.create_index("ix_alert_history_tenant_alert", "alert_history", ["tenant_id", "alert_id"])
    op.create_table(
        "pipeline_cursors",
        sa.Column("tenant_id", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_pipeline_cursors"),
    )
    for table in APPEND_ONLY:
        _refuse_changes(table)


def _refuse_changes(table: str) -> None:
    """What is on record stays as it is, whoever writes SQL."""
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is only added to'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_stays()"
    )
